"""What Homeward writes, read by Orekit: the same states, attitudes, covariances at the same instants.

Orekit (CS Group, Apache-2.0) runs in a process of its own, since it brings a Java machine; without one, or
without orekit-jpype, the test is skipped by name.
"""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.time import Epoch
from homeward.io.aem import AttitudeSegment, write_aem
from homeward.io.ccsds import write_lines
from homeward.io.cdm import ConjunctionObject, rtn_axes, write_cdm
from homeward.io.element_sets import read_elements
from homeward.io.oem import write_oem
from homeward.io.opm import write_opm
from homeward.io.tdm import read_tdm, write_tdm
from homeward.math.quaternion import to_matrix

READER = Path(__file__).parents[2] / "helpers" / "orekit_reader.py"
TDM = Path(__file__).parents[2] / "published" / "data" / "orekit_TDMExample4.txt"
EPOCH = Epoch.from_iso("2016-12-31T23:59:58.25Z")  # a leap second follows
TAI = Epoch.from_iso("2000-01-01T12:00:00", "TAI")  # what Orekit's seconds count from
T = np.array([0.0, 1.5, 2.75, 60.0])
FORMS = ("kvn", "xml")

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("orekit_jpype") is None, reason="orekit-jpype not installed"),
    pytest.mark.skipif(shutil.which("java") is None, reason="no Java machine"),
]


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(11)
    q = rng.normal(size=(4, 4))
    q = q / np.linalg.norm(q, axis=1, keepdims=True) * np.sign(q[:, :1])
    C = rng.normal(size=(6, 6))
    r, v = rng.normal(size=(4, 3)) * 2e6 + 5e6, rng.normal(size=(4, 3)) * 4e3
    return {"q": q, "w": rng.normal(size=(4, 3)) * 0.1, "C": C @ C.T, "r": r, "v": v}


@pytest.fixture(scope="module")
def read(tmp_path_factory, truth):
    """What Orekit found in each file, by kind and form."""
    place, (r, v) = tmp_path_factory.mktemp("orekit"), (truth["r"], truth["v"])
    a = ConjunctionObject("A", "1", "GCRF", r[0], v[0], truth["C"], True)
    b = ConjunctionObject(
        "B", "2", "GCRF", r[0] + [120.0, -60.0, 45.0], v[0] + [0.1, 0.2, -0.3], 4 * np.eye(6)
    )
    part = AttitudeSegment("S", "UNKNOWN", "GCRF", "SC_BODY_1", EPOCH, T, truth["q"], truth["w"])
    bare = AttitudeSegment("S", "UNKNOWN", "GCRF", "SC_BODY_1", EPOCH.plus(99.0), T, truth["q"])
    elements = [
        "CCSDS_OMM_VERS = 2.0", "CREATION_DATE = 2023-09-07T18:00:00", "ORIGINATOR = T", "OBJECT_NAME = CSS",
        "OBJECT_ID = 2021-035A", "CENTER_NAME = EARTH", "REF_FRAME = TEME", "TIME_SYSTEM = UTC",
        "MEAN_ELEMENT_THEORY = SGP4", "EPOCH = 2023-09-07T14:28:39.153216", "MEAN_MOTION = 15.61907922",
        "ECCENTRICITY = 0.0010484", "INCLINATION = 41.4752", "RA_OF_ASC_NODE = 14.6926",
        "ARG_OF_PERICENTER = 320.3089", "MEAN_ANOMALY = 39.6983", "EPHEMERIS_TYPE = 0",
        "CLASSIFICATION_TYPE = U", "NORAD_CAT_ID = 270042", "ELEMENT_SET_NO = 999", "REV_AT_EPOCH = 13471",
        "BSTAR = 0.00032278", "MEAN_MOTION_DOT = 0.00028729", "MEAN_MOTION_DDOT = 0",
    ]  # fmt: skip
    for form in FORMS:
        write_oem(place / f"{form}.oem", "SHIP", EPOCH, T, r, v, form=form, comments=("a < b",))
        write_opm(place / f"{form}.opm", "SHIP", EPOCH, r[1], v[1], truth["C"], 3000.0, 5.0, 1.2, form=form)
        write_aem(place / f"{form}.aem", [part, bare], form=form)
        write_cdm(place / f"{form}.cdm", EPOCH, (a, b), "M-1", (EPOCH, EPOCH.plus(1000.0)), form=form)
        write_tdm(place / f"{form}.tdm", read_tdm(TDM).segments, form=form)
        write_lines(place / f"{form}.omm", elements, form)
        assert read_elements(place / f"{form}.omm").catalogue == "270042"
    files = sorted(str(path) for path in place.iterdir())
    done = subprocess.run([sys.executable, str(READER), *files], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-1500:]
    return {Path(file).name: found for file, found in json.loads(done.stdout).items()}


def instants(times, epoch=EPOCH):
    return [epoch.plus(float(t)) - TAI for t in times]


@pytest.mark.parametrize("form", FORMS)
def test_an_orbit(read, truth, form):
    (segment,) = read[f"{form}.oem"]
    rows = np.asarray(segment["rows"])
    assert (segment["name"], segment["frame"]) == ("SHIP", "GCRF")
    np.testing.assert_allclose(rows[:, 0], instants(T), rtol=0, atol=1e-6)
    np.testing.assert_allclose(rows[:, 1:4], truth["r"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(rows[:, 4:], truth["v"], rtol=0, atol=1e-8)


@pytest.mark.parametrize("form", FORMS)
def test_a_state_with_its_covariance(read, truth, form):
    found = read[f"{form}.opm"]
    np.testing.assert_allclose(found["row"][1:], [*truth["r"][1], *truth["v"][1]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found["covariance"], truth["C"], rtol=1e-10)
    assert found["mass"] == 3000.0 and found["row"][0] == pytest.approx(instants([0.0])[0], abs=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_attitude_and_rates(read, truth, form):
    """Orekit's rotation takes components in frame A to components in frame B, and so does ``q_BI``."""
    first, second = read[f"{form}.aem"]
    for k, (when, matrix, rate) in enumerate(first):
        C_BI = np.asarray(to_matrix(jnp.asarray(truth["q"][k])))
        np.testing.assert_allclose(matrix, C_BI, rtol=0, atol=1e-10)
        np.testing.assert_allclose(rate, truth["w"][k], rtol=0, atol=1e-10)
        assert when == pytest.approx(instants([T[k]])[0], abs=1e-6)
    np.testing.assert_allclose(
        second[2][1], np.asarray(to_matrix(jnp.asarray(truth["q"][2]))), rtol=0, atol=1e-10
    )
    assert second[3][0] == pytest.approx(instants([99.0 + T[3]])[0], abs=1e-6)


@pytest.mark.parametrize("form", FORMS)
def test_a_conjunction(read, truth, form):
    found = read[f"{form}.cdm"]
    axes = rtn_axes(truth["r"][0], truth["v"][0])
    wanted = np.concatenate([axes @ [120.0, -60.0, 45.0], axes @ [0.1, 0.2, -0.3]])
    np.testing.assert_allclose(found["relative"], wanted, rtol=0, atol=1e-8)
    assert found["miss"] == pytest.approx(np.linalg.norm(wanted[:3]), abs=1e-5)
    assert found["tca"] == pytest.approx(instants([0.0])[0], abs=1e-6)
    np.testing.assert_allclose(
        np.asarray(found["objects"][0]["covariance"])[:6, :6], truth["C"], rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(
        np.asarray(found["objects"][1]["covariance"])[:6, :6], 4 * np.eye(6), atol=1e-12
    )
    assert [o["name"] for o in found["objects"]] == ["A", "B"]


@pytest.mark.parametrize("form", FORMS)
def test_tracking_data(read, form):
    """Orekit turns degrees into radians."""
    scale = {"ANGLE_1": np.pi / 180.0, "ANGLE_2": np.pi / 180.0}
    for segment, found in zip(read_tdm(TDM).segments, read[f"{form}.tdm"], strict=True):
        for told, (kind, when, value) in zip(segment.observations, found, strict=True):
            assert kind == told.keyword and when == pytest.approx(told.epoch - TAI, abs=1e-6)
            assert value == pytest.approx(told.value * scale.get(kind, 1.0), rel=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_mean_elements_of_a_number_of_six_digits(read, form):
    found = read[f"{form}.omm"]
    assert found["number"] == 270042
    assert found["inclination"] == pytest.approx(np.radians(41.4752), abs=1e-12)
    assert found["mean_motion"] == pytest.approx(15.61907922 * 2.0 * np.pi / 86400.0, rel=1e-12)
    assert found["eccentricity"] == 0.0010484 and found["bstar"] == pytest.approx(0.00032278)
    assert found["epoch"] == pytest.approx(Epoch.from_iso("2023-09-07T14:28:39.153216") - TAI, abs=1e-6)
