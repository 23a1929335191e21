"""Whether the navigation filter knows how wrong it is: its normalised squares over many flights, leg by leg.

A square of the error of position and velocity over its believed covariance (NEES), and of an innovation over
its own (NIS), are one a dimension on the average of many flights, at every instant. Bar-Shalom, Li and
Kirubarajan, Estimation with Applications to Tracking and Navigation (2001), section 5.4.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from homeward.campaigns.statistics.order_statistics import order_statistic
from homeward.dispersion.returns import disperse
from homeward.errors import InputError
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.planning.return_plan import plan_return
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import whole_history
from homeward.sim.mission import fly_mission

BAND = (0.7, 1.3)  # a mean square within it: the filter knows itself
HIGH = 1.5  # above it believes too much
SHARE = 0.9  # of a leg's time that has to lie in the band
LONG = 10.0  # s that a mean may stay above ``HIGH``
KINDS = ("position and velocity", "stars", "satellites, place", "satellites, velocity")
LEGS = {
    "departure burn": "orbit", "coast to burn": "orbit", "deorbit burn": "deorbit burn",
    "coast to separation": "coast", "coast to interface": "coast", "entry": "entry",
    "descent": "under the parachute",
}  # fmt: skip
ENTRY = ("entry, before the black-out", "black-out", "entry, after the black-out")
Progress = Callable[[str, float | None], None]


@dataclasses.dataclass
class Series:
    """Mean squares of one kind in one leg: seconds since its beginning, means, and runs in each."""

    leg: str
    kind: str
    time: np.ndarray
    mean: np.ndarray
    runs: np.ndarray
    step: float = 1.0  # s from one to the next

    @property
    def share(self) -> float:
        """Part of the time within the band."""
        low, high = BAND
        return float(np.mean((self.mean >= low) & (self.mean <= high)))

    @property
    def high(self) -> int:
        """The longest time above ``HIGH`` [s], from look to look where they are more than a second apart."""
        longest = now = 0
        for above in self.mean > HIGH:
            now = now + 1 if above else 0
            longest = max(longest, now)
        return longest if self.step == 1.0 else round(max(longest - 1, 0) * self.step)

    @property
    def row(self) -> dict[str, Any]:
        """The series in numbers."""
        return {
            "leg": self.leg, "of": self.kind, "seconds": round(len(self.mean) * self.step),
            "mean": float(self.mean.mean()), "lowest": float(self.mean.min()),
            "highest": float(self.mean.max()), "share": self.share, "longest_high_s": self.high,
            "holds": self.holds,
        }  # fmt: skip

    @property
    def holds(self) -> bool:
        """Whether it is in the band for ``SHARE`` of the time, and never high for over ``LONG`` seconds."""
        return self.share >= SHARE and (self.high <= LONG or self.leg == "black-out")


@dataclasses.dataclass
class Consistency:
    """``series`` by leg and kind; ``opening`` are the errors of position [m] when the parachute opens."""

    scenario: str
    seed: int
    runs: int
    series: list[Series]
    opening: np.ndarray
    believed: np.ndarray  # m, 3 sigma at the opening
    waited: np.ndarray  # s of satellites seen again by then; negative: not since the black-out began

    @property
    def data(self) -> dict[str, Any]:
        """What ``homeward consistency --json`` prints."""
        return {
            "scenario": self.scenario, "seed": self.seed, "runs": self.runs, "band": list(BAND), "high": HIGH,
            "holds": all(s.holds for s in self.series),
            "opening": {
                "error_997_m": order_statistic(self.opening, 0.997), "error_max_m": float(self.opening.max()),
                "error_rms_m": float(np.sqrt(np.mean(self.opening**2))),
                "believed_3sigma_m": float(np.mean(self.believed)),
                "satellites_since_s": float(np.median(self.waited)),
            },
            "rows": [s.row for s in self.series],
        }  # fmt: skip


def consistency(
    scenario: Scenario, runs: int = 300, seed: int = 1, progress: Progress | None = None
) -> Consistency:
    """Fly ``runs`` dispersed returns, the filter in the loop, and look at how well it knows itself.

    Means are over the runs, at each second since a part of the flight began; seconds that fewer than half of
    the runs reach are left out. Raises ``InputError`` where no filter flies, and for numbers that are none.
    """
    for name, value, least in (("--runs", runs, 2), ("--seed", seed, 0)):
        if value < least:
            raise InputError(f"{name}: expected a whole number of at least {least}, not {value}")
    law = scenario.flight.navigation.law
    if law != "filter":
        raise InputError(f"flight.navigation.law: expected filter, which is to be looked at, not {law}")
    plan = plan_return(scenario, fidelity="six-dof")
    lanes = scenario.simulation.lanes
    legs = spread_legs(plan.legs, lanes)
    names = [m.name for m in plan.legs]
    pieces: dict[tuple[str, int], list[np.ndarray]] = {}
    ends: list[tuple[float, float, float]] = []
    for first in range(0, runs, lanes):
        if progress is not None:
            progress("flying", first / runs)
        block = np.minimum(np.arange(first, first + lanes), runs - 1)
        world, flight, truth = disperse(plan, seed, block)
        flown = fly_mission(world, flight, truth, legs, run_keys(seed, block), True)
        failed = np.asarray(flown.truth.failed)
        for lane in range(min(lanes, runs - first)):
            if not failed[lane]:
                _take(whole_history(flown.legs, lane), names, pieces, ends)
    series = [_series(leg, kind, rows, runs) for (leg, kind), rows in pieces.items()]
    opening, believed, waited = (np.array(x) for x in zip(*ends, strict=True))
    kept = [s for s in series if len(s.mean)]
    return Consistency(scenario.name, seed, len(opening), kept, opening, believed, waited)


def _take(
    h: dict[str, np.ndarray], names: list[str], pieces: dict[tuple[str, int], list[np.ndarray]],
    ends: list[tuple[float, float, float]],
) -> None:  # fmt: skip
    """One flight's squares put to those of the others; its error at the opening."""
    squares = np.concatenate([h["navigation_square"][:, None], h["innovation_square"]], axis=1)
    parts = np.array([LEGS.get(n, "") for n in names])[h["leg"].astype(int)]
    dark = np.flatnonzero((parts == "entry") & h["blackout"])
    if dark.size:
        inside = parts == "entry"
        place = np.arange(len(parts))
        parts = np.where(inside & (place < dark[0]), ENTRY[0], parts)
        parts = np.where(inside & (place >= dark[0]) & (place <= dark[-1]), ENTRY[1], parts)
        parts = np.where(inside & (place > dark[-1]), ENTRY[2], parts)
    for leg in dict.fromkeys(parts):
        rows = np.flatnonzero(parts == leg)
        if not leg or not np.isfinite(squares[rows, 0]).any():
            continue
        second = np.floor(h["time"][rows] - h["time"][rows[0]]).astype(int)
        for kind in range(4):
            value = squares[rows, kind]
            good = np.isfinite(value) & (value > 0.0)
            pieces.setdefault((leg, kind), []).append(np.stack([second[good], value[good]], axis=1))
    last = np.flatnonzero(h["leg"].astype(int) == names.index("entry"))[-1]
    error = np.linalg.norm(h["navigation_position_error"][last])
    sure = 3.0 * np.linalg.norm(h["position_sigma"][last])
    taken = h["innovation_square"][: last + 1, 1] > 0.0
    blind = dark[dark <= last]
    since = np.flatnonzero(taken[blind[-1] + 1 :]) if blind.size else np.zeros(0, int)
    waited = float(h["time"][last] - h["time"][blind[-1] + 1 + since[0]]) if since.size else -1.0
    ends.append((float(error), float(sure), waited))


def _series(leg: str, kind: int, rows: list[np.ndarray], runs: int) -> Series:
    told = np.concatenate(rows)
    second = told[:, 0].astype(int)
    length = int(second.max()) + 1 if second.size else 0
    count = np.bincount(second, minlength=length)
    total = np.bincount(second, weights=told[:, 1], minlength=length)
    time = np.flatnonzero(count >= 0.5 * runs)
    return Series(leg, KINDS[kind], time, total[time] / count[time], count[time])
