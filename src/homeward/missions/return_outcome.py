"""How a return ended: each figure against its limit, and whether that is a success.

A success has kept every limit that protects the crew and has reached its site. A flight that landed beyond a
limit is no success, however near the site it is.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from homeward.scenario.return_limits import ReturnLimits

# What is held against a limit: word, key of ``metrics``, field of ReturnLimits, unit people read and its size
# in SI, and where the figure stands in the summary.
FIGURES: tuple[tuple[str, str, str, str, float, str], ...] = (
    ("entry load", "peak_load", "load", "g", 1.0, "entry.peak_load_g"),
    ("opening load", "peak_opening_load", "opening_load", "g", 1.0, "parachute.peak_opening_load_g"),
    ("landing rocket load", "peak_landing_load", "opening_load", "g", 1.0, "touchdown.peak_landing_load_g"),
    ("heating", "peak_heat_rate", "heat_rate", "kW/m2", 1e3, "entry.peak_heat_rate_w_m2"),
    ("heat load", "heat_load", "heat_load", "MJ/m2", 1e6, "entry.heat_load_j_m2"),
    ("dynamic pressure", "peak_dynamic_pressure", "dynamic_pressure", "kPa", 1e3,
     "entry.peak_dynamic_pressure_pa"),
    ("touchdown speed", "touchdown_vertical_speed", "touchdown_speed", "m/s", 1.0,
     "touchdown.vertical_speed_m_s"),
    ("speed over ground", "touchdown_horizontal_speed", "horizontal_speed", "m/s", 1.0,
     "touchdown.horizontal_speed_m_s"),
    ("tilt at touchdown", "touchdown_tilt", "tilt", "deg", float(np.pi / 180.0),
     "touchdown.landing.tilt_deg"),
    ("crew dose", "touchdown_crew_dose", "crew_dose", "", 1.0, "touchdown.landing.crew_dose"),
    ("one drogue's load", "canopy_load_drogue", "drogue_canopy", "kN", 1e3,
     "parachute.canopies.drogue.canopy_n"),
    ("one main's load", "canopy_load_main", "main_canopy", "kN", 1e3, "parachute.canopies.greatest_main_n"),
    ("tipping over", "touchdown_tip_over", "tip_over", "", 1.0, "touchdown.landing.tip_over_index"),
    ("touchdown miss", "touchdown_miss", "miss", "km", 1e3, "touchdown.miss_km"),
)  # fmt: skip
# What only a flight to the ground has; one that ends at the opening has to open near its aim point.
GROUND = (
    "peak_opening_load", "peak_landing_load", "touchdown_vertical_speed", "touchdown_horizontal_speed",
    "canopy_load_drogue", "canopy_load_main", "touchdown_tilt", "touchdown_crew_dose", "touchdown_tip_over",
    "touchdown_miss",
)  # fmt: skip
OPENING = ("opening miss", "open_miss", "miss", "km", 1e3, "parachute.open_miss_km")

AS_PLANNED, EXCEEDED, FAILED = "as planned", "limits exceeded", "failed"


@dataclasses.dataclass(frozen=True)
class Held:
    """One figure of every lane beside its limit."""

    name: str
    quantity: str
    values: np.ndarray
    limit: float
    unit: str
    scale: float

    @property
    def kept(self) -> np.ndarray:
        """Whether each lane kept it; what is not a number did not."""
        return self.values <= self.limit

    def told(self, lane: int) -> dict[str, Any]:
        """The row of ``limits`` in a summary, in the unit people read."""
        value = float(self.values[lane])
        return {
            "name": self.name, "quantity": self.quantity,
            "flown": value / self.scale if np.isfinite(value) else None,
            "limit": self.limit / self.scale, "unit": self.unit, "kept": bool(self.kept[lane]),
        }  # fmt: skip


def held(limits: ReturnLimits, numbers: Mapping[str, np.ndarray], to_the_ground: bool) -> list[Held]:
    """Every figure of ``metrics`` that has a limit, beside it."""
    figures = [f for f in FIGURES if to_the_ground or f[1] not in GROUND]
    if not to_the_ground:
        figures.append(OPENING)
    return [
        Held(name, path, np.asarray(numbers[key], float), getattr(limits, field), unit, scale)
        for name, key, field, unit, scale, path in figures
        if key in numbers and np.isfinite(getattr(limits, field))
    ]


def conditions(numbers: Mapping[str, np.ndarray], to_the_ground: bool) -> dict[str, np.ndarray]:
    """What else has to be so, by its name in ``limits``: the parachute open, the heat shield foremost."""
    told = {}
    if to_the_ground:
        told["parachute open"] = np.asarray(numbers["canopy_open"], bool)
    if "tumbled" in numbers:
        told["heat shield foremost"] = ~np.asarray(numbers["tumbled"], bool)
    return told


def succeeded(limits: ReturnLimits, numbers: Mapping[str, np.ndarray], to_the_ground: bool) -> np.ndarray:
    """Which lanes kept every limit and every condition, came to their end and did not fail."""
    ok = ~np.asarray(numbers["failed"], bool) & np.asarray(numbers["arrived"], bool)
    for row in held(limits, numbers, to_the_ground):
        ok = ok & row.kept
    for good in conditions(numbers, to_the_ground).values():
        ok = ok & good
    return ok


def limits_told(
    limits: ReturnLimits, numbers: Mapping[str, np.ndarray], to_the_ground: bool, lane: int
) -> list[dict[str, Any]]:
    """The summary's ``limits`` of one lane: figures, then conditions, whose ``flown`` is true or false.

    Of a flight that failed only the entry's: the rest of its numbers stand where it broke off.
    """
    if bool(numbers["failed"][lane]):
        return [r.told(lane) for r in held(limits, numbers, to_the_ground) if r.quantity.startswith("entry.")]
    rows = [row.told(lane) for row in held(limits, numbers, to_the_ground)]
    for name, good in conditions(numbers, to_the_ground).items():
        kept = bool(good[lane])
        rows.append({"name": name, "quantity": None, "flown": kept, "limit": True, "unit": "", "kept": kept})
    return rows


def outcome_of(summary: Mapping[str, Any]) -> str:
    """The summary's ``outcome`` in a word: as planned, limits exceeded, failed, or why it was no success."""
    if summary.get("failure"):
        return FAILED
    if any(not row["kept"] for row in summary.get("limits") or ()):
        return EXCEEDED
    return AS_PLANNED if summary.get("success") else "not at its end"


__all__ = [
    "AS_PLANNED",
    "EXCEEDED",
    "FAILED",
    "Held",
    "conditions",
    "held",
    "limits_told",
    "outcome_of",
    "succeeded",
]
