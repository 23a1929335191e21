"""Many rendezvous side by side: the far legs of all lanes, chunk by chunk, planned anew where one is due."""

import dataclasses
from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._programs import program
from homeward.flight.rendezvous_far import FarComputer, plan_far, wants_plan
from homeward.icd_pair import PairFrame
from homeward.sim.far import CYCLE, CYCLES, FarCarry, far_chunk
from homeward.typing import Array
from homeward.world.pair import PairWorld

Progress = Callable[[str, float], None]


def world_axes(world: PairWorld) -> PairWorld:
    """A lane axis for what disperses; the rest of the world is one for all lanes."""
    none = jax.tree.map(lambda _: None, world)
    return eqx.tree_at(
        lambda w: (
            w.density_scale, w.ship_drag, w.station_drag, w.engine, w.trim, w.thrust_misalignment,
            w.accelerometer_scale, w.hull.inertial, w.hull.motion.phase, w.hull.thrusters.share,
        ),
        none,
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        is_leaf=lambda x: x is None,
    )  # fmt: skip


def spread_pair(world: PairWorld, lanes: int) -> PairWorld:
    """One world for every lane."""

    def parts(w: PairWorld):
        return (
            w.density_scale, w.ship_drag, w.station_drag, w.engine, w.trim, w.thrust_misalignment,
            w.accelerometer_scale, w.hull.inertial, w.hull.motion.phase, w.hull.thrusters.share,
        )  # fmt: skip

    wide = jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes, *np.shape(x))), parts(world))
    return eqx.tree_at(parts, world, wide)


def far_program(world, flight, carry, keys, record: bool):
    """One chunk of the far legs, every lane."""

    def lane(world, carry, key):
        return far_chunk(world, flight, carry, key, record)

    return _strong(jax.vmap(lane, in_axes=(world_axes(world), 0, 0))(world, carry, keys))


_chunk = program(far_program)


@program
def _plan(flight, carry):
    """New plans for the lanes that want one."""

    def lane(carry: FarCarry) -> FarCarry:
        return eqx.tree_at(lambda c: c.flight, carry, plan_far(flight, carry.flight, carry.truth.time))

    return _strong(jax.vmap(lane)(carry))


@program
def _wanting(flight, carry):
    return jax.vmap(lambda c: wants_plan(flight, c.flight, c.truth.time) & ~c.truth.done)(carry)


def _strong(tree):
    """The tree without weak types: a carry that differs from itself in those would compile a second time."""
    return jax.tree.map(
        lambda x: jax.lax.convert_element_type(x, x.dtype) if jnp.issubdtype(x.dtype, jnp.number) else x, tree
    )


@dataclasses.dataclass
class FarResult:
    """How the far legs went: telemetry if it was recorded, and every plan made (time, lane, plan)."""

    frames: list[PairFrame]
    plans: list[tuple[float, np.ndarray, object]]


def fly_far(
    world: PairWorld, flight: FarComputer, carry: FarCarry, keys: Array, record: bool,
    until: float, progress: Progress | None = None,
) -> tuple[FarCarry, FarResult]:  # fmt: skip
    """From insertion to the first hold point. ``until`` [s] is when the last lane should have arrived."""
    world, flight, keys = jax.device_put((world, flight, keys))
    result = FarResult([], [])
    start = float(np.max(np.asarray(carry.truth.time)))
    for _ in range(int((until - start) / (CYCLE * CYCLES)) + 30):
        wanting = np.asarray(_wanting(flight, carry))
        if wanting.any():
            planned = _plan(flight, carry)
            carry = _where(wanting, planned, carry)
            result.plans.append((float(np.max(np.asarray(carry.truth.time))), wanting, carry.flight.plan))
        carry, rows = _chunk(world, flight, carry, keys, record=record)
        if rows is not None:
            result.frames.append(jax.tree.map(np.asarray, rows))
        done = np.asarray(carry.truth.done)
        if progress is not None:
            now = float(np.max(np.asarray(carry.truth.time)))
            name = "homing" if np.asarray(carry.flight.stage).min() > 0 else "far guidance"
            progress(name, min((now - start) / max(until - start, 1.0), 1.0))
        if done.all():
            break
    return carry, result


def _where(lanes: np.ndarray, a: FarCarry, b: FarCarry) -> FarCarry:
    return jax.tree.map(lambda x, y: jnp.where(jnp.reshape(lanes, (-1,) + (1,) * (x.ndim - 1)), x, y), a, b)
