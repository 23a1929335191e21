"""The ellipsoid: geodetic coordinates, local axes, distances along the ground.

Latitude is geodetic, altitude above the ellipsoid, longitude within +-180 deg. A sphere is an
ellipsoid whose flattening is zero, and every function works on it.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import WGS84_A, WGS84_F
from homeward.math.triples import Triple
from homeward.typing import Mat33, Scalar, Vec3


class Ellipsoid(eqx.Module):
    """An ellipsoid of revolution: semi-major axis [m] and flattening [-]."""

    a: Scalar
    f: Scalar

    @staticmethod
    def wgs84() -> "Ellipsoid":
        """The WGS84 ellipsoid."""
        return Ellipsoid(jnp.asarray(WGS84_A, float), jnp.asarray(WGS84_F, float))

    @staticmethod
    def sphere(radius: float) -> "Ellipsoid":
        """A sphere of the given radius [m]."""
        return Ellipsoid(jnp.asarray(radius, float), jnp.asarray(0.0, float))


def to_geodetic(ellipsoid: Ellipsoid, r_E: Vec3) -> tuple[Scalar, Scalar, Scalar]:
    """Latitude [rad], longitude [rad], altitude [m] of an Earth-fixed position.

    Bowring's formula with three fixed iterations on the reduced latitude: below 1e-9 m from -10 km to
    the Moon, without a branch, poles included. Source: Bowring (1976), Survey Review 23(181).
    """
    x, y, z = r_E
    f, a = ellipsoid.f, ellipsoid.a
    b = a * (1.0 - f)
    e2 = f * (2.0 - f)
    ep2 = e2 / (1.0 - e2)
    p = jnp.sqrt(x * x + y * y)
    tan_u_z, tan_u_p = z, p * (1.0 - f)
    latitude_y, latitude_x = tan_u_z, tan_u_p
    for _ in range(3):
        length = jnp.sqrt(tan_u_z**2 + tan_u_p**2)
        sin_u, cos_u = tan_u_z / length, tan_u_p / length
        latitude_y = z + ep2 * b * sin_u**3
        latitude_x = p - e2 * a * cos_u**3
        tan_u_z, tan_u_p = (1.0 - f) * latitude_y, latitude_x
    length = jnp.sqrt(latitude_y**2 + latitude_x**2)
    sin_lat, cos_lat = latitude_y / length, latitude_x / length
    # p cos + z sin - a sqrt(1 - e2 sin^2) is regular at the poles and at the equator alike.
    altitude = p * cos_lat + z * sin_lat - a * jnp.sqrt(1.0 - e2 * sin_lat**2)
    return jnp.arctan2(latitude_y, latitude_x), jnp.arctan2(y, x), altitude


def from_geodetic(ellipsoid: Ellipsoid, latitude: Scalar, longitude: Scalar, altitude: Scalar) -> Vec3:
    """Earth-fixed position [m] of geodetic coordinates [rad, rad, m]."""
    e2 = ellipsoid.f * (2.0 - ellipsoid.f)
    s, c = jnp.sin(latitude), jnp.cos(latitude)
    n = ellipsoid.a / jnp.sqrt(1.0 - e2 * s * s)
    return jnp.stack(
        [
            (n + altitude) * c * jnp.cos(longitude),
            (n + altitude) * c * jnp.sin(longitude),
            (n * (1.0 - e2) + altitude) * s,
        ]
    )


def north_east_down(latitude: Scalar, longitude: Scalar) -> Mat33:
    """``C_NE``: Earth-fixed components to local north, east, down."""
    sl, cl = jnp.sin(latitude), jnp.cos(latitude)
    so, co = jnp.sin(longitude), jnp.cos(longitude)
    zero = jnp.zeros_like(sl)
    return jnp.stack(
        [
            jnp.stack([-sl * co, -sl * so, cl]),
            jnp.stack([-so, co, zero]),
            jnp.stack([-cl * co, -cl * so, -sl]),
        ]
    )


def horizontal_distance(ellipsoid: Ellipsoid, r1_E: Vec3, r2_E: Vec3) -> Scalar:
    """Distance [m] along the ground between the points below two positions.

    Great circle between the geodetic normals times the mean radius of the ellipsoid at the mean
    latitude; under 100 km it is within 2e-3 of the geodesic.
    """
    lat1, lon1, _ = to_geodetic(ellipsoid, r1_E)
    lat2, lon2, _ = to_geodetic(ellipsoid, r2_E)
    n1, n2 = -north_east_down(lat1, lon1)[2], -north_east_down(lat2, lon2)[2]
    chord = jnp.sqrt(jnp.sum((n1 - n2) ** 2))
    angle = 2.0 * jnp.arcsin(jnp.clip(0.5 * chord, 0.0, 1.0))
    s2 = jnp.sin(0.5 * (lat1 + lat2)) ** 2
    e2 = ellipsoid.f * (2.0 - ellipsoid.f)
    w2 = 1.0 - e2 * s2
    prime, meridian = ellipsoid.a / jnp.sqrt(w2), ellipsoid.a * (1.0 - e2) / w2**1.5
    # The radius of the normal section in the direction of the line (Euler's formula).
    north = (lat2 - lat1) ** 2
    east = (jnp.cos(0.5 * (lat1 + lat2)) * (jnp.mod(lon2 - lon1 + jnp.pi, 2 * jnp.pi) - jnp.pi)) ** 2
    total = north + east
    share = jnp.where(total > 0.0, north / jnp.where(total > 0.0, total, 1.0), 0.0)
    return angle / (share / meridian + (1.0 - share) / prime)


def height_and_up(ellipsoid: Ellipsoid, r: Triple) -> tuple[Scalar, Triple]:
    """Altitude [m] and the ellipsoid's outward normal at an Earth-fixed position given by components.

    One step of Bowring's formula, for the innermost loops: below 1e-4 m and 1e-9 rad from the ground to
    low orbit (under test against ``to_geodetic``).
    """
    x, y, z = r
    f, a = ellipsoid.f, ellipsoid.a
    e2 = f * (2.0 - f)
    p = jnp.sqrt(x * x + y * y)
    q = (1.0 - f) * p
    inverse = 1.0 / jnp.sqrt(z * z + q * q)
    sin_u, cos_u = z * inverse, q * inverse
    up_z = z + e2 / (1.0 - f) * a * sin_u * sin_u * sin_u
    up_p = p - e2 * a * cos_u * cos_u * cos_u
    inverse = 1.0 / jnp.sqrt(up_z * up_z + up_p * up_p)
    sine, cosine = up_z * inverse, up_p * inverse
    altitude = p * cosine + z * sine - a * jnp.sqrt(1.0 - e2 * sine * sine)
    share = cosine / jnp.where(p > 0.0, p, 1.0)
    return altitude, (x * share, y * share, sine)
