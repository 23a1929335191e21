"""Gravity models against each other, against finite differences, and where formulas like to break."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.constants import J2_EGM96, MU_EGM96, RADIUS_EGM96
from homeward.errors import InputError
from homeward.world.environment.gravity import CentralGravity, J2Gravity, SphericalHarmonics, egm96

POINTS = jnp.asarray(
    [[7e6, 0, 0], [0, 0, 6.5e6], [0, 0, -6.5e6], [-4e6, 3e6, 5e6], [1e-6, -1e-6, 6.6e6], [4e7, 1e6, -9e6]]
)
ROUNDING = 1e-15  # relative: eight times the spacing of doubles


def field(gravity):
    return np.asarray(jax.vmap(gravity.acceleration)(POINTS))


def test_nothing_but_the_point_mass():
    C, S = np.zeros((4, 4)), np.zeros((4, 4))
    C[0, 0] = 1.0
    ours = field(SphericalHarmonics(MU_EGM96, RADIUS_EGM96, C, S))
    np.testing.assert_allclose(ours, field(CentralGravity()), rtol=ROUNDING)


def test_j2_alone():
    C, S = np.zeros((3, 3)), np.zeros((3, 3))
    C[2, 0] = -J2_EGM96 / np.sqrt(5.0)
    ours, theirs = field(SphericalHarmonics(MU_EGM96, RADIUS_EGM96, C, S)), field(J2Gravity())
    np.testing.assert_allclose(ours, theirs, atol=ROUNDING * 10.0)


def test_acceleration_is_the_gradient_of_a_harmonic_potential():
    """No curl, no divergence: the matrix of derivatives is symmetric and without trace."""
    G = np.asarray(jax.vmap(jax.jacfwd(egm96(8).acceleration))(POINTS[jnp.asarray([0, 3, 5])]))
    scale = np.abs(G).max(axis=(1, 2))
    assert np.all(np.abs(G - np.swapaxes(G, 1, 2)).max(axis=(1, 2)) < 1e-13 * scale)
    assert np.all(np.abs(np.trace(G, axis1=1, axis2=2)) < 1e-13 * scale)


def potential(C, S, r):
    """The potential summed as defined, with associated Legendre functions by definition (a slow oracle)."""
    from math import factorial

    from numpy.polynomial import Polynomial

    radius = np.linalg.norm(r)
    u, longitude = r[2] / radius, np.arctan2(r[1], r[0])
    total = 1.0
    for n in range(2, C.shape[0]):
        legendre = (Polynomial([-1.0, 0.0, 1.0]) ** n).deriv(n) / (2.0**n * factorial(n))
        for m in range(n + 1):
            norm = np.sqrt((2 - (m == 0)) * (2 * n + 1) * factorial(n - m) / factorial(n + m))
            P = norm * (1.0 - u * u) ** (m / 2) * (legendre.deriv(m) if m else legendre)(u)
            wave = C[n, m] * np.cos(m * longitude) + S[n, m] * np.sin(m * longitude)
            total += (RADIUS_EGM96 / radius) ** n * P * wave
    return MU_EGM96 / radius * total


def test_degree_eight_against_the_definition():
    from homeward.world.environment.gravity import _egm96_coefficients

    C, S = (x[:9, :9] for x in _egm96_coefficients())
    r, h = np.asarray([-4e6, 3e6, 5e6]), 50.0
    numeric = [(potential(C, S, r + h * e) - potential(C, S, r - h * e)) / (2 * h) for e in np.eye(3)]
    ours = np.asarray(egm96(8).acceleration(jnp.asarray(r)))
    assert np.abs(ours - numeric).max() < 5e-9  # rounding of the potential over 100 m, and h squared


def test_the_poles_are_ordinary_points():
    a = np.asarray(egm96(21).acceleration(jnp.asarray([0.0, 0.0, 6.4e6])))
    b = np.asarray(egm96(21).acceleration(jnp.asarray([1e-3, 1e-3, 6.4e6])))
    assert np.all(np.isfinite(a)) and np.abs(a - b).max() < 1e-8
    assert np.all(np.isfinite(np.asarray(jax.jacfwd(egm96(4).acceleration)(jnp.asarray([0.0, 0.0, -6.4e6])))))


def test_permanent_tide_and_degrees():
    difference = field(egm96(4, permanent_tide=True)) - field(egm96(4))
    assert 1e-9 < np.abs(difference).max() < 3e-7  # 1e-5 of the flattening
    for degree in (0, 1, 22):
        with pytest.raises(InputError, match="degree"):
            egm96(degree)
