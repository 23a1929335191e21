"""Unit quaternions, scalar first, Hamilton product.

``q_AB`` maps components of frame B to components of frame A: ``r_A = rotate(q_AB, r_B)``, and
rotations chain by cancelling letters, ``q_AC = multiply(q_AB, q_BC)``.
"""

import jax.numpy as jnp

from homeward.math.attitude_triples import turn_quaternion
from homeward.math.triples import dot, split
from homeward.typing import Mat33, Quat, Scalar, Vec3


def multiply(q_AB: Quat, q_BC: Quat) -> Quat:
    """Hamilton product ``q_AC``."""
    a0, a1, a2, a3 = q_AB
    b0, b1, b2, b3 = q_BC
    return jnp.stack(
        [
            a0 * b0 - a1 * b1 - a2 * b2 - a3 * b3,
            a0 * b1 + a1 * b0 + a2 * b3 - a3 * b2,
            a0 * b2 - a1 * b3 + a2 * b0 + a3 * b1,
            a0 * b3 + a1 * b2 - a2 * b1 + a3 * b0,
        ]
    )


def conjugate(q_AB: Quat) -> Quat:
    """The inverse rotation ``q_BA`` of a unit quaternion."""
    return jnp.concatenate([q_AB[:1], -q_AB[1:]])


def rotate(q_AB: Quat, r_B: Vec3) -> Vec3:
    """Components in A of a vector given in B: ``vec(q (0, r) q*)``."""
    w, u = q_AB[0], q_AB[1:]
    t = 2.0 * jnp.cross(u, r_B)
    return r_B + w * t + jnp.cross(u, t)


def normalise(q: Quat) -> Quat:
    """Unit length and ``q0 >= 0``: the form in which quaternions are output."""
    q = q / jnp.sqrt(jnp.sum(q * q))
    return jnp.where(q[0] < 0.0, -q, q)


def to_matrix(q_AB: Quat) -> Mat33:
    """Direction cosine matrix ``C_AB`` with ``r_A = C_AB r_B``."""
    w, x, y, z = q_AB
    return jnp.stack(
        [
            jnp.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)]),
            jnp.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)]),
            jnp.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)]),
        ]
    )


def from_matrix(C_AB: Mat33) -> Quat:
    """Quaternion ``q_AB`` of a rotation matrix (Shepperd's method, all four branches)."""
    m = C_AB
    trace = m[0, 0] + m[1, 1] + m[2, 2]
    # Four times the square of each component; the largest is the safe divisor.
    squares = jnp.stack(
        [1 + trace, 1 + 2 * m[0, 0] - trace, 1 + 2 * m[1, 1] - trace, 1 + 2 * m[2, 2] - trace]
    )
    a, b, c = m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1]
    d, e, f = m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[1, 2] + m[2, 1]
    rows = jnp.stack(
        [
            jnp.stack([squares[0], a, b, c]),
            jnp.stack([a, squares[1], d, e]),
            jnp.stack([b, d, squares[2], f]),
            jnp.stack([c, e, f, squares[3]]),
        ]
    )
    return normalise(rows[jnp.argmax(squares)])


def from_axis_rotation(axis: Vec3, angle: Scalar) -> Quat:
    """``q_BA`` of a frame B that is A turned by ``angle`` about ``axis`` (right-handed).

    It gives the components in the turned frame: B yawed +90 deg about z takes [0,1,0]_A to [1,0,0]_B.
    """
    half = 0.5 * angle
    unit = axis / jnp.sqrt(jnp.sum(axis * axis))
    return jnp.concatenate([jnp.cos(half)[None], -jnp.sin(half) * unit])


def from_turn(turn_B: Vec3) -> Quat:
    """``q_B'B`` of a body turned on by a rotation vector [rad, B] (see ``turning.turn_quaternion``)."""
    parts = split(turn_B)
    return turn_quaternion(parts, dot(parts, parts))


def derivative(q_BI: Quat, omega_BI_B: Vec3) -> Quat:
    """Time derivative ``dq_BI/dt = -1/2 (0, omega_BI_B) q_BI``."""
    return -0.5 * multiply(jnp.concatenate([jnp.zeros(1, q_BI.dtype), omega_BI_B]), q_BI)
