"""Files of mean elements: several sets and objects, blanks, bad sets among good ones, OMM in four forms."""

import json

import numpy as np
import pytest
from sgp4.api import Satrec
from sgp4.omm import initialize

from homeward.cli.app import main
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.element_sets import read_elements, read_sets
from homeward.io.tle import checksum, parse_tle, teme_state, tle_state

FIRST = "1 48274U 21035A   23250.60323094  .00028729  00000+0  32278-3 0  9997"
SECOND = "2 48274  41.4752  14.6926 0010484 320.3089  39.6983 15.61907922134716"
OTHER = (
    "ISS\n1 25544U 98067A   23250.60323094  .00016717  00000+0  30000-3 0  9996\n"
    "2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.49815000134718\n"
)
START = Epoch.from_iso("2023-09-07T15:00:00Z")
FIELDS = {
    "OBJECT_NAME": "CSS (TIANHE)", "OBJECT_ID": "2021-035A", "CENTER_NAME": "EARTH", "REF_FRAME": "TEME",
    "TIME_SYSTEM": "UTC", "MEAN_ELEMENT_THEORY": "SGP4", "EPOCH": "2023-09-07T14:28:39.153216",
    "MEAN_MOTION": "15.61907922", "ECCENTRICITY": ".0010484", "INCLINATION": "41.4752",
    "RA_OF_ASC_NODE": "14.6926", "ARG_OF_PERICENTER": "320.3089", "MEAN_ANOMALY": "39.6983",
    "EPHEMERIS_TYPE": "0", "CLASSIFICATION_TYPE": "U", "NORAD_CAT_ID": "100042", "ELEMENT_SET_NO": "999",
    "REV_AT_EPOCH": "13471", "BSTAR": ".32278E-3", "MEAN_MOTION_DOT": ".28729E-3", "MEAN_MOTION_DDOT": "0",
}  # fmt: skip


def with_sum(line):
    return line[:68] + str(checksum(line))


def on_day(day):
    return f"{with_sum(FIRST.replace('250.60323094', day))}\n{SECOND}\n"


def kvn(fields):
    return "CCSDS_OMM_VERS = 2.0\nCREATION_DATE = 2023-09-07T18:00:00\nORIGINATOR = TEST\n\n" + "".join(
        f"{key} = {value}\n" for key, value in fields.items()
    )


def xml(fields):
    leaves = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ndm><omm id="CCSDS_OMM_VERS" version="2.0"><body><segment>'
        f"<data><meanElements>{leaves}</meanElements></data></segment></body></omm></ndm>"
    )


def as_csv(fields):
    return ",".join(fields) + "\n" + ",".join(f'"{value}"' for value in fields.values()) + "\n"


def as_json(fields):
    return json.dumps([{**fields, "INCLINATION": float(fields["INCLINATION"]), "DECAY_DATE": None}])


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "orbit.tle"
        path.write_bytes(text.encode("utf-8"))
        return path

    return write


# ------------------------------------------------------------------------------------------- which set


@pytest.mark.parametrize("order", [1, -1])
def test_the_set_nearest_to_the_start_is_taken(file, order):
    days = ["225.60323094", "250.60323094", "262.10000000"][::order]
    path = file("".join(on_day(day) for day in days))
    assert read_elements(path, START).epoch.to_iso(0) == "2023-09-07T14:28:39Z"
    assert read_elements(path, START.plus(-20 * 86400.0)).epoch.to_iso(0)[:10] == "2023-08-13"
    assert read_elements(path).epoch.to_iso(0)[:10] == "2023-09-19"  # the newest, where nothing is asked


def test_of_several_objects_one_has_to_be_named(file):
    path = file(f"{OTHER}CSS (TIANHE)\n{FIRST}\n{SECOND}\n")
    with pytest.raises(InputError, match=r"25544 ISS, 48274 CSS \(TIANHE\).*object = 25544"):
        read_elements(path, START)
    for wanted in ("48274", "css (tianhe)", "048274"):
        assert read_elements(path, START, wanted).catalogue == "48274"
    with pytest.raises(InputError, match="no object '4827'"):
        read_elements(path, START, "4827")


def test_the_command_line_takes_the_object_and_tells_it(file, capsys):
    path = file(f"{OTHER}CSS (TIANHE)\n{FIRST}\n{SECOND}\n")
    given = ["check", "shenzhou-15", "--set", f"return.initial.tle_file={path}"]
    assert main(given) == 2
    assert "several objects" in capsys.readouterr().err
    assert main([*given, "--set", "return.initial.object=48274"]) == 0
    assert "Orbit: CSS (TIANHE) (48274), elements of 2023-09-07T14:28:39Z" in capsys.readouterr().out
    assert main(["check", "shenzhou-15", "--set", "return.initial.object=48274"]) == 2
    assert "object only beside tle_file or oem_file" in capsys.readouterr().err


@pytest.mark.parametrize("bad", [
    FIRST[:-1] + "3\n" + SECOND, FIRST + "\n" + SECOND[:60], FIRST, SECOND, "A NAME WITHOUT A SET",
])  # fmt: skip
@pytest.mark.parametrize("before", [True, False])
def test_a_bad_set_does_no_harm_to_the_others(file, bad, before):
    parts = [bad, OTHER.rstrip("\n")]
    path = file("\n".join(parts if before else parts[::-1]) + "\n")
    assert read_elements(path, START).catalogue == "25544"
    with pytest.raises(InputError):
        read_elements(path, START, "48274")


def test_a_large_catalogue_is_read_for_one_set(file):
    path = file((OTHER + f"CSS\n{FIRST}\n{SECOND}\n") * 2000)
    assert len(read_sets(path)) == 4000
    assert read_elements(path, START, "48274").name == "CSS"


# ---------------------------------------------------------------------------------------------- blanks


@pytest.mark.parametrize(("first", "second"), [
    (FIRST.replace("00000+0", "00000 0"), SECOND),
    (FIRST.replace("00000+0", "       "), SECOND),
    (FIRST.replace("00000+0", "00000-0"), SECOND),
    (FIRST.replace(" 32278-3", "+32278-3"), SECOND),
    (FIRST.replace(".00028729", "         "), SECOND),
    (FIRST, SECOND.replace("0010484", "  10484")),
    (FIRST, SECOND.replace(" 41.4752", "041.4752")),
    (FIRST.replace("  9997", "     7"), SECOND.replace("13471", "     ")),
])  # fmt: skip
def test_blanks_are_read_as_sgp4_reads_them(first, second):
    ours = parse_tle([with_sum(first), with_sum(second)])
    theirs = Satrec.twoline2rv(FIRST, SECOND)
    assert (ours.drag_term, ours.eccentricity, ours.inclination, ours.mean_motion) == (
        theirs.bstar, theirs.ecco, theirs.inclo, theirs.no_kozai / 60.0,
    )  # fmt: skip
    assert ours.epoch == parse_tle([FIRST, SECOND]).epoch


def test_a_drag_term_of_blank_exponent_is_zero():
    assert parse_tle([with_sum(FIRST.replace(" 32278-3", " 00000 0")), SECOND]).drag_term == 0.0


def test_elements_of_another_theory_are_refused(file):
    line = with_sum(FIRST[:62] + "4" + FIRST[63:])
    with pytest.raises(InputError, match="SGP4-XP"):
        parse_tle([line, SECOND])
    with pytest.raises(InputError, match="SGP4-XP"):
        read_elements(file(kvn({**FIELDS, "EPHEMERIS_TYPE": "4"})))


# ------------------------------------------------------------------------------------------------- OMM


@pytest.mark.parametrize("form", [kvn, xml, as_csv, as_json])
@pytest.mark.parametrize("mark", ["", "\ufeff", "\n \n"])
def test_an_omm_is_the_same_orbit_in_every_form(file, form, mark):
    path = file(mark + form(FIELDS).replace("\n", "\r\n"))
    tle, lines = read_elements(path, START), parse_tle([FIRST, SECOND])
    assert tle.catalogue == "100042" and tle.name == "CSS (TIANHE)"
    np.testing.assert_allclose(np.stack(tle_state(tle, START)), np.stack(tle_state(lines, START)), rtol=1e-9)
    satrec = Satrec()
    initialize(satrec, {**FIELDS, "NORAD_CAT_ID": "42"})
    assert (tle.satrec.ndot, tle.satrec.nddot) == pytest.approx((satrec.ndot, satrec.nddot), rel=1e-14)
    np.testing.assert_allclose(
        teme_state(tle, START)[0] / 1e3, satrec.sgp4(START.jd1, START.jd2)[1], rtol=1e-9
    )


@pytest.mark.parametrize("form", [kvn, xml, as_csv])
def test_several_messages_in_one_file(file, form):
    other = {**FIELDS, "NORAD_CAT_ID": "25544", "OBJECT_NAME": "ISS"}
    texts = form(FIELDS), form(other)
    if form is xml:
        text = texts[0].replace("</ndm>", texts[1][texts[1].index("<omm") :])
    else:
        text = texts[0] + (texts[1].split("\n", 1)[1] if form is as_csv else texts[1])
    path = file(text)
    with pytest.raises(InputError, match="several objects"):
        read_elements(path)
    assert read_elements(path, wanted="ISS").catalogue == "25544"


@pytest.mark.parametrize(("key", "value", "why"), [
    ("EPOCH", "", "EPOCH is missing"), ("EPOCH", "soon", "EPOCH: time"), ("BSTAR", "", "BSTAR is missing"),
    ("BSTAR", "nan", "BSTAR: expected a finite"), ("ECCENTRICITY", "1.2", "ECCENTRICITY: expected 0 to 0"),
    ("MEAN_MOTION", "0", "MEAN_MOTION: expected"), ("REF_FRAME", "EME2000", "REF_FRAME: expected TEME"),
    ("CENTER_NAME", "MOON", "NAME: expected EARTH"), ("MEAN_ELEMENT_THEORY", "DSST", "THEORY: expected"),
    ("TIME_SYSTEM", "MRT", "EPOCH: time system"),
])  # fmt: skip
@pytest.mark.parametrize("form", [kvn, xml, as_csv, as_json])
def test_what_is_wrong_in_an_omm_is_named(file, form, key, value, why):
    with pytest.raises(InputError, match=f"orbit.tle: .*{why}"):
        read_elements(file(form({**FIELDS, key: value})))


@pytest.mark.parametrize(("text", "why"), [
    ("<a/>", "no <omm>"), ("<omm>", "not valid XML"), ("[1]", "entry 0"), ("[", "not valid JSON"),
    ("{" * 5000, "not valid JSON"), ("CCSDS_OMM_VERS = 2.0\nnonsense\n", "line 2"),
    ('<!DOCTYPE a [<!ENTITY b "c">]><omm><EPOCH>&b;</EPOCH></omm>', "without a document type"),
    ("[]", "empty"), ("", "empty"), ("# nothing\n", "empty"),
    ("\n\nEPOCH,ECCENTRICITY\nsoon,0.1\n", "line 4: EPOCH: time"),
])  # fmt: skip
def test_broken_files_get_a_sentence(file, text, why):
    with pytest.raises(InputError, match=f"orbit.tle: .*{why}"):
        read_elements(file(text))


# ---------------------------------------------------------------------------------------- leap seconds


def test_leap_seconds_count_in_what_sgp4_carries():
    """Two minutes over the leap second of 2016: the station moves on by 121 s, not by 120."""
    first = with_sum(FIRST.replace("23250.60323094", "16366.99930556"))  # 23:59:00 of the last day
    tle = parse_tle([first, SECOND])
    assert tle.epoch.to_iso(0) == "2016-12-31T23:59:00Z"
    at = Epoch.from_iso("2017-01-01T00:01:00Z")
    r, _ = teme_state(tle, at)
    assert at.since(tle.epoch) == pytest.approx(121.0, abs=1e-3)
    _, expected, _ = tle.satrec.sgp4_tsince(at.since(tle.epoch) / 60.0)
    np.testing.assert_allclose(r / 1e3, expected)
