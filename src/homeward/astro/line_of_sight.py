"""Lines of sight: azimuth and elevation in body axes, and the two directions across a line.

``u = (cos e cos a, cos e sin a, -sin e)``: azimuth turns toward +y, elevation toward -z.
"""

import jax.numpy as jnp

from homeward.typing import Scalar, Vec3


def angles_of(sight: Vec3) -> tuple[Scalar, Scalar]:
    """Azimuth and elevation [rad] of a line of any length."""
    flat = jnp.sqrt(sight[0] * sight[0] + sight[1] * sight[1])
    return jnp.arctan2(sight[1], sight[0]), jnp.arctan2(-sight[2], flat)


def line_of(azimuth: Scalar, elevation: Scalar) -> Vec3:
    """Unit vector of two angles [rad]."""
    flat = jnp.cos(elevation)
    return jnp.stack([flat * jnp.cos(azimuth), flat * jnp.sin(azimuth), -jnp.sin(elevation)])


def across(sight: Vec3) -> tuple[Vec3, Vec3]:
    """Two unit vectors across a unit vector and each other; those of +x are y and z.

    Finite everywhere, with a jump where x changes its sign. Duff et al. (2017), Building an Orthonormal
    Basis, Revisited, J. Computer Graphics Techniques 6(1), about x instead of z.
    """
    x, y, z = sight[0], sight[1], sight[2]
    sign = jnp.where(x < 0.0, -1.0, 1.0)
    a = -1.0 / (sign + x)
    b = y * z * a
    return (
        jnp.stack([-sign * y, 1.0 + sign * y * y * a, sign * b]),
        jnp.stack([-z, b, sign + z * z * a]),
    )
