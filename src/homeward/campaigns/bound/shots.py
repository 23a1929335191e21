"""Open-loop flights by the numbers of a bank history, and their slopes, many side by side."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.campaigns.execution.local import workers_here
from homeward.scenario.build.world import number
from homeward.scenario.return_limits import return_limits
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import pick_world, world_axes
from homeward.sim.point_mass.open_bank import KNOTS, BankHistory, Limits, Opened, open_bank
from homeward.typing import Array

MILE = 500.0  # m: what a miss is measured in
# Of each limit: what is aimed for, and what counts as inside; the rest is for what the simulation does else.
AIMED, INSIDE = 0.985, 0.998
WIDTH, SLOPES_WIDTH = 128, 16  # side by side: flights, and flights with their slopes


@dataclasses.dataclass(frozen=True)
class Target:
    """What the flights of a field are held against; every array has the field's lanes.

    ``cycles`` is how many guidance cycles a flight may last.
    """

    world: Any
    truth: Any
    aim_E: np.ndarray
    altitude: float
    limits: Limits
    tick: float
    cycles: int

    @classmethod
    def of(cls, scenario: Scenario, world: Any, truth: Any, aim_E: np.ndarray, cycles: int) -> "Target":
        """The target of a scenario: its limits, its opening altitude and its step."""
        told = return_limits(scenario, "predictive")
        most = [told.load, told.heat_rate, min(told.heat_load, 1e30), told.dynamic_pressure]
        limits = Limits(*(number(AIMED * x) for x in most))
        altitude, tick = scenario.return_.legs.opening_altitude_m, scenario.simulation.entry_step_s
        return cls(world, truth, np.asarray(aim_E), altitude, limits, tick, cycles)


def history_of(numbers: Array, side: Array) -> BankHistory:
    """The history of a vector of numbers: its magnitudes, then its reversals."""
    return BankHistory(numbers[: len(KNOTS)], numbers[len(KNOTS) :], side)


def _one(world, truth, numbers, side, aim, altitude, limits, tick, cycles) -> Opened:
    return open_bank(world, truth, history_of(numbers, side), aim, altitude, limits, tick, cycles)


def _often(*_: object) -> bool:
    """Flown by the thousand: worth XLA's full effort."""
    return True


def _fly_program(world, truth, numbers, side, aim, altitude, limits, tick, cycles: int):
    def lane(world, truth, numbers, side, aim):
        return _one(world, truth, numbers, side, aim, altitude, limits, tick, cycles)

    return jax.vmap(lane, in_axes=(world_axes(world), 0, 0, 0, 0))(world, truth, numbers, side, aim)


def _slopes_program(world, truth, numbers, side, aim, altitude, limits, tick, cycles: int):
    """Derivatives of east, north and excess by every number: forward, the numbers side by side."""

    def lane(world, truth, numbers, side, aim):
        def told(x):
            flown = _one(world, truth, x, side, aim, altitude, limits, tick, cycles)
            return jnp.stack([flown.east / MILE, flown.north / MILE, flown.excess])

        along = jnp.eye(numbers.shape[0])
        return jax.vmap(lambda e: jax.jvp(told, (numbers,), (e,))[1], out_axes=1)(along)

    return jax.vmap(lane, in_axes=(world_axes(world), 0, 0, 0, 0))(world, truth, numbers, side, aim)


_fly, _slopes = program(_fly_program, hot=_often), program(_slopes_program, hot=_often)


class Shots:
    """Flies histories in lanes of a target's field, in blocks of one width."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def _called(
        self, flights: Any, width: int, lane: np.ndarray, numbers: np.ndarray, side: np.ndarray
    ) -> Any:  # fmt: skip
        t, n = self.target, len(lane)

        def block(start: int) -> Any:
            pick = np.minimum(np.arange(start, start + width), n - 1)
            at = lane[pick]
            truth = jax.tree.map(lambda x: np.asarray(x)[at], t.truth)
            told = flights(
                pick_world(t.world, at), truth, numbers[pick], side[pick], t.aim_E[at], number(t.altitude),
                t.limits, number(t.tick), cycles=t.cycles,
            )  # fmt: skip
            return jax.tree.map(np.asarray, told)

        with ThreadPoolExecutor(workers_here()) as pool:
            parts = list(pool.map(block, range(0, n, width)))
        return jax.tree.map(lambda *x: np.concatenate(x)[:n], *parts)

    def fly(self, lane: np.ndarray, numbers: np.ndarray, side: np.ndarray) -> Opened:
        """The ends of histories, one a row of ``numbers``, each in a lane of the field."""
        return self._called(_fly, WIDTH, lane, numbers, side)

    def slopes(self, lane: np.ndarray, numbers: np.ndarray, side: np.ndarray) -> np.ndarray:
        """Slopes of east and north (in ``MILE``) and of the excess by the numbers: (n, 3, k)."""
        return self._called(_slopes, SLOPES_WIDTH, lane, numbers, side)


__all__ = ["AIMED", "INSIDE", "MILE", "Shots", "Target", "history_of"]
