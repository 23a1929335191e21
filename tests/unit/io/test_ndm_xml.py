"""Navigation messages in XML: what is read is what the keyword form says; what is hostile is refused."""

from pathlib import Path

import numpy as np
import pytest

from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.aem import AttitudeSegment, read_aem, write_aem
from homeward.io.ccsds import kind_of_message, read_lines, write_lines
from homeward.io.cdm import ConjunctionObject, read_cdm, rtn_axes, write_cdm
from homeward.io.ndm_xml import xml_messages
from homeward.io.ndm_xml_writer import xml_of
from homeward.io.oem import read_oem, write_oem
from homeward.io.opm import read_opm, write_opm
from homeward.io.tdm import read_tdm, write_tdm

DATA = Path(__file__).parents[2] / "published" / "data"
FORMS = ("kvn", "xml")
EPOCH = Epoch.from_iso("2016-12-31T23:59:58.25Z")  # a leap second lies within the first rows
T = np.array([0.0, 1.5, 2.75, 60.0])
KM = 1e-6  # m: the nine decimals of a kilometre that are written


def states(seed=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(4, 3)) * 3e6 + 4e6, rng.normal(size=(4, 3)) * 4e3


def attitudes(seed=5):
    rng = np.random.default_rng(seed)
    q = rng.normal(size=(4, 4))
    q = q / np.linalg.norm(q, axis=1, keepdims=True) * np.sign(q[:, :1])
    return q, rng.normal(size=(4, 3)) * 0.1


@pytest.mark.parametrize("form", FORMS)
def test_an_orbit_is_read_as_it_was_written(tmp_path, form):
    r, v = states()
    path = tmp_path / "a.oem"
    write_oem(path, "SHIP", EPOCH, T, r, v, form=form, comments=("a < b & c",))
    back = read_oem(path).segments[0]
    np.testing.assert_allclose(back.r, r, rtol=0, atol=KM)
    np.testing.assert_allclose(back.v, v, rtol=0, atol=1e-9)
    np.testing.assert_allclose(back.t, T, rtol=0, atol=1e-9)  # over the leap second
    assert back.epoch.to_iso(6) == EPOCH.to_iso(6) and back.comments == ("a < b & c",)


@pytest.mark.parametrize("form", FORMS)
def test_a_state_with_covariance_and_body_is_read_as_it_was_written(tmp_path, form):
    (r, v), C = states(), np.random.default_rng(1).normal(size=(6, 6))
    path = tmp_path / "a.opm"
    write_opm(path, "SHIP", EPOCH, r[0], v[0], C @ C.T, 3000.0, 5.0, 1.2, form=form)
    back = read_opm(path)
    np.testing.assert_allclose(np.concatenate([back.r, back.v]), np.concatenate([r[0], v[0]]), atol=1e-8)
    np.testing.assert_allclose(back.covariance, C @ C.T, rtol=1e-11)
    assert (back.mass, back.drag_area, back.drag_coefficient) == (3000.0, 5.0, 1.2)


@pytest.mark.parametrize("form", FORMS)
def test_attitude_is_read_as_it_was_written(tmp_path, form):
    q, w = attitudes()
    path = tmp_path / "a.aem"
    parts = [
        AttitudeSegment("SHIP", "UNKNOWN", "GCRF", "SC_BODY_1", EPOCH, T, q, w, ("leg: entry",)),
        AttitudeSegment("SHIP", "UNKNOWN", "GCRF", "SC_BODY_1", EPOCH.plus(100.0), T, q),
    ]
    write_aem(path, parts, form=form)
    first, second = read_aem(path).segments
    np.testing.assert_allclose(first.q_BA, q, rtol=0, atol=2e-12)
    np.testing.assert_allclose(first.omega_BA_B, w, rtol=0, atol=2e-12)
    np.testing.assert_allclose(first.t, T, rtol=0, atol=1e-9)
    assert second.omega_BA_B is None and first.comments == ("leg: entry",)
    assert second.epoch - first.epoch == pytest.approx(100.0, abs=1e-9)


def test_a_yaw_to_the_left_has_the_sign_of_the_standard(tmp_path):
    """A body yawed by +90 degrees about I's z axis: ours (0.7071, 0, 0, -0.7071), the standard's axis +z."""
    half = np.sqrt(0.5)
    path = tmp_path / "a.aem"
    q = np.array([[half, 0.0, 0.0, -half]])
    write_aem(path, [AttitudeSegment("S", "U", "GCRF", "SC_BODY_1", EPOCH, np.zeros(1), q)])
    row = path.read_text().split("DATA_START\n")[1].split()
    assert [float(x) for x in row[1:5]] == pytest.approx([0.0, 0.0, half, half], abs=1e-11)


@pytest.mark.parametrize(
    ("turn", "order"), [("A2B", "LAST"), ("A2B", "FIRST"), ("B2A", "LAST"), ("B2A", "FIRST")]
)
def test_attitude_of_the_first_issue_is_read_in_all_its_forms(tmp_path, turn, order):
    q = attitudes()[0][0]
    sent = np.append(-q[1:] if turn == "A2B" else q[1:], q[0])
    sent = np.roll(sent, 1) if order == "FIRST" else sent
    names = ("QC", "Q1", "Q2", "Q3") if order == "FIRST" else ("Q1", "Q2", "Q3", "QC")
    meta = {
        "OBJECT_NAME": "S", "OBJECT_ID": "U", "REF_FRAME_A": "EME2000", "REF_FRAME_B": "SC_BODY_1",
        "ATTITUDE_DIR": turn, "TIME_SYSTEM": "TT", "START_TIME": "2020-01-01T00:01:09.184",
        "STOP_TIME": "2020-01-01T00:01:09.184", "ATTITUDE_TYPE": "QUATERNION", "QUATERNION_TYPE": order,
    }  # fmt: skip
    lines = ["CCSDS_AEM_VERS = 1.0", "CREATION_DATE = 2020-01-01T00:00:00", "ORIGINATOR = T", "META_START"]
    lines += [f"{k} = {v}" for k, v in meta.items()] + ["META_STOP", "DATA_START"]
    lines += [f"2020-01-01T00:01:09.184 {' '.join(map(repr, sent.tolist()))}", "DATA_STOP"]
    write_lines(tmp_path / "a.aem", lines)
    # In XML the order of the elements may be another than that of the columns.
    leaves = "".join(f"<{n}>{x!r}</{n}>" for n, x in sorted(zip(names, sent.tolist(), strict=True)))
    (tmp_path / "b.aem").write_text(
        '<aem id="CCSDS_AEM_VERS" version="1.0"><header><CREATION_DATE>2020-01-01T00:00:00</CREATION_DATE>'
        "<ORIGINATOR>T</ORIGINATOR></header><body><segment><metadata>"
        + "".join(f"<{k}>{v}</{k}>" for k, v in meta.items())
        + "</metadata><data><attitudeState><quaternionState><EPOCH>2020-01-01T00:01:09.184</EPOCH>"
        "<quaternion>"
        + leaves
        + "</quaternion></quaternionState></attitudeState></data></segment></body></aem>"
    )
    for name in ("a.aem", "b.aem"):
        segment = read_aem(tmp_path / name).segments[0]
        np.testing.assert_allclose(segment.q_BA[0], q, rtol=0, atol=1e-14)
        assert segment.epoch.to_iso(3) == "2020-01-01T00:00:00.000Z"


@pytest.mark.parametrize("form", FORMS)
def test_a_conjunction_is_read_as_it_was_written(tmp_path, form):
    (r, v), C = states(), np.random.default_rng(1).normal(size=(6, 6))
    a = ConjunctionObject("A", "1", "GCRF", r[0], v[0], C @ C.T, True)
    b = ConjunctionObject(
        "B", "2", "GCRF", r[0] + [120.0, -60.0, 45.0], v[0] + [0.1, 0.2, -0.3], np.zeros((6, 6))
    )
    path = tmp_path / "a.cdm"
    write_cdm(path, EPOCH, (a, b), "M-1", (EPOCH, EPOCH.plus(1000.0)), comments=("said",), form=form)
    back = read_cdm(path)
    axes = rtn_axes(r[0], v[0])
    np.testing.assert_allclose(back.relative[:3], axes @ [120.0, -60.0, 45.0], rtol=0, atol=2e-9)
    np.testing.assert_allclose(back.relative[3:], axes @ [0.1, 0.2, -0.3], rtol=0, atol=2e-9)
    assert back.miss == pytest.approx(np.sqrt(120.0**2 + 60.0**2 + 45.0**2), abs=1e-6)
    np.testing.assert_allclose(back.objects[0].covariance, C @ C.T, rtol=1e-11)
    np.testing.assert_allclose(back.objects[1].r, b.r, rtol=0, atol=1e-8)
    assert (back.objects[0].manoeuvrable, back.objects[1].manoeuvrable) == (True, False)
    assert back.tca.to_iso(6) == EPOCH.to_iso(6) and back.message_id == "M-1"


@pytest.mark.parametrize("name", ["orekit_TDMExample2", "orekit_TDMExample4"])
def test_tracking_data_in_xml_are_those_of_the_keywords(tmp_path, name):
    told = read_tdm(DATA / f"{name}.txt")
    write_tdm(tmp_path / "a.tdm", told.segments, form="xml")
    back = read_tdm(tmp_path / "a.tdm")
    for one, two in zip(told.segments, back.segments, strict=True):
        assert one.meta == two.meta
        for a, b in zip(one.observations, two.observations, strict=True):
            assert a.keyword == b.keyword and abs(a.epoch - b.epoch) < 1e-6
            assert b.value == pytest.approx(a.value, rel=1e-11)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("OEMExample1", "oem"), ("OEMExample3", "oem"), ("OEMExample5", "oem"), ("OPMExample1", "opm")],
)
def test_other_peoples_messages_survive_the_way_to_xml_and_back(tmp_path, name, kind):
    """Keyword lines, turned into XML and back: the same lines, but for blanks and the place of comments."""
    lines = [line.text for line in read_lines(DATA / f"orekit_{name}.txt", kind)]
    (tmp_path / "a.xml").write_text(xml_of(lines))
    back = [line.text for line in read_lines(tmp_path / "a.xml", kind)]

    def plain(text):
        return " ".join(text.replace("=", " = ").split())

    # A comment before the first line of a covariance stands in its element in XML; versions are the schema's.
    told = sorted(plain(t) for t in lines[1:] if not t.startswith("COMMENT"))
    assert sorted(plain(t) for t in back[1:] if not t.startswith("COMMENT")) == told
    assert sum(t.startswith("COMMENT") for t in back) == sum(t.startswith("COMMENT") for t in lines)


def test_of_a_document_of_several_messages_the_one_of_its_kind_is_read(tmp_path):
    r, v = states()
    write_opm(tmp_path / "a", "SHIP", EPOCH, r[0], v[0], form="xml")
    write_oem(tmp_path / "b", "SHIP", EPOCH, T, r, v, form="xml")
    inner = [(tmp_path / n).read_text().split("\n", 1)[1] for n in "ab"]
    path = tmp_path / "both.xml"
    path.write_text(f"<ndm><MESSAGE_ID>1</MESSAGE_ID>{inner[0]}{inner[1]}</ndm>")
    assert len(read_oem(path).segments[0].t) == 4 and read_opm(path).object_name == "SHIP"
    path.write_text(f"<ndm>{inner[0]}{inner[0]}</ndm>")
    with pytest.raises(InputError, match=r"expected one <opm> in this XML, which holds <opm>, <opm>"):
        read_opm(path)
    with pytest.raises(InputError, match=r"expected one <oem>"):
        read_oem(path)


def oem_xml(tmp_path):
    r, v = states()
    write_oem(tmp_path / "o.oem", "SHIP", EPOCH, T, r, v, form="xml")
    return (tmp_path / "o.oem").read_text()


LAUGHS = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
MANY = " ".join(f'a{k}="1"' for k in range(40))
FETCH = '<!DOCTYPE oem [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda t: t.replace("<oem", f"{LAUGHS}<oem", 1).replace("SHIP", "&c;"), "without a document type"),
        (lambda t: t.replace("<oem", f"{FETCH}<oem", 1).replace("SHIP", "&x;"), "without a document type"),
        (lambda t: t.replace("SHIP", "&x;"), "undefined entity"),
        (lambda t: t.replace("<data>", "<data>" + "<a>" * 30), "at most 16 levels"),
        (lambda t: t.replace("<data>", f"<data {MANY}>"), "attributes"),
        (lambda t: t.replace("SHIP", "S" * 30_000), "at most 20000 characters"),
        (lambda t: t.replace("SHIP", "<b>SHIP</b>"), "expected a value, got <b>"),
        (lambda t: t.replace("<data>", "<data>words"), "got the text 'words'"),
        (lambda t: t.replace('<X units="km">', '<X units="m">'), r"X: expected the unit \[km\], got \[m\]"),
        (lambda t: t.replace("</metadata>", ""), "not valid XML"),
        (lambda t: t[: len(t) // 2], "not valid XML"),
        (lambda t: t.replace('version="3.0"', 'version="9.0"'), "CCSDS_OEM_VERS: expected"),
        (lambda t: t.replace("<Y units", "<X units").replace("</Y>", "</X>"), "X stands here a second time"),
        (lambda t: t.replace("<EPOCH>", "<TIME>").replace("</EPOCH>", "</TIME>"), "expected EPOCH first"),
        (lambda t: t.replace("<stateVector>", "<stateVector><stateVector>", 1), "another table row"),
        (lambda t: t.replace("GCRF", "B1950"), "B1950"),
        (lambda t: t.replace("SHIP", "A\nMETA_STOP"), None),
        (lambda _: "<ndm/>", "expected one <oem> in this XML, which holds no message"),
        (lambda t: t.replace("<oem", "<opm").replace("</oem", "</opm"), "expected one <oem>"),
    ],
)  # fmt: skip
def test_hostile_and_broken_xml_is_one_sentence(tmp_path, change, word):
    path = tmp_path / "a.oem"
    path.write_text(change(oem_xml(tmp_path)))
    if word is None:  # a line break in a value cannot end a block
        assert read_oem(path).segments[0].object_name == "A META_STOP"
        return
    with pytest.raises(InputError, match=word) as error:
        read_oem(path)
    assert "a.oem" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda t: t.replace("QUATERNION/ANGVEL", "EULER_ANGLE"), "ATTITUDE_TYPE 'EULER_ANGLE': expected"),
        (lambda t: t.replace("DATA_STOP", ""), "cut short"),
        (lambda t: t.replace("0.0000001", "nan"), None),
        (lambda t: t.replace("ANGVEL_FRAME = SC_BODY_1", "ANGVEL_FRAME = LVLH"), "ANGVEL_FRAME"),
        (lambda t: t.replace("REF_FRAME_A = GCRF\n", ""), "REF_FRAME_A is missing"),
        (lambda t: t.replace("T23:59:59.75", "T23:59:50.75"), "backwards"),
        (lambda t: t.replace("CCSDS_AEM_VERS = 2.0", "CCSDS_AEM_VERS = 1.0"), "ATTITUDE_DIR"),
    ],
)
def test_attitude_that_cannot_be_used_is_refused(tmp_path, change, word):
    q, w = attitudes()
    path = tmp_path / "a.aem"
    write_aem(path, [AttitudeSegment("S", "U", "GCRF", "SC_BODY_1", EPOCH, T, q, w)])
    text = path.read_text()
    changed = change(text)
    if word is None:
        changed, word = text.replace(text.split("DATA_START\n")[1].split()[2], "nan", 1), "finite"
    path.write_text(changed)
    with pytest.raises(InputError, match=word) as error:
        read_aem(path)
    assert "a.aem" in str(error.value)


def test_a_quaternion_that_is_none_is_refused(tmp_path):
    q, _ = attitudes()
    path = tmp_path / "a.aem"
    write_aem(path, [AttitudeSegment("S", "U", "GCRF", "SC_BODY_1", EPOCH, T, 1.1 * q)])
    with pytest.raises(InputError, match="length one"):
        read_aem(path)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda t: t.replace("OBJECT = OBJECT2", "OBJECT = OBJECT3"), "expected OBJECT1, then OBJECT2"),
        (lambda t: t[: t.index("OBJECT = OBJECT2")], "expected two objects, found 1"),
        (lambda t: t.replace("CN_T ", "CN_X "), "CN_T is missing"),
        (lambda t: t.replace("[m**2]", "[km**2]"), r"expected the unit \[m\*\*2\]"),
        (lambda t: t.replace("TCA = ", "TCAA = "), "TCA is missing"),
        (lambda t: t.replace("REF_FRAME = GCRF", "REF_FRAME = TEME"), "got TEME"),
    ],
)
def test_a_conjunction_that_cannot_be_used_is_refused(tmp_path, change, word):
    r, v = states()
    objects = [ConjunctionObject(n, n, "GCRF", r[0] + k, v[0], np.eye(6)) for k, n in enumerate("AB")]
    path = tmp_path / "a.cdm"
    write_cdm(path, EPOCH, objects, "M")
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=word) as error:
        read_cdm(path)
    assert "a.cdm" in str(error.value)


def test_the_kind_of_a_message_is_told_by_its_beginning(tmp_path):
    assert kind_of_message(oem_xml(tmp_path)) == "oem"
    assert kind_of_message("CCSDS_TDM_VERS = 2.0\n") == "tdm"
    assert kind_of_message("CCSDS_XYZ_VERS = 2.0\n") is None and kind_of_message("") is None


def test_many_messages_are_told_apart():
    text = "<ndm>" + '<omm id="CCSDS_OMM_VERS" version="2.0"><body/></omm>' * 3 + "</ndm>"
    assert [m.kind for m in xml_messages(text, "x")] == ["omm"] * 3
