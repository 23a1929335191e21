"""Attitude by components, for the loops where time is spent (see ``components``).

A quaternion is four scalars, ``q_BF`` maps components of F to components of B. A matrix is its three rows.
"""

import jax.numpy as jnp

from homeward.math.triples import Triple, cross, dot, scale, split
from homeward.typing import Mat33, Quat, Scalar

Four = tuple[Scalar, Scalar, Scalar, Scalar]
Rows = tuple[Triple, Triple, Triple]


def split4(q: Quat) -> Four:
    """The components of a quaternion."""
    return q[0], q[1], q[2], q[3]


def join4(q: Four) -> Quat:
    """The quaternion of four components."""
    return jnp.stack(q)


def rows(q_BF: Four) -> Rows:
    """Rows of ``C_BF``: the axes of B in components of F."""
    w, x, y, z = q_BF
    return (
        (1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)),
        (2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)),
        (2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)),
    )


def apply(C: Rows, v: Triple) -> Triple:
    """``C v``."""
    return dot(C[0], v), dot(C[1], v), dot(C[2], v)


def apply_transposed(C: Rows, v: Triple) -> Triple:
    """``C^T v``."""
    return tuple(C[0][k] * v[0] + C[1][k] * v[1] + C[2][k] * v[2] for k in range(3))  # pyright: ignore[reportReturnType]


def product(a: Four, b: Four) -> Four:
    """Hamilton product."""
    a0, a1, a2, a3 = a
    b0, b1, b2, b3 = b
    return (
        a0 * b0 - a1 * b1 - a2 * b2 - a3 * b3,
        a0 * b1 + a1 * b0 + a2 * b3 - a3 * b2,
        a0 * b2 - a1 * b3 + a2 * b0 + a3 * b1,
        a0 * b3 + a1 * b2 - a2 * b1 + a3 * b0,
    )


def conjugate(q: Four) -> Four:
    """The inverse turn."""
    return q[0], -q[1], -q[2], -q[3]


def unit4(q: Four) -> Four:
    """The quaternion at unit length."""
    size = 1.0 / jnp.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
    return q[0] * size, q[1] * size, q[2] * size, q[3] * size


def turn_quaternion(turn: Triple, angle2: Scalar) -> Quat:
    """``q_B'B`` of a body turned on by a rotation vector [rad], whose square is given; exact below 1 rad.

    Series of cos(a/2) and sin(a/2)/a: no branch at zero, the first term left out is below 1e-14 at 0.5 rad.
    """
    h = 0.25 * angle2
    cosine = 1.0 - h / 2.0 * (1.0 - h / 12.0 * (1.0 - h / 30.0 * (1.0 - h / 56.0 * (1.0 - h / 90.0))))
    sine = 0.5 * (1.0 - h / 6.0 * (1.0 - h / 20.0 * (1.0 - h / 42.0 * (1.0 - h / 72.0 * (1.0 - h / 110.0)))))
    return jnp.stack([cosine, *scale(-sine, turn)])


def turn_rate(q_BF: Four, omega_BF_B: Triple) -> Four:
    """``dq_BF/dt = -1/2 (0, omega_BF_B) q_BF``."""
    x, y, z = omega_BF_B
    return product((jnp.zeros_like(x), -0.5 * x, -0.5 * y, -0.5 * z), q_BF)


def motion_axes(up: Triple, v: Triple) -> Rows:
    """Unit vectors along a velocity, to the right of it (horizontal) and above it; ``up`` of any length."""
    forward = scale(1.0 / jnp.sqrt(dot(v, v) + 1e-12), v)
    side = cross(forward, up)
    right = scale(1.0 / jnp.sqrt(dot(side, side) + 1e-6), side)
    return forward, right, cross(right, forward)


def bank_angle(C_BF: Rows, axes: Rows) -> Scalar:
    """Bank angle [rad]: where the body's z axis stands about the velocity, 0 above, positive to the right."""
    return jnp.arctan2(dot(C_BF[2], axes[1]), dot(C_BF[2], axes[2]))


def symmetric_inverse(m: Mat33) -> tuple[Rows, Rows]:
    """Rows of a symmetric matrix and of its inverse."""
    (a, b, c), (_, d, e), (_, _, f) = (split(m[k]) for k in range(3))
    A, B, C = d * f - e * e, c * e - b * f, b * e - c * d
    D, E, F = a * f - c * c, b * c - a * e, a * d - b * b
    k = 1.0 / (a * A + b * B + c * C)
    return ((a, b, c), (b, d, e), (c, e, f)), (
        (k * A, k * B, k * C), (k * B, k * D, k * E), (k * C, k * E, k * F)
    )  # fmt: skip
