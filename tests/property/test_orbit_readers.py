"""Whatever is done to a good orbit file, it is read or refused with one sentence; nothing else happens."""

import json
import tempfile
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from homeward.earth.time import Epoch
from homeward.errors import HomewardError, InputError
from homeward.io.aem import AttitudeSegment, read_aem, write_aem
from homeward.io.cdm import ConjunctionObject, read_cdm, write_cdm
from homeward.io.columns import read_columns
from homeward.io.element_sets import read_elements
from homeward.io.ndm_xml_writer import xml_of
from homeward.io.oem import read_oem, write_oem
from homeward.io.opm import read_opm
from homeward.io.tle import checksum, parse_tle, tle_state

DATA = Path(__file__).parents[1] / "published" / "data"
TLE = (
    "CSS (TIANHE)",
    "1 48274U 21035A   23250.60323094  .00028729  00000+0  32278-3 0  9997",
    "2 48274  41.4752  14.6926 0010484 320.3089  39.6983 15.61907922134716",
)
OEM = (DATA / "iss_2022-01-17.oem.txt").read_text()
OPM = (DATA / "orekit_OPMExample1.txt").read_text()
MODEST = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def mutated(draw, text):
    """A good text with a few characters changed, dropped, doubled, or the end cut off."""
    for _ in range(draw(st.integers(1, 3))):
        i = draw(st.integers(0, max(len(text) - 1, 0)))
        match draw(st.sampled_from(["change", "drop", "insert", "cut", "swap", "repeat"])):
            case "change":
                new = draw(st.sampled_from("0123456789.-+eE= \nNaTZ[]") | st.characters())
                text = text[:i] + new + text[i + 1 :]
            case "drop":
                text = text[:i] + text[i + draw(st.integers(1, 80)) :]
            case "insert":
                new = draw(st.sampled_from(["nan", "inf", "1e999", "\n", "META_STOP\n", "-"]))
                text = text[:i] + new + text[i:]
            case "cut":
                text = text[:i]
            case "swap":
                lines = text.split("\n")
                j, k = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
                lines[j], lines[k] = lines[k], lines[j]
                text = "\n".join(lines)
            case _:
                text = text[:i] + text[max(i - 60, 0) :]
    return text


def one_sentence(error):
    text = str(error.value) if hasattr(error, "value") else str(error)
    assert text and "\n" not in text and "Traceback" not in text


def reads_or_refuses(reader, path, text):
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        return reader(path)
    except InputError as error:
        one_sentence(error)
        return None


@MODEST
@given(text=mutated(OEM))
def test_oem(tmp_path, text):
    oem = reads_or_refuses(read_oem, tmp_path / "a.oem", text)
    if oem:
        for segment in oem.segments:
            assert np.all(np.isfinite(segment.r)) and np.all(np.diff(segment.t) > 0.0)


@MODEST
@given(text=mutated(OPM))
def test_opm(tmp_path, text):
    opm = reads_or_refuses(read_opm, tmp_path / "a.opm", text)
    assert opm is None or np.all(np.isfinite(opm.r))


def in_xml(text):
    """A message in keywords as XML, with few enough rows to be drawn from evenly."""
    lines = [line for line in text.split("\n") if line.strip()]
    return xml_of([*lines[: lines.index("META_STOP") + 5]] if "META_STOP" in lines else lines)


@MODEST
@given(text=mutated(in_xml(OEM)))
def test_oem_in_xml(tmp_path, text):
    oem = reads_or_refuses(lambda path: read_oem(path, complete=False), tmp_path / "a.xml", text)
    if oem:
        for segment in oem.segments:
            assert np.all(np.isfinite(segment.r)) and np.all(np.diff(segment.t) > 0.0)


@MODEST
@given(text=mutated(in_xml(OPM)))
def test_opm_in_xml(tmp_path, text):
    opm = reads_or_refuses(read_opm, tmp_path / "a.xml", text)
    assert opm is None or np.all(np.isfinite(opm.r))


def aem_text(form):
    rng, rows = np.random.default_rng(1), 4
    q = rng.normal(size=(rows, 4))
    segment = AttitudeSegment(
        "S", "U", "GCRF", "SC_BODY_1", Epoch.from_iso("2022-01-17T12:00:00Z"), np.arange(rows) * 1.5,
        q / np.linalg.norm(q, axis=1, keepdims=True), rng.normal(size=(rows, 3)),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        write_aem(Path(place) / "a", [segment], form=form)
        return (Path(place) / "a").read_text()


@MODEST
@given(text=mutated(aem_text("kvn")) | mutated(aem_text("xml")))
def test_aem(tmp_path, text):
    aem = reads_or_refuses(read_aem, tmp_path / "a.aem", text)
    if aem:
        for segment in aem.segments:
            lengths = np.linalg.norm(segment.q_BA, axis=1)
            np.testing.assert_allclose(lengths, 1.0, rtol=0, atol=1e-12)


def cdm_text(form):
    r, v = np.array([5e6, 3e6, -3e6]), np.array([-3e3, 6e3, 2e3])
    objects = [ConjunctionObject(n, n, "GCRF", r + k, v, np.eye(6)) for k, n in enumerate("AB")]
    with tempfile.TemporaryDirectory() as place:
        write_cdm(Path(place) / "a", Epoch.from_iso("2022-01-17T12:00:00Z"), objects, "M", form=form)
        return (Path(place) / "a").read_text()


@MODEST
@given(text=mutated(cdm_text("kvn")) | mutated(cdm_text("xml")))
def test_cdm(tmp_path, text):
    cdm = reads_or_refuses(read_cdm, tmp_path / "a.cdm", text)
    assert cdm is None or all(np.isfinite(o.covariance).all() for o in cdm.objects)


@MODEST
@given(text=mutated("\n".join(TLE)))
def test_tle(tmp_path, text):
    reads_or_refuses(read_elements, tmp_path / "a.tle", text)


@MODEST
@given(row=st.sampled_from([1, 2]), at=st.integers(2, 67), digit=st.sampled_from("0123456789 .-+"))
def test_tle_with_a_checksum_put_right(row, at, digit):
    """Past the checksum stand the columns, the limits, and SGP4 itself."""
    lines = list(TLE)
    line = lines[row][:at] + digit + lines[row][at + 1 : 68]
    lines[row] = line + str(checksum(line))
    try:
        r, v = tle_state(parse_tle(lines))
    except InputError as error:
        one_sentence(error)
    else:
        assert np.all(np.isfinite(r)) and np.all(np.isfinite(v))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda t: t.replace("META_STOP", "", 1), "line"),
        (lambda t: t[: len(t) // 2], "line"),
        (lambda t: "\n".join(t.split("\n")[:-5]) + "\n", "cut short"),
        (lambda t: t.replace("REF_FRAME  ", "REFFRAME   "), "REFFRAME"),
        (lambda t: t.replace("EME2000", "B1950"), "B1950"),
        (lambda t: t.replace("TIME_SYSTEM          = UTC", "TIME_SYSTEM          = MET"), "MET"),
        (lambda t: t.replace("5021.218457183220", "nan"), "finite"),
        (lambda t: t.replace("2022-01-17T14:00", "2022-01-17T12:30"), "backwards"),
        (lambda t: t.replace("CCSDS_OEM_VERS", "CCSDS_OPM_VERS"), "CCSDS_OEM_VERS"),
        (lambda t: "", "empty"),
    ],
)
def test_oem_refusals_name_the_trouble(tmp_path, change, word):
    path = tmp_path / "a.oem"
    path.write_text(change(OEM))
    with pytest.raises(InputError, match=word) as error:
        read_oem(path)
    assert "a.oem" in str(error.value)
    one_sentence(error)


def test_missing_files(tmp_path):
    for reader in (read_oem, read_opm, read_elements):
        with pytest.raises(InputError, match="nothere"):
            reader(tmp_path / "nothere")


@MODEST
@given(
    steps=st.lists(st.floats(0.01, 1e5), min_size=1, max_size=8),
    start=st.floats(-1e8, 1e8),
    seed=st.integers(0, 2**32 - 1),
    frame=st.sampled_from(["GCRF", "EME2000", "ITRF2014", "TEME"]),
)
def test_what_is_written_is_read_back(tmp_path, steps, start, seed, frame):
    epoch = Epoch.from_iso("2017-01-01T00:00:00Z").plus(start)
    t = np.cumsum([0.0, *steps])
    r, v = np.random.default_rng(seed).normal(size=(2, len(t), 3)) * np.asarray([7e6, 7e3])[:, None, None]
    write_oem(tmp_path / "b.oem", "CAPSULE", epoch, t, r, v, frame)
    segment = read_oem(tmp_path / "b.oem").segments[0]
    assert segment.frame == frame and abs(segment.epoch - epoch) < 1e-6  # s, the digits written
    np.testing.assert_allclose(segment.t, t, atol=2e-6)
    np.testing.assert_allclose(segment.r, r, atol=1e-6)
    np.testing.assert_allclose(segment.v, v, atol=1e-8)


def test_a_tle_begins_where_its_elements_say():
    tle = parse_tle(TLE)
    r, v = tle_state(tle)
    assert tle.name == "CSS (TIANHE)" and tle.epoch.to_iso(3) == "2023-09-07T14:28:39.153Z"
    h = np.cross(r, v)
    inclination = np.degrees(np.arccos(h[2] / np.linalg.norm(h)))
    assert inclination == pytest.approx(41.4752, abs=0.2)  # osculating against mean, GCRF against TEME
    later, _ = tle_state(tle, tle.epoch.plus(2.0))
    np.testing.assert_allclose((later - r) / 2.0, v, atol=10.0)  # half of the change of v in 2 s
    assert jnp.asarray(r).dtype == jnp.float64


FIELDS = {
    "OBJECT_NAME": "CSS", "OBJECT_ID": "2021-035A", "EPOCH": "2023-09-07T14:28:39.153216",
    "MEAN_MOTION": "15.61907922", "ECCENTRICITY": ".0010484", "INCLINATION": "41.4752",
    "RA_OF_ASC_NODE": "14.6926", "ARG_OF_PERICENTER": "320.3089", "MEAN_ANOMALY": "39.6983",
    "NORAD_CAT_ID": "100042", "BSTAR": ".32278E-3",
}  # fmt: skip
OMM = (
    "CCSDS_OMM_VERS = 2.0\n" + "".join(f"{k} = {v}\n" for k, v in FIELDS.items()),
    "<ndm><omm>" + "".join(f"<{k}>{v}</{k}>" for k, v in FIELDS.items()) + "</omm></ndm>",
    ",".join(FIELDS) + "\n" + ",".join(FIELDS.values()) + "\n",
    json.dumps([FIELDS]),
)  # fmt: skip


@MODEST
@given(data=st.data(), form=st.sampled_from(OMM))
def test_omm(tmp_path, data, form):
    tle = reads_or_refuses(read_elements, tmp_path / "a.omm", data.draw(mutated(form)))
    if tle is not None:
        try:
            assert np.all(np.isfinite(tle_state(tle)))
        except HomewardError as error:
            one_sentence(error)


WINDS = "altitude_m, north_m_s, east_m_s\n0, 1.0, -2.0\n1000, 3.0, 4.0\n20000, 5.0, 6.0\n"


@MODEST
@given(text=mutated(WINDS))
@example(text=",,\n")
@example(text="\ufeff;\n")
def test_tables(tmp_path, text):
    def reader(path):
        names = ("altitude_m", "north_m_s", "east_m_s")
        return read_columns(path, names, what="a table of winds", rows=(2, 40), header=False)

    columns = reads_or_refuses(reader, tmp_path / "a.csv", text)
    if columns is not None:
        assert all(np.all(np.isfinite(c)) for c in columns.values())
        assert np.all(np.diff(columns["altitude_m"]) > 0.0)
