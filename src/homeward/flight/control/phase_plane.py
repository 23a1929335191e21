"""Attitude control by phase planes: from angles wanted to valve times.

Each axis has two switching lines: far away both are the rate limit, near the target the rates from which the
thrusters can still stop at one edge of the dead band or at the other. Between the lines the ship drifts, and
propellant is spent only at the turns.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.earth.geodesy import Ellipsoid, height_and_up
from homeward.flight.control.thruster_selection import Allocation
from homeward.flight.navigation.lift_direction import from_lift, lift_rows, to_lift
from homeward.icd import Attitude, Navigation
from homeward.math.attitude_triples import apply, bank_angle, motion_axes, rows, split4, symmetric_inverse
from homeward.math.numerics import wrap_angle
from homeward.math.triples import Triple, add, dot, join, split
from homeward.typing import Array, Float, Mat33, Scalar, Vec3

LOOSE, FIRM = (
    0.01,
    0.04,
)  # g: below and above it the air holds angle of attack and sideslip not at all, wholly
EAGERNESS = 2.0  # 1/s: rate for an angle still to go, where it is small


class ControlSettings(eqx.Module):
    """Numbers an engineer tunes, of one configuration. Angles in radians."""

    rate_limit: Scalar
    roll_rate_limit: Scalar  # about the velocity, in an entry
    acceleration: Vec3  # rad/s2 that the curve counts on, a share of what the thrusters can
    angle_band: Scalar  # half of the dead band
    rate_band: Scalar  # beyond a switching line before anything is fired
    air_rate_band: Scalar  # of pitch and yaw where the air holds the angles, and under a parachute


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


def wind_axes(navigation: Navigation, ellipsoid: Ellipsoid, C_EI: Mat33) -> WindAxes:
    """Axes of the Earth-relative motion that navigation believes in."""
    force = split(navigation.specific_force)
    _, up = height_and_up(ellipsoid, split(navigation.r_BE_E))
    axes = motion_axes(up, split(navigation.v_BE_E))
    forward, right, above = (jnp.sum(C_EI * join(x)[:, None], axis=0) for x in axes)
    return WindAxes(forward, right, above, jnp.sqrt(dot(force, force)) / G0)


class Corridor(eqx.Module):
    """Rates between which nothing is fired, about three axes; outside, the nearest ones aimed at."""

    low: Triple
    high: Triple
    aim_low: Triple
    aim_high: Triple


def curve(error: Scalar, acceleration: Scalar, limit: Scalar) -> Scalar:
    """The fastest rate [rad/s] toward an angle still to go [rad] from which it can be stopped there smoothly.

    ``sqrt(2 a error)`` far away; near the target, where the root is infinitely steep and would answer a
    hundredth of a degree with a tenth of a degree a second, ``EAGERNESS error``. The two meet with one slope,
    and nowhere is more than ``acceleration`` asked for.
    """
    size = jnp.abs(error)
    near = acceleration / EAGERNESS**2
    root = jnp.sqrt(2.0 * acceleration * jnp.maximum(size - 0.5 * near, 0.5 * near))
    return jnp.sign(error) * jnp.minimum(jnp.where(size < near, EAGERNESS * size, root), limit)


def switching(
    error: Scalar, acceleration: Scalar, limit: Scalar, band: Scalar, slack: Scalar
) -> tuple[Scalar, Scalar, Scalar, Scalar]:
    """Lowest and highest rate that may stand at an angle error, and the rates aimed at beyond them.

    A phase plane with two switching lines: one stops at the near edge of the dead band, the other at the far
    one. Between them the ship drifts. What is aimed at lies ``slack`` inside, so that it drifts back through
    the whole band before the next pulse.
    """
    low = curve(error - band, acceleration, limit)
    high = curve(error + band, acceleration, limit)
    return low - slack, high + slack, jnp.minimum(low + slack, high), jnp.maximum(high - slack, low)


def _corridor(rows: list[tuple[Scalar, Scalar, Scalar, Scalar]]) -> Corridor:
    return Corridor(*(tuple(row[k] for row in rows) for k in range(4)))  # pyright: ignore[reportArgumentType]


def _loosened(row: tuple[Scalar, ...], firm: Scalar, band: Scalar) -> tuple[Scalar, Scalar, Scalar, Scalar]:
    """A corridor that goes over into plain damping within ``band`` as the air takes hold."""
    free = (-band, band, -0.5 * band, 0.5 * band)
    return tuple((1.0 - firm) * a + firm * b for a, b in zip(row, free, strict=True))  # pyright: ignore[reportReturnType]


def entry_valves(
    control: AttitudeControl, attitude: Attitude, axes: WindAxes, bank: Scalar,
    coming: Float[Array, " n"], dt: Scalar, turn: Scalar | None = None,
) -> Float[Array, " n"]:  # fmt: skip
    """Valve times [s] of the next tick that keep the trim angle and bring a bank angle of the lift.

    ``turn`` [rad] is where the lift is about x, from z toward y: at trim the flow comes from that side.

    The rate is split into one about the velocity, which banks, and what is left about y and z. Where the air
    is felt it holds angle of attack and sideslip better than thrusters could, and only their rates are
    damped. ``coming`` are the valve times of this tick, given but not felt yet.
    """
    s = control.settings
    turn = jnp.zeros_like(dt) if turn is None else turn
    C = lift_rows(rows(split4(attitude.q_BI)), turn)
    x, y, z = apply(C, split(axes.forward))
    spin_B = expected_rate(control, attitude, coming)
    spin = to_lift(spin_B, turn)
    # In a tumble x may vanish, and the split with it: then the bank has to wait.
    far = jnp.where(x < 0.0, jnp.minimum(x, -0.3), jnp.maximum(x, 0.3))
    about = spin[0] / far
    left = (about, spin[1] - about * y, spin[2] - about * z)
    flown = bank_angle(C, (split(axes.forward), split(axes.right), split(axes.above)))
    roll = wrap_angle(bank - flown) - dt * about
    attack = wrap_angle(control.trim - jnp.arctan2(z, x)) - dt * left[1]
    aside = jnp.arcsin(jnp.clip(y, -1.0, 1.0)) - dt * left[2] * jnp.sign(x)
    firm = jnp.clip((axes.load - LOOSE) / (FIRM - LOOSE), 0.0, 1.0)
    a = split(s.acceleration)
    lanes = _corridor(
        [
            switching(roll, a[0], s.roll_rate_limit, s.angle_band, s.rate_band),
            _loosened(
                switching(attack, a[1], s.rate_limit, s.angle_band, s.rate_band), firm, s.air_rate_band
            ),
            _loosened(
                switching(jnp.sign(x) * aside, a[2], s.rate_limit, s.angle_band, s.rate_band),
                firm, s.air_rate_band,
            ),
        ]
    )  # fmt: skip
    push = correction(lanes, left)
    change = from_lift((push[0] * far, push[1] + push[0] * y, push[2] + push[0] * z), turn)
    return valve_times(control, _if_known(control, attitude, change, spin_B), dt)


def pointing_valves(
    control: AttitudeControl, attitude: Attitude, axes: WindAxes, direction_I: Vec3,
    coming: Float[Array, " n"], dt: Scalar,
) -> Float[Array, " n"]:  # fmt: skip
    """Valve times [s] that bring the x axis onto a direction in I, z away from the Earth."""
    s = control.settings
    C = rows(split4(attitude.q_BI))
    spin = expected_rate(control, attitude, coming)
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
    errors = (weight * roll, pitch, yaw)
    a = split(s.acceleration)
    lanes = _corridor(
        [switching(errors[k] - dt * spin[k], a[k], s.rate_limit, s.angle_band, s.rate_band) for k in range(3)]
    )
    return valve_times(control, _if_known(control, attitude, correction(lanes, spin), spin), dt)


def damping_valves(
    control: AttitudeControl, attitude: Attitude, coming: Float[Array, " n"], dt: Scalar
) -> Float[Array, " n"]:
    """Valve times [s] that take rates away, outside a wide band: for a capsule that hangs or tumbles."""
    spin = expected_rate(control, attitude, coming)
    return valve_times(control, _damped(control.settings.air_rate_band, spin), dt)


def _damped(band: Scalar, spin: Triple) -> Triple:
    """Change of rate [rad/s] that takes rates away, outside a band."""
    row = (-band, band, -0.5 * band, 0.5 * band)
    return correction(_corridor([row, row, row]), spin)


def _if_known(control: AttitudeControl, attitude: Attitude, change: Triple, spin: Triple) -> Triple:
    """The change wanted; while nobody knows the attitude, no more than rates taken away."""
    still = _damped(control.settings.rate_band, spin)
    return jax.tree.map(lambda a, b: jnp.where(attitude.known, a, b), change, still)


def expected_rate(control: AttitudeControl, attitude: Attitude, coming: Float[Array, " n"]) -> Triple:
    """Rate [rad/s, B] once what is on its way has acted: else every error would be answered twice."""
    _, inverse = symmetric_inverse(control.inertia)
    gained = apply(inverse, control.allocation.gained(coming))
    return add(split(attitude.omega_BI_B), gained)


def correction(lanes: Corridor, rate: Triple) -> Triple:
    """Change of rate [rad/s] that brings it to the nearest aim, zero within the corridor."""
    parts = []
    for k in range(3):
        up = jnp.where(rate[k] < lanes.low[k], lanes.aim_low[k] - rate[k], 0.0)
        parts.append(jnp.where(rate[k] > lanes.high[k], lanes.aim_high[k] - rate[k], up))
    return parts[0], parts[1], parts[2]


def valve_times(control: AttitudeControl, change: Triple, dt: Scalar) -> Float[Array, " n"]:
    """Valve times [s] of the next tick for a change of rate [rad/s, B]."""
    inertia, _ = symmetric_inverse(control.inertia)
    return control.allocation.seconds(apply(inertia, change), dt)
