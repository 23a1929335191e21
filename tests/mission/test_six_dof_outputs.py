"""What a ship that turns leaves behind: summary, files and report, from a flight that begins in the air."""

import json

import numpy as np
import pyarrow.parquet
import pytest
from rich.console import Console

import homeward as hw
from homeward.cli.tables.return_summary import Heading, show_return
from homeward.icd import Accuracy, BodyFrame, channels

# From 100 km on, before plasma hides the satellites: the filter finds itself first. No orbit, no canopy.
SHORT = {
    "return.legs.start": "interface", "return.legs.end": "opening",
    "return.initial.interface.epoch_utc": "2023-09-07T23:52:50.166Z",
    "return.initial.interface.latitude_deg": "39.481", "return.initial.interface.longitude_deg": "70.012",
    "return.initial.interface.altitude_m": "100000.0", "return.initial.interface.speed_m_s": "7549.6",
    "return.initial.interface.flight_path_angle_deg": "-1.534",
    "return.initial.interface.heading_deg": "74.875", "return.initial.interface.relative": "true",
    "return.initial.interface.angles": "geocentric",
}  # fmt: skip
TRIM_LIMIT = 4.0  # deg of angle of attack: it begins at the trim of one Mach number
BANK_LIMIT = 3.0  # deg: dead band of 1 deg and what the rates overshoot


@pytest.fixture(scope="module")
def flight():
    return hw.fly(hw.load("shenzhou-15", SHORT), fidelity="six-dof")


def test_the_records_have_every_channel(flight):
    assert set(flight.body.channels) == {c.name for c in channels(BodyFrame)}
    assert {c.name for c in channels(Accuracy)} <= set(flight.history.channels)
    assert np.allclose(np.diff(flight.body["time"])[1:-1], 0.1, atol=1e-6)


def test_the_attitude_is_told(flight):
    told = flight.summary["attitude"]
    assert 150.0 < told["trim_angle_deg"] < 170.0
    assert told["angle_of_attack_error_deg_max"] < TRIM_LIMIT
    assert told["bank_error_deg_max_outside_reversals"] < BANK_LIMIT
    assert told["bank_settling_s"] > 10.0
    assert 0.0 < told["entry_thruster_propellant_kg"] < 40.0
    assert told["stack_thruster_propellant_kg"] is None and told["hang_angle_deg"] is None
    assert told["tumbled"] is False and told["firings"] > 100
    tank = flight.body["thruster_propellant"]
    assert told["entry_thruster_propellant_kg"] == pytest.approx(tank[0] - tank[-1], abs=0.2)


def test_the_navigation_error_is_the_filters_own(flight):
    """At the opening the belief is that of the instant; the record's last row is a cycle older at most."""
    told = flight.summary["navigation"]
    last = flight.history["navigation_position_error"][-1]
    assert told["position_error_at_parachute_m"] == pytest.approx(np.linalg.norm(last), abs=5.0)
    sigma = flight.history["position_sigma"][-1]
    assert told["position_3sigma_at_parachute_m"] == pytest.approx(3.0 * np.linalg.norm(sigma), rel=0.1)
    assert told["position_error_at_parachute_m"] < 1.5 * told["position_3sigma_at_parachute_m"]


def test_files_and_report(flight, tmp_path, capsys):
    written = {p.name for p in flight.save(tmp_path)}
    assert written >= {"body.parquet", "body.csv", "attitude.png", "thrusters.png", "filter.png"}
    table = pyarrow.parquet.read_table(tmp_path / "body.parquet")
    assert np.array_equal(table["sideslip_deg"].to_numpy(), np.degrees(flight.body["sideslip"]))
    told = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert told["attitude"]["firings"] == flight.summary["attitude"]["firings"]
    show_return(Console(width=160), Heading.of(flight.scenario), flight.summary)
    report = capsys.readouterr().out
    assert "attitude" in report and "thrusters" in report and "three sigma" in report
    assert flight.plot().axes
