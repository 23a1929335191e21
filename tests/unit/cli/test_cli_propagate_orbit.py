"""`homeward propagate` from elements and orbit messages: what it flies, writes and refuses."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from test_cli import Capture, refused

from homeward.cli.app import main
from homeward.earth.frames import FRAMES, from_gcrf, to_gcrf
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.oem import read_oem
from homeward.io.opm import write_opm
from homeward.scenario.open_loop.orbit_file import OrbitOptions, propagate_orbit

DATA = Path(__file__).parents[2] / "published" / "data"
ISS, GRACE = str(DATA / "iss_2022-01-17.oem.txt"), str(DATA / "grace_a_2010-07-27.oem.txt")
TLE = (
    "CSS (TIANHE)\n1 48274U 21035A   23250.60323094  .00028729  00000+0  32278-3 0  9997\n"
    "2 48274  41.4752  14.6926 0010484 320.3089  39.6983 15.61907922134716\n"
)
LEAP = Epoch.from_iso("2016-12-31T23:58:00Z")
R, V = np.array([6.8e6, 0.0, 0.0]), np.array([0.0, 5500.0, 5300.0])


def opm(path: Path, r: np.ndarray = R, epoch: Epoch = LEAP, **more: float) -> str:
    write_opm(path, "SHIP", epoch, r, V, **more)
    return str(path)


@pytest.mark.parametrize("frame", ["GCRF", "EME2000", "TEME", "ITRF"])
def test_a_frame_and_back(frame):
    epochs = [LEAP, LEAP.plus(5000.0)]
    r, v = np.stack([R, R[::-1]]), np.stack([V, V[::-1]])
    back = to_gcrf(frame, epochs, *from_gcrf(frame, epochs, r, v))
    assert np.allclose(back[0], r, atol=1e-6, rtol=0.0) and np.allclose(back[1], v, atol=1e-9, rtol=0.0)
    assert frame in FRAMES


def test_json_files_and_the_way_through_every_frame(tmp_path, capsys: Capture):
    ends = []
    for frame in ("gcrf", "itrf", "teme", "eme2000"):
        out = tmp_path / frame
        command = ["propagate", ISS, "--duration", "10min", "--every", "240", "--frame", frame, "--json"]
        pictures = [] if frame == "itrf" else ["--no-pictures"]
        assert main([*command, "--out", str(out), *pictures]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told["forces"] == ["harmonics", "sun", "moon", "drag"] and told["rows"] == 4
        assert told["body"] == {"mass_kg": 458943.0, "area_m2": 1606.8, "drag_coefficient": 2.5}
        segment = read_oem(out / "trajectory.oem").segments[0]
        assert np.allclose(segment.t, [0.0, 240.0, 480.0, 600.0]) and segment.object_id == "1998-067-A"
        assert (out / "trajectory.png").exists() == (frame == "itrf")
        ends.append(segment.in_gcrf()[0][-1])
    assert np.ptp(ends, axis=0).max() < 1e-4  # m
    assert np.allclose(ends[0], told["final"]["position_gcrf_m"], atol=1e-4)


def test_the_leap_second_is_flown(tmp_path):
    kwargs = {"mass": 1000.0, "area": 10.0, "drag_coefficient": 2.2}
    result = propagate_orbit(opm(tmp_path / "leap.opm", **kwargs), OrbitOptions(240.0, 30.0))
    result.write_oem(tmp_path / "leap.oem")
    text = (tmp_path / "leap.oem").read_text()
    assert "T23:59:60.000000" in text and "2017-01-01T00:01:59.000000" in text
    segment = read_oem(tmp_path / "leap.oem").segments[0]
    assert np.allclose(segment.t, result.t, atol=1e-6) and result.forces[-1] == "drag"


def test_elements_fly_from_their_own_epoch_without_drag_which_is_told(tmp_path):
    (tmp_path / "css.tle").write_text(TLE)
    result = propagate_orbit(tmp_path / "css.tle", OrbitOptions(60.0))
    assert result.epoch.to_iso(3) == "2023-09-07T14:28:39.153Z" and "mass" in result.notes[0]
    assert (result.name, result.object_id) == ("CSS (TIANHE)", "48274")
    later = propagate_orbit(tmp_path / "css.tle", OrbitOptions(60.0, start="2023-09-07T15:00:00Z"))
    assert later.epoch.to_iso(0) == "2023-09-07T15:00:00Z"


def test_a_mass_with_an_exponent_is_read_whole(tmp_path):
    text = Path(ISS).read_text()
    mass = float(re.search(r"MASS\s*=\s*(\S+)", text)[1])
    (tmp_path / "power.oem").write_text(re.sub(r"(MASS\s*=\s*)\S+", rf"\g<1>{mass:.6E}", text))
    result = propagate_orbit(tmp_path / "power.oem", OrbitOptions(duration=60.0))
    assert result.body["mass"] == pytest.approx(mass, rel=1e-6) and "drag" in result.forces


def test_without_forces_it_is_keplers(tmp_path):
    end = propagate_orbit(opm(tmp_path / "a.opm"), OrbitOptions(5000.0, forces=())).states[-1]
    mu = 3.986004415e14
    energy = [0.5 * v @ v - mu / np.linalg.norm(r) for r, v in ((R, V), (end[:3], end[3:]))]
    assert energy[1] == pytest.approx(energy[0], rel=1e-12)


def test_what_is_refused(tmp_path, capsys: Capture):
    two = TLE + TLE.replace("48274", "48275").replace("CSS (TIANHE)", "OTHER").replace(
        "9997", "9998"
    ).replace("716", "717")
    files = {
        "two.tle": two, "cut.tle": TLE[:100], "frame.oem": Path(ISS).read_text().replace("EME2000", "MOD"),
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    low = opm(tmp_path / "low.opm", np.array([6.46e6, 0.0, 0.0]))
    under = opm(tmp_path / "under.opm", np.array([6.36e6, 0.0, 0.0]))
    late = opm(tmp_path / "late.opm", epoch=Epoch.from_iso("2060-01-01T00:00:00Z"))
    for command, told in (
        ([str(tmp_path / "two.tle")], "several objects"),
        ([str(tmp_path / "two.tle"), "--object", "NONE"], "no object"),
        ([str(tmp_path / "cut.tle")], "expected 69 columns"),
        ([str(tmp_path / "frame.oem")], "REF_FRAME"),
        ([low], "above the ellipsoid"),
        ([under], "below the ellipsoid"),
        ([late], "no IERS"),
        ([low, "--forces", "drag"], "--mass"),
        ([ISS, "--forces", "wind"], "--forces"),
        ([ISS, "--duration", "soon"], "--duration"),
        ([ISS, "--duration", "0"], "--duration"),
        ([ISS, "--start", "2023-01-01T00:00:00Z"], "outside the ephemeris"),
        ([ISS, "--start", "soon"], "--start"),
        ([ISS, "--frame", "moon"], "--frame"),
        ([ISS, "--degree", "40"], "--degree"),
        ([ISS, "--set", "body.mass_kg=1"], "--set"),
        (["open-loop-entry", "--mass", "3"], "--mass"),
    ):
        assert told in refused(capsys, "propagate", *command)


def test_a_coast_that_comes_down_ends_at_100_km(tmp_path):
    falling = opm(tmp_path / "down.opm", np.array([6.6e6, 0.0, 0.0]))
    result = propagate_orbit(falling, OrbitOptions(5000.0, forces=()))
    assert result.summary["ended_by"] == "altitude of 100 km" and result.places[-1, 2] > 100e3


def test_an_option_of_no_orbit_is_an_input_error():
    with pytest.raises(InputError, match="expected a TLE"):
        propagate_orbit(DATA / "ussa1976.csv")
