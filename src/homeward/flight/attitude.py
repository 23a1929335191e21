"""Attitude control: from wanted angles to a wanted rate, and from the rate's error to valve times.

Each axis follows a switching curve: far away the rate limit, near the rate from which the thrusters can still
stop in time, inside the dead band no rate at all. Nothing is fired while the rate is within its own dead band of
that: between pulses the ship drifts, and propellant is spent only at the turns.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.allocation import Allocation
from homeward.icd import Attitude, Navigation
from homeward.math.components import Triple, add, dot, join, scale, split, subtract
from homeward.math.numerics import wrap_angle
from homeward.math.turning import apply, bank_angle, motion_axes, rows, split4
from homeward.typing import Array, Float, Mat33, Scalar, Vec3

LOOSE, FIRM = 0.03, 0.08  # g: below and above it the air holds angle of attack and sideslip not at all, wholly


class ControlSettings(eqx.Module):
    """Numbers an engineer tunes, of one configuration. Angles in radians."""

    rate_limit: Scalar
    roll_rate_limit: Scalar  # about the velocity, in an entry
    acceleration: Vec3  # rad/s2 that the curve counts on, a share of what the thrusters can
    angle_band: Scalar  # within which no rate is wanted
    rate_band: Scalar  # within which nothing is fired
    air_rate_band: Scalar  # the same for pitch and yaw where the air holds the angles


class AttitudeControl(eqx.Module):
    """Control of one configuration: believed inertia, thruster table, settings, trim angle of attack."""

    inertia: Mat33  # kg m2
    allocation: Allocation
    settings: ControlSettings
    trim: Scalar  # rad


class WindAxes(eqx.Module):
    """Believed motion, once a cycle: unit vectors along the velocity, right of it and above it, in I."""

    forward: Vec3
    right: Vec3
    above: Vec3
    load: Scalar  # sensed, g


def wind_axes(navigation: Navigation, C_EI: Mat33) -> WindAxes:
    """Axes of the Earth-relative motion that navigation believes in."""
    force = split(navigation.specific_force)
    axes = motion_axes(split(navigation.r_BE_E), split(navigation.v_BE_E))
    turned = (jnp.sum(C_EI * join(x)[:, None], axis=0) for x in axes)
    return WindAxes(*turned, jnp.sqrt(dot(force, force)) / G0)


def curve(error: Scalar, acceleration: Scalar, limit: Scalar, band: Scalar) -> Scalar:
    """The rate [rad/s] wanted for an angle still to go [rad]."""
    size = jnp.maximum(jnp.abs(error) - band, 0.0)
    return jnp.sign(error) * jnp.minimum(jnp.sqrt(2.0 * acceleration * size), limit)


def entry_rates(
    control: AttitudeControl, attitude: Attitude, axes: WindAxes, bank: Scalar, ahead: Scalar
) -> tuple[Triple, Triple]:
    """Rates wanted [rad/s, B] to fly at the trim angle and a bank angle, and the bands about them.

    Where the air is felt it holds angle of attack and sideslip better than thrusters could, and only their
    rates are damped. ``ahead`` [s] is when the answer will act: the error is taken then.
    """
    s = control.settings
    C = rows(split4(attitude.q_BI))
    x, y, z = apply(C, split(axes.forward))
    omega = split(attitude.omega_BI_B)
    flown = bank_angle(C, (split(axes.forward), split(axes.right), split(axes.above)))
    roll = wrap_angle(bank - flown) - ahead * dot(omega, (x, y, z))
    firm = jnp.clip((axes.load - LOOSE) / (FIRM - LOOSE), 0.0, 1.0)
    a = split(s.acceleration)
    spin = curve(roll, a[0], s.roll_rate_limit, s.angle_band)
    attack = wrap_angle(control.trim - jnp.arctan2(z, x)) - ahead * omega[1]
    aside = jnp.arcsin(jnp.clip(y, -1.0, 1.0)) - ahead * omega[2] * jnp.sign(x)
    hold = 1.0 - firm
    pitch = hold * curve(attack, a[1], s.rate_limit, s.angle_band)
    yaw = hold * curve(jnp.sign(x) * aside, a[2], s.rate_limit, s.angle_band)
    wanted = add(scale(spin, (x, y, z)), (jnp.zeros_like(x), pitch, yaw))
    loose = s.rate_band + firm * (s.air_rate_band - s.rate_band)
    return wanted, (s.rate_band, loose, loose)


def pointing_rates(
    control: AttitudeControl, attitude: Attitude, axes: WindAxes, direction_I: Vec3, ahead: Scalar
) -> tuple[Triple, Triple]:
    """Rates wanted [rad/s, B] to bring the x axis onto a direction in I, z away from the Earth; and the bands."""
    s = control.settings
    C = rows(split4(attitude.q_BI))
    omega = split(attitude.omega_BI_B)
    d = apply(C, split(direction_I))
    u = apply(C, split(axes.above))
    # The turn that brings x onto d is about x cross d, by the angle between them.
    sine = jnp.sqrt(d[1] * d[1] + d[2] * d[2])
    angle = jnp.arctan2(sine, d[0])
    # Straight behind, any way round will do: about y.
    flat = sine < 1e-6
    per_sine = angle / jnp.where(flat, 1.0, sine)
    pitch = jnp.where(flat, angle, -d[2] * per_sine)
    yaw = d[1] * per_sine
    roll = jnp.arctan2(-u[1], u[2])
    # Where x points along the vertical, roll means nothing; and while x is far off, it is left alone.
    weight = jnp.clip(1.5 * (u[1] * u[1] + u[2] * u[2]) - 0.1, 0.0, 1.0) * jnp.clip(d[0], 0.0, 1.0)
    errors = tuple(e - ahead * w for e, w in zip((weight * roll, pitch, yaw), omega, strict=True))
    a = split(s.acceleration)
    wanted = tuple(curve(errors[k], a[k], s.rate_limit, s.angle_band) for k in range(3))
    return wanted, (s.rate_band, s.rate_band, s.rate_band)  # pyright: ignore[reportReturnType]


def damping_rates(control: AttitudeControl) -> tuple[Triple, Triple]:
    """No rate at all, within a wide band: for a capsule that hangs or tumbles."""
    zero, band = jnp.zeros_like(control.trim), control.settings.air_rate_band
    return (zero, zero, zero), (band, band, band)


def valve_times(
    control: AttitudeControl, attitude: Attitude, wanted: Triple, bands: Triple,
    coming: Float[Array, " n"], dt: Scalar,
) -> Float[Array, " n"]:  # fmt: skip
    """Valve times [s] of the next tick. ``coming`` are those of this tick, given but not felt yet."""
    inertia = tuple(split(control.inertia[k]) for k in range(3))
    # What is on its way is counted as done: else every error would be answered twice.
    held = apply(inertia, split(attitude.omega_BI_B))  # pyright: ignore[reportArgumentType]
    held = add(held, control.allocation.gained(coming))
    off = subtract(apply(inertia, wanted), held)  # pyright: ignore[reportArgumentType]
    change = tuple(
        jnp.where(jnp.abs(off[k]) > bands[k] * inertia[k][k], off[k], 0.0) for k in range(3)
    )
    return control.allocation.seconds(change, dt)  # pyright: ignore[reportArgumentType]
