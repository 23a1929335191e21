"""The truth of one rendezvous at one instant."""

import equinox as eqx
import jax.numpy as jnp

from homeward.typing import Array, Count, Flag, Float, Quat, Scalar, Vec3
from homeward.world.dynamics.two_spacecraft import Bodies
from homeward.world.fault_schedule import SLOTS
from homeward.world.sensors.rendezvous import PairSensorState


class Contact(eqx.Module):
    """How the ports met: speeds [m/s], offset [m], angles [rad], rates [rad/s]; ``count`` how often."""

    count: Count
    captured: Flag
    collided: Flag
    time: Scalar
    closing: Scalar
    lateral_rate: Scalar
    lateral_offset: Vec3  # in D; x is zero
    angle: Scalar  # between the ports' axes
    roll: Scalar
    rate: Scalar  # of pitch and yaw together
    roll_rate: Scalar


class PairTruth(eqx.Module):
    """Truth of both bodies. In the far legs the attitude stands still and says nothing."""

    time: Scalar  # s since the epoch
    bodies: Bodies
    q_BI: Quat
    omega_BI_B: Vec3  # rad/s
    level: Float[Array, " n"]  # force of each thruster over its full force
    mass: Scalar  # kg
    propellant: Scalar  # kg
    delta_v: Scalar  # m/s delivered since the insertion
    sensors: PairSensorState
    contact: Contact
    onset: Float[Array, " s"]  # s: when the failures that wait for a leg came
    closest: Scalar  # m from the station's centre of mass outside the corridor, least so far
    plume: Scalar  # N s on the station so far
    done: Flag
    failed: Flag
    failed_time: Scalar


def no_contact() -> Contact:
    """Nothing has touched yet."""
    zero, no, none = jnp.zeros(()), jnp.asarray(False), jnp.asarray(0, int)
    return Contact(none, no, no, zero, zero, zero, jnp.zeros(3), zero, zero, zero, zero)


def first_truth(
    time: Scalar, bodies: Bodies, mass: Scalar, propellant: Scalar, sensors: PairSensorState, thrusters: int
) -> PairTruth:
    """At the insertion, nothing spent yet."""
    zero, no = jnp.zeros(()), jnp.asarray(False)
    return PairTruth(
        time=jnp.asarray(time, float), bodies=bodies, q_BI=jnp.asarray([1.0, 0.0, 0.0, 0.0]),
        omega_BI_B=jnp.zeros(3), level=jnp.zeros(thrusters), mass=mass, propellant=propellant,
        delta_v=zero, sensors=sensors, contact=no_contact(), onset=jnp.full(SLOTS, jnp.inf),
        closest=zero + 1e9, plume=zero,
        done=no, failed=no, failed_time=zero,
    )  # fmt: skip
