"""A leg of a mission as the loop sees it: which program flies it, in what steps, and its numerical ends."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.executive.modes import (
    AIR,
    BURN,
    CANOPY,
    COAST,
    DESCENT,
    DRIFT,
    ENTRY,
    ORBIT,
    SIX_DOF,
)
from homeward.typing import Scalar
from homeward.world.dynamics import rigid_body

TURNING = SIX_DOF

#: Control ticks in a guidance cycle and cycles in a chunk, of each compiled program.
TICKS = {COAST: 1, BURN: 10, ENTRY: 2, DESCENT: 10, DRIFT: 6, ORBIT: 10, AIR: 10, CANOPY: 10}
CYCLES = {COAST: 64, BURN: 16, ENTRY: 64, DESCENT: 64, DRIFT: 10, ORBIT: 64, AIR: 64, CANOPY: 64}
#: What a ship that turns flies through.
WHERE = {ORBIT: rigid_body.ORBIT, AIR: rigid_body.AIR, CANOPY: rigid_body.CANOPY}
#: Integration steps in a control tick of a ship that turns: under a canopy it swings at some 10 rad/s.
SUBSTEPS = {ORBIT: 1, AIR: 1, CANOPY: 2}


class Leg(eqx.Module):
    """One leg. ``kind`` picks the compiled program; everything else is data.

    A leg of the flight plan ends when the flight software says so. ``end_time`` [s since the epoch] and
    ``end_altitude`` [m, falling through it] are ends of its own, for what no flight software commands: the
    ground, a change of step size, bodies that nobody steers. ``patience`` [s] is how long it may take before
    it counts as failed.
    """

    kind: str = eqx.field(static=True)
    tick: Scalar  # s, control tick and integration step
    index: Scalar  # position in the mission: telemetry and random streams
    end_time: Scalar
    end_altitude: Scalar
    patience: Scalar
    entry: Scalar  # 1: counts as entry in what is kept of the flight; 0: still coasting


def leg(
    kind: str,
    index: int,
    tick: float,
    *,
    end_time: float = jnp.inf,
    end_altitude: float = -jnp.inf,
    patience: float = 1e6,
    entry: bool = True,
) -> Leg:
    """A leg from plain numbers."""
    values = (tick, index, end_time, end_altitude, patience, float(entry))
    return Leg(kind, *(jnp.asarray(x, float) for x in values))


__all__ = ["AIR", "BURN", "CANOPY", "COAST", "CYCLES", "DESCENT", "DRIFT", "ENTRY", "ORBIT", "SUBSTEPS",
           "TICKS", "TURNING", "WHERE", "Leg", "leg"]  # fmt: skip
