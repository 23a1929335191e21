"""A place further along an orbit: against two-body flight, by its invariants, and there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from homeward.astro.along_orbit import further_along
from homeward.earth.constants import MU_EGM96

R, V = np.array([6.7e6, 1.2e6, -3.0e5]), np.array([-1.1e3, 7.1e3, 1.9e3])


@pytest.mark.parametrize("seconds", [200.0, 1500.0, 4000.0])
def test_it_lies_on_the_path_that_two_bodies_fly(seconds):
    def rates(_, x):
        return np.concatenate([x[3:], -MU_EGM96 * x[:3] / np.linalg.norm(x[:3]) ** 3])

    end = solve_ivp(rates, (0.0, seconds), np.concatenate([R, V]), rtol=1e-12, atol=1e-6).y[:, -1]
    h = np.cross(R, V)
    angle = np.arctan2(np.cross(R, end[:3]) @ h / np.linalg.norm(h), R @ end[:3]) % (2.0 * np.pi)
    r, v = further_along(R, V, angle, MU_EGM96)
    np.testing.assert_allclose(r, end[:3], atol=0.1)
    np.testing.assert_allclose(v, end[3:], atol=1e-4)


@given(st.floats(-10.0, 10.0))
def test_there_and_back_is_the_same_state(angle):
    r, v = further_along(*further_along(R, V, angle, MU_EGM96), -angle, MU_EGM96)
    np.testing.assert_allclose(r, R, rtol=1e-9)
    np.testing.assert_allclose(v, V, rtol=1e-9)
