"""The deployment of the parachute on board: votes, lag, flow, and back-ups without navigation."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.descent.deployment_logic import (
    BY_NAVIGATION,
    BY_PRESSURE,
    BY_TIMER,
    DeploymentSettings,
    initial_deployment,
    step_deployment,
)
from homeward.world.sensors.deployment_sensors import DeploymentSensors, empty_cavity, sense_deployment

SCALE, SOUND, SINK = 6535.0, 299.5, 195.0  # m, m/s, m/s
TARGET = 10_000.0
SETTINGS = DeploymentSettings(*(jnp.asarray(x) for x in (
    TARGET, 13e3, 26_500.0, SCALE, 250.0, -0.15, 0.3, SOUND, 210.0, 90.0, 1500.0, 2.0,
)))  # fmt: skip
SENSORS = DeploymentSensors(
    jnp.asarray([150.0, -150.0, 100.0]), jnp.asarray([2e-3, -2e-3, 0.0]), jnp.asarray(20.0),
    jnp.asarray(-0.15), jnp.asarray(0.3), jnp.ones(3), jnp.asarray([0.01, -0.01, 0.0]),
)  # fmt: skip
LOST = np.inf  # 1-sigma of an altitude that nobody knows


@jax.jit
def _cycle(sensors, cavity, state, altitude, load, known, sigma, noise):
    density = 0.41 * jnp.exp((TARGET - altitude) / SCALE)
    cavity, read = sense_deployment(
        sensors, cavity, density, jnp.asarray(SOUND), jnp.asarray(SINK), load, jnp.asarray(1.0), noise
    )
    state, after = step_deployment(
        SETTINGS, state, read, known, jnp.asarray(-SINK), jnp.asarray(SINK), sigma, jnp.asarray(1.0)
    )
    return cavity, state, after


def _fall(sensors=SENSORS, off=0.0, sigma=10.0, weather=0.0, seed=0, load=None, start=30e3):
    """Altitude of deployment, and why; ``off`` [m]: navigation's error, ``weather`` [m]: the pressure's."""
    cavity, state = empty_cavity(), initial_deployment()
    rng = np.random.default_rng(seed)
    altitude, time = start, 0.0
    while altitude > 0.0:
        felt = (4.0 if altitude > 22e3 else 1.2) if load is None else load(altitude)
        cavity, state, after = _cycle(
            sensors, cavity, state, jnp.asarray(altitude + weather), jnp.asarray(felt),
            jnp.asarray(altitude + off), jnp.asarray(sigma), jnp.asarray(rng.normal(size=3)),
        )  # fmt: skip
        if np.isfinite(float(after)):
            return altitude - SINK * float(after), int(state.cause)
        altitude, time = altitude - SINK, time + 1.0
    return altitude, 0


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_parachute_is_deployed_at_its_altitude(seed):
    altitude, cause = _fall(seed=seed)
    assert cause == BY_PRESSURE
    assert abs(altitude - TARGET) < 30.0  # three sigma of 10 m


@pytest.mark.parametrize("works", [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
def test_one_dead_transducer_is_outvoted(works):
    altitude, cause = _fall(eqx.tree_at(lambda s: s.works, SENSORS, jnp.asarray(works)))
    assert cause == BY_PRESSURE
    assert abs(altitude - TARGET) < 120.0


@pytest.mark.parametrize("bias", [8e4, -8e4])
def test_one_transducer_that_is_wrong_is_outvoted(bias):
    altitude, cause = _fall(eqx.tree_at(lambda s: s.bias, SENSORS, jnp.asarray([bias, -150.0, 100.0])))
    assert cause == BY_PRESSURE
    assert abs(altitude - TARGET) < 120.0


def test_a_belief_that_is_off_moves_it_by_no_more_than_its_bound():
    altitude, _ = _fall(off=285.0)
    assert abs(altitude - (TARGET - 285.0)) < 30.0
    for off in (90e3, -90e3):  # navigation that is sure and far away
        altitude, cause = _fall(off=off)
        assert cause in (BY_PRESSURE, BY_NAVIGATION) and abs(altitude - TARGET) < 900.0


@pytest.mark.parametrize("weather", [-600.0, 600.0])
def test_the_pressure_of_the_day_is_told_by_navigation(weather):
    assert abs(_fall(weather=weather)[0] - TARGET) < 30.0
    # Without it the altitude is that of the pressure.
    assert abs(_fall(weather=weather, sigma=LOST)[0] - (TARGET - weather)) < 150.0


def test_without_navigation_the_load_arms_and_the_pressure_fires():
    altitude, cause = _fall(sigma=LOST, off=93e3)
    assert cause == BY_PRESSURE
    assert abs(altitude - TARGET) < 150.0


def test_with_neither_navigation_nor_pressure_the_timer_fires():
    dead = eqx.tree_at(lambda s: s.works, SENSORS, jnp.zeros(3))
    altitude, cause = _fall(dead, sigma=LOST)
    assert cause == BY_TIMER
    # The load goes at 22 km here, 90 s before.
    assert abs(altitude - (22e3 - 90.0 * SINK)) < 3.0 * SINK
    assert altitude > 3e3


def test_with_dead_transducers_navigation_fires_below_its_margin():
    dead = eqx.tree_at(lambda s: s.works, SENSORS, jnp.zeros(3))
    altitude, cause = _fall(dead)
    assert cause == BY_NAVIGATION
    assert TARGET - 1500.0 - SINK <= altitude <= TARGET - 1500.0


def test_nothing_is_fired_before_it_is_armed():
    """Low pressure readings that are false, high up, with navigation that knows better and no load yet."""
    cavity, state = empty_cavity(), initial_deployment()
    false = eqx.tree_at(lambda s: s.bias, SENSORS, jnp.full(3, 9e4))
    for altitude in np.arange(90e3, 60e3, -1e3):
        cavity, state, after = _cycle(
            false, cavity, state, jnp.asarray(altitude), jnp.asarray(0.5), jnp.asarray(altitude),
            jnp.asarray(10.0), jnp.zeros(3),
        )  # fmt: skip
        assert float(after) == np.inf and not bool(state.armed)


def test_the_vent_follows_the_pressure_outside_with_its_lag():
    slow = eqx.tree_at(lambda s: (s.lag, s.cavity, s.noise), SENSORS,
                       (jnp.asarray(2.0), jnp.asarray(0.0), jnp.asarray(0.0)))  # fmt: skip
    slow = eqx.tree_at(lambda s: (s.bias, s.scale_factor), slow, (jnp.zeros(3), jnp.zeros(3)))
    cavity, pressures = empty_cavity(), []
    for k in range(60):
        rho = jnp.asarray(1e-3 * (1.0 + k))
        cavity, read = sense_deployment(slow, cavity, rho, jnp.asarray(300.0), jnp.asarray(0.0),
                                        jnp.asarray(0.0), jnp.asarray(1.0), jnp.zeros(3))  # fmt: skip
        pressures.append(float(read.pressure[0]))
    ramp = 1e-3 * 300.0**2 / 1.4
    # A first-order lag follows a ramp its time constant behind.
    assert pressures[-1] == pytest.approx(ramp * (60 - 2.0), rel=1e-6)


@pytest.mark.parametrize("works", [0.0, 1.0])
def test_a_lofted_entry_without_navigation_deploys_nothing_while_it_coasts(works):
    """The first dip takes less than the speed of the entry: load that comes and goes then is no sign."""
    sensors = eqx.tree_at(lambda s: s.works, SENSORS, jnp.full(3, works))
    cavity, state = empty_cavity(), initial_deployment()
    for k in range(400):
        load = 5.0 if k < 25 else 0.02  # 1,226 of 1,500 m/s, then a loft of six minutes
        cavity, state, after = _cycle(
            sensors, cavity, state, jnp.asarray(60e3), jnp.asarray(load), jnp.asarray(60e3),
            jnp.asarray(LOST), jnp.zeros(3),
        )  # fmt: skip
        assert float(after) == np.inf and not bool(state.armed)
