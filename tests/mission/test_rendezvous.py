"""The default rendezvous: docked inside the box, in its time, at a bearable price, and twice the same."""

import json

import numpy as np
import pytest

import homeward as hw

TIME = 12000.0  # s from the insertion: 3.5 h from launch less ten minutes of ascent
KEEP_OUT = 200.0  # m
PRICE = 1.20  # delta-v to the aim point over the bound
LATERAL = 0.03  # m

KEYS = {
    "success", "plan", "time_to_dock_s", "delta_v_m_s", "propellant_kg", "two_impulse_delta_v_m_s", "contact",
    "min_range_outside_corridor_m", "passive_safety", "switches", "aborts",
}  # fmt: skip


@pytest.fixture(scope="module")
def flight():
    return hw.rendezvous(hw.load("shenzhou-21"))


def test_it_docks_inside_the_box_in_its_time(flight):
    told = flight.summary
    assert told["success"] and told["failure"] is None and not told["collided"]
    assert told["time_to_dock_s"] <= TIME
    assert told["contact"]["inside_idss"]
    assert 0.05 <= told["contact"]["closing_m_s"] <= 0.10
    assert told["contact"]["lateral_offset_m"] <= LATERAL
    assert told["aborts"] == 0 and told["approaches"] == 1 and told["switches"] == 0


def test_the_way_costs_little_more_than_the_least(flight):
    told = flight.summary
    assert told["delta_v_to_aim_m_s"] <= PRICE * told["two_impulse_delta_v_m_s"]
    burns = told["plan"]["burns"]
    assert told["plan"]["name"] == "3.5h" and len(burns) >= 3
    to_aim = [b["delta_v_m_s"] for b in burns if b["time"] < flight.history.arrivals[0] + 45.0]
    # What is listed is what was flown: burns too small to name are left out.
    assert np.isclose(sum(to_aim), told["delta_v_to_aim_m_s"], atol=0.05)


def test_thrust_may_be_lost_at_any_moment(flight):
    safety = flight.summary["passive_safety"]
    assert safety["violations"] == 0 and safety["checked_points"] > 9000
    assert safety["least_m"] > KEEP_OUT
    assert flight.summary["min_range_outside_corridor_m"] > KEEP_OUT


def test_navigation_knows_how_well_it_knows(flight):
    rows = flight.history.rows
    inside = np.abs(rows["position_error"]) <= 3.0 * rows["position_sigma"]
    assert inside.mean() >= 0.97
    assert np.abs(rows["position_error"][-1]).max() < 0.03


def test_the_summary_is_what_machines_are_promised(flight):
    told = json.loads(json.dumps(flight.summary))
    assert told.keys() >= KEYS
    assert told["passive_safety"].keys() >= {"checked_points", "violations"}


def test_the_same_flight_again_has_the_same_bits(flight):
    again = hw.rendezvous(hw.load("shenzhou-21"))
    for key, values in flight.history.rows.items():
        np.testing.assert_array_equal(values, again.history.rows[key], err_msg=key)
