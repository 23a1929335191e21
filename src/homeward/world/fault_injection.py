"""What failures do: to the world for the coming cycle, and to the messages of the sensors.

A failed sensor is told of by its message alone, so that any model of the sensor may stand behind it.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import InertialReadings, InertialSample, Measurements, Ranges
from homeward.math.numerics import interpolate_uniform
from homeward.typing import Array, Scalar
from homeward.vehicle.thrusters import Thrusters
from homeward.world.fault_schedule import ActiveFaults
from homeward.world.sensors.redundant_imu import dodecahedron
from homeward.world.world import World

STORM_TOP = 60e3  # m: the rows of a storm stand evenly from altitude 0 up to it
# Which way the false place leads, in E: no direction is special.
LEAD = (0.6, -0.64, 0.48)


def failing(thrusters: Thrusters, a: ActiveFaults, first: int = 0) -> Thrusters:
    """The thrusters as they are: dead ones give nothing, stuck ones their full force.

    ``first`` is the number among all of the ship's thrusters that this set begins with.
    """
    own = slice(first, first + thrusters.share.shape[0])
    return eqx.tree_at(
        lambda t: (t.share, t.leak), thrusters,
        (thrusters.share * (1.0 - a.off[own]), jnp.maximum(thrusters.leak, a.on[own])),
    )  # fmt: skip


def ailing_world(world: World, a: ActiveFaults, altitude: Scalar) -> World:
    """A turning ship's world for one cycle, at an altitude [m]."""
    body = world.body
    assert body is not None
    rows = world.faults.storm
    gale = a.wind * interpolate_uniform(
        rows, jnp.zeros_like(altitude), jnp.full_like(altitude, STORM_TOP / (rows.shape[0] - 1)), altitude
    )
    return eqx.tree_at(
        lambda w: (
            w.body.capsule_thrusters, w.body.stack_thrusters, w.body.aero.center_of_mass, w.engine.thrust,
            w.faults.drogue, w.faults.main, w.faults.density, w.faults.gale,
            w.body.inertial.gyro.works, w.body.inertial.gyro.off,
            w.body.inertial.accelerometer.works, w.body.inertial.accelerometer.off,
        ),
        world,
        (
            failing(body.capsule_thrusters, a, body.stack_thrusters.share.shape[0]),
            failing(body.stack_thrusters, a),
            body.aero.center_of_mass + a.lift * world.faults.shift_B, world.engine.thrust * a.engine,
            a.drogue, a.main, a.density, gale,
            a.gyro_works, a.gyro_bias, a.accelerometer_works, a.accelerometer_bias,
        ),
    )  # fmt: skip


def to_redundant_readings(sample: InertialSample, a: ActiveFaults) -> InertialReadings:
    """What six skewed instruments of each kind tell, of which some have failed, instead of a sample of all.

    Errors are those of the sample, which is what the six together make of the motion; none has its own.
    """
    axes, dt = jnp.asarray(dodecahedron()), sample.duration
    angles = jnp.sum(axes * sample.delta_angle[None, :], axis=1)
    velocities = jnp.sum(axes * sample.delta_velocity[None, :], axis=1)
    return InertialReadings(
        a.gyro_works * angles + dt * a.gyro_bias,
        a.accelerometer_works * velocities + dt * a.accelerometer_bias, dt,
    )  # fmt: skip


def _without(valid: Array, lost: Array) -> Array:
    return valid & (lost < 0.5)


def ailing_readings(told: Measurements, a: ActiveFaults) -> Measurements:
    """The message of a cycle with failed sensors; what is lost is told as zero, as of any sensor."""
    aids = told.aids
    assert aids is not None
    star = _without(aids.star_valid, jnp.maximum(a.star, a.heads))
    fixed = _without(aids.satellite_valid, a.satellite)
    height = _without(aids.height_valid, a.altimeter)
    lead = jnp.asarray(LEAD)
    away, faster = a.spoof
    aids = eqx.tree_at(
        lambda x: (
            x.star_valid, x.star_q_BI, x.satellite_valid, x.satellite_position, x.satellite_velocity,
            x.height_valid, x.height,
        ),
        aids,
        (
            star, jnp.where(star[:, None], aids.star_q_BI, jnp.asarray([[1.0, 0.0, 0.0, 0.0]])), fixed,
            jnp.where(fixed, aids.satellite_position + away * lead, jnp.zeros(3)),
            jnp.where(fixed, aids.satellite_velocity + faster * lead, jnp.zeros(3)),
            height, jnp.where(height, aids.height, 0.0),
        ),
    )  # fmt: skip
    if aids.ranges is not None:
        aids = eqx.tree_at(lambda x: x.ranges, aids, _ailing_ranges(aids.ranges, a))
    told = eqx.tree_at(
        lambda m: (m.aids, m.time, m.satellite_time), told, (aids, told.time + a.clock, told.time),
        is_leaf=lambda x: x is None,
    )  # fmt: skip
    return ailing_height(told, a)


def _ailing_ranges(told: Ranges, a: ActiveFaults) -> Ranges:
    """Ranges that are lost, or led away all together: those of a place and a velocity that are false."""
    valid = _without(told.valid, a.satellite)
    toward = jnp.sum(told.sight * jnp.asarray(LEAD)[None, :], axis=1)
    away, faster = a.spoof
    ranges, rates = told.range - away * toward, told.rate - faster * toward
    return Ranges(
        valid, jnp.where(valid, ranges, 0.0), jnp.where(valid, rates, 0.0),
        jnp.where(valid[:, None], told.place, 0.0), jnp.where(valid[:, None], told.speed, 0.0),
        jnp.where(valid[:, None], told.sight, 0.0),
    )  # fmt: skip


def ailing_height(told: Measurements, a: ActiveFaults) -> Measurements:
    """The message of a control tick: a silent altimeter tells nothing."""
    heard = _without(jnp.ones_like(told.fix_valid), a.altimeter)
    return eqx.tree_at(
        lambda m: (m.height, m.height_valid), told, (jnp.where(heard, told.height, 0.0), heard),
        is_leaf=lambda x: x is None,
    )  # fmt: skip
