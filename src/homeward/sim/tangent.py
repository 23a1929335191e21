"""A leg with its derivative carried along: forward mode through the same chunks, decisions held.

What is differentiated is the very program that flies (``jax.jvp`` of a chunk, of a leg's end). A choice, as
the side to bank to, stays as the flight made it; so the derivative knows of no reversal that would come
earlier or later in another flight, and of none too many. A burn ends at the tick at which enough velocity is
sensed: that has no derivative either, and its derivative is refused.
"""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward._programs import program
from homeward.flight.computer import FlightComputer
from homeward.sim.carry import Carry, strong
from homeward.sim.lanes import begin_program, chunk_program, end_program, of_no_kind
from homeward.sim.legs import BURN, CYCLES, TURNING, Leg
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


@program
def _chunk(world, flight, leg, carry, keys, number, slopes):
    def fly(world, flight, carry):
        return chunk_program(world, flight, leg, carry, keys, number, record=False)[0]

    return strong(pushed(fly, (world, flight, carry), slopes))


@program
def _end(world, flight, leg, carry, slopes):
    return strong(pushed(lambda w, f, c: end_program(w, f, leg, c), (world, flight, carry), slopes))


@program
def _begin(carry, leg, slope):
    return strong(pushed(lambda c: begin_program(c, leg), (carry,), (slope,)))


def fly_tangent(
    world: World, flight: FlightComputer, leg: Leg, carry: Carry, keys: Array,
    slopes: tuple[World, FlightComputer, Carry],
) -> tuple[Carry, Carry]:  # fmt: skip
    """Fly one leg of a point mass to the end of its last lane: what is carried then, and its derivative.

    All trees have a lane axis as in ``fly_leg``; ``slopes`` are trees like world, flight computer and carry:
    the direction, a lane each.
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


__all__ = ["fly_tangent", "pushed"]
