"""The last legs of many rendezvous side by side."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.astro.lvlh import lvlh_quaternion, lvlh_rate
from homeward.flight.executive import rendezvous_executive as executive
from homeward.flight.rendezvous.proximity_executive import CloseComputer, Orders
from homeward.icd.rendezvous_messages import PairFrame
from homeward.math.quaternion import conjugate, multiply, rotate
from homeward.sim.core.carry import strong
from homeward.sim.listeners import tell
from homeward.sim.rendezvous.far_range import FarCarry
from homeward.sim.rendezvous.far_range_lanes import pick_pair, picked, world_axes
from homeward.sim.rendezvous.proximity import CYCLES, LONGEST, MOST_WAIT, CloseCarry, close_chunk
from homeward.typing import Array
from homeward.world.dynamics.two_spacecraft import PairWorld

Between = Callable[[CloseComputer, CloseCarry], tuple[CloseComputer, CloseCarry]]


def close_program(world, flight, fault_time, carry, keys, record: bool):
    """One chunk of the last legs, every lane."""

    def lane(world, fault_time, carry, key):
        return close_chunk(world, flight, fault_time, carry, key, record)

    return strong(jax.vmap(lane, in_axes=(world_axes(world), 0, 0, 0))(world, fault_time, carry, keys))


_chunk = program(close_program, apart=True)  # the largest of all: its compiling takes a gibibyte


@program
def _begin(flight, far, kicks, orders):
    def lane(far: FarCarry, kick, orders):
        truth, b = far.truth, far.truth.bodies
        q = multiply(flight.steps.q_BL[0], lvlh_quaternion(b.r_TI_I, b.v_TI_I))
        rate_I = rotate(conjugate(lvlh_quaternion(b.r_TI_I, b.v_TI_I)), lvlh_rate(b.r_TI_I, b.v_TI_I))
        # As the legs before held it: a tenth of a degree and a hundredth of a degree a second off.
        off = jnp.concatenate([jnp.ones(1), 1e-3 * kick[:3]])
        q = multiply(off / jnp.sqrt(jnp.sum(off * off)), q)
        truth = eqx.tree_at(
            lambda t: (t.q_BI, t.omega_BI_B, t.done), truth,
            (q, rotate(q, rate_I) + 1e-4 * kick[3:], truth.failed | executive.status(far.flight).leaving),
        )  # fmt: skip
        state = executive.init_approach(flight, far.flight, orders)
        return CloseCarry(truth, state, jnp.zeros_like(truth.level), truth.time)

    return strong(jax.vmap(lane)(far, kicks, orders))


def fly_close(
    world: PairWorld, flight: CloseComputer, fault_time: float | np.ndarray, far: FarCarry,
    keys: Array, record: bool,
    names: list[str], progress: Callable[[str, float], None] | None = None, expected: float = 3600.0,
    orders: Orders | None = None, between: Between | None = None, only: int | None = None,
) -> tuple[CloseCarry, list[PairFrame]]:  # fmt: skip
    """From the first hold point to the hatch, or as far as each lane comes.

    ``fault_time`` [s] is when thrusters whose share is none fail; ``orders`` (with a lane axis) go before the
    flight computer's own. ``between`` is asked before each chunk and may change both, as the ground does;
    what it changes is data, so that no program is compiled for it. ``only`` records that lane alone, as
    ``lanes.fly_leg`` does.
    """
    lanes = len(np.asarray(far.truth.time))
    if orders is None:
        orders = jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes,)), flight.orders)
    kicks = jax.vmap(lambda key: jax.random.normal(jax.random.fold_in(key, 2**31 - 1), (6,)))(keys)
    carry = _begin(flight, far, kicks, orders)
    return fly_on(world, flight, fault_time, carry, keys, record, names, progress, expected, between, only)


def fly_on(
    world: PairWorld, flight: CloseComputer, fault_time: float | np.ndarray, carry: CloseCarry, keys: Array,
    record: bool, names: list[str], progress: Callable[[str, float], None] | None = None,
    expected: float = 3600.0, between: Between | None = None, only: int | None = None,
) -> tuple[CloseCarry, list[PairFrame]]:  # fmt: skip
    """Every lane from where it is until it is done: docked, gone, failed."""
    lanes = len(np.asarray(carry.truth.time))
    world, flight, keys = jax.device_put((world, flight, keys))
    at = jnp.asarray(np.broadcast_to(np.asarray(fault_time, float), (lanes,)))
    frames: list[PairFrame] = []
    for number in range(int((LONGEST + len(names) * MOST_WAIT) / CYCLES) + 2):
        if np.asarray(carry.truth.done).all():
            break
        if between is not None:
            flight, carry = jax.device_put(between(flight, carry))
        before = carry
        carry, rows = _chunk(world, flight, at, carry, keys, record=record and only is None)
        if record and only is not None and not np.asarray(before.truth.done)[only]:
            one, still = pick_pair(world, [only]), picked(before, only)
            rows = _chunk(one, flight, at[[only]], still, keys[[only]], record=True)[1]
        if rows is not None:
            frames.append(jax.tree.map(np.asarray, rows))
            tell(frames[-1])
        done = np.asarray(carry.truth.done)
        if progress is not None:
            step = int(np.min(np.where(done, 99, np.asarray(carry.flight.step))))
            name = names[min(step, len(names) - 1)]
            progress(name, min((number + 1) * CYCLES / max(expected, 1.0), 1.0))
    return carry, frames


def begin_lanes(flight: CloseComputer, far: FarCarry, keys: Array) -> CloseCarry:
    """What every lane carries at the first hold point."""
    lanes = len(np.asarray(far.truth.time))
    orders = jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes,)), flight.orders)
    kicks = jax.vmap(lambda key: jax.random.normal(jax.random.fold_in(key, 2**31 - 1), (6,)))(keys)
    return _begin(flight, far, kicks, orders)


def next_chunk(
    world: PairWorld, flight: CloseComputer, fault_time: np.ndarray, carry: CloseCarry, keys: Array
) -> CloseCarry:
    """Every lane one chunk on; those that are done stand still."""
    return _chunk(world, flight, jnp.asarray(fault_time), carry, keys, record=False)[0]
