"""Transition matrices against the differential equations and the real two-body motion; two impulses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from homeward.astro.lvlh import from_lvlh, to_lvlh
from homeward.astro.relative_motion import (
    OrbitShape,
    anomaly_after,
    cw_impulses,
    cw_matrix,
    elliptic_impulses,
    elliptic_matrix,
    orbit_shape,
    relative_matrix,
)
from homeward.earth.constants import MU_WGS84

MU = jnp.asarray(MU_WGS84)
N = jnp.asarray(1.13e-3)


def two_body(x, t):
    def rates(_, x):
        return [*x[3:], *(-MU_WGS84 * x[:3] / np.linalg.norm(x[:3]) ** 3)]

    return solve_ivp(rates, (0.0, t), x, "DOP853", rtol=1e-13, atol=1e-9).y[:, -1]


@pytest.mark.parametrize("t", [0.5, 60.0, 2000.0, 40000.0])
def test_cw_solves_its_equations(t):
    n = float(N)
    A = np.zeros((6, 6))
    A[:3, 3:] = np.eye(3)
    A[3, 5], A[5, 3], A[5, 2], A[4, 1] = 2 * n, -2 * n, 3 * n * n, -n * n
    theirs = expm(A * t)
    np.testing.assert_allclose(cw_matrix(N, jnp.asarray(t)), theirs, rtol=1e-8, atol=1e-12)


def test_elliptic_is_cw_on_a_circle():
    p = jnp.cbrt(MU / N**2)
    for t in (100.0, 5000.0, 20000.0):
        orbit = OrbitShape(p, jnp.asarray(0.0), jnp.asarray(0.4))
        t = jnp.asarray(t)
        ours = elliptic_matrix(MU, orbit, anomaly_after(MU, orbit, t), t)
        np.testing.assert_allclose(ours, cw_matrix(N, t), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("e", [0.0, 0.001, 0.25, 0.7])
def test_elliptic_against_two_orbits(e):
    """Two inertial orbits 0.1 m apart, flown apart for more than a revolution."""
    a = 7.0e6 / (1 - e)
    speed = np.sqrt(MU_WGS84 * (1 + e) / (a * (1 - e)))
    start = two_body(np.array([7.0e6, 0.0, 0.0, 0.0, 0.6 * speed, 0.8 * speed]), 700.0)
    t = 1.2 * 2 * np.pi * np.sqrt(a**3 / MU_WGS84)
    r, v = jnp.asarray(start[:3]), jnp.asarray(start[3:])
    x = jnp.asarray([0.05, 0.06, -0.07, 1e-5, -2e-4, 1e-4])
    r_B, v_B = from_lvlh(r, v, x[:3], x[3:])
    target, ship = two_body(start, t), two_body(np.concatenate([r_B, v_B]), t)
    theirs = np.concatenate(to_lvlh(*(jnp.asarray(k) for k in (target[:3], target[3:], ship[:3], ship[3:]))))
    ours = np.asarray(relative_matrix(MU, r, v, jnp.asarray(t)) @ x)
    # Positions to a part in 1e5: the difference of two vectors of 7,000 km integrated to 1e-13.
    np.testing.assert_allclose(ours[:3], theirs[:3], atol=2e-5 * np.abs(theirs[:3]).max())
    np.testing.assert_allclose(ours[3:], theirs[3:], atol=2e-5 * np.abs(theirs[3:]).max())


def test_matrices_chain_and_keep_volume():
    r, v = jnp.asarray([7.1e6, 0.0, 1e6]), jnp.asarray([300.0, 8.2e3, 500.0])
    orbit = orbit_shape(MU, r, v)
    t1, t2 = jnp.asarray(1500.0), jnp.asarray(9000.0)
    nu1, nu2 = anomaly_after(MU, orbit, t1), anomaly_after(MU, orbit, t2)
    whole = elliptic_matrix(MU, orbit, nu2, t2)
    parts = elliptic_matrix(MU, orbit._replace(nu=nu1), nu2, t2 - t1) @ elliptic_matrix(MU, orbit, nu1, t1)
    np.testing.assert_allclose(parts, whole, rtol=1e-7, atol=1e-7)
    assert float(jnp.linalg.det(whole)) == pytest.approx(1.0, rel=1e-8)


def test_kepler_everywhere():
    e, M = np.meshgrid(np.linspace(0.0, 0.985, 40), np.linspace(-3.14, 3.14, 101))
    a = 8e6

    def off(e, M):
        orbit = OrbitShape(a * (1 - e * e), e, jnp.zeros_like(e))
        nu = anomaly_after(MU, orbit, M / jnp.sqrt(MU / a**3))
        E = 2 * jnp.arctan2(jnp.sqrt((1 - e) / (1 + e)) * jnp.sin(nu / 2), jnp.cos(nu / 2))
        return E - e * jnp.sin(E) - M

    found = jax.vmap(off)(jnp.asarray(e.ravel()), jnp.asarray(M.ravel()))
    assert float(jnp.max(jnp.abs(found))) < 1e-13


def test_impulses_lead_there():
    r, v = jnp.asarray([7.1e6, 0.0, 1e6]), jnp.asarray([300.0, 8.2e3, 500.0])
    t = jnp.asarray(2700.0)
    r0, v0 = jnp.asarray([-2e4, 500.0, 5e3]), jnp.asarray([3.0, 1.0, -1.0])
    r1, v1 = jnp.asarray([-400.0, 0.0, 10.0]), jnp.asarray([0.1, 0.0, 0.0])
    for found, matrix in (
        (cw_impulses(N, t, r0, v0, r1, v1), cw_matrix(N, t)),
        (elliptic_impulses(MU, r, v, t, r0, v0, r1, v1), relative_matrix(MU, r, v, t)),
    ):
        assert bool(found.valid)
        end = matrix @ jnp.concatenate([r0, v0 + found.start])
        np.testing.assert_allclose(end[:3], r1, atol=1e-8)
        np.testing.assert_allclose(end[3:] + found.end, v1, atol=1e-11)


def test_impulses_say_where_they_cannot():
    zero, away = jnp.zeros(3), jnp.asarray([-1e3, 200.0, 50.0])
    half, whole = jnp.pi / N, 2 * jnp.pi / N
    found = cw_impulses(N, half, away, zero, zero, zero)
    assert not bool(found.valid) and bool(found.valid_in_plane)
    assert float(found.start[1]) == 0.0
    end = cw_matrix(N, half) @ jnp.concatenate([away, found.start])
    np.testing.assert_allclose(end[jnp.asarray([0, 2])], 0.0, atol=1e-9)
    found = cw_impulses(N, whole, away, zero, zero, zero)
    assert not bool(found.valid_in_plane)
    assert bool(jnp.all(jnp.isfinite(found.start))) and bool(jnp.all(jnp.isfinite(found.end)))
    # A second is short against a revolution, and no obstacle.
    assert bool(cw_impulses(N, jnp.asarray(1.0), away, zero, zero, zero).valid)


def test_circle_has_derivatives():
    r, v = jnp.asarray([7e6, 0.0, 0.0]), jnp.asarray([0.0, 1.0, 0.0]) * jnp.sqrt(MU / 7e6)
    slope = jax.jacfwd(lambda v: relative_matrix(MU, r, v, jnp.asarray(900.0)))(v)
    assert bool(jnp.all(jnp.isfinite(slope)))
