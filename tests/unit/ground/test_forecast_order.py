"""The main's order as the ground foretells it, against the flight computer's own."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from test_ground_forecast import QUIET, setting

from homeward.earth.geodesy import Ellipsoid, from_geodetic, north_east_down
from homeward.flight.descent.main_deployment import MainTiming, order_main
from homeward.flight.descent.wind_estimate import CANOPY_NOISE, WindEstimator, carried_to, taken
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.ground.landing_forecast import wind
from homeward.ground.landing_forecast.descent import _ordered
from homeward.ground.landing_forecast.wind import Thought, felt, parts_told, reading_variance, sunk, unknown
from homeward.icd import Navigation

SPEEDS = (0.13, 0.08)  # s of drift for each metre of altitude: of a lasting error, of one that fades too


def test_the_ground_thinks_of_the_wind_what_the_ship_thinks_given_the_same_readings():
    zero = jnp.zeros(())
    ship = WindEstimator(zero, zero + 500.0, jnp.zeros((81, 2)), _no_model(), zero, jnp.zeros(2), zero)
    state, thought = carried_to(ship, ship.init(), zero + 10e3), unknown(1)
    rng = np.random.default_rng(3)
    for k in range(1, 40):
        read = jnp.asarray(rng.normal(3.0, 0.8, 2))  # none is beyond the ship's four sigmas
        state = carried_to(ship, state, zero + 10e3 - 90.0 * k)
        for axis in range(2):
            row = jnp.asarray([1.0 if j in (axis, 2 + axis) else 0.0 for j in range(6)])
            state = taken(state, row, read[axis], zero + CANOPY_NOISE**2, jnp.asarray(True))
        thought = felt(
            sunk(thought, jnp.full(1, 90.0)), read[None], reading_variance(jnp.ones(())) + jnp.zeros(1)
        )
    np.testing.assert_allclose(thought.lasting[0], state.mean[:2], rtol=1e-9)
    np.testing.assert_allclose(thought.fading[0], state.mean[2:4], rtol=1e-9)
    P = state.covariance
    np.testing.assert_allclose([thought.ll[0], thought.lf[0], thought.ff[0]], [P[0, 0], P[0, 2], P[2, 2]])


def _no_model():
    few = {"air": 2, "wind": 3, "speed_knots": 2, "drag": 2, "lift_to_drag": 2}
    names = [f.name for f in dataclasses.fields(OnboardModel)]
    return OnboardModel(**{name: jnp.zeros(few[name]) if name in few else jnp.zeros(()) for name in names})


@pytest.mark.parametrize("estimates", [True, False])
def test_the_main_is_ordered_where_the_flight_computer_orders_it(estimates):
    n, rng = 400, np.random.default_rng(5)
    rows = np.zeros((100, 6))
    up = 90.0 * np.arange(100)
    rows[:, 0], rows[:, 1] = 0.2 * up, 0.8 * up
    rows[:, 5], rows[:, 2] = SPEEDS[0] * up, (SPEEDS[0] + SPEEDS[1]) / 2.0 * up
    s = dataclasses.replace(setting(), main_rows=rows, main_latest=1e9, main_earliest=12.0,
                            estimates=estimates, errors=QUIET)  # fmt: skip
    above = rng.uniform(500.0, 7e3, n)
    # About where the drift begins that ends at the site.
    start = rng.normal(0.0, 2e3, (n, 2)) - above[:, None] * [0.2, 0.8]
    place = np.column_stack([start, 1e3 + above])
    lasting, fading = rng.normal(0.0, 1.5, (2, n, 2))
    since = rng.uniform(9.0, 60.0, n)
    one = jnp.ones(n)
    thought = Thought(jnp.asarray(lasting), jnp.asarray(fading), one, one, one)
    told = np.asarray(_ordered(s.beliefs, jnp.asarray(place), since, jnp.asarray(lasting + fading), thought))

    ellipsoid = Ellipsoid.wgs84()
    latitude, longitude = (jnp.asarray(x) for x in s.site[:2])
    number = jnp.asarray
    timing = MainTiming(
        from_geodetic(ellipsoid, latitude, longitude, number(1000.0)), number(1000.0), number(90.0),
        number(rows), number(s.main_nominal), number(12.0), number(1e9), number(-1e9), number(1e9),
    )  # fmt: skip

    @jax.vmap
    def ship(place, lasting, fading, since):
        radius = 6.383e6
        lat, lon = latitude + place[0] / 6.364e6, longitude + place[1] / (radius * jnp.cos(latitude))
        C = north_east_down(lat, lon)
        # Under a canopy, moving with the air: all force is drag upward.
        air = lasting + fading
        v = C[0] * air[0] + C[1] * air[1] + C[2] * 80.0
        zero = jnp.zeros(())
        last = Navigation(
            zero, from_geodetic(ellipsoid, lat, lon, place[2]), v, -9.8 * C[2], zero, zero > 1.0
        )
        error = jnp.concatenate([lasting, fading]) if estimates else None
        return order_main(timing, ellipsoid, last, since, lat, lon, place[2], error)

    orders = np.asarray(ship(*(jnp.asarray(x) for x in (place, lasting, fading, since))))
    assert 0.2 < told.mean() < 0.8
    assert np.mean(told == orders) > 0.985  # the rest lies within some metres of the line


def test_what_was_felt_is_shared_between_both_parts_as_bayes_has_it():
    rng = np.random.default_rng(1)
    sigmas, total, doubt = (3.0, 2.0), np.array([4.0, -2.0]), 0.5
    lasting, fading = parts_told(rng, 40_000, sigmas, (total, doubt))
    P = np.diag(np.square(sigmas))
    gain = P.sum(axis=1) / (P.sum() + doubt**2)
    left = P - np.outer(gain, P.sum(axis=0))
    for axis in range(2):
        both = np.stack([lasting[:, axis], fading[:, axis]])
        np.testing.assert_allclose(both.mean(axis=1), gain * total[axis], atol=0.04)
        np.testing.assert_allclose(np.cov(both), left, atol=0.06)
    free = parts_told(rng, 40_000, sigmas)
    np.testing.assert_allclose([x.std() for x in free], sigmas, rtol=0.02)
    nothing = parts_told(rng, 3, (0.0, 0.0), (total, 0.0))
    np.testing.assert_allclose(sum(nothing), np.tile(total, (3, 1)))


def test_how_long_the_parts_act():
    row = jnp.asarray([[0.0, 0.0, 300.0, 0.0, 0.0, 400.0]])
    lasts, fades = wind.drift_seconds(row)
    assert float(lasts[0]) == 400.0 and float(fades[0]) == pytest.approx(200.0)
