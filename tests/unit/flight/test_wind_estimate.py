"""How the wind differs from its forecast: found in a made-up end of an entry and under a made-up drogue."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.geodesy import Ellipsoid, from_geodetic, north_east_down
from homeward.flight.descent.wind_estimate import (
    FARTHEST,
    FOLLOWED,
    SETTLING,
    WindEstimator,
    met_in_entry,
    met_under_canopy,
    moved_aim,
)
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.icd import Navigation

ELLIPSOID = Ellipsoid(jnp.asarray(6378137.0), jnp.asarray(1.0 / 298.257223563))
LATITUDE, LONGITUDE = jnp.asarray(0.7), jnp.asarray(1.7)
RATIO, CYCLES = 0.28, 110
C = np.asarray(north_east_down(LATITUDE, LONGITUDE))
FORECAST = np.array([2.0, 12.0])  # m/s north and east, at all heights


def number(x):
    return jnp.asarray(float(x))


def estimator(forecast=FORECAST, moves=True):
    knots = jnp.asarray([100.0, 8000.0])
    earth = [number(x) for x in (3.986e14, 0.0, 6378137.0, 0.0, 0.0)]
    model = OnboardModel(
        *earth, air=jnp.zeros(2), speed_knots=knots, drag=jnp.ones(2), lift_to_drag=RATIO + jnp.zeros(2),
        wind=jnp.zeros(3),
    )  # fmt: skip
    return WindEstimator(
        number(0.0), number(500.0), jnp.asarray(np.tile(forecast, (81, 1))), model, number(10e3),
        jnp.asarray([700.0, 200.0]), number(moves),
    )  # fmt: skip


def course():
    """Altitude, speed, angle of fall and bank, second by second, from 32 km to 10 km."""
    t = np.arange(CYCLES, dtype=float)
    speed = 180.0 + 1200.0 * np.exp(-t / 28.0)
    fall = np.radians(18.0 + 55.0 * (1.0 - np.exp(-t / 35.0)))
    altitude = 32e3 - np.concatenate([[0.0], np.cumsum(speed * np.sin(fall))[:-1]])
    bank = np.where(t < 40, 0.9, -0.9) + np.where(t > 70, 1.6, 0.0)
    return np.maximum(altitude, 9e3), speed, fall, bank


def readings(error, *, lift=1.0, sway=0.0, seed=0):
    """Places, velocities, forces and banks that navigation tells; ``error`` (n, 2): true less forecast."""
    altitude, speed, fall, bank = course()
    north, east, down = C
    noise = np.random.default_rng(seed).standard_normal((2, CYCLES))
    r, v, f = [], [], []
    for k in range(CYCLES):
        air = speed[k] * (np.cos(fall[k]) * east + np.sin(fall[k]) * down)
        u = air / np.linalg.norm(air)
        right = np.cross(u, -down)
        right /= np.linalg.norm(right)
        above = np.cross(right, u)
        side = np.sin(bank[k]) * right + np.cos(bank[k]) * above
        push = RATIO * lift * side + sway * (noise[0, k] * right + noise[1, k] * above)
        wind = FORECAST + error[k]
        f.append(12.0 * (push - u))
        v.append(air + wind[0] * north + wind[1] * east)
        r.append(np.asarray(from_geodetic(ELLIPSOID, LATITUDE, LONGITUDE, number(altitude[k]))))
    return [np.array(x) for x in (r, v, f, bank)]


@jax.jit
def _entry(e, messages, altitude):
    def one(state, seen):
        r, v, f, bank, height = seen
        message = Navigation(jnp.zeros(()), r, v, f, bank, jnp.asarray(False))
        return met_in_entry(e, state, message, (LATITUDE, LONGITUDE, height), None), None

    return jax.lax.scan(one, e.init(), (*messages, altitude))[0]


def entry(messages):
    return _entry(estimator(), [jnp.asarray(x) for x in messages], jnp.asarray(course()[0]))


def fading(seed, sigma=3.3, memory=3e3):
    rng, altitude = np.random.default_rng(seed), course()[0]
    out = [sigma * rng.standard_normal(2)]
    for a, b in pairwise(altitude):
        k = np.exp(-(a - b) / memory)
        out.append(k * out[-1] + np.sqrt(1.0 - k * k) * sigma * rng.standard_normal(2))
    return np.array(out)


@pytest.mark.parametrize("error", [(6.0, 0.0), (0.0, -8.0), (-5.0, 7.0)])
def test_a_constant_error_is_found_before_the_parachute(error):
    state = entry(readings(np.tile(error, (CYCLES, 1))))
    total = np.asarray(state.mean[:2] + state.mean[2:4])
    assert np.linalg.norm(total - np.array(error)) < 0.35 * np.linalg.norm(error)
    # Half of what lasts over 20 km of height, or nearly, is taken for lasting.
    assert np.dot(state.mean[:2], error) > 0.4 * np.dot(error, error)


def test_no_error_no_estimate():
    state = entry(readings(np.zeros((CYCLES, 2))))
    assert np.max(np.abs(np.asarray(state.mean[:4]))) < 0.5


def test_lift_that_is_not_as_planned_is_not_taken_for_wind():
    state = entry(readings(np.zeros((CYCLES, 2)), lift=1.1))
    assert np.max(np.abs(np.asarray(state.mean[:2]))) < 2.0
    assert float(state.mean[4]) > 0.04


def test_errors_and_covariance_agree_over_draws():
    squares = []
    for seed in range(40):
        rng = np.random.default_rng(1000 + seed)
        constant = 3.3 * rng.standard_normal(2)
        state = entry(
            readings(fading(seed) + constant, lift=1.0 + 0.06 * rng.standard_normal(), sway=0.02, seed=seed)
        )
        wrong = np.asarray(state.mean[:2]) - constant
        squares.append(wrong @ np.linalg.solve(np.asarray(state.covariance)[:2, :2], wrong) / 2.0)
    # 80 squares of one: within 0.55 and 1.6 at three sigma.
    assert 0.4 < np.mean(squares) < 1.6


def test_the_spread_of_what_lasts_is_made_smaller():
    before = estimator().init().covariance[0, 0]
    state = entry(readings(np.zeros((CYCLES, 2))))
    assert np.all(np.diagonal(np.asarray(state.covariance))[:2] < 0.6 * float(before))


def test_under_a_canopy_the_wind_is_met():
    e = estimator()
    error = np.array([4.0, -3.0])
    state, north, east, down = e.init(), *C
    for altitude in np.arange(9900.0, 7000.0, -80.0):
        wind = FORECAST + error
        v = wind[0] * north + wind[1] * east + 80.0 * down
        r = from_geodetic(ELLIPSOID, LATITUDE, LONGITUDE, number(altitude))
        message = Navigation(
            number(0.0), r, jnp.asarray(v), jnp.asarray(-9.8 * down), number(0.0), jnp.asarray(False)
        )
        state = met_under_canopy(e, state, message, (LATITUDE, LONGITUDE, number(altitude)))
    total = np.asarray(state.mean[:2] + state.mean[2:4])
    assert np.allclose(total, error, atol=0.3)


def test_what_is_no_number_is_not_taken_in():
    messages = readings(np.tile([3.0, 3.0], (CYCLES, 1)))
    messages[2][60] = np.nan
    state = entry(messages)
    assert np.all(np.isfinite(np.asarray(state.mean)))


def test_the_aim_is_moved_against_the_drift_and_no_farther_than_its_bound():
    e, up, still, far = estimator(), -C[2], jnp.zeros(3), number(1e6)
    aim = from_geodetic(ELLIPSOID, LATITUDE, LONGITUDE, number(10e3))
    state = e.init()
    assert np.all(np.asarray(moved_aim(e, state, aim, still, far)) == 0.0)
    mean, high = jnp.asarray([2.0, -1.0, 1.0, 0.0, 0.0, 0.0]), 10e3 + 2.0 * SETTLING
    state = type(state)(mean, state.covariance, number(high), state.lift)
    moved = np.asarray(moved_aim(e, state, aim, still, far))
    faded = 200.0 * np.exp(-2.0 * SETTLING / 3e3)
    assert C[0] @ moved == pytest.approx(-(2.0 * 700.0 + 1.0 * faded), rel=0.01)
    assert C[1] @ moved == pytest.approx(700.0, rel=0.01)
    assert abs(up @ moved) < 20.0
    strong = type(state)(30.0 * mean, state.covariance, number(high), state.lift)
    assert np.linalg.norm(np.asarray(moved_aim(e, strong, aim, still, far))) == pytest.approx(FARTHEST)


def test_the_aim_moves_no_faster_than_lift_can_follow_and_rests_before_the_opening():
    e, still = estimator(), jnp.zeros(3)
    aim = from_geodetic(ELLIPSOID, LATITUDE, LONGITUDE, number(10e3))
    mean = jnp.asarray([6.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    state = type(e.init())(mean, e.init().covariance, number(20e3), jnp.zeros(3))
    moved = moved_aim(e, state, aim, still, number(200.0))
    assert np.linalg.norm(np.asarray(moved)) == pytest.approx(200.0 * FOLLOWED, rel=1e-6)
    low = type(state)(mean, state.covariance, number(10e3 + 0.9 * SETTLING), state.lift)
    assert np.array_equal(np.asarray(moved_aim(e, low, aim, moved, number(200.0))), np.asarray(moved))


def test_an_aim_that_is_to_stay_stays():
    e = estimator(moves=False)
    aim = from_geodetic(ELLIPSOID, LATITUDE, LONGITUDE, number(10e3))
    mean = jnp.asarray([6.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    state = type(e.init())(mean, e.init().covariance, number(25e3), jnp.zeros(3))
    assert np.all(np.asarray(moved_aim(e, state, aim, jnp.zeros(3), number(1e3))) == 0.0)
