"""Geodetic coordinates: everywhere, poles and equator included."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.geodesy import Ellipsoid, from_geodetic, horizontal_distance, north_east_down, to_geodetic

WGS84 = Ellipsoid.wgs84()
MICROMETRE = 1e-6


@pytest.mark.parametrize("ellipsoid", [WGS84, Ellipsoid.sphere(6.371e6)], ids=["wgs84", "sphere"])
def test_round_trip_everywhere(ellipsoid):
    latitude, longitude, altitude = (
        x.ravel()
        for x in np.meshgrid(
            np.radians([-90.0, -89.9999999, -45.0, -1e-9, 0.0, 30.0, 60.0, 89.99999, 90.0]),
            np.radians([-180.0, -90.0, 0.0, 1e-7, 100.1, 179.999]),
            [-1e4, 0.0, 1.0, 1.2e5, 4e5, 3.6e7, 3.8e8],
        )
    )
    there = jax.vmap(from_geodetic, in_axes=(None, 0, 0, 0))
    back = jax.vmap(to_geodetic, in_axes=(None, 0))
    r = there(ellipsoid, *map(jnp.asarray, (latitude, longitude, altitude)))
    again = back(ellipsoid, r)
    np.testing.assert_allclose(again[2], altitude, atol=MICROMETRE)
    np.testing.assert_allclose(again[0], latitude, atol=1e-14 + MICROMETRE / 6.4e6)
    np.testing.assert_allclose(there(ellipsoid, *again), r, atol=MICROMETRE)


def test_latitude_is_geodetic():
    # 41.6 N geodetic is 41.41 deg geocentric.
    r = from_geodetic(WGS84, jnp.radians(41.6), jnp.radians(100.1), jnp.asarray(1000.0))
    geocentric = np.degrees(np.arctan2(r[2], np.hypot(r[0], r[1])))
    assert geocentric == pytest.approx(41.41, abs=0.005)


def test_north_east_down():
    C = np.asarray(north_east_down(jnp.radians(30.0), jnp.radians(40.0)))
    np.testing.assert_allclose(C @ C.T, np.eye(3), atol=1e-15)
    assert np.linalg.det(C) == pytest.approx(1.0)
    up = from_geodetic(WGS84, *(jnp.asarray(x) for x in (np.radians(30.0), np.radians(40.0), 10.0)))
    ground = from_geodetic(WGS84, *(jnp.asarray(x) for x in (np.radians(30.0), np.radians(40.0), 0.0)))
    np.testing.assert_allclose(C @ np.asarray(up - ground), [0.0, 0.0, -10.0], atol=1e-8)


@pytest.mark.parametrize("longitudes", [(100.0, 100.1), (179.95, -179.95)])
def test_distance_along_a_parallel(longitudes):
    """Also across the date line: 0.1 deg of longitude at 40 N is 8.54 km."""
    a, b = (from_geodetic(WGS84, jnp.radians(40.0), jnp.radians(x), jnp.zeros(())) for x in longitudes)
    assert float(horizontal_distance(WGS84, a, b)) == pytest.approx(8539.3, rel=2e-3)
    assert float(horizontal_distance(WGS84, a, a)) == 0.0
