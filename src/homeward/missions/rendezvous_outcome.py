"""How a rendezvous ended: each figure against its limit, and whether that is a success.

A success is docked inside the contact box of the docking standard with every limit that protects ship,
station and crew kept: clear of the station outside the corridor, safe without thrust, propellant left.
Docking later than planned is told, and is no limit of safety.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from homeward.scenario.schema.rendezvous import Rendezvous
from homeward.sim.rendezvous import contact as docking

# The contact box (IDSS Rev E): name, key of the summary's contact, least, most, unit.
BOX: tuple[tuple[str, str, float, float, str], ...] = (
    ("closing speed", "closing_m_s", docking.CLOSING[0], docking.CLOSING[1], "m/s"),
    ("lateral rate", "lateral_rate_m_s", 0.0, docking.LATERAL_RATE, "m/s"),
    ("lateral offset", "lateral_offset_m", 0.0, docking.LATERAL, "m"),
    ("pitch and yaw", "angle_deg", 0.0, float(np.degrees(docking.ANGLE)), "deg"),
    ("roll", "roll_deg", 0.0, float(np.degrees(docking.ANGLE)), "deg"),
    ("turning rate", "rate_deg_s", 0.0, float(np.degrees(docking.RATE)), "deg/s"),
)


def pair_succeeded(scenario: Rendezvous, n: Mapping[str, np.ndarray]) -> np.ndarray:
    """Of the lanes of a block, by ``pairs.figures``: docked inside the box with every limit kept.

    The corridor is judged by the least distance outside it, the hull by what touches. Passive safety and the
    hull's clearance are judged of recorded flights alone, see ``limits_told``.
    """
    ok = n["captured"] & n["inside"] & ~n["collided"] & ~n["failed"]
    ok = ok & (n["closest"] >= scenario.station.keep_out_radius_m)
    return ok & (n["propellant"] <= scenario.ship.propellant_kg)


def limits_told(scenario: Rendezvous, summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The summary's ``limits``: ``flown`` beside the ``least`` and the most (``limit``) it may be."""
    rows: list[dict[str, Any]] = []

    def row(name: str, key: str, flown: Any, unit: str, most: Any, least: Any = None) -> None:
        kept = np.isfinite(flown) and (most is None or flown <= most) and (least is None or flown >= least)
        rows.append({"name": name, "quantity": key, "flown": flown, "least": least, "limit": most,
                     "unit": unit, "kept": bool(kept)})  # fmt: skip

    contact: Mapping[str, Any] = summary.get("contact") or {}
    if contact:
        for name, key, least, most, unit in BOX:
            row(name, f"contact.{key}", abs(contact[key]), unit, most, least or None)
    row("collisions", "collided", int(bool(summary["collided"])), "", 0)
    nearest, radius = summary.get("min_range_outside_corridor_m"), scenario.station.keep_out_radius_m
    if nearest is not None and nearest != np.inf:
        row("outside the corridor", "min_range_outside_corridor_m", nearest, "m", None, radius)
    row("propellant", "propellant_kg", summary["propellant_kg"], "kg", scenario.ship.propellant_kg)
    safety = summary.get("passive_safety") or {}
    if safety.get("checked_points"):
        of = f"of {safety['checked_points']} points"
        row("unsafe without thrust", "passive_safety.violations", safety.get("violations", 0), of, 0)
    came = summary.get("approach") or {}
    if came:
        row("of the corridor's width, coming", "approach.corridor_share", came["corridor_share"], "", 1.0)
    if came.get("min_clearance_m") is not None:
        row(
            "hull from the station, coming",
            "approach.min_clearance_m",
            came["min_clearance_m"],
            "m",
            None,
            0.0,
        )
    told = summary.get("withdrawal") or {}
    share, hull = told.get("corridor_share"), told.get("min_clearance_m")
    if share is not None:
        row("of the corridor's width", "withdrawal.corridor_share", share, "", 1.0)
    if hull is not None and hull != np.inf:
        row("hull from the station, once off", "withdrawal.min_clearance_m", hull, "m", None, 0.0)
    for name, key in (
        ("away, outside the corridor", "min_range_outside_corridor_m"),
        ("adrift for two revolutions", "station_min_range_m"),
    ):
        nearest = told.get(key)
        if nearest is not None and nearest != np.inf:
            row(name, f"withdrawal.{key}", nearest, "m", None, told["keep_out_m"])
    return rows


def judged(scenario: Rendezvous, summary: dict[str, Any]) -> dict[str, Any]:
    """The summary with ``limits``, ``success`` and ``outcome``; call it once everything else stands in it."""
    rows = limits_told(scenario, summary)
    docked = summary["time_to_dock_s"] is not None
    left = summary.get("withdrawal")
    away = left is not None and left["success"] if scenario.ends == "withdrawn" else True
    kept = all(r["kept"] for r in rows)
    success = docked and away and kept and not summary.get("failure")
    if summary.get("failure"):
        outcome = "failed"
    elif docked:
        outcome = "as planned" if success else "limits exceeded" if not kept else "not at its end"
    else:
        outcome = "collided" if summary["collided"] else "left" if summary["aborts"] else "not docked"
    return summary | {"limits": rows, "success": bool(success), "outcome": outcome}


__all__ = ["BOX", "judged", "limits_told", "pair_succeeded"]
