"""The entry corridor: how a capsule fares whose entry is steeper or shallower than planned.

Dispersed, guided entries from the planned interface, whose flight-path angle is spread evenly over a wide
range and whose other draws are those of the scenario. See docs/models/entry_corridor.md.
"""

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from homeward.campaigns.analysis.entry_batch import plan_entries
from homeward.campaigns.execution.local import workers_here
from homeward.campaigns.statistics.order_statistics import clopper_pearson
from homeward.dispersion.returns import disperse
from homeward.dispersion.sampling import Plan
from homeward.errors import InputError
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import metrics, places
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.return_limits import TOUCHDOWN_LIMIT
from homeward.scenario.schema.distribution import Distribution
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.mission import fly_mission

ENDS = ("lands", "misses", "load", "heat", "skips out")
ALIVE = ("lands", "misses")
MARGIN = 5.0  # deg to either side of the planned angle that the first, coarse sweep looks at
ROOM = 0.4  # of the corridor's width flown to either side of it
PER_BIN = 32  # runs a bin at the least
MOST_BINS = 60
COARSE = 256
LEAST_RUNS = 100
EDGE = 0.5  # share of the runs at an edge
NEXT = 3  # bins beyond an edge that tell what ends the others

Told = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True)
class EntryCorridor:
    """Entries by their angle at the interface [rad, inertial, negative down] and how each ended.

    ``end`` is an index into ``ENDS``; ``nominal`` is the planned angle.
    """

    scenario: Scenario
    seed: int
    nominal: float
    span: tuple[float, float]
    angle: np.ndarray
    end: np.ndarray
    load: np.ndarray
    heat_rate: np.ndarray

    def bins(self) -> list[dict[str, Any]]:
        """Shares by angle, in degrees: those that land, with their 95 % interval, and of every other end."""
        count = int(np.clip(len(self.angle) // PER_BIN, 4, MOST_BINS))
        edges = np.linspace(np.degrees(self.span[0]), np.degrees(self.span[1]), count + 1)
        place = np.clip(np.searchsorted(edges, np.degrees(self.angle), side="right") - 1, 0, count - 1)
        rows = []
        for k in range(count):
            mine = self.end[place == k]
            n, landed = mine.size, int(np.sum(mine == 0))
            low, high = clopper_pearson(landed, n) if n else (0.0, 1.0)
            row = {"low_deg": float(edges[k]), "high_deg": float(edges[k + 1]), "runs": n, "landed": landed}
            shares = {e: float(np.mean(mine == j)) if n else None for j, e in enumerate(ENDS)}
            rows.append(row | {"share_low": low, "share_high": high, "shares": shares})
        return rows

    def edges(self, kinds: tuple[str, ...]) -> dict[str, Any] | None:
        """Where the share of runs that end as one of ``kinds`` passes a half, steep and shallow, and what
        ends most of the others just beyond; None where it is nowhere that much. An edge outside what was
        flown is None."""
        rows = [r for r in self.bins() if r["runs"]]
        share = np.array([sum(r["shares"][k] for k in kinds) for r in rows])
        middle = np.array([0.5 * (r["low_deg"] + r["high_deg"]) for r in rows])
        if not (share >= EDGE).any():
            return None
        inside = _widest(share >= EDGE)
        told: dict[str, Any] = {}
        for name, last, step in (("steep", inside[0], -1), ("shallow", inside[1], 1)):
            other = last + step
            if not 0 <= other < len(rows):
                told[name] = None
                continue
            part = (share[last] - EDGE) / (share[last] - share[other])
            beyond = rows[: other + 1][-NEXT:] if step < 0 else rows[other:][:NEXT]
            lost = {e: sum(r["shares"][e] * r["runs"] for r in beyond) for e in ENDS if e not in kinds}
            told[name] = {
                "angle_deg": float(middle[last] + part * (middle[other] - middle[last])),
                "by": max(lost, key=lambda e: lost[e]),
            }
        both = told["steep"] and told["shallow"]
        told["width_deg"] = told["shallow"]["angle_deg"] - told["steep"]["angle_deg"] if both else None
        return told

    def told(self) -> dict[str, Any]:
        """What ``homeward corridor --json`` prints."""
        limits = self.scenario.truth.limits
        return {
            "scenario": self.scenario.name, "seed": self.seed, "runs": len(self.angle),
            "nominal_deg": float(np.degrees(self.nominal)),
            "low_deg": float(np.degrees(self.span[0])), "high_deg": float(np.degrees(self.span[1])),
            "limits": {
                "load_g": limits.load_g, "heat_rate_w_m2": limits.heat_rate_w_m2,
                "miss_km": TOUCHDOWN_LIMIT / 1e3,
            },
            "ends": {e: int(np.sum(self.end == k)) for k, e in enumerate(ENDS)},
            "landing": self.edges(("lands",)), "survival": self.edges(ALIVE), "bins": self.bins(),
        }  # fmt: skip


def _widest(good: np.ndarray) -> tuple[int, int]:
    """First and last place of the longest stretch that is true."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(int)))
    starts, ends = steps[::2], steps[1::2]
    k = int(np.argmax(ends - starts))
    return int(starts[k]), int(ends[k] - 1)


def entry_corridor(
    scenario: Scenario, runs: int = 2000, seed: int = 0, *, angles: tuple[float, float] | None = None,
    cores: int | None = None, progress: Told | None = None,
) -> EntryCorridor:  # fmt: skip
    """Fly entries of a scenario's return whose angle at the interface is even over ``angles`` [deg].

    Left out, they are found: a coarse sweep about the planned angle, then what lives and two fifths of its
    width to either side. Angles are those of the inertial velocity, negative down, before the scenario's
    other errors of state. Raises ``InputError`` for angles or numbers that are none, and ``Infeasible`` where
    the scenario has no return.
    """
    for name, value, least in (("runs", runs, LEAST_RUNS), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise InputError(f"corridor: {name}: expected a whole number of at least {least}, not {value!r}")
    if angles is not None and not -89.0 <= angles[0] < angles[1] <= 10.0:
        raise InputError(
            f"corridor: angles: expected two angles from -89 to 10 deg, the steeper one first, not "
            f"{angles[0]:g} and {angles[1]:g}"
        )
    plan = plan_entries(scenario)
    nominal = float(places(*_one(plan))["flight_path_angle"][0])
    tell = progress or (lambda _, __: None)
    if angles is None:
        middle = np.degrees(nominal)
        wide = (middle - MARGIN, min(middle + MARGIN, -0.05))
        coarse = _flown(plan, nominal, wide, COARSE, seed, cores, lambda x: tell("a coarse sweep", 0.3 * x))
        angle, end = coarse
        alive = np.sort(np.degrees(angle)[np.isin(end[0], [ENDS.index(e) for e in ALIVE])])
        if alive.size < 4:
            raise InputError(
                f"corridor: angles: no entry of {wide[0]:.1f} to {wide[1]:.1f} deg lives; expected --angles"
            )
        low, high = np.percentile(alive, (2.0, 98.0))
        room = ROOM * max(high - low, 0.2)
        angles = max(low - room, wide[0]), min(high + room, wide[1])
    begin = 0.3
    angle, (end, load, heat) = _flown(
        plan, nominal, angles, runs, seed, cores, lambda x: tell("the sweep", begin + (1.0 - begin) * x)
    )
    span = (float(np.radians(angles[0])), float(np.radians(angles[1])))
    return EntryCorridor(scenario, seed, nominal, span, angle, end, load, heat)


def _one(plan: ReturnPlan):
    """World and truth of the planned interface, with a lane axis of one."""
    import jax

    from homeward.sim.lanes import spread_world

    truth = jax.tree.map(lambda x: np.asarray(x)[None], plan.truth)
    return spread_world(plan.world, 1), truth


def _flown(
    plan: ReturnPlan, nominal: float, angles: tuple[float, float], runs: int, seed: int, cores: int | None,
    share: Callable[[float], None],
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray]]:  # fmt: skip
    """Angles [rad] of the runs, and their ends, greatest loads [g] and heat rates [W/m2]."""
    s = plan.scenario
    off = [float(a - np.degrees(nominal)) for a in angles]
    even = Distribution(of="interface_angle", kind="uniform", unit="deg", low=off[0], high=off[1])
    rest = tuple(d for d in s.dispersion.distribution if d.of != even.of)
    told = s.dispersion.model_copy(update={"distribution": (*rest, even)})
    wide = dataclasses.replace(plan, scenario=s.model_copy(update={"dispersion": told}))
    lanes = s.simulation.lanes
    legs, laid_out = spread_legs(plan.legs, lanes), Plan("lhs", seed, runs, True)
    starts, done = range(0, runs, lanes), []

    def block(first: int) -> dict[str, np.ndarray]:
        pick = np.minimum(np.arange(first, first + lanes), runs - 1)
        world, flight, truth = disperse(wide, seed, pick, laid_out)
        n = metrics(wide, world, flight, fly_mission(world, flight, truth, legs, run_keys(seed, pick), False))
        done.append(first)
        share(len(done) / len(starts))
        return {k: np.asarray(n[k]) for k in KEPT}

    with ThreadPoolExecutor(cores or workers_here()) as pool:
        parts = list(pool.map(block, starts))
    n = {key: np.concatenate([p[key] for p in parts])[:runs] for key in KEPT}
    return n["interface_flight_path_angle"], (ends_of(s, n), n["peak_load"], n["peak_heat_rate"])


KEPT = (
    "interface_flight_path_angle", "failed", "peak_load", "peak_heat_rate", "open_altitude", "open_miss",
)  # fmt: skip


def ends_of(scenario: Scenario, n: dict[str, np.ndarray]) -> np.ndarray:
    """How each entry ended, an index into ``ENDS``: the first of skipping out, load, heat rate and miss that
    holds."""
    limits = scenario.truth.limits
    up = n["failed"] | (np.abs(n["open_altitude"] - scenario.return_.legs.opening_altitude_m) > 1.0)
    tests = (
        up, n["peak_load"] > limits.load_g, n["peak_heat_rate"] > limits.heat_rate_w_m2,
        n["open_miss"] > TOUCHDOWN_LIMIT,
    )  # fmt: skip
    which = [ENDS.index(e) for e in ("skips out", "load", "heat", "misses")]
    return np.select(tests, which, ENDS.index("lands"))


__all__ = ["ENDS", "EntryCorridor", "ends_of", "entry_corridor"]
