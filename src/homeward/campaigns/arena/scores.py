"""What a law made of its flights: landings, misses, margins, and what it asked of the thrusters."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from homeward.campaigns.bound.clairvoyant import REACHED
from homeward.campaigns.statistics.order_statistics import clopper_pearson, order_statistic
from homeward.scenario.return_limits import return_limits
from homeward.scenario.schema.scenario import Scenario

RINGS_KM = (0.5, 1.0, 2.0)
OPENED_WITHIN = 5e3  # m of the opening altitude: what navigation of 2005 takes for it
PERCENTILES = {"p50": 0.50, "p99": 0.99, "p99_7": 0.997}
# What has a limit: word, key of the numbers, field of ``ReturnLimits``.
LIMITS = (
    ("load", "peak_load", "load"), ("heat rate", "peak_heat_rate", "heat_rate"),
    ("heat load", "heat_load", "heat_load"),
    ("dynamic pressure", "peak_dynamic_pressure", "dynamic_pressure"),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Flown:
    """The flights of one law, one number a run (SI, rad), and how long a cycle of it takes [s]."""

    numbers: Mapping[str, np.ndarray]
    cycle_time: float | None = None

    @property
    def miss(self) -> np.ndarray:
        """Opening miss [m]; infinite for a flight that failed or never came near its opening altitude."""
        n = self.numbers
        there = np.abs(n["opened_above"]) < OPENED_WITHIN
        return np.where(n["failed"] | ~there, np.inf, n["open_miss"])


def margins(scenario: Scenario, flown: Flown) -> dict[str, np.ndarray]:
    """Each limited figure of every run as a share of its limit; what is not limited is left out."""
    limits = return_limits(scenario, "predictive")
    told = {}
    for word, key, name in LIMITS:
        limit = getattr(limits, name)
        if np.isfinite(limit):
            told[word] = flown.numbers[key] / limit
    return told


def inside(scenario: Scenario, flown: Flown) -> np.ndarray:
    """Which runs kept all limits; one that failed kept none."""
    kept = np.isfinite(flown.miss)
    for share in margins(scenario, flown).values():
        kept &= share <= 1.0
    return kept


def landed(scenario: Scenario, flown: Flown, within: float) -> np.ndarray:
    """Which runs opened within a distance [m] of the aim, inside all limits."""
    return inside(scenario, flown) & (flown.miss <= within)


def score(scenario: Scenario, flown: Flown, reachable: np.ndarray) -> dict[str, Any]:
    """The figures of a law over the runs in reach; a failed run counts as infinitely far, and is None."""
    n, count = flown.numbers, int(np.sum(reachable))
    told: dict[str, Any] = {"runs": count}
    for ring in RINGS_KM:
        good = int(np.sum(landed(scenario, flown, 1e3 * ring)[reachable]))
        low, high = clopper_pearson(good, count) if count else (0.0, 1.0)
        told[f"landed_{ring:g}_km".replace(".", "_")] = {
            "count": good, "share": good / count if count else None, "low": low, "high": high
        }  # fmt: skip
    miss = flown.miss[reachable]
    told["miss_km"] = {p: _km(order_statistic(miss, q)) if count else None for p, q in PERCENTILES.items()}
    told["miss_km"]["most"] = _km(float(np.max(miss))) if count else None
    told["failed"] = int(np.sum(~np.isfinite(miss)))
    told["of_limit"] = {}
    for word, share in margins(scenario, flown).items():
        mine = np.where(np.isfinite(flown.miss), share, np.inf)[reachable]
        told["of_limit"][word] = {
            "p50": _plain(order_statistic(mine, 0.5)) if count else None,
            "p99_7": _plain(order_statistic(mine, 0.997)) if count else None,
            "over": int(np.sum(share[reachable] > 1.0)),
        }
    flew = reachable & np.isfinite(flown.miss)
    told["bank"] = {
        "roll_deg": _mean(np.degrees(n["roll"]), flew), "reversals": _mean(n["bank_reversals"], flew),
        "propellant_kg": _mean(n["roll_propellant"], flew),
    }  # fmt: skip
    told["cycle_us"] = None if flown.cycle_time is None else 1e6 * flown.cycle_time
    return told


def why_lost(scenario: Scenario, flown: Flown, run: int) -> str:
    """In a few words, why the run at a place of the arrays is not a landing within half a kilometre."""
    n = flown.numbers
    if not np.isfinite(flown.miss[run]):
        return "failed in the air" if n["failed"][run] else "never came to the opening altitude"
    parts = [
        f"{word} {100.0 * share[run]:.0f} % of its limit"
        for word, share in margins(scenario, flown).items()
        if share[run] > 1.0
    ]
    if flown.miss[run] > REACHED:
        parts.insert(0, f"missed by {flown.miss[run] / 1e3:,.2f} km")
    return ", ".join(parts)


def _km(metres: float) -> float | None:
    return float(metres) / 1e3 if np.isfinite(metres) else None


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _mean(values: np.ndarray, which: np.ndarray) -> float | None:
    return float(np.mean(values[which])) if np.any(which) else None


__all__ = ["REACHED", "RINGS_KM", "Flown", "inside", "landed", "margins", "score", "why_lost"]
