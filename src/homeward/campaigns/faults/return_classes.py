"""The class of a return with a failure: nominal, degraded, aborted or lost, by its numbers."""

from typing import Any

import numpy as np

from homeward.campaigns.faults.matrix import ABORTED, DEGRADED, LOST, NOMINAL
from homeward.missions.return_outcome import succeeded
from homeward.scenario.return_limits import return_limits
from homeward.scenario.schema.scenario import Scenario

FAR, HARD, HEAVY = 50e3, 8.0, 6.0  # m, m/s, g: degraded
BEYOND = 1.2  # of a limit that only protects: what a degraded or aborted flight may exceed it by
ABORT_HARD, ABORT_HEAVY, ABORT_OFF = 8.5, 10.0, 30e3  # m/s, g, m from its own prediction: aborted


def judge(scenario: Scenario, n: dict[str, Any]) -> tuple[str, str]:
    """Class and reason of one flight by its numbers.

    Nominal is what a single flight calls a success: every limit kept and the site reached. Degraded has come
    down alive, beyond a limit by no more than a fifth or far from the site; aborted likewise by the ballistic
    fall-back. A flight without an open parachute is lost whatever its speed.
    """
    limits, built = return_limits(scenario), scenario.truth.limits
    load, speed, miss = (
        float(n["peak_load"]),
        float(n["touchdown_vertical_speed"]),
        float(n["touchdown_miss"]),
    )
    if not bool(n["came"]):
        return LOST, "not applicable: the leg was over before"
    if bool(n["failed"]):
        return LOST, f"a leg took too long or numbers beyond physics, at {float(n['failed_time']):.0f} s"
    if not np.all(np.isfinite([load, speed, miss])):
        return LOST, "a number is not finite"
    told = f"{miss / 1e3:.1f} km from the site, {load:.1f} g, {speed:.1f} m/s"
    if not bool(n["canopy_open"]):
        return LOST, f"{told}: no parachute open"
    if bool(n.get("tumbled", False)):
        return LOST, f"{told}: the apex flew foremost"
    opening = max(float(n["peak_opening_load"]), float(n["peak_landing_load"]))
    if opening > limits.opening_load:
        told += f", {opening:.1f} g under the parachutes"
    heat, pressure = float(n["peak_heat_rate"]), float(n["peak_dynamic_pressure"])
    if bool(succeeded(limits, {k: np.atleast_1d(v) for k, v in n.items()}, True)[0]):
        return NOMINAL, told
    # A ship that is built for more, as one that falls into water, is not worse off with less.
    bearable = opening <= BEYOND * limits.opening_load and heat <= BEYOND * limits.heat_rate
    firm = pressure <= BEYOND * built.dynamic_pressure_pa
    soft = speed <= max(HARD, limits.touchdown_speed)
    if miss <= FAR and load <= max(HEAVY, built.load_g) and soft and bearable and firm:
        return DEGRADED, told
    if "prediction_off" in n and np.isfinite(n["prediction_off"]):
        inside = miss <= scenario.site.allowed_radius_m and float(n["prediction_off"]) <= ABORT_OFF
        soft = speed <= max(ABORT_HARD, limits.touchdown_speed)
        rolling = return_limits(scenario, "ballistic")
        firm = pressure <= BEYOND * rolling.dynamic_pressure
        if inside and load <= max(ABORT_HEAVY, built.load_g) and soft and bearable and firm:
            return ABORTED, f"{told}, {float(n['prediction_off']) / 1e3:.1f} km from its own prediction"
    return LOST, told
