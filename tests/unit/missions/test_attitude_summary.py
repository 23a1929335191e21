"""The figures of the attitude in a summary, on records made by hand."""

import numpy as np
import pytest

from homeward.missions.attitude_metrics import (
    AttitudeGoals,
    entry_figures,
    hang_angle,
    pulses,
    settling_time,
    steady_command,
)

TICK = 0.1


def test_the_settling_time_is_that_of_half_a_turn():
    assert settling_time(np.radians(15.0), np.radians(6.0)) == pytest.approx(12.0 + 2.5)


def test_a_command_is_steady_once_it_has_rested_for_the_settling_time():
    t = np.arange(0.0, 60.0, TICK)
    command = np.where(t < 30.0, 1.0, -1.0)
    steady = steady_command(t, command, 10.0)
    assert np.array_equal(steady, ((t > 9.95) & (t < 29.95)) | (t > 39.95))
    # A slow creep is steady as long as it stays within 5 deg over the window.
    assert steady_command(t, np.radians(0.4) * t, 10.0).any()
    assert not steady_command(t, np.radians(0.6) * t, 10.0).any()
    # A command that goes through 180 deg has not jumped.
    around = (np.pi + np.radians(0.1) * t) % (2.0 * np.pi) - np.pi
    assert steady_command(t, around, 10.0)[-1]


def test_pulses_are_counted_valve_by_valve():
    share = np.array([[0.0, 0.2], [0.5, 1.0], [0.5, 1.0], [0.0, 0.3], [1.0, 0.0]])
    # First valve: 0.5, 0.5 again, 1.0. Second: 0.2, then one that goes on over three ticks.
    assert pulses(share) == 5


def test_thehang_angle_leaves_the_swing_out():
    t = np.arange(0.0, 200.0, TICK)
    history = {"time": t[::10], "parachute_stage": np.full(200, 3), "altitude": np.linspace(900.0, 1.0, 200)}
    swing = np.radians(10.0) * np.sin(2.0 * np.pi * t / 4.0)
    body = {"time": t, "angle_of_attack": np.radians(176.0) + swing, "sideslip": np.zeros_like(t)}
    assert hang_angle(history, body) == pytest.approx(4.0, abs=0.05)
    assert hang_angle(history | {"parachute_stage": np.full(200, 1)}, body) is None


def flown(attack, load, bank, command, sideslip=0.0):
    """The figures of an entry of 100 s in which the Mach number falls from 20 to 0."""
    t = np.arange(0.0, 100.0, TICK)
    n = np.ones_like(t)
    body = {
        "time": t, "angle_of_attack": attack * n, "load_factor": load * n, "bank": bank * n,
        "bank_command": command * n, "sideslip": sideslip * n,
    }  # fmt: skip
    history = {"time": t[::10], "mach": 20.0 - 0.2 * t[::10]}
    goals = AttitudeGoals(np.array([[0.0, 20.0], np.radians([170.0, 160.0])]), None)
    return entry_figures(goals, 14.5, history, body)


def test_errors_of_a_made_up_entry():
    t = np.arange(0.0, 100.0, TICK)
    trim = np.radians(160.0 + 0.1 * t)
    load = np.where(t < 30.0, 0.01, 1.0 + (t > 60.0))
    attack = trim + np.radians(np.where(t < 29.0, 8.0, -1.5))
    facts = flown(attack, load, np.radians(177.5), np.radians(-179.5))
    assert facts["angle_of_attack_error_deg_max"] == pytest.approx(1.5, abs=0.05)
    assert facts["bank_error_deg_max_outside_reversals"] == pytest.approx(3.0)
    assert facts["trim_angle_deg"] == pytest.approx(166.0, abs=0.2)
    assert facts["tumbled"] is False


def test_a_bank_that_is_still_turning_does_not_count():
    t = np.arange(0.0, 100.0, TICK)
    command = np.where(t < 50.0, 1.0, -1.0)
    bank = np.where(t < 60.0, 1.0, -1.0)  # ten seconds late, which is less than it may take
    assert flown(3.0, 1.0, bank, command)["bank_error_deg_max_outside_reversals"] == pytest.approx(0.0)
    never = flown(3.0, 1.0, bank, np.radians(20.0) * np.sin(t))
    assert never["bank_error_deg_max_outside_reversals"] is None


def test_a_tumble_is_one_where_the_heat_shield_looks_away():
    assert flown(np.radians(80.0), 1.0, 0.0, 0.0)["tumbled"] is True
    assert flown(np.radians(160.0), 1.0, 0.0, 0.0, np.radians(100.0))["tumbled"] is True
    assert flown(np.radians(100.0), 1.0, 0.0, 0.0)["tumbled"] is False


def test_an_entry_that_was_not_flown_has_no_figures():
    empty = {"time": np.zeros(0)}
    goals = AttitudeGoals(np.array([[0.0, 20.0], [2.9, 2.8]]), None)
    told = entry_figures(goals, 14.5, {}, empty)
    assert told["trim_angle_deg"] is None and told["tumbled"] is False
