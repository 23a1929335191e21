"""The target's frame: axes, rates, relative states there and back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.astro.lvlh import (
    from_curvilinear,
    from_lvlh,
    lvlh_matrix,
    lvlh_quaternion,
    lvlh_rate,
    to_curvilinear,
    to_lvlh,
)
from homeward.earth.constants import MU_WGS84
from homeward.math.quaternion import rotate

R_T, V_T = jnp.asarray([6.5e6, 1.2e6, 1.6e6]), jnp.asarray([-2.1e3, 5.9e3, 4.3e3])
ROUNDING_R, ROUNDING_V = 1e-8, 1e-11  # m, m/s on vectors of 7,000 km and 8 km/s


def test_axes():
    h = np.cross(R_T, V_T)
    C = np.asarray(lvlh_matrix(R_T, V_T))
    np.testing.assert_allclose(C @ C.T, np.eye(3), atol=1e-15)
    assert np.linalg.det(C) == pytest.approx(1.0)
    np.testing.assert_allclose(C @ np.asarray(R_T), [0.0, 0.0, -np.linalg.norm(R_T)], atol=1e-8)
    np.testing.assert_allclose(C @ h, [0.0, -np.linalg.norm(h), 0.0], atol=1e-4)
    assert (C @ np.asarray(V_T))[0] > 0.0
    np.testing.assert_allclose(rotate(lvlh_quaternion(R_T, V_T), V_T), C @ np.asarray(V_T), atol=1e-9)


@pytest.mark.parametrize("pushed", [False, True])
def test_rate_is_that_of_the_axes(pushed):
    a = -MU_WGS84 * R_T / jnp.sum(R_T**2) ** 1.5
    if pushed:
        a = a + jnp.asarray([0.01, -0.02, 0.03])
    C, dC = jax.jvp(lvlh_matrix, (R_T, V_T), (V_T, a))
    # dC/dt = -[omega x] C for components in the turning frame.
    W = -np.asarray(dC) @ np.asarray(C).T
    by_axes = np.array([W[2, 1], W[0, 2], W[1, 0]])
    ours = lvlh_rate(R_T, V_T, a if pushed else None)
    np.testing.assert_allclose(ours, by_axes, atol=1e-15)


def test_there_and_back_and_the_rate_of_the_place():
    r, v = jnp.asarray([3e4, -2e3, 1e4]), jnp.asarray([-20.0, 3.0, 12.0])
    r_B, v_B = from_lvlh(R_T, V_T, r, v)
    back = to_lvlh(R_T, V_T, r_B, v_B)
    np.testing.assert_allclose(back[0], r, atol=ROUNDING_R)
    np.testing.assert_allclose(back[1], v, atol=ROUNDING_V)
    a = -MU_WGS84 * R_T / jnp.sum(R_T**2) ** 1.5

    def place(r_T, v_T, r_B):
        return to_lvlh(r_T, v_T, r_B, jnp.zeros(3))[0]

    _, rate = jax.jvp(place, (R_T, V_T, r_B), (V_T, a, v_B))
    np.testing.assert_allclose(rate, v, atol=1e-9)


def test_curvilinear():
    radius, climb = jnp.asarray(6.77e6), jnp.asarray(12.0)
    # A quarter of a revolution ahead on the same circle: an arc, and no height.
    ahead = jnp.stack([radius, 0.0 * radius, radius])
    place, _ = to_curvilinear(ahead, jnp.zeros(3), radius, climb)
    np.testing.assert_allclose(place, [0.5 * np.pi * radius, 0.0, 0.0], atol=1e-8)
    # Near by the two are the same but for the square of the distance.
    near, _ = to_curvilinear(jnp.asarray([100.0, 50.0, 30.0]), jnp.zeros(3), radius, climb)
    np.testing.assert_allclose(near, [100.0, 50.0, 30.0], atol=2e-3)
    r, v = jnp.asarray([-3e5, 4e4, 5e4]), jnp.asarray([40.0, 5.0, -30.0])
    place, rate = to_curvilinear(r, v, radius, climb)
    back = from_curvilinear(place, rate, radius, climb)
    np.testing.assert_allclose(back[0], r, atol=ROUNDING_R)
    np.testing.assert_allclose(back[1], v, atol=1e-10)
    _, slope = jax.jvp(lambda r, R: to_curvilinear(r, v, R, climb)[0], (r, radius), (v, climb))
    np.testing.assert_allclose(rate, slope, atol=1e-10)
