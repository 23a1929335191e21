"""Many rendezvous side by side: the far legs of all lanes, chunk by chunk, planned anew where one is due."""

import dataclasses
from collections.abc import Callable
from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.flight.executive import rendezvous_executive as executive
from homeward.flight.rendezvous.burn_planner import BurnPlan
from homeward.flight.rendezvous.far_range import FAR, FarComputer
from homeward.icd.rendezvous_messages import PairFrame
from homeward.sim.core.carry import strong
from homeward.sim.listeners import tell
from homeward.sim.rendezvous.far_range import CYCLE, CYCLES, FarCarry, Seconds, far_chunk
from homeward.typing import Array
from homeward.world.dynamics.two_spacecraft import PairWorld

Progress = Callable[[str, float], None]
Between = Callable[[FarComputer, FarCarry], tuple[FarComputer, FarCarry]]
Tree = TypeVar("Tree")
PLAN_LANES = 8  # planned at once
GRACE = 30  # chunks beyond the last arrival after which a lane that has not come is late


def _differing(w: PairWorld):
    """What disperses."""
    return (
        w.density_scale, w.ship_drag, w.station_drag, w.engine, w.trim, w.thrust_misalignment,
        w.accelerometer_scale, w.hull.inertial, w.hull.motion.phase, w.hull.thrusters.share, w.faults,
        w.hull.port_T, w.hull.C_DT, w.hull.dock_B, w.sensors.mounting,
    )  # fmt: skip


def world_axes(world: PairWorld) -> PairWorld:
    """A lane axis for what disperses; the rest of the world is one for all lanes."""
    none = jax.tree.map(lambda _: None, world)
    return eqx.tree_at(_differing, none, (0,) * 15, is_leaf=lambda x: x is None)


def spread_pair(world: PairWorld, lanes: int) -> PairWorld:
    """One world for every lane."""
    wide = jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes, *np.shape(x))), _differing(world))
    return eqx.tree_at(_differing, world, wide)


def pick_pair(world: PairWorld, lanes: np.ndarray | list[int]) -> PairWorld:
    """The given lanes of a world that has lanes; a lane may be taken more than once."""
    return eqx.tree_at(_differing, world, jax.tree.map(lambda x: np.asarray(x)[lanes], _differing(world)))


def picked(carry: Tree, lane: int) -> Tree:
    """One lane of what the lanes carry, in a lane axis of one."""
    return jax.tree.map(lambda x: np.asarray(x)[lane : lane + 1], carry)


def far_program(world, flight, carry, keys, record: bool):
    """One chunk of the far legs, every lane."""

    def lane(world, carry, key):
        return far_chunk(world, flight, carry, key, record)

    return strong(jax.vmap(lane, in_axes=(world_axes(world), 0, 0))(world, carry, keys))


_chunk = program(far_program, apart=True)


@program
def _plan(flight, carry):
    """New plans for the lanes that want one."""

    def lane(carry: FarCarry) -> FarCarry:
        return eqx.tree_at(lambda c: c.flight, carry, executive.plan(flight, carry.flight))

    return strong(jax.vmap(lane)(carry))


@program
def _wanting(flight, carry):
    return jax.vmap(lambda c: executive.asks_plan(flight, c.flight) & ~c.truth.done)(carry)


@dataclasses.dataclass
class FarResult:
    """How the far legs went: telemetry if it was recorded, and every plan made (time, lane, plan)."""

    frames: list[PairFrame]
    seconds: list[Seconds]
    plans: list[tuple[float, np.ndarray, BurnPlan]]
    aim_delta_v: np.ndarray  # m/s that each lane had spent when it came to the aim point


def fly_far(
    world: PairWorld, flight: FarComputer, carry: FarCarry, keys: Array, record: bool,
    until: float, progress: Progress | None = None, between: Between | None = None,
    only: int | None = None,
) -> tuple[FarCarry, FarResult]:  # fmt: skip
    """From insertion to the first hold point. ``until`` [s] is when the last lane should have arrived.

    ``between`` is asked before each minute and may change the numbers of flight computer and carry, as the
    ground does. ``only`` records that lane alone, as ``lanes.fly_leg`` does.
    """
    world, flight, keys = jax.device_put((world, flight, keys))
    result = FarResult([], [], [], np.full(len(np.asarray(carry.truth.time)), np.nan))
    start = float(np.max(np.asarray(carry.truth.time)))
    for _ in range(int((until - start) / (CYCLE * CYCLES)) + GRACE):
        if between is not None:
            told, carry = between(flight, carry)
            flight = flight if told is flight else jax.device_put(told)
        wanting = np.asarray(_wanting(flight, carry))
        if wanting.any():
            before = np.asarray(carry.flight.stage)
            carry = _planned(flight, carry, np.flatnonzero(wanting))
            came = (before == FAR) & (np.asarray(carry.flight.stage) > FAR)
            result.aim_delta_v = np.where(came, np.asarray(carry.truth.delta_v), result.aim_delta_v)
            result.plans.append((float(np.max(np.asarray(carry.truth.time))), wanting, carry.flight.plan))
        before = carry
        carry, rows = _chunk(world, flight, carry, keys, record=record and only is None)
        if record and only is not None:
            rows = _chunk(pick_pair(world, [only]), flight, picked(before, only), keys[[only]], record=True)[
                1
            ]
        if rows is not None:
            result.frames.append(jax.tree.map(np.asarray, rows[0]))
            tell(result.frames[-1])
            result.seconds.append(jax.tree.map(np.asarray, rows[1]))
        done = np.asarray(carry.truth.done)
        if progress is not None:
            now = float(np.max(np.asarray(carry.truth.time)))
            name = "homing" if np.asarray(carry.flight.stage).min() > 0 else "far guidance"
            progress(name, min((now - start) / max(until - start, 1.0), 1.0))
        if done.all():
            break
    return _late(carry), result


def planned(flight: FarComputer, carry: FarCarry) -> FarCarry:
    """Every lane as it would be with the plan that it wants now, if it wants one."""
    return _planned(flight, carry, np.arange(len(np.asarray(carry.truth.time))))


def _late(carry: FarCarry) -> FarCarry:
    """Lanes that have not come to the first hold by now have failed: an empty tank, for one."""
    t = carry.truth
    failed = t.failed | ~t.done
    time = jnp.where(t.done, t.failed_time, t.time)
    return eqx.tree_at(lambda c: (c.truth.failed, c.truth.failed_time), carry, (failed, time))


def _planned(flight: FarComputer, carry: FarCarry, lanes: np.ndarray) -> FarCarry:
    """The given lanes with new plans: a few at a time, since planning costs more than a minute of flight.

    Lanes are picked out and put back by NumPy: JAX would compile that anew for every shape there is.
    """
    wide = jax.tree.map(np.array, carry)
    for start in range(0, len(lanes), PLAN_LANES):
        some = lanes[start : start + PLAN_LANES]
        pick = np.resize(some, PLAN_LANES)
        few = _plan(flight, jax.tree.map(lambda x, p=pick: x[p], wide))

        def put(x: np.ndarray, y: Array, s: np.ndarray = some) -> None:
            x[s] = np.asarray(y)[: len(s)]

        jax.tree.map(put, wide, few)
    return jax.device_put(wide)
