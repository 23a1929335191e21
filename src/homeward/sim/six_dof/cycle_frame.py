"""The frame in which a cycle of a turning ship is reckoned: the Earth's axes at its start, standing still."""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import height_and_up
from homeward.earth.orientation import EarthSpin
from homeward.math.attitude_triples import bank_angle, join4, motion_axes, rows, split4
from homeward.math.quaternion import conjugate, from_matrix, multiply
from homeward.math.triples import Triple, cross, join, scale, split, subtract
from homeward.sim.core.legs import ORBIT, Leg
from homeward.typing import Mat33, Quat, Scalar, Vec3
from homeward.world.dynamics.point_mass import slow_gravity, third_body_pull
from homeward.world.dynamics.rigid_body import Motion, turned
from homeward.world.state import TruthState
from homeward.world.world import World


class Frozen(eqx.Module):
    """Frame F: when it was the Earth's, how it stands in I, how the Earth turns, and the slow gravity [E]."""

    time: Scalar
    C_FI: Mat33
    q_FI: Quat
    omega: Triple
    slow: Triple


def _turn(C: Mat33, x: Vec3) -> Vec3:
    return jnp.sum(C * x[None, :], axis=1)


def into_frozen(world: World, leg: Leg, spin: EarthSpin, truth: TruthState) -> tuple[Frozen, Motion]:
    """The frame of a cycle that starts now, and the motion in it."""
    assert truth.body is not None
    C = spin.C_EI0
    r_F, v_F = _turn(C, truth.r_BI_I), _turn(C, truth.v_BI_I)
    slow = slow_gravity(world, r_F)
    if leg.kind == ORBIT:
        pull = third_body_pull(world, spin, truth.time, r_F)
        slow = slow if pull is None else slow + pull
    q_FI = from_matrix(C)
    q_BF = multiply(truth.body.q_BI, conjugate(q_FI))
    frozen = Frozen(truth.time, C, q_FI, split(spin.omega_EI_E), split(slow))
    return frozen, (split(r_F), split(v_F), split4(q_BF), split(truth.body.omega_BI_B))


def attitude_of(frozen: Frozen, motion: Motion) -> Quat:
    """``q_BI`` of a motion in F."""
    return multiply(join4(motion[2]), frozen.q_FI)


def from_frozen(frozen: Frozen, truth: TruthState, motion: Motion) -> TruthState:
    """The truth with a motion in F put back into I."""
    r, v, _, omega = motion
    C_IF = frozen.C_FI.T
    return eqx.tree_at(
        lambda t: (t.r_BI_I, t.v_BI_I, t.body.q_BI, t.body.omega_BI_B),
        truth,
        (_turn(C_IF, join(r)), _turn(C_IF, join(v)), attitude_of(frozen, motion), join(omega)),
    )


def earth_fixed(frozen: Frozen, time: Scalar, r_F: Triple) -> Triple:
    """A position in the turning Earth's axes of a time within the cycle."""
    return turned(scale(frozen.time - time, frozen.omega), r_F)


def true_bank(world: World, frozen: Frozen, time: Scalar, motion: Motion) -> Scalar:
    """Bank angle [rad] about the velocity relative to the turning Earth, at a time within the cycle."""
    r, v, q, _ = motion
    _, up_E = height_and_up(world.ellipsoid, earth_fixed(frozen, time, r))
    up = turned(scale(time - frozen.time, frozen.omega), up_E)
    return bank_angle(rows(q), motion_axes(up, subtract(v, cross(frozen.omega, r))))
