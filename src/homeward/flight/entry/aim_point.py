"""The aim point as an entry guidance sees it, and the steering of the last, steep descent to it."""

import jax.numpy as jnp

from homeward.flight.entry.drag_lift_estimation import LOW
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor_dynamics import PredictorStart
from homeward.icd import Navigation
from homeward.math.numerics import wrap_angle
from homeward.math.trigonometry import arc_tangent, sine_cosine
from homeward.math.triples import Triple, cross, dot, join, scale, split, subtract
from homeward.typing import Scalar, Vec3

PASSED = 0.5  # rad beyond the aim point from which on the way to it leads round the Earth
LEAST = 1e-30  # beneath a root, which has no derivative at nothing


def aim_axes(model: OnboardModel, navigation: Navigation, aim: Vec3) -> tuple[Triple, Triple, Scalar, Scalar]:
    """Forward and right at the aim point (a unit vector), seen from the capsule, the Earth's radius [m], and
    the cosine of the angle between the motion and the way to the aim point."""
    r = split(navigation.r_BE_E)
    a = split(aim)
    normal = cross(r, a)
    # Straight above the aim point the direction to it is not defined: take the motion's.
    motion = cross(r, split(navigation.v_BE_E))
    length, far = jnp.sqrt(dot(normal, normal)), 2e4
    weight = jnp.clip(length / far - 1.0, 0.0, 1.0)
    n = tuple(
        weight * normal[i] / jnp.maximum(length, 1.0)
        + (1.0 - weight) * motion[i] / jnp.sqrt(dot(motion, motion))
        for i in range(3)
    )
    forward = cross(n, a)  # pyright: ignore[reportArgumentType]
    forward = scale(1.0 / jnp.sqrt(dot(forward, forward)), forward)
    right = cross(forward, a)
    heading = dot(n, motion) / jnp.sqrt(dot(motion, motion))  # pyright: ignore[reportArgumentType]
    radius = model.equatorial_radius.astype(LOW)
    return split(join(forward).astype(LOW)), split(join(right).astype(LOW)), radius, heading.astype(LOW)


def angle_beyond(u: Triple, axis: Triple, aim: Vec3) -> Scalar:
    """Angle [rad] by which a direction lies beyond the aim point along an axis, within half a turn."""
    return arc_tangent(dot(u, axis), dot(u, split(aim.astype(LOW))))


def angle_to(u: Triple, axis: Triple, aim: Vec3) -> Scalar:
    """Arc [rad] to the aim point along the motion: up to a turn, and below nothing just beyond the aim."""
    behind = angle_beyond(u, axis, aim)
    return jnp.where(behind > PASSED, 2.0 * jnp.pi - behind, -behind)


def terminal_bank(
    start: PredictorStart, command: Scalar, reach: Scalar, along: Scalar, across: Scalar, forward: Triple,
    right: Triple,
) -> Scalar:  # fmt: skip
    """Lift direction [rad] that brings a steep descent to the aim point.

    ``needed`` is the displacement the lift must still earn; ``reach`` [m] what it could earn if it kept one
    direction. With needed/reach = cos(psi) the lift is held psi beside the needed direction: both then
    shrink in proportion, and reach zero together. Lift in the vertical plane counts 1/sin|gamma|: it also
    prolongs the fall. ``along``, ``across`` [m]: where the last command would end, beyond the aim point and
    right of it.
    """
    v, u = start.velocity, start.u
    vertical = dot(v, u)
    horizontal = subtract(v, scale(vertical, u))
    h = jnp.sqrt(dot(horizontal, horizontal))
    speed = jnp.sqrt(dot(v, v))
    heading = scale(1.0 / jnp.maximum(h, 1.0), horizontal)
    # The lift frame looks along the present heading; the errors stand along the line to the aim point.
    c, sdir = dot(heading, forward), dot(heading, right)
    error_f = along * c + across * sdir
    error_r = across * c - along * sdir
    stretch = 2.0 / (1.0 + jnp.clip(-vertical / speed, 0.2, 1.0))
    sine, cosine = sine_cosine(command)
    needed_f = reach * cosine - error_f / stretch
    needed_r = reach * sine - error_r
    needed = jnp.sqrt(needed_f**2 + needed_r**2)
    direction = arc_tangent(needed_r, needed_f)
    share = jnp.clip(needed / reach, 0.0, 1.0)
    spread = arc_tangent(jnp.sqrt(jnp.maximum((1.0 - share) * (1.0 + share), LEAST)), share)
    side = jnp.where(wrap_angle(start.bank - direction) >= 0.0, 1.0, -1.0).astype(LOW)
    return wrap_angle(direction + side * spread)
