"""A mission is a list of legs, chained by their end states."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.typing import Scalar, Vec3
from homeward.world import rigid_body

COAST, BURN, ENTRY, DESCENT = "coast", "burn", "entry", "descent"
# The same of a ship that turns: stack in orbit, engine lit or not; capsule in the air; under a parachute.
ORBIT, AIR, CANOPY = "orbit", "air", "canopy"
TURNING = (ORBIT, AIR, CANOPY)

#: Control ticks in a guidance cycle and cycles in a chunk, of each compiled program.
TICKS = {COAST: 1, BURN: 10, ENTRY: 2, DESCENT: 10, ORBIT: 10, AIR: 10, CANOPY: 10}
CYCLES = {COAST: 64, BURN: 16, ENTRY: 64, DESCENT: 64, ORBIT: 64, AIR: 64, CANOPY: 64}
#: What a ship that turns flies through.
WHERE = {ORBIT: rigid_body.ORBIT, AIR: rigid_body.AIR, CANOPY: rigid_body.CANOPY}
#: Integration steps in a control tick of a ship that turns: under a canopy it swings at some 10 rad/s.
SUBSTEPS = {ORBIT: 1, AIR: 1, CANOPY: 2}


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
    entering: Scalar  # 1: a ship that turns takes up the attitude of the entry; 0: it points its thrust
    guided: Scalar  # 1: the entry guidance steers; 0: wings level


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
    entering: bool = False,
    guided: bool = True,
) -> Leg:
    """A leg from plain numbers."""
    direction = jnp.asarray(np.array([1.0, 0.0, 0.0]) if burn_direction is None else burn_direction, float)
    values = (tick, index, end_time, end_altitude, patience, burn_delta_v)
    a, b, c, d, e, f = (jnp.asarray(x, float) for x in values)
    switches = (jnp.asarray(float(x)) for x in (entering, guided))
    return Leg(kind, a, b, c, d, e, f, direction, *switches)
