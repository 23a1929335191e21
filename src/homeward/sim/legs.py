"""A mission is a list of legs, chained by their end states."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.typing import Scalar, Vec3

COAST, BURN, ENTRY, DESCENT = "coast", "burn", "entry", "descent"

#: Control ticks in a guidance cycle and cycles in a chunk, of each compiled program.
TICKS = {COAST: 1, BURN: 10, ENTRY: 2, DESCENT: 10}
CYCLES = {COAST: 64, BURN: 16, ENTRY: 64, DESCENT: 64}


class Leg(eqx.Module):
    """One leg as the loop sees it. ``kind`` picks the compiled program; everything else is data.

    It ends at ``end_time`` [s since the epoch] or where the altitude [m] falls through ``end_altitude``,
    whichever comes first; a burn also ends when its wanted velocity has been sensed. ``patience`` [s] is how
    long it may take before it counts as failed.
    """

    kind: str = eqx.field(static=True)
    tick: Scalar  # s, control tick and integration step
    index: Scalar  # position in the mission: telemetry and random streams
    end_time: Scalar
    end_altitude: Scalar
    patience: Scalar
    burn_delta_v: Scalar  # m/s to be sensed
    burn_direction: Vec3  # unit vector, I


def leg(
    kind: str,
    index: int,
    tick: float,
    *,
    end_time: float = jnp.inf,
    end_altitude: float = -jnp.inf,
    patience: float = 1e6,
    burn_delta_v: float = 0.0,
    burn_direction: Vec3 | None = None,
) -> Leg:
    """A leg from plain numbers."""
    direction = jnp.asarray(np.array([1.0, 0.0, 0.0]) if burn_direction is None else burn_direction, float)
    values = (tick, index, end_time, end_altitude, patience, burn_delta_v)
    a, b, c, d, e, f = (jnp.asarray(x, float) for x in values)
    return Leg(kind, a, b, c, d, e, f, direction)
