"""Where the lift points in the body: estimated from the accelerometers while the air presses hard.

A capsule of revolution trims so that its centre of mass lies in the plane of the axis and the air flow. A
centre of mass off to the side by ``dy`` beside the planned offset ``dz`` turns that plane, and the lift with
it, about the body's axis by ``atan(dy / dz)``: 13 deg for 20 mm beside 85 mm. A bank angle of the body is
then wrong of the lift by as much, to one side: less lift up after one reversal, more after the other.

The force across the axis lies in that plane whatever its size:

    tan(turn) = sum(f_y dt) / sum(f_z dt)

with the specific force ``f`` of each control tick, summed with a memory of ``MEMORY``. Where that force is
small (thin air; below the speed of sound, where the normal force of a blunt body changes its sign) the last
turn is kept. Swinging about the trim leaves the ratio of the sums as it is.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import InertialSample
from homeward.math.attitude_triples import Rows
from homeward.math.triples import Triple, split
from homeward.typing import Scalar

MEMORY = 15.0  # s
FELT = 0.3, 1.0  # m/s2 across the axis: below the first nothing is told, from the second on all is believed
SHARE = 0.08  # of the force along the axis that the one across has to have
MOST = 0.45  # rad: a turn beyond it is no ship's


class LiftDirectionState(eqx.Module):
    """What is remembered."""

    along: Scalar  # m/s2, fading mean of the specific force along -x
    across: Scalar  # along y
    lifting: Scalar  # along z
    turn: Scalar  # rad about x, from z toward y: where the lift is


def planned_lift() -> LiftDirectionState:
    """Before the entry: the lift is where it was planned."""
    zero = jnp.zeros(())
    return LiftDirectionState(zero, zero, zero, zero)


def felt_lift(state: LiftDirectionState, sample: InertialSample) -> LiftDirectionState:
    """One control tick of the voted inertial unit; a sample of no duration changes nothing."""
    dt = sample.duration
    share = dt / (MEMORY + dt)
    gained = split(sample.delta_velocity)
    inverse = 1.0 / jnp.where(dt > 0.0, dt, 1.0)
    force = (-gained[0] * inverse, gained[1] * inverse, gained[2] * inverse)

    def mean(before: Scalar, now: Scalar) -> Scalar:
        return jnp.where(jnp.isfinite(now), before + share * (now - before), before)

    along, across, lifting = (
        mean(state.along, force[0]),
        mean(state.across, force[1]),
        mean(state.lifting, force[2]),
    )
    size = jnp.abs(lifting)
    low, high = FELT
    trust = jnp.clip((size - low) / (high - low), 0.0, 1.0)
    valid = size > SHARE * along
    seen = jnp.clip(jnp.arctan(across / jnp.where(size > 0.0, lifting, 1.0)), -MOST, MOST)
    # What is thought so far goes over into what is seen within some seconds: no step in the bank.
    turn = state.turn + jnp.where(valid, 0.2 * dt * trust * (seen - state.turn), 0.0)
    return LiftDirectionState(along, across, lifting, turn)


def lift_rows(C: Rows, turn: Scalar) -> Rows:
    """Rows of the axes with z on the side of the lift: the body's, turned by ``turn`` [rad] about x."""
    sine, cosine = jnp.sin(turn), jnp.cos(turn)
    y = tuple(cosine * C[1][k] - sine * C[2][k] for k in range(3))
    z = tuple(sine * C[1][k] + cosine * C[2][k] for k in range(3))
    return C[0], y, z  # pyright: ignore[reportReturnType]


def to_lift(v: Triple, turn: Scalar) -> Triple:
    """Components in the body's axes to those in the axes of the lift."""
    sine, cosine = jnp.sin(turn), jnp.cos(turn)
    return v[0], cosine * v[1] - sine * v[2], sine * v[1] + cosine * v[2]


def from_lift(v: Triple, turn: Scalar) -> Triple:
    """The reverse of ``to_lift``."""
    return to_lift(v, -turn)


__all__ = ["LiftDirectionState", "felt_lift", "from_lift", "lift_rows", "planned_lift", "to_lift"]
