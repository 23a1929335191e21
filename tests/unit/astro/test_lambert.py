"""Lambert's problem: flights made by Kepler's equation, hard places, refusals, the time equation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from homeward.astro.lambert import lambert
from homeward.astro.lambert_time_equation import least_time, time_of
from homeward.earth.constants import MU_WGS84

MU = jnp.asarray(MU_WGS84)
Z = jnp.asarray([0.0, 0.0, 1.0])
SAME = 1e-9  # of the speed: rounding, where the answer is well determined
R1, R2 = jnp.asarray([7.0e6, 1e5, 2e5]), jnp.asarray([-3.0e6, 6.2e6, 5e5])
solve_all = jax.jit(
    jax.vmap(lambert, (None, 0, 0, 0, 0, 0, 0)),
)
solve_single = jax.jit(jax.vmap(lambert, (None, 0, 0, 0, 0)))


def flights(count, turns, seed, e_most=0.8):
    """Elliptic flights of ``turns`` revolutions and a part, from all over the orbit, with their times."""
    rng = np.random.default_rng(seed)
    a, e = rng.uniform(7e6, 4e7, count), rng.uniform(0.0, e_most, count)
    E1 = rng.uniform(-np.pi, np.pi, count)
    E2 = E1 + rng.uniform(0.05, 2 * np.pi - 0.05, count) + 2 * np.pi * turns
    n = np.sqrt(MU_WGS84 / a**3)
    tof = (E2 - e * np.sin(E2) - E1 + e * np.sin(E1)) / n
    axes = np.linalg.qr(rng.normal(size=(count, 3, 3)))[0]
    p, q = axes[:, 0], axes[:, 1]
    b = np.sqrt(1 - e * e)

    def at(E):
        r = a * (np.cos(E) - e) * p.T + a * b * np.sin(E) * q.T
        v = n * a / (1 - e * np.cos(E)) * (-np.sin(E) * p.T + b * np.cos(E) * q.T)
        return r.T, v.T

    (r1, v1), (r2, v2) = at(E1), at(E2)
    return [jnp.asarray(x) for x in (r1, v1, r2, v2, tof, np.cross(p, q))]


def off(found, v1, v2):
    wrong = jnp.sum((found.v1 - v1) ** 2, 1) + jnp.sum((found.v2 - v2) ** 2, 1)
    return np.asarray(jnp.sqrt(wrong / jnp.sum(v1**2 + v2**2, 1)))


def test_single_revolution():
    r1, v1, r2, v2, tof, normal = flights(4000, 0, 1)
    found = solve_single(MU, r1, r2, tof, normal)
    assert bool(jnp.all(found.valid))
    assert off(found, v1, v2).max() < 1e-8
    assert np.quantile(off(found, v1, v2), 0.99) < SAME / 100


@pytest.mark.parametrize("turns", [1, 2, 7])
def test_several_revolutions(turns):
    """One of the two paths is the flight made; the other one arrives as well, at the same time."""
    r1, v1, r2, v2, tof, normal = flights(2000, turns, 2)
    count = jnp.full(len(tof), turns)
    both = [solve_all(MU, r1, r2, tof, normal, count, jnp.full(len(tof), low)) for low in (True, False)]
    assert all(bool(jnp.all(found.valid)) for found in both)
    wrong = np.minimum(*(off(found, v1, v2) for found in both))
    # Near the fastest flight the two paths meet, and the velocity goes with the root of the time's rounding.
    assert wrong.max() < 1e-6
    assert np.quantile(wrong, 0.99) < SAME
    # The low path has the greater x.
    assert bool(jnp.all(jnp.sum((both[0].v1 - both[1].v1) ** 2, 1) > 0.0))


def test_no_revolutions_as_an_array():
    r1, _, r2, _, tof, normal = flights(500, 0, 3)
    one = solve_single(MU, r1, r2, tof, normal)
    other = solve_all(MU, r1, r2, tof, normal, jnp.zeros(500, int), jnp.zeros(500, bool))
    np.testing.assert_allclose(one.v1, other.v1, rtol=1e-8, atol=1e-6)
    assert bool(jnp.all(other.valid))


@pytest.mark.parametrize("tof", [300.0, 1000.0, 2300.0, 60000.0])
@pytest.mark.parametrize("way", [1.0, -1.0])
def test_hyperbolas_and_slow_ellipses_arrive(tof, way):
    found = lambert(MU, R1, R2, jnp.asarray(tof), way * Z)
    flown = solve_ivp(
        lambda _, x: [*x[3:], *(-MU_WGS84 * x[:3] / np.linalg.norm(x[:3]) ** 3)],
        (0.0, tof), [*R1, *found.v1], "DOP853", rtol=1e-13, atol=1e-6,
    ).y[:, -1]  # fmt: skip
    np.testing.assert_allclose(flown[:3], R2, atol=0.05)
    np.testing.assert_allclose(flown[3:], found.v2, atol=1e-4)
    assert np.sign(np.cross(R1, found.v1)[2]) == way


def test_through_the_parabola():
    """No seam: the departure velocity is smooth in the time of flight where its energy passes zero."""
    times = jnp.linspace(0.999, 1.001, 2001)

    def energy(tof):
        v = lambert(MU, R1, R2, tof, Z).v1
        return 0.5 * jnp.sum(v * v) - MU / jnp.sqrt(jnp.sum(R1 * R1))

    low, high = 500.0, 2500.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(energy(jnp.asarray(middle))) > 0 else (low, middle)
    around = np.asarray(jax.vmap(energy)(low * times))
    assert around[0] > 0 > around[-1]
    bend = np.diff(around, 2)
    assert np.abs(bend).max() < 1e-4 * np.abs(np.diff(around)).max()


def test_opposite_places_take_the_hinted_plane():
    r2 = -1.1 * R1
    hint = jnp.asarray([0.1, -0.5, 1.0])
    found = lambert(MU, R1, r2, jnp.asarray(3000.0), hint)
    assert bool(found.valid)
    plane = np.cross(R1, found.v1)
    across = hint - R1 * jnp.sum(hint * R1) / jnp.sum(R1 * R1)
    np.testing.assert_allclose(np.cross(plane, across) / np.linalg.norm(plane), 0.0, atol=1e-9)
    # And near by the plane of the places themselves, with the same speed.
    beside = lambert(MU, R1, r2 + jnp.asarray([0.0, 0.0, 10.0]), jnp.asarray(3000.0), hint)
    assert float(jnp.sum(beside.v1**2)) == pytest.approx(float(jnp.sum(found.v1**2)), rel=1e-5)


def test_refusals_are_flagged_and_finite():
    tof = jnp.asarray(3000.0)
    cases = (
        (R1, R2, jnp.asarray(0.0), Z, 0),
        (R1, R2, jnp.asarray(-5.0), Z, 0),
        (R1, R1, tof, Z, 0),
        (R1, R1, tof, Z, 1),
        (R1, 0.0 * R1, tof, Z, 0),
        (R1, -R1, tof, R1, 0),
        (R1, R2, tof, Z, 3),
    )
    for r1, r2, t, normal, turns in cases:
        found = lambert(MU, r1, r2, t, normal, turns)
        assert not bool(found.valid)
        assert bool(jnp.all(found.v1 == 0.0)) and bool(jnp.all(found.v2 == 0.0))


def test_fastest_flight_bounds_the_times():
    lam, q = jnp.asarray(0.6), jnp.asarray(1 - 0.36)
    x, T, _ = least_time(lam, q, jnp.asarray(2.0))
    _, slope, bend, _ = time_of(x, lam, q, jnp.asarray(2.0))
    assert abs(float(slope)) < 1e-12 and float(bend) > 0.0
    r1 = jnp.asarray([1.0, 0.0, 0.0])
    # A triangle with that lam and equal radii: lam = cos(theta / 2) / (1 + sin(theta / 2)).
    half = np.pi / 2 - 2 * np.arctan(0.6)
    r2 = jnp.asarray([np.cos(2 * half), np.sin(2 * half), 0.0])
    s = 1 + np.sin(half)
    fastest = float(T) * np.sqrt(s**3 / 2)
    one = jnp.asarray(1.0)
    assert bool(lambert(one, r1, r2, jnp.asarray(fastest * (1 + 1e-9)), Z, 2).valid)
    assert not bool(lambert(one, r1, r2, jnp.asarray(fastest * (1 - 1e-9)), Z, 2).valid)


@pytest.mark.parametrize("x", [-0.9, -0.2, 0.3, 0.93, 1.002, 1.3, 6.0])
@pytest.mark.parametrize("lam", [-0.97, -0.3, 0.0, 0.4, 0.999])
def test_derivatives_of_the_time(x, lam):
    x, lam = jnp.asarray(x), jnp.asarray(lam)
    turns = jnp.asarray(1.0)
    values = time_of(x, lam, 1 - lam * lam, turns)
    for k in range(3):
        slope = jax.grad(lambda x: time_of(x, lam, 1 - lam * lam, turns)[k])(x)  # noqa: B023
        assert float(slope) == pytest.approx(float(values[k + 1]), rel=1e-6)


def test_differentiable():
    def speed(tof):
        return lambert(MU, R1, R2, tof, Z).v1

    tof, h = jnp.asarray(2300.0), 0.5
    slope = jax.jacfwd(speed)(tof)
    np.testing.assert_allclose(slope, (speed(tof + h) - speed(tof - h)) / (2 * h), rtol=1e-5)
