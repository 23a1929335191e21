"""What the first generation has on board: a nominal flight against speed, and another against altitude.

Made once, before the flight, by ``reference_gains``; read every cycle.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.math.numerics import interpolate_uniform
from homeward.typing import Array, Float, Scalar

FAST_ROWS, LOW_ROWS = 192, 96


class FastRow(eqx.Module):
    """The stored flight at a speed; metres, seconds, radians.

    ``by_drag``, ``by_rate``, ``by_lift`` are the derivatives of the range still flown by drag [m s2/m],
    rate of altitude [m s/m] and vertical L/D [m] at this speed, ``by_side`` that of the end's place to the
    right by the L/D to the right [m]. ``bend`` is the angle at which the end lies right of the motion.
    """

    range: Scalar
    drag: Scalar
    rate: Scalar
    share: Scalar
    bend: Scalar
    by_drag: Scalar
    by_rate: Scalar
    by_lift: Scalar
    by_side: Scalar
    by_wind: Float[Array, "2 3"]  # end along and to the right by the wind in E [s]


class LowRow(eqx.Module):
    """The stored flight at an altitude: range, vertical and level speed, and what the end does for them."""

    range: Scalar
    rate: Scalar
    level: Scalar
    share: Scalar
    aside: Scalar  # m: where the end lies right of the motion
    by_rate: Scalar  # s
    by_level: Scalar  # s
    by_across: Scalar  # s: the end's place to the right by the velocity to the right
    by_lift: Scalar
    by_side: Scalar
    by_wind: Float[Array, "2 3"]


class ReferenceTable(eqx.Module):
    """Rows of ``FastRow`` evenly over speed [m/s], and of ``LowRow`` evenly over altitude [m].

    ``speed_start`` [m/s] is where steering by range begins, ``hold`` [m/s2] the drag held above it. ``bank``
    [rad] is the nominal one at the start, ``wind`` the forecast [m/s, E] that the flight was stored for.
    """

    fast: Float[Array, "n f"]
    fast_first: Scalar
    fast_step: Scalar
    low: Float[Array, "m l"]
    low_first: Scalar
    low_step: Scalar
    bank: Scalar
    speed_start: Scalar
    hold: Scalar
    wind: Float[Array, "3"]


def fast_row(table: ReferenceTable, speed: Scalar) -> FastRow:
    """The stored flight at a speed [m/s]; its first or last row beyond its ends."""
    x = interpolate_uniform(table.fast, table.fast_first, table.fast_step, speed)
    return FastRow(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9:15].reshape(2, 3))


def low_row(table: ReferenceTable, altitude: Scalar) -> LowRow:
    """The stored flight at an altitude [m]; its first or last row beyond its ends."""
    x = interpolate_uniform(table.low, table.low_first, table.low_step, altitude)
    return LowRow(x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9], x[10:16].reshape(2, 3))


def empty_table() -> ReferenceTable:
    """A table of the right shapes that says nothing: what the law holds until its flight is planned."""
    one, zero = jnp.asarray(1.0), jnp.asarray(0.0)
    return ReferenceTable(
        jnp.zeros((FAST_ROWS, 15)),
        zero,
        one,
        jnp.zeros((LOW_ROWS, 16)),
        zero,
        one,
        one,
        one,
        one,
        jnp.zeros(3),
    )
