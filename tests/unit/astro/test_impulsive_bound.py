"""The two-impulse bound: closed forms, and no flight found otherwise that costs less."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from homeward.astro.lambert import lambert
from homeward.astro.two_impulse_lower_bound import impulsive_bound
from homeward.earth.constants import MU_WGS84

MU = jnp.asarray(MU_WGS84)
EARTH = 6378137.0
bound = jax.jit(lambda *states: impulsive_bound(MU, *states))


def state(perigee, apogee, tilt=0.7, node=1.0, argument=0.5, anomaly=2.0):
    """Position and velocity of an orbit by its altitudes [m] and angles [rad]."""
    rp, ra = EARTH + perigee, EARTH + apogee
    e, p = (ra - rp) / (ra + rp), 2 * ra * rp / (ra + rp)
    c, s = np.cos(anomaly), np.sin(anomaly)
    r = p / (1 + e * c) * np.array([c, s, 0.0])
    v = np.sqrt(MU_WGS84 / p) * np.array([-s, e + c, 0.0])
    cn, sn, ci, si, ca, sa = (f(x) for x in (node, tilt, argument) for f in (np.cos, np.sin))
    turn = np.array([[cn, -sn, 0], [sn, cn, 0], [0, 0, 1]]) @ np.array([[1, 0, 0], [0, ci, -si], [0, si, ci]])
    turn = turn @ np.array([[ca, -sa, 0], [sa, ca, 0], [0, 0, 1]])
    return jnp.asarray(turn @ r), jnp.asarray(turn @ v)


def test_insertion_to_the_station():
    """200 x 330 km to a circle of 390 km in the same plane."""
    found = bound(*state(200e3, 330e3), *state(390e3, 390e3, argument=0.0))
    assert float(found.total) == pytest.approx(72.0, abs=0.2)
    # Perigee burn to 390 km, then the circle.
    rp, ra, rt = EARTH + 200e3, EARTH + 330e3, EARTH + 390e3
    speed = lambda r, other: np.sqrt(2 * MU_WGS84 * other / (r * (r + other)))  # noqa: E731
    closed = speed(rp, rt) - speed(rp, ra) + np.sqrt(MU_WGS84 / rt) - speed(rt, rp)
    assert float(found.total) == pytest.approx(closed, rel=1e-7)


@pytest.mark.parametrize("turn", [0.0, 0.001, 0.1, 0.5])
def test_circles_with_a_turn(turn):
    """Hohmann's flight from node to node, the turn shared between both burns as is best."""
    found = bound(*state(200e3, 200e3), *state(390e3, 390e3, tilt=0.7 + turn, argument=0.0))
    r1, r2 = EARTH + 200e3, EARTH + 390e3
    c1, c2 = np.sqrt(MU_WGS84 / r1), np.sqrt(MU_WGS84 / r2)
    t1, t2 = c1 * np.sqrt(2 * r2 / (r1 + r2)), c2 * np.sqrt(2 * r1 / (r1 + r2))

    def cost(share):
        first = np.sqrt(c1**2 + t1**2 - 2 * c1 * t1 * np.cos(share))
        return first + np.sqrt(c2**2 + t2**2 - 2 * c2 * t2 * np.cos(turn - share))

    least = minimize_scalar(cost, bounds=(-1e-3, turn + 1e-3), method="bounded", options={"xatol": 1e-10})
    assert float(found.total) == pytest.approx(min(least.fun, cost(0.0), cost(turn)), rel=1e-7)


def test_same_orbit_costs_nothing():
    one = state(300e3, 500e3)
    other = state(300e3, 500e3, anomaly=4.0)
    assert float(bound(*one, *other).total) < 1e-3


@pytest.mark.parametrize("seed", range(4))
def test_no_flight_by_lambert_costs_less(seed):
    """100,000 flights at random, and the best of them improved by smaller and smaller random steps."""
    rng = np.random.default_rng(seed)
    one = dict(tilt=0.7, node=1.0, argument=rng.uniform(0, 6), perigee=2e5, apogee=2e5 + rng.uniform(0, 3e5))
    two = dict(
        tilt=0.7 + rng.normal() * 3e-3, node=1.0 + rng.normal() * 3e-3, argument=rng.uniform(0, 6),
        perigee=3.5e5, apogee=3.5e5 + rng.uniform(0, 4e5),
    )  # fmt: skip
    found = bound(*state(**one), *state(**two))
    starts = [state(**orbit, anomaly=0.0) for orbit in (one, two)]

    @jax.jit
    @jax.vmap
    def cost(a, b, tof):
        ends = []
        for (r, v), angle in zip(starts, (a, b), strict=True):
            # From perigee: axes by the state there.
            h = jnp.cross(r, v)
            p, x, y = jnp.sum(h * h) / MU, r / jnp.linalg.norm(r), v / jnp.linalg.norm(v)
            e = p / jnp.linalg.norm(r) - 1
            c, s = jnp.cos(angle), jnp.sin(angle)
            speed = jnp.sqrt(MU / p)
            ends.append((p / (1 + e * c) * (c * x + s * y), speed * (-s * x + (e + c) * y)))
        (r1, v1), (r2, v2) = ends
        flight = lambert(MU, r1, r2, tof, jnp.cross(r1, v1))
        total = jnp.linalg.norm(flight.v1 - v1) + jnp.linalg.norm(v2 - flight.v2)
        return jnp.where(flight.valid, total, jnp.inf)

    count = 100_000
    period = 5500.0
    place = np.array([np.pi, np.pi, 0.5 * period])
    width = np.array([np.pi, np.pi, 0.5 * period])
    best = np.inf
    for _ in range(14):
        tries = place + width * rng.uniform(-1, 1, (count, 3))
        tries[0] = place
        costs = np.asarray(cost(*(jnp.asarray(x) for x in tries.T)))
        k = int(np.nanargmin(costs))
        place, best = tries[k], min(best, costs[k])
        width = width * 0.5
    assert best > float(found.total) * (1 - 1e-9)
    assert best < float(found.total) * 1.02
