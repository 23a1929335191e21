"""How far a flight is from a lost mission: one number by the limits of its class, negative beyond them."""

from typing import Any

import numpy as np

from homeward.campaigns.faults.rendezvous_classes import HOME
from homeward.campaigns.faults.return_classes import (
    ABORT_HARD,
    ABORT_HEAVY,
    ABORT_OFF,
    BEYOND,
    FAR,
    HARD,
    HEAVY,
)
from homeward.earth.constants import G0
from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.scenario.return_limits import return_limits
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.rendezvous.contact import ANGLE, CLOSING, LATERAL, LATERAL_RATE, RATE

LOST, EDGE = -1.0, 1e-9
# Share left of the limit beyond which the mission is lost, which limit that is, whether the crew is lost.
Margin = tuple[float, str, bool]


def return_margin(scenario: Scenario, n: dict[str, Any]) -> Margin:
    """Of a return: the least share left of the limits that ``return_classes.judge`` calls it degraded by.

    Beyond them it is aborted where it keeps those of the ballistic fall-back, else the crew is lost.
    """
    limits, built = return_limits(scenario), scenario.truth.limits
    for word, gone in (
        ("failed", n["failed"]), ("no parachute", not n["canopy_open"]), ("tumbled", n.get("tumbled", False)),
    ):  # fmt: skip
        if bool(gone):
            return LOST, word, True
    load, speed, miss = (float(n[k]) for k in ("peak_load", "touchdown_vertical_speed", "touchdown_miss"))
    opening = max(float(n["peak_opening_load"]), float(n["peak_landing_load"]))
    shared = [
        ("opening load", opening, BEYOND * limits.opening_load),
        ("heating", float(n["peak_heat_rate"]), BEYOND * limits.heat_rate),
    ]
    steered = _least([
        *shared, ("load", load, max(HEAVY, built.load_g)), ("touchdown miss", miss, FAR),
        ("touchdown speed", speed, max(HARD, limits.touchdown_speed)),
        ("dynamic pressure", float(n["peak_dynamic_pressure"]), BEYOND * built.dynamic_pressure_pa),
    ])  # fmt: skip
    off = float(n["prediction_off"]) if "prediction_off" in n else np.nan
    if not np.isfinite(off):
        return *steered, steered[0] < 0.0
    rolling = return_limits(scenario, "ballistic")
    aborted = _least([
        *shared, ("load", load, max(ABORT_HEAVY, built.load_g)), ("own prediction", off, ABORT_OFF),
        ("touchdown miss", miss, scenario.site.allowed_radius_m),
        ("touchdown speed", speed, max(ABORT_HARD, limits.touchdown_speed)),
        ("dynamic pressure", float(n["peak_dynamic_pressure"]), BEYOND * rolling.dynamic_pressure),
    ])  # fmt: skip
    return *steered, max(steered, aborted)[0] < 0.0


def rendezvous_margin(made: RendezvousPlan, n: dict[str, Any]) -> Margin:
    """Of a rendezvous: of the port's limits; one that did not dock is lost, its crew perhaps not."""
    for word in ("collided", "failed"):
        if bool(n[word]):
            return LOST, word, True
    if bool(n["captured"]):
        slow, fast = CLOSING
        least = _least([
            ("lateral offset", float(n["lateral"]), LATERAL), ("pitch and yaw", float(n["angle"]), ANGLE),
            ("lateral rate", float(n["lateral_rate"]), LATERAL_RATE), ("roll", float(n["roll"]), ANGLE),
            ("turning rate", float(n["rate"]), RATE),
            ("closing speed", abs(float(n["closing"]) - (slow + fast) / 2.0), (fast - slow) / 2.0),
        ])  # fmt: skip
        inside = bool(n["inside"])
        return (max(least[0], EDGE) if inside else min(least[0], -EDGE)), least[1], not inside
    ship, radius = made.told.ship, made.told.station.keep_out_radius_m
    home = float(n["mass"]) * (1.0 - np.exp(-HOME / (ship.specific_impulse_s * G0)))
    safe = int(n["aborts"]) > 0 and float(n["free"]) >= radius and float(n["left"]) >= home
    return LOST, "not docked", not safe


def _least(rows: list[tuple[str, float, float]]) -> tuple[float, str]:
    """The least share left of any limit; what is not finite has none."""
    left = [(1.0 - x / limit if np.isfinite(x) else LOST, name) for name, x, limit in rows]
    return min(left)


__all__ = ["Margin", "rendezvous_margin", "return_margin"]
