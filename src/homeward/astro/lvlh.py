"""The target's orbital frame L: where it points, how it turns, and relative states in it and back.

L has x along the track (+V-bar), y against the orbit's normal, z to the Earth's centre (+R-bar). Its origin
is the target T; B is the ship. Everything here is exact: nothing is linearised.
"""

import jax.numpy as jnp

from homeward.math.quaternion import from_matrix
from homeward.math.triples import Triple, add, cross, dot, join, scale, split, subtract
from homeward.typing import Mat33, Quat, Scalar, Vec3


def _axes(r: Triple, v: Triple) -> tuple[Triple, Triple, Triple]:
    """Unit vectors of L in I."""
    h = cross(r, v)
    z = scale(-1.0 / jnp.sqrt(dot(r, r)), r)
    y = scale(-1.0 / jnp.sqrt(dot(h, h)), h)
    return cross(y, z), y, z


def _turn(axes: tuple[Triple, Triple, Triple], a: Triple) -> Triple:
    """Components in L of a vector given in I."""
    x, y, z = axes
    return dot(x, a), dot(y, a), dot(z, a)


def _turn_back(axes: tuple[Triple, Triple, Triple], a: Triple) -> Triple:
    """Components in I of a vector given in L."""
    x, y, z = axes
    return add(add(scale(a[0], x), scale(a[1], y)), scale(a[2], z))


def lvlh_matrix(r_TI_I: Vec3, v_TI_I: Vec3) -> Mat33:
    """Direction cosines ``C_LI`` from the target's inertial position [m] and velocity [m/s]."""
    return jnp.stack([join(axis) for axis in _axes(split(r_TI_I), split(v_TI_I))])


def lvlh_quaternion(r_TI_I: Vec3, v_TI_I: Vec3) -> Quat:
    """``q_LI`` from the target's inertial position [m] and velocity [m/s]."""
    return from_matrix(lvlh_matrix(r_TI_I, v_TI_I))


def lvlh_rate(r_TI_I: Vec3, v_TI_I: Vec3, a_TI_I: Vec3 | None = None) -> Vec3:
    """Angular velocity ``omega_LI_L`` [rad/s] of the frame, in L.

    ``-h / r^2`` about y. An acceleration ``a_TI_I`` [m/s2] that leaves the orbital plane turns the plane
    about the position vector by ``r a_n / h``: some 1e-6 rad/s under J2, left out where none is given.
    """
    r, v = split(r_TI_I), split(v_TI_I)
    h = cross(r, v)
    length = jnp.sqrt(dot(h, h))
    distance2 = dot(r, r)
    turning = -length / distance2
    if a_TI_I is None:
        return jnp.stack([jnp.zeros_like(turning), turning, jnp.zeros_like(turning)])
    # About the position vector, which is -z of L.
    plane = -jnp.sqrt(distance2) * dot(split(a_TI_I), h) / (length * length)
    return jnp.stack([jnp.zeros_like(turning), turning, plane])


def to_lvlh(
    r_TI_I: Vec3, v_TI_I: Vec3, r_BI_I: Vec3, v_BI_I: Vec3, a_TI_I: Vec3 | None = None
) -> tuple[Vec3, Vec3]:
    """Relative position [m] and velocity [m/s], seen in the turning frame, from two inertial states.

    Returns ``r_BT_L`` and its rate of change in L. ``a_TI_I`` as in ``lvlh_rate``.
    Source: H. Schaub, J. L. Junkins, Analytical Mechanics of Space Systems, section 1.3 (transport theorem).
    """
    axes = _axes(split(r_TI_I), split(v_TI_I))
    r = _turn(axes, subtract(split(r_BI_I), split(r_TI_I)))
    v = _turn(axes, subtract(split(v_BI_I), split(v_TI_I)))
    omega = split(lvlh_rate(r_TI_I, v_TI_I, a_TI_I))
    return join(r), join(subtract(v, cross(omega, r)))


def from_lvlh(
    r_TI_I: Vec3, v_TI_I: Vec3, r_BT_L: Vec3, v_BT_L: Vec3, a_TI_I: Vec3 | None = None
) -> tuple[Vec3, Vec3]:
    """Inertial position [m] and velocity [m/s] of a relative state in L: the inverse of ``to_lvlh``."""
    axes = _axes(split(r_TI_I), split(v_TI_I))
    r = split(r_BT_L)
    omega = split(lvlh_rate(r_TI_I, v_TI_I, a_TI_I))
    v = add(split(v_BT_L), cross(omega, r))
    return join(add(split(r_TI_I), _turn_back(axes, r))), join(add(split(v_TI_I), _turn_back(axes, v)))


def to_curvilinear(r_BT_L: Vec3, v_BT_L: Vec3, radius: Scalar, climb: Scalar) -> tuple[Vec3, Vec3]:
    """Relative state along the target's arc: arcs along and across the track, and how much lower, with rates.

    With the target's distance from the Earth's centre ``radius`` R [m], its rate ``climb`` [m/s], and the
    ship at radius r, angle a along the track and b across it (towards +y): ``(R a, R b, R - r)`` [m] and
    the time derivative [m/s]. Linear equations of relative motion hold for these coordinates as they do for
    straight ones, to far greater distances along the track, since the arc bends with the orbit.
    Compare D. A. Vallado, S. Alfano, Celest. Mech. Dyn. Astron. 118 (2014) 253; here on a sphere.
    """
    x, y, z = split(r_BT_L)
    vx, vy, vz = split(v_BT_L)
    up, up_rate = radius - z, climb - vz
    plane2 = x * x + up * up
    plane = jnp.sqrt(plane2)
    r2 = plane2 + y * y
    r = jnp.sqrt(r2)
    along = jnp.arctan2(x, up)
    across = jnp.arctan2(y, plane)
    along_rate = (up * vx - x * up_rate) / plane2
    plane_rate = (x * vx + up * up_rate) / plane
    across_rate = (plane * vy - y * plane_rate) / r2
    r_rate = (plane * plane_rate + y * vy) / r
    place = jnp.stack([radius * along, radius * across, radius - r])
    rate = jnp.stack(
        [
            climb * along + radius * along_rate,
            climb * across + radius * across_rate,
            climb - r_rate,
        ]
    )
    return place, rate


def from_curvilinear(place: Vec3, rate: Vec3, radius: Scalar, climb: Scalar) -> tuple[Vec3, Vec3]:
    """``r_BT_L`` [m] and ``v_BT_L`` [m/s] of curvilinear coordinates: the inverse of ``to_curvilinear``."""
    along, across = place[0] / radius, place[1] / radius
    along_rate = (rate[0] - climb * along) / radius
    across_rate = (rate[1] - climb * across) / radius
    r, r_rate = radius - place[2], climb - rate[2]
    sa, ca, sb, cb = jnp.sin(along), jnp.cos(along), jnp.sin(across), jnp.cos(across)
    plane = r * cb
    plane_rate = r_rate * cb - r * sb * across_rate
    r_BT_L = jnp.stack([plane * sa, r * sb, radius - plane * ca])
    v_BT_L = jnp.stack(
        [
            plane_rate * sa + plane * ca * along_rate,
            r_rate * sb + r * cb * across_rate,
            climb - plane_rate * ca + plane * sa * along_rate,
        ]
    )
    return r_BT_L, v_BT_L
