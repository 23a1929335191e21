"""A leg with its derivative carried along: forward mode through the same chunks, decisions held.

What is differentiated is the very program that flies (``jax.jvp`` of a chunk, of a leg's end). A choice, as
the side to bank to, stays as the flight made it; so the derivative knows of no reversal that would come
earlier or later in another flight, and of none too many. A burn ends at the tick at which enough velocity is
sensed: that has no derivative either, and its derivative is refused.

The flight is one, the directions are many: it is flown in a single lane, the slopes alone are mapped over.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._aot.program import brief_program
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.sim.core.carry import Carry, strong
from homeward.sim.core.legs import BURN, CYCLES, TURNING, Leg
from homeward.sim.lanes import begin_program, chunk_program, end_program, flight_axes, of_no_kind, world_axes
from homeward.typing import Array
from homeward.world.world import World


def pushed(f: Any, arguments: tuple, tangents: tuple) -> tuple[Any, Any]:
    """``f`` and its derivative along ``tangents``: trees like the arguments, whose real numbers alone count.

    Whole numbers, flags and keys of the result have a tangent of zeros of their own kind.
    """
    moving, still = eqx.partition(arguments, eqx.is_inexact_array)
    along = eqx.filter(tangents, jax.tree.map(eqx.is_inexact_array, arguments))

    def of(moving: Any) -> tuple[Any, Any]:
        return eqx.partition(f(*eqx.combine(moving, still)), eqx.is_inexact_array)

    value, slope, rest = jax.jvp(of, (moving,), (along,), has_aux=True)
    return eqx.combine(value, rest), eqx.combine(slope, jax.tree.map(jnp.zeros_like, rest))


def pushed_along(f: Any, arguments: tuple, slopes: tuple) -> tuple[Any, Any]:
    """``f``, once, and its derivatives along the directions that lead the axes of ``slopes``."""
    told = jax.vmap(lambda slope: pushed(f, arguments, slope), out_axes=(None, 0))(slopes)
    return strong(told)


@brief_program
def _chunk(world, flight, leg, carry, keys, number, slopes):
    def fly(world, flight, carry):
        return chunk_program(world, flight, leg, carry, keys, number, record=False)[0]

    return pushed_along(fly, (world, flight, carry), slopes)


@brief_program
def _end(world, flight, leg, carry, slopes):
    return pushed_along(lambda w, f, c: end_program(w, f, leg, c), (world, flight, carry), slopes)


@brief_program
def _begin(carry, leg, slope):
    return pushed_along(lambda c: begin_program(c, leg), (carry,), (slope,))


def directions(change: tuple[World, FlightComputer, Carry]) -> tuple[World, FlightComputer, Carry]:
    """What each lane has more than one flight, as directions about that flight.

    They are an axis before a lane axis of one; what is the same for all lanes changes in none.
    """
    world, flight, carry = change
    count = len(np.asarray(carry.truth.time))

    def still(x: np.ndarray) -> np.ndarray:
        return np.zeros((count, *np.shape(x)), x.dtype)

    def part(tree: Any, axes: Any) -> Any:
        leaves, structure = jax.tree.flatten(tree, is_leaf=lambda x: x is None)
        marks = jax.tree.leaves(axes, is_leaf=lambda x: x is None)
        made = [
            x if x is None else still(x) if mark is None else np.asarray(x)[:, None]
            for x, mark in zip(leaves, marks, strict=True)
        ]
        return jax.tree.unflatten(structure, made)

    alone = jax.tree.map(lambda x: np.asarray(x)[:, None], carry)
    return part(world, world_axes(world)), part(flight, flight_axes(flight)), alone


def prepare_tangent(world: World, flight: FlightComputer, leg: Leg, carry: Carry, keys: Array, count: int):
    """Have the programs of ``fly_tangent`` compiled in the background, for so many directions.

    Everything has one lane, as there; of the numbers the shapes alone count.
    """
    still = jax.tree.map(lambda x: np.broadcast_to(np.zeros((), np.asarray(x).dtype), (count, *np.shape(x))),
                         (world, flight, carry))  # fmt: skip
    _chunk.prepare(world, flight, leg, carry, keys, np.asarray(0), still)
    _end.prepare(world, flight, leg, carry, still)


def fly_tangent(
    world: World, flight: FlightComputer, leg: Leg, carry: Carry, keys: Array,
    slopes: tuple[World, FlightComputer, Carry],
) -> tuple[Carry, Carry]:  # fmt: skip
    """Fly one leg of a point mass to its end: what is carried then, and its derivatives.

    Everything has one lane, as in ``fly_leg``. ``slopes`` are trees like world, flight computer and carry,
    with an axis of directions before all others, and so is the derivative.
    """
    if leg.kind == BURN or leg.kind in TURNING:
        raise ValueError(f"a leg of kind {leg.kind} has no derivative")
    d_world, d_flight, slope = slopes
    carry, slope = _begin(carry, of_no_kind(leg), slope)
    parts, tables = jax.device_put(((world, flight, leg), (d_world, d_flight)))
    longest = float(np.max(np.asarray(leg.patience)))
    per_chunk = CYCLES[leg.kind] * float(np.max(np.asarray(leg.tick)))
    for number in range(int(longest / per_chunk) + 2):
        carry, slope = _chunk(*parts, carry, keys, np.asarray(number), (*tables, slope))
        settled = np.asarray(carry.truth.settled)
        if (np.asarray(carry.truth.done) & ~settled).any():
            carry, slope = _end(*parts, carry, (*tables, slope))
            settled = np.asarray(carry.truth.settled)
        if settled.all():
            break
    return carry, slope


__all__ = ["directions", "fly_tangent", "prepare_tangent", "pushed", "pushed_along"]
