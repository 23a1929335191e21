"""The default return, flown once, whole: its summary, its files, and a flight that fails."""

import datetime
import itertools
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import homeward as hw
from homeward.cli.app import app

# What the default return must show (nominal flight).
OPEN_MISS_LIMIT = 1.0  # km
TOUCHDOWN_MISS_LIMIT = 3.0  # km
LOAD_LIMIT = 4.5  # g
TOUCHDOWN_SPEED_LIMIT = 3.0  # m/s
OPEN_SPEEDS = (150.0, 250.0)  # m/s at 10 km: the flown one had about 200

#: What ``homeward return --json`` holds at least.
KEYS = {
    "": "scenario seed guidance fidelity success legs deorbit entry parachute touchdown navigation "
    "propellant_kg",
    "deorbit": "burn_start_utc delta_v_m_s propellant_kg",
    "entry": "flight_path_angle_deg speed_m_s peak_load_g peak_heat_rate_w_m2 heat_load_j_m2 bank_reversals",
    "parachute": "open_altitude_m open_miss_km aim_latitude_deg aim_longitude_deg",
    "touchdown": "latitude_deg longitude_deg miss_km vertical_speed_m_s time_utc",
    "navigation": "position_error_at_parachute_m",
}


@pytest.fixture(scope="module")
def flight():
    return hw.fly(hw.load("shenzhou-15"), fidelity="point-mass")


def test_it_lands_where_it_should(flight):
    s = flight.summary
    assert s["success"] is True
    assert s["parachute"]["open_miss_km"] <= OPEN_MISS_LIMIT
    # By static pressure set by navigation: three sigma of its altitude, and of the second it is read in.
    assert s["parachute"]["open_altitude_m"] == pytest.approx(10e3, abs=60.0)
    assert s["touchdown"]["miss_km"] <= TOUCHDOWN_MISS_LIMIT
    assert s["touchdown"]["vertical_speed_m_s"] <= TOUCHDOWN_SPEED_LIMIT
    assert s["entry"]["peak_load_g"] <= LOAD_LIMIT


def test_its_speed_at_10_km_is_of_the_flown_class(flight):
    assert OPEN_SPEEDS[0] <= flight.summary["parachute"]["open_speed_m_s"] <= OPEN_SPEEDS[1]


def test_the_misses_told_are_those_of_the_history(flight):
    """The load and the speeds told are found again in the telemetry, written by another part of the loop."""
    h, s = flight.history, flight.summary
    entry = (h["time"] >= _leg(s, "entry")["start"]) & (h["time"] <= _leg(s, "entry")["end"])
    assert h["load_factor"][entry].max() == pytest.approx(s["entry"]["peak_load_g"], rel=1e-6)
    # One cycle of 1 s at 200 m/s is between the last row and the opening.
    assert h["altitude"][entry][-1] == pytest.approx(10e3, abs=250.0)
    assert abs(h["vertical_speed"][-1]) == pytest.approx(s["touchdown"]["vertical_speed_m_s"], abs=0.5)
    assert np.all(np.diff(h["time"]) > 0.0)


def test_the_summary_holds_every_key(flight):
    for place, names in KEYS.items():
        part = flight.summary[place] if place else flight.summary
        missing = set(names.split()) - set(part)
        assert not missing, f"{place}: {missing}"
    for item in flight.summary["legs"]:
        assert {"name", "start", "end"} <= set(item)
        assert item["end"] >= item["start"]


def test_the_legs_follow_one_another(flight):
    legs = flight.summary["legs"]
    assert [legs[0]["name"], legs[-1]["name"]] == ["undock", "touchdown"]
    for before, after in itertools.pairwise(legs):
        assert after["start"] == before["end"]


def test_its_files_are_written(flight, tmp_path):
    written = {path.name for path in flight.save(tmp_path)}
    assert written == {path.name for path in tmp_path.iterdir()}
    read = json.loads((tmp_path / "summary.json").read_text())
    assert read == json.loads(json.dumps(flight.summary))
    for ending in ("parquet", "csv", "oem", "czml", "kml", "png"):
        found = [path for path in tmp_path.iterdir() if path.suffix == f".{ending}"]
        assert found and all(path.stat().st_size > 500 for path in found), ending
    json.loads(next(tmp_path.glob("*.czml")).read_text())


def test_three_revolutions_bring_it_home_in_less_than_five_and_a_half_hours():
    """Shenzhou-21 as told: undocking to landing; the default takes two revolutions more."""
    s = hw.fly(hw.load("shenzhou-21-return"), fidelity="point-mass").summary
    times = s["opportunity"]["undock_utc"], s["touchdown"]["time_utc"]
    undocked, landed = (datetime.datetime.fromisoformat(x) for x in times)
    hours = (landed - undocked).total_seconds() / 3600.0
    assert 5.0 < hours < 5.5
    assert s["success"] is True
    assert s["parachute"]["open_miss_km"] <= OPEN_MISS_LIMIT
    assert s["entry"]["peak_load_g"] <= LOAD_LIMIT


def test_a_flown_failure_is_told_and_no_error():
    """A capsule with hardly any lift cannot steer; the flight is flown, told, and exits with 0."""
    arguments = ["return", "apollo-10", "--json", "--fidelity", "point-mass"]
    arguments += ["--set", "truth.capsule.lift_to_drag=0.02"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["success"] is False
    assert told["parachute"]["open_miss_km"] > OPEN_MISS_LIMIT
    assert told["entry"]["bound_s"]["range"] > 30.0  # and the flight computer says why


def _leg(summary, name):
    return next(item for item in summary["legs"] if item["name"] == name)
