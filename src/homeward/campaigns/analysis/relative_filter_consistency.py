"""Whether the relative filter of a rendezvous knows how wrong it is: its normalised squares, leg by leg.

As for a return (``consistency``), of place and speed of ship less station and of the innovations of every
kind of sensor. The truth is compared here, outside of the flight computer, at the end of each chunk of a
flight: a minute in the far legs, half a minute after.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from homeward.campaigns.analysis.filter_consistency import BAND, HIGH, Series
from homeward.dispersion.rendezvous import disperse_pair
from homeward.errors import InputError
from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.flight.rendezvous.far_range import FarComputer
from homeward.flight.rendezvous.proximity_executive import CloseComputer
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import FAR_LEGS, RendezvousPlan, plan_rendezvous
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.rendezvous.far_range import CYCLE, CYCLES, FarCarry
from homeward.sim.rendezvous.far_range_lanes import fly_far, world_axes
from homeward.sim.rendezvous.proximity import CYCLES as CLOSE_CYCLES
from homeward.sim.rendezvous.proximity import CloseCarry
from homeward.sim.rendezvous.proximity_lanes import fly_close
from homeward.sim.rendezvous.telemetry import apart_as_drawn

KINDS = (
    "place and speed", "camera, place", "camera, attitude", "lidar", "relative satellites", "radar",
)  # fmt: skip
LANES = 64
FEW = 0.5  # of the most flights that are in a leg at one time: below that a mean is left out
Progress = Callable[[str, float | None], None]


@dataclasses.dataclass
class PairConsistency:
    """``series`` by leg and kind of square."""

    scenario: str
    seed: int
    runs: int
    series: list[Series]

    @property
    def data(self) -> dict[str, Any]:
        """What ``homeward consistency --json`` prints."""
        return {
            "scenario": self.scenario, "seed": self.seed, "runs": self.runs, "flights": "rendezvous",
            "band": list(BAND), "high": HIGH, "holds": all(s.holds for s in self.series),
            "rows": [s.row for s in self.series],
        }  # fmt: skip


class _Samples:
    """Squares of every lane at the ends of chunks, by leg; of ``counted`` lanes only."""

    def __init__(
        self, names: list[str], counted: range, hull: Any = None, axes: Any = None,
        drawn: PairGeometry | None = None,
    ) -> None:  # fmt: skip
        self.names, self.counted, self.hull, self.axes, self.drawn = names, counted, hull, axes, drawn
        self.began: dict[tuple[int, int], float] = {}  # of lane and leg, s
        self.rows: dict[tuple[int, int], list[tuple[float, float]]] = {}  # of leg and kind

    def far(self, flight: FarComputer, carry: FarCarry) -> tuple[FarComputer, FarCarry]:
        """A look between two chunks of the far legs."""
        self.take(carry, np.asarray(carry.flight.stage), squares_of(carry))
        return flight, carry

    def close(self, flight: CloseComputer, carry: CloseCarry) -> tuple[CloseComputer, CloseCarry]:
        """A look between two chunks of the close legs."""
        assert self.hull is not None and self.drawn is not None
        places = jax.vmap(apart_as_drawn, in_axes=(self.axes, None, 0))(self.hull, self.drawn, carry.truth)
        self.take(carry, np.asarray(carry.flight.step) + 2, squares_of(carry, np.asarray(places)))
        return flight, carry

    def take(self, carry: Any, legs: np.ndarray, errors: np.ndarray) -> None:
        """One look at all lanes."""
        squares = np.concatenate([errors[:, None], np.asarray(carry.flight.filter.innovation)], axis=1)
        time, done = np.asarray(carry.truth.time), np.asarray(carry.truth.done)
        for lane in self.counted:
            leg = int(legs[lane])
            if done[lane] or leg >= len(self.names):
                continue
            since = time[lane] - self.began.setdefault((lane, leg), float(time[lane]))
            for kind, square in enumerate(squares[lane]):
                if np.isfinite(square) and square > 0.0:
                    self.rows.setdefault((leg, kind), []).append((float(since), float(square)))


def squares_of(carry: Any, apart_I: np.ndarray | None = None) -> np.ndarray:
    """Square of the error of place and speed over its believed covariance, a dimension, of every lane.

    ``apart_I`` [m] is the true place of ship less station, the centres of mass if left out.
    """
    b, f = carry.truth.bodies, carry.flight.filter
    motion = f.motion
    apart_I = np.asarray(b.r_BI_I) - np.asarray(b.r_TI_I) if apart_I is None else np.asarray(apart_I)
    place = np.asarray(motion.r_BT_I) - apart_I
    speed = np.asarray(motion.v_BT_I) - (np.asarray(b.v_BI_I) - np.asarray(b.v_TI_I))
    P = np.asarray(f.covariance)[:, :6, :6]
    sigma = np.sqrt(np.diagonal(P, axis1=1, axis2=2))
    e = np.concatenate([place, speed], axis=1) / sigma
    scaled = P / sigma[:, :, None] / sigma[:, None, :]
    return np.sum(e * np.linalg.solve(scaled, e[:, :, None])[:, :, 0], axis=1) / e.shape[1]


def pair_consistency(
    scenario: Scenario, runs: int = 300, seed: int = 1, progress: Progress | None = None,
    made: RendezvousPlan | None = None,
) -> PairConsistency:  # fmt: skip
    """Fly ``runs`` dispersed rendezvous and look at how well the filter knows itself.

    Means are over the runs, at each chunk since a leg began. Raises ``InputError`` for numbers that are none.
    """
    for name, value, least in (("--runs", runs, 2), ("--seed", seed, 0)):
        if value < least:
            raise InputError(f"{name}: expected a whole number of at least {least}, not {value}")
    made = plan_rendezvous(scenario) if made is None else made
    names = [*FAR_LEGS, *made.steps]
    until = float(np.max(np.asarray(made.far.arrivals))) + float(made.far.homing_time)
    fault = made.told.faults.thruster_s if made.told.faults.thruster >= 0 else 1e12
    pieces: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for first in range(0, runs, LANES):
        if progress is not None:
            progress("flying", first / runs)
        picks = np.minimum(np.arange(first, first + LANES), runs - 1)
        world, carry = disperse_pair(made, seed, picks)
        counted = range(min(LANES, runs - first))
        samples = _Samples(names, counted, world.hull, world_axes(world).hull, made.close.filter.geometry)
        keys = pair_keys(seed, picks)
        arrived, _ = fly_far(world, made.far, carry, keys, False, until, between=samples.far)
        fly_close(world, made.close, fault, arrived, keys, False, made.steps, between=samples.close)
        for key, rows in samples.rows.items():
            pieces.setdefault(key, []).extend(rows)
    series = [_series(names[leg], leg, kind, np.array(rows)) for (leg, kind), rows in sorted(pieces.items())]
    return PairConsistency(scenario.name, seed, runs, [s for s in series if len(s.mean)])


def _series(name: str, leg: int, kind: int, rows: np.ndarray) -> Series:
    step = float(CYCLE * CYCLES if leg < len(FAR_LEGS) else CLOSE_CYCLES)
    chunk = np.round(rows[:, 0] / step).astype(int)
    count = np.bincount(chunk)
    total = np.bincount(chunk, weights=rows[:, 1])
    at = np.flatnonzero(count >= max(FEW * count.max(), 2.0))
    return Series(name, KINDS[kind], step * at, total[at] / count[at], count[at], step)
