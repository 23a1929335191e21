"""Stars, satellites, pressure and gamma altimeter: when they work, and how wrong they are."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import ARCSEC, aid_sensors

from homeward.math.quaternion import normalise
from homeward.world.aids import INITIAL_NOISES, NOISES, Situation, initial_aids, sense_aids
from homeward.world.inertial import turn_between

SENSORS = aid_sensors()
REACQUISITION = 5
CALM = dict(
    q_BI=normalise(jnp.asarray([0.8, 0.1, -0.5, 0.3])), omega_BI_B=jnp.zeros(3),
    r_BE_E=jnp.asarray([6.5e6, 1e6, 2e6]), v_BE_E=jnp.asarray([1e3, 7e3, -2e3]), altitude=jnp.asarray(120e3),
    height=jnp.asarray(119e3), density=jnp.asarray(1e-8), speed=jnp.asarray(7400.0),
    under_parachute=jnp.asarray(False),
)  # fmt: skip
PLASMA = dict(density=jnp.asarray(1e-4))
BEFORE = initial_aids(SENSORS, jnp.zeros(INITIAL_NOISES))
START = eqx.tree_at(lambda s: s.first, BEFORE, jnp.asarray(False))  # the first reading is behind


def _situation(**changes):
    return Situation(**{**CALM, **{k: jnp.asarray(v) for k, v in changes.items()}})


@jax.jit
def _sense(state, truth, noise):
    return sense_aids(SENSORS, state, truth, jnp.asarray(1.0), noise)


def _read(**changes):
    return _sense(START, _situation(**changes), jnp.zeros(NOISES))[1]


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({}, True),
        ({"altitude": 99e3}, False),
        ({"omega_BI_B": np.deg2rad([0.0, 0.99, 0.0])}, True),
        ({"omega_BI_B": np.deg2rad([0.8, 0.0, 0.8])}, False),
        (PLASMA, False),
    ],
)
def test_stars_need_height_stillness_and_no_plasma(changes, seen):
    assert bool(_read(**changes).star_valid) is seen


def test_the_first_reading_of_a_flight_is_there_wherever_it_starts():
    blind = _situation(altitude=60e3, omega_BI_B=np.deg2rad([9.0, 0.0, 0.0]), **PLASMA)
    state, told = _sense(BEFORE, blind, jnp.zeros(NOISES))
    assert bool(told.star_valid) and bool(told.satellite_valid)
    _, told = _sense(state, blind, jnp.zeros(NOISES))
    assert not bool(told.star_valid) and not bool(told.satellite_valid)


def test_stars_are_wrong_by_their_figures_across_and_about_the_boresight():
    noise = jax.random.normal(jax.random.key(3), (20_000, NOISES))
    told = jax.vmap(lambda n: _sense(START, _situation(), n)[1].star_q_BI)(noise)
    error = np.asarray(jax.vmap(lambda q: turn_between(CALM["q_BI"], q))(told))
    b = np.asarray(SENSORS.star.boresight_B)
    about = error @ b
    across = error - about[:, None] * b
    # 20,000 draws: the spread is known to 0.5 %.
    assert about.std() == pytest.approx(20 * ARCSEC, rel=0.025)
    assert np.sqrt(np.mean(np.sum(across**2, axis=1)) / 2) == pytest.approx(5 * ARCSEC, rel=0.025)


def test_satellites_have_a_slow_and_a_white_error():
    keys = jax.random.split(jax.random.key(5), 400)

    @jax.jit
    @jax.vmap
    def track(key):
        a, b = jax.random.split(key)
        state = initial_aids(SENSORS, jax.random.normal(a, (INITIAL_NOISES,)))

        def cycle(state, n):
            state, aids = _sense(state, _situation(), n)
            return state, (aids.satellite_position, aids.satellite_velocity)

        return jax.lax.scan(cycle, state, jax.random.normal(b, (301, NOISES)))[1]

    place, speed = track(keys)
    e = np.asarray(place) - np.asarray(CALM["r_BE_E"])
    w = np.asarray(speed) - np.asarray(CALM["v_BE_E"])
    # 1,200 independent series: the spread is known to 2 %.
    for at in (0, 300):
        assert e[:, at].std() == pytest.approx(np.hypot(10.0, 3.0), rel=0.1)
        assert w[:, at].std() == pytest.approx(np.hypot(0.05, 0.02), rel=0.1)
    assert np.mean(e[:, 0] * e[:, 300]) == pytest.approx(100.0 * np.exp(-1.0), abs=15.0)
    assert np.std(np.diff(e, axis=1)) == pytest.approx(np.sqrt(2 * 9 + 2 * 100 / 300), rel=0.02)


def test_satellites_come_back_some_seconds_after_the_black_out():
    state, told = START, []
    for k in range(12):
        hidden = 2 <= k < 5
        state, aids = _sense(state, _situation(**(PLASMA if hidden else {})), jnp.zeros(NOISES))
        told.append(bool(aids.satellite_valid))
    assert told == [True] * 2 + [False] * (3 + REACQUISITION - 1) + [True] * 3


@pytest.mark.parametrize(
    ("density", "speed", "hidden"), [(1e-4, 2999.0, False), (1e-2, 7000.0, False), (1e-4, 3001.0, True)]
)
def test_black_out_needs_both_speed_and_density(density, speed, hidden):
    assert bool(_read(density=density, speed=speed).satellite_valid) is not hidden


def test_pressure_is_read_under_a_parachute_and_low():
    low = dict(altitude=7000.0, under_parachute=True)
    assert bool(_read(**low).pressure_valid)
    assert float(_read(**low).pressure_altitude) == pytest.approx(7000.0 * 1.01)
    assert not bool(_read(altitude=7000.0).pressure_valid)
    assert not bool(_read(altitude=8001.0, under_parachute=True).pressure_valid)
    noisy = _sense(START, _situation(**low), jnp.zeros(NOISES).at[15].set(2.0))[1]
    assert float(noisy.pressure_altitude) == pytest.approx(7070.0 + 50.0)


def test_gamma_rays_reach_a_hundred_metres():
    assert not bool(_read(height=101.0).height_valid)
    noisy = _sense(START, _situation(height=99.0), jnp.zeros(NOISES).at[16].set(-1.0))[1]
    assert bool(noisy.height_valid)
    assert float(noisy.height) == pytest.approx(98.95)


def test_what_is_not_valid_tells_nothing_of_the_truth():
    noise = jax.random.normal(jax.random.key(8), (NOISES,))
    blind = dict(altitude=90e3, **PLASMA)
    one = _sense(START, _situation(**blind), noise)[1]
    other = _sense(START, _situation(**{**blind, "r_BE_E": [7e6, 0.0, 0.0], "height": 5e4}), -noise)[1]
    assert eqx.tree_equal(one, other)
    for field in dataclasses.fields(one):
        if field.name.endswith("valid"):
            assert not bool(getattr(one, field.name)), field.name
