"""Where to open the parachute so that the touchdown comes to the site: the drift under the forecast wind."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.earth.geodesy import Ellipsoid, from_geodetic
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.vehicle.parameters import Parachutes

LAYER = 100.0  # m
ERROR_MEMORY = 3e3  # m of altitude over which an error of the wind forecast lives on
# Share of the variance of that error that is the same at all heights: of an error found at one height, this
# part is expected at every other, and the rest as far as it has not faded.
LASTING = 0.5
NEAREST_POLE = 1e-6  # rad: 6 m, within which a longitude means nothing
SHORT = 1e-7  # rad of latitude below which the cosine half way serves
LAYERS = 300  # enough for an opening 30 km above the ground


class Drift(eqx.Module):
    """Drift north and east [m], duration [s], and for how many seconds an error of the forecast acts that is
    found at the top: half of it (``LASTING``) lasts, half fades with ``ERROR_MEMORY`` of altitude."""

    north: Scalar
    east: Scalar
    duration: Scalar
    error_seconds: Scalar


def drift(
    parachutes: Parachutes,
    mass: Scalar,
    density: Float[Array, " n"],
    north: Float[Array, " n"],
    east: Float[Array, " n"],
    opening_altitude: Scalar,
    ground_altitude: Scalar,
) -> Drift:
    """What the wind does in a quasi-steady descent from the opening to the ground.

    ``density`` [kg/m3] and the forecast wind [m/s] stand in layers of ``LAYER`` m from altitude 0 up. Each
    layer is crossed at the terminal speed of the canopy that the timers have open, moving with its air.
    """
    p = parachutes

    def cross(carry: tuple[Scalar, Scalar, Scalar, Scalar], k: Scalar):
        time, x, y, felt = carry
        top = opening_altitude - k * LAYER
        bottom = jnp.maximum(top - LAYER, ground_altitude)
        depth = jnp.maximum(top - bottom, 0.0)
        level = jnp.clip((0.5 * (top + bottom)) / LAYER, 0.0, density.shape[0] - 2.0)
        row = level.astype(int)
        share = level - row.astype(level.dtype)
        rho, vn, ve = (t[row] + share * (t[row + 1] - t[row]) for t in (density, north, east))
        main_at = p.drogue_time
        open_at = main_at + p.main_reefed_time + 0.5 * p.main_fill
        area = jnp.where(time < main_at, p.drogue_area, p.main_area * p.main_reefed_fraction)
        area = jnp.where(time >= open_at, p.main_area, area)
        shield = (top < p.heat_shield_altitude) & (time > open_at)
        weight = (mass - jnp.where(shield, p.heat_shield_mass, 0.0)) * G0
        lasts = depth / jnp.sqrt(2.0 * weight / (rho * area))
        fades = jnp.exp((0.5 * (top + bottom) - opening_altitude) / ERROR_MEMORY)
        felt = felt + lasts * (LASTING + (1.0 - LASTING) * fades)
        return (time + lasts, x + vn * lasts, y + ve * lasts, felt), None

    zero = jnp.zeros_like(mass)
    start = (zero, zero, zero, zero)
    (time, x, y, felt), _ = jax.lax.scan(cross, start, jnp.arange(LAYERS, dtype=float))
    return Drift(x, y, time, felt)


def aim_point(
    ellipsoid: Ellipsoid, latitude: Scalar, longitude: Scalar, opening_altitude: Scalar,
    drift_north: Scalar, drift_east: Scalar,
) -> Vec3:  # fmt: skip
    """Earth-fixed point [m] at the opening altitude from which the drift leads to the site.

    ``led_to`` backwards. A drift toward the pole from there on, or round it, has no start from which it leads
    exactly to a pole but one on its meridian, or the pole.
    """
    return led_to(ellipsoid, latitude, longitude, opening_altitude, -drift_north, -drift_east)


def led_to(
    ellipsoid: Ellipsoid, latitude: Scalar, longitude: Scalar, altitude: Scalar,
    north: Scalar, east: Scalar,
) -> Vec3:  # fmt: skip
    """Earth-fixed point [m] at an altitude [m] to which a drift north and east [m] leads from a place [rad].

    The wind keeps its direction against north on the way, not in space: the way is a rhumb line, along which
    near a pole the longitude turns fast.
    """
    e2 = ellipsoid.f * (2.0 - ellipsoid.f)
    w = 1.0 - e2 * jnp.sin(latitude) ** 2
    along = ellipsoid.a * (1.0 - e2) / (w * jnp.sqrt(w)) + altitude
    across = ellipsoid.a / jnp.sqrt(w) + altitude
    on = north / along
    # Degrees of longitude a metre: one over the mean of the cosine, by the difference of isometric latitudes.
    edge = 0.5 * jnp.pi - NEAREST_POLE
    low, high = (jnp.clip(x, -edge, edge) for x in (latitude, latitude + on))
    stretched = jnp.arcsinh(jnp.tan(high)) - jnp.arcsinh(jnp.tan(low))
    short = jnp.abs(high - low) < SHORT
    mean = jnp.where(short, jnp.cos(0.5 * (low + high)), (high - low) / jnp.where(short, 1.0, stretched))
    return from_geodetic(ellipsoid, latitude + on, longitude + east / (across * mean), altitude)
