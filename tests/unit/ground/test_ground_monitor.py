"""Limits with persistence and hysteresis, and the cabin's three faults against figures by hand."""

import numpy as np
import pytest

from homeward.ground.telemetry.cabin import AIR_GAS, DISCHARGE, WARMTH, cabin_table, orifice_flow
from homeward.ground.telemetry.limits import Limit, Monitor
from homeward.scenario.schema.ground import Cabin


def levels(limit: Limit, values: list[float]) -> list[str]:
    monitor, seen = Monitor({"x": limit}), []
    for k, value in enumerate(values):
        monitor.step(float(k), {"x": value})
        seen.append(monitor.levels["x"])
    return seen


def test_a_level_counts_when_it_has_lasted():
    limit = Limit(high_yellow=1.0, persistence=3)
    assert levels(limit, [2, 0, 2, 2, 0, 2, 2, 2]) == [*["green"] * 7, "yellow"]


def test_back_inside_counts_only_past_the_hysteresis():
    limit = Limit(high_yellow=10.0, high_red=20.0, persistence=1, hysteresis=1.0)
    assert levels(limit, [21, 19.5, 18.5, 10.5, 9.5, 8.5]) == [
        "red",
        "red",
        "yellow",
        "yellow",
        "yellow",
        "green",
    ]


def test_a_ramp_through_yellow_into_red_waits_once_and_not_twice():
    limit = Limit(low_red=5.0, low_yellow=8.0, persistence=2)
    assert levels(limit, [9, 7, 4, 4]) == ["green", "green", "red", "red"]


def test_a_number_that_is_none_is_unknown_and_never_green():
    monitor = Monitor({"x": Limit(high_red=1.0, persistence=1)})
    (event,) = monitor.step(0.0, {"x": float("nan")})
    assert event.after == "unknown" == monitor.worst()
    assert monitor.step(1.0, {}) == [] and monitor.worst() == "unknown"


def test_a_leak_into_a_vacuum_empties_the_cabin_exponentially():
    cabin = Cabin(leak_mm2=50.0, leak_from_s=0.0)
    time = np.arange(0.0, 601.0)
    still = np.zeros(len(time))
    table = cabin_table(cabin, time, still, still)
    # Choked flow of an isothermal vessel: tau = V / (Cd A f sqrt(R T)), f = 0.6847 for air.
    tau = cabin.volume_m3 / (DISCHARGE * 50e-6 * 0.6847 * np.sqrt(AIR_GAS * WARMTH))
    TOLERANCE = 5e-3  # the temperature moves by a degree, the noise is 2e-4
    assert table["cabin_pressure_pa"][-1] == pytest.approx(101325.0 * np.exp(-600.0 / tau), rel=TOLERANCE)


def test_a_hole_lets_in_what_it_would_let_out():
    assert orifice_flow(5e4, 1e5, 290.0, 1e-4) == -orifice_flow(1e5, 5e4, 290.0, 1e-4)
    assert orifice_flow(1e5, 1e5, 290.0, 1e-4) == 0.0
    # 1 bar into a vacuum through 1 cm2: 0.6847 p A / sqrt(R T) times the discharge.
    by_hand = DISCHARGE * 0.6847 * 1e5 * 1e-4 / np.sqrt(AIR_GAS * 290.0)
    assert orifice_flow(1e5, 0.0, 290.0, 1e-4) == pytest.approx(by_hand, rel=1e-3)


def test_cooling_that_fails_heats_and_a_bus_that_fails_is_dark():
    time = np.arange(0.0, 3601.0, 10.0)
    still = np.zeros(len(time))
    whole = cabin_table(Cabin(), time, still, still)
    hot = cabin_table(Cabin(cooling_fails_s=0.0, bus_fails="b", bus_fails_s=1800.0), time, still, still)
    assert abs(whole["cabin_temperature_k"][-1] - WARMTH) < 0.5
    # 840 W into 150 kJ/K for an hour.
    assert hot["cabin_temperature_k"][-1] - WARMTH == pytest.approx(840.0 * 3600.0 / 1.5e5, rel=0.02)
    dark = time >= 1800.0
    assert (hot["bus_b_v"][dark] == 0.0).all() and (hot["bus_b_v"][~dark] > 25.0).all()
    assert hot["bus_a_current_a"][-1] > 1.4 * whole["bus_a_current_a"][-1]
