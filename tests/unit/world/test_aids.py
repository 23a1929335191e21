"""Stars, satellites, pressure and gamma altimeter: when they work, and how wrong they are."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import ARCSEC, BORESIGHTS, aid_sensors

from homeward.math.quaternion import normalise
from homeward.world.sensors.aiding import INITIAL_NOISES, NOISES, Situation, initial_aids, sense_aids
from homeward.world.sensors.imu import turn_between

SENSORS = aid_sensors()
REACQUISITION = 5
CALM = dict(
    q_BI=normalise(jnp.asarray([0.8, 0.1, -0.5, 0.3])), omega_BI_B=jnp.zeros(3),
    time=jnp.asarray(0.0), C_EI=jnp.eye(3), r_BI_I=jnp.asarray([6.5e6, 1e6, 2e6]),
    v_BI_I=jnp.asarray([1e3, 7e3, -2e3]),
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


# Attitudes in which a head looks straight up, and in which it looks straight down.
def _looking(boresight, up):
    """An attitude that has ``boresight`` [B] along ``up`` [I]."""
    b, u = np.asarray(boresight), np.asarray(up) / np.linalg.norm(up)
    q = np.concatenate([[1.0 + b @ u], np.cross(u, b)])
    return normalise(jnp.asarray(q))


UP = np.array([6.5e6, 1e6, 2e6])
ASIDE = np.cross(UP, [0.0, 0.0, 1.0])


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
    assert bool(jnp.any(_read(**changes).star_valid)) is seen
    assert bool(_read(q_BI=_looking(BORESIGHTS[0], UP), **changes).star_valid[0]) is seen


@pytest.mark.parametrize("head", [0, 1])
def test_a_head_does_not_see_through_the_earth_nor_beside_its_limb(head):
    sine = 6378137.0 / np.linalg.norm(UP)
    edge = np.arcsin(sine) + np.deg2rad(20.0)  # from straight down
    for angle, seen in ((0.0, False), (edge - 0.01, False), (edge + 0.01, True), (np.pi, True)):
        toward = -np.cos(angle) * UP / np.linalg.norm(UP) + np.sin(angle) * ASIDE / np.linalg.norm(ASIDE)
        told = _read(q_BI=_looking(BORESIGHTS[head], toward))
        assert bool(told.star_valid[head]) is seen, angle


def _away(sun, up):
    """The unit vector across the Sun's direction that lies above the horizon."""
    v = up - (up @ sun) * sun
    return v / np.linalg.norm(v)


def test_the_sun_blinds_the_head_that_looks_at_it_unless_it_has_set():
    sun = np.asarray(SENSORS.star.sun_I)
    across = np.cross(sun, [1.0, 0.0, 0.0])
    for angle, seen in ((0.0, False), (34.0, False), (36.0, True)):
        a = np.deg2rad(angle)
        toward = np.cos(a) * sun + np.sin(a) * across / np.linalg.norm(across)
        q = _looking(BORESIGHTS[1], toward)
        day = dict(q_BI=q, r_BI_I=jnp.asarray(6.6e6 * sun))
        assert bool(_read(**day).star_valid[1]) is seen, angle
    # 30 deg from a Sun that has just set, and 60 deg above the Earth's limb.
    dip = np.arccos(6378137.0 / 9e6)
    for below, seen in ((-0.01, False), (0.01, True)):
        up = -np.sin(dip + below) * sun + np.cos(dip + below) * across / np.linalg.norm(across)
        side = np.cross(sun, up)
        a = np.deg2rad(30.0)
        toward = np.cos(a) * sun + np.sin(a) * (
            0.2 * side / np.linalg.norm(side) + np.sqrt(0.96) * _away(sun, up)
        )
        night = dict(q_BI=_looking(BORESIGHTS[1], toward), r_BI_I=jnp.asarray(9e6 * up))
        assert bool(_read(**night).star_valid[1]) is seen, below


def test_the_first_reading_of_a_flight_is_no_favour():
    """A flight that starts where its sensors are blind starts without them."""
    blind = _situation(altitude=60e3, omega_BI_B=np.deg2rad([9.0, 0.0, 0.0]), **PLASMA)
    state, told = _sense(BEFORE, blind, jnp.zeros(NOISES))
    assert not bool(jnp.any(told.star_valid)) and not bool(told.satellite_valid)
    assert not bool(state.first)


@pytest.mark.parametrize("head", [0, 1])
def test_stars_are_wrong_by_their_figures_across_and_about_the_boresight(head):
    noise = jax.random.normal(jax.random.key(3), (20_000, NOISES))
    q = _looking(BORESIGHTS[head], UP)
    told = jax.vmap(lambda n: _sense(START, _situation(q_BI=q), n)[1].star_q_BI[head])(noise)
    error = np.asarray(jax.vmap(lambda x: turn_between(q, x))(told))
    b = np.asarray(BORESIGHTS[head])
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
            assert not bool(jnp.any(getattr(one, field.name))), field.name
