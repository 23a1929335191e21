"""Attitude control that follows an attitude which itself turns: a station's port, the local horizontal.

The phase planes of ``attitude``, about the three body axes, for the turn that is left. Far from the target
that turn is made about one axis: the rates of the three stand in the ratio of the angles.
"""

import jax.numpy as jnp

from homeward.flight.control.phase_plane import ControlSettings, Corridor, correction, switching
from homeward.icd import Attitude
from homeward.math.attitude_triples import apply, conjugate, product, rows, split4, symmetric_inverse
from homeward.math.triples import Triple, add, dot, scale, split, subtract
from homeward.typing import Mat33, Quat, Scalar, Vec3

FAR = 10.0  # dead bands, beyond which the turn is made about one axis
LEAST = 0.05  # share of rate and acceleration that an axis keeps where its angle is small
AHEAD = 2.0  # s: which way round a half turn goes is decided by where the ship will be


def tracking(
    settings: ControlSettings, inertia: Mat33, attitude: Attitude, q_WI: Quat, omega_WI_W: Vec3,
    coming: Triple, dt: Scalar,
) -> Triple:  # fmt: skip
    """Change of angular momentum [N m s, B] wanted in the next tick, to stand as W stands and turn with it.

    ``q_WI`` and ``omega_WI_W`` [rad/s] are the attitude and the rate wanted; ``coming`` [N m s, B] is what
    the valves of this tick bring, commanded but not felt yet. Nothing is asked for within the dead band, and
    while the attitude is not known only that rates be taken away.
    """
    s = settings
    body, inverse = symmetric_inverse(inertia)
    spin = add(split(attitude.omega_BI_B), apply(inverse, coming))
    q_BW = product(split4(attitude.q_BI), conjugate(split4(q_WI)))
    left = subtract(spin, apply(rows(q_BW), split(omega_WI_W)))
    errors = turn_left(q_BW, left)
    a, limits = _shares(s, errors)
    lanes = [
        switching(errors[k] - dt * left[k], a[k], limits[k], s.angle_band, s.rate_band) for k in range(3)
    ]
    push = correction(_corridor(lanes), left)
    still = correction(
        _corridor([(-s.rate_band, s.rate_band, -0.5 * s.rate_band, 0.5 * s.rate_band)] * 3), spin
    )
    return apply(body, tuple(jnp.where(attitude.known, p, d) for p, d in zip(push, still, strict=True)))  # pyright: ignore[reportArgumentType]


def turn_left(q_BW: tuple[Scalar, Scalar, Scalar, Scalar], rate: Triple) -> Triple:
    """The turn [rad, B] that brings B onto W, as a vector along its axis.

    Of the two ways round, the one that will be shorter in ``AHEAD`` seconds at the relative ``rate`` [rad/s]:
    a half turn once begun is not taken back. From ``dq_BW/dt = -1/2 (0, omega_BW_B) q_BW``.
    """
    w, v = q_BW[0], (q_BW[1], q_BW[2], q_BW[3])
    way = jnp.where(w + 0.5 * AHEAD * dot(rate, v) < 0.0, -1.0, 1.0)
    size = jnp.sqrt(dot(v, v))
    angle = 2.0 * jnp.arctan2(size, way * w)
    return scale(way * jnp.where(size < 1e-9, 2.0, angle / jnp.maximum(size, 1e-9)), v)


def _shares(s: ControlSettings, errors: Triple) -> tuple[Triple, Triple]:
    """Acceleration and rate limit of each axis: far away in the ratio of the angles, near each its own."""
    a = split(s.acceleration)
    size = jnp.sqrt(dot(errors, errors))
    parts = [jnp.maximum(jnp.abs(e) / jnp.maximum(size, 1e-9), LEAST) for e in errors]
    common = jnp.minimum(jnp.minimum(a[0] / parts[0], a[1] / parts[1]), a[2] / parts[2])
    far = jnp.clip(size / (FAR * s.angle_band) - 1.0, 0.0, 1.0)
    accelerations = tuple(far * common * parts[k] + (1.0 - far) * a[k] for k in range(3))
    limits = tuple(s.rate_limit * (far * parts[k] + 1.0 - far) for k in range(3))
    return accelerations, limits  # pyright: ignore[reportReturnType]


def _corridor(lanes: list[tuple[Scalar, Scalar, Scalar, Scalar]]) -> Corridor:
    return Corridor(*(tuple(lane[k] for lane in lanes) for k in range(4)))  # pyright: ignore[reportArgumentType]
