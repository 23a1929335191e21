"""The innermost loops' altitude and vertical against the exact ones."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.geodesy import Ellipsoid, from_geodetic, height_and_up, north_east_down, to_geodetic
from homeward.math.triples import join, split

HEIGHT, NORMAL = 1e-4, 1e-9  # m, rad: what the docstring promises from the ground to low orbit


@pytest.mark.parametrize(
    "ellipsoid", [Ellipsoid.wgs84(), Ellipsoid.sphere(6378137.0)], ids=["wgs84", "sphere"]
)
@pytest.mark.parametrize("altitude", [0.0, 10e3, 120e3, 500e3])
def test_height_and_normal_agree_with_the_exact_ones(ellipsoid, altitude):
    latitude = np.radians(np.linspace(-89.999, 89.999, 37))
    longitude = np.radians(np.linspace(-180.0, 175.0, 37))

    @jax.jit
    @jax.vmap
    def both(lat, lon):
        r = from_geodetic(ellipsoid, lat, lon, jnp.asarray(altitude))
        height, up = height_and_up(ellipsoid, split(r))
        return height, join(up), to_geodetic(ellipsoid, r)[2], -north_east_down(lat, lon)[2]

    height, up, exact, normal = map(np.asarray, both(jnp.asarray(latitude), jnp.asarray(longitude)))
    assert np.max(np.abs(height - exact)) < HEIGHT
    assert np.max(np.linalg.norm(up - normal, axis=1)) < NORMAL


def test_the_poles_are_finite():
    height, up = height_and_up(Ellipsoid.wgs84(), split(jnp.asarray([0.0, 0.0, -6356752.314245])))
    assert float(height) == pytest.approx(0.0, abs=1e-3)
    assert np.asarray(join(up)) == pytest.approx([0.0, 0.0, -1.0], abs=1e-12)
