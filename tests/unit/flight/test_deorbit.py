"""The first guess of a deorbit burn, and the orbit model it is corrected on."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.deorbit.orbit_propagator import OrbitModel, drag, propagate
from homeward.flight.deorbit.targeting import _along_ellipse, burn_direction, first_guess
from homeward.flight.deorbit.thrust_pitch import cheapest_pitch

propagate = jax.jit(propagate, static_argnums=4)
burn_direction = jax.jit(burn_direction)
MU, RADIUS = 3.986004415e14, 6378136.3
INTERFACE = 120e3
STEEP = np.radians(-1.6)
NO_AIR = [-60.0, 0.0, 0.0]
HEIGHT = 30.0  # m: RK4 against Kepler's equation over half a revolution
SLOPE = 1e-6  # rad, the same


def model(zonal=(0.0, 0.0, 0.0), omega=0.0, air=NO_AIR):
    return OrbitModel(
        jnp.asarray(MU), jnp.asarray(RADIUS), jnp.asarray(zonal), jnp.asarray([0.0, 0.0, omega]),
        jnp.asarray(0.0), jnp.asarray(air),
    )  # fmt: skip


def at_anomaly(perigee, apogee, anomaly):
    """State in the orbit's own plane, inclined by 40 deg."""
    a, e = RADIUS + 0.5 * (perigee + apogee), (apogee - perigee) / (2 * RADIUS + perigee + apogee)
    p = a * (1 - e * e)
    c, s = np.cos(anomaly), np.sin(anomaly)
    r = p / (1 + e * c) * np.array([c, s, 0.0])
    v = np.sqrt(MU / p) * np.array([-s, e + c, 0.0])
    turn = np.array([[1, 0, 0], [0, np.cos(0.7), -np.sin(0.7)], [0, np.sin(0.7), np.cos(0.7)]])
    return turn @ r, turn @ v


@pytest.mark.parametrize("pitch", [0.0, 0.15])
@pytest.mark.parametrize("orbit", [(390e3, 390e3), (300e3, 450e3), (200e3, 1500e3)])
def test_the_first_guess_solves_the_impulsive_burn_of_any_ellipse(orbit, pitch):
    earth = model()
    for anomaly in np.arange(0.0, 6.2, 1.3):
        r, v = at_anomaly(*orbit, anomaly)
        wait = 700.0
        guess = first_guess(
            earth, INTERFACE, np.array([STEEP]), r[None], v[None], np.array([wait]), np.array([pitch])
        )
        impulse, fall = guess[0]
        r1, v1, _ = propagate(earth, jnp.asarray(r), jnp.asarray(v), jnp.asarray(wait), 400)
        v1 = v1 + impulse * burn_direction(earth, r1, v1, jnp.asarray(pitch))
        r2, v2, _ = propagate(earth, r1, v1, jnp.asarray(fall), 400)
        assert float(jnp.linalg.norm(r2)) - RADIUS == pytest.approx(INTERFACE, abs=HEIGHT)
        sine = float(r2 @ v2 / (jnp.linalg.norm(r2) * jnp.linalg.norm(v2)))
        assert np.arcsin(sine) == pytest.approx(STEEP, abs=SLOPE)


def test_motion_along_the_ellipse_is_kepler_s():
    r, v = at_anomaly(250e3, 900e3, 0.8)
    outward = r @ v / np.linalg.norm(r)
    across = np.sqrt(v @ v - outward**2)
    later = _along_ellipse(
        MU, *(np.array([x]) for x in (np.linalg.norm(r), outward, across)), np.array([2500.0])
    )
    r1, v1, _ = propagate(model(), jnp.asarray(r), jnp.asarray(v), jnp.asarray(2500.0), 800)
    distance = float(jnp.linalg.norm(r1))
    assert later[0][0] == pytest.approx(distance, abs=0.1)
    assert later[1][0] == pytest.approx(float(r1 @ v1) / distance, abs=1e-4)
    momentum = np.linalg.norm(np.cross(r, v))
    assert later[2][0] == pytest.approx(momentum / distance, rel=1e-9)


def test_energy_and_the_polar_part_of_angular_momentum_are_kept_without_air():
    earth = model(zonal=(1.0826e-3, -2.5e-6, -1.6e-6))
    r, v = at_anomaly(300e3, 450e3, 0.3)
    _, _, path = propagate(earth, jnp.asarray(r), jnp.asarray(v), jnp.asarray(5500.0), 1100)
    states = np.concatenate([np.concatenate([r, v])[None], np.asarray(path)])
    momentum = states[:, 0] * states[:, 4] - states[:, 1] * states[:, 3]
    assert np.ptp(momentum) / abs(momentum[0]) < 1e-10
    distance = np.linalg.norm(states[:, :3], axis=1)
    s, q = states[:, 2] / distance, RADIUS / distance
    legendre = (
        1.0826e-3 * q**2 * 0.5 * (3 * s**2 - 1)
        - 2.5e-6 * q**3 * 0.5 * (5 * s**3 - 3 * s)
        - 1.6e-6 * q**4 * 0.125 * (35 * s**4 - 30 * s**2 + 3)
    )
    energy = 0.5 * np.sum(states[:, 3:] ** 2, axis=1) - MU / distance * (1 - legendre)
    assert np.ptp(energy) / abs(energy[0]) < 1e-10


def test_thin_air_takes_energy_at_the_rate_of_its_density():
    density, ballistic = 4e-12, 200.0
    earth = model(air=[np.log(density / ballistic), 0.0, 390e3])
    r, v = at_anomaly(390e3, 390e3, 0.0)
    a = drag(earth, tuple(jnp.asarray(r)), tuple(jnp.asarray(v)))
    expected = -0.5 * density / ballistic * np.linalg.norm(v) * v
    np.testing.assert_allclose(np.asarray(a), expected, rtol=1e-12)


def test_thin_air_stays_finite_underground():
    earth = model(air=[-27.0, -2e-5, 390e3])
    a = drag(earth, tuple(jnp.asarray([6.0e6, 0.0, 0.0])), tuple(jnp.asarray([0.0, 7800.0, 0.0])))
    assert np.all(np.isfinite(np.asarray(a)))


def test_the_burn_points_backward_and_the_pitch_turns_it_up():
    r, v = jnp.asarray([7e6, 0.0, 0.0]), jnp.asarray([100.0, 7500.0, 0.0])
    flat = burn_direction(model(), r, v, jnp.asarray(0.0))
    np.testing.assert_allclose(np.asarray(flat), [0.0, -1.0, 0.0], atol=1e-12)
    up = burn_direction(model(), r, v, jnp.asarray(0.2))
    np.testing.assert_allclose(np.asarray(up), [np.sin(0.2), -np.cos(0.2), 0.0], atol=1e-12)


@pytest.mark.parametrize("best", [0.0, 5.0, 24.0, 39.0, -52.0, 78.0])
def test_the_search_goes_on_to_the_pitch_that_costs_least(best):
    """A burn of 20 minutes points best 39 deg up; a fan that ended at 24 took 24."""
    made = []

    def costs(pitch):
        made.append(np.degrees(pitch))
        return 120.0 / np.cos(0.3 * (pitch - np.radians(best)))

    assert np.degrees(cheapest_pitch(costs)) == pytest.approx(best, abs=0.5)
    assert len(made) <= 4 and np.abs(made).max() <= 80.0 + 1e-9
    if best == 5.0:
        assert len(made) == 1  # no more than before where the fan holds it


def test_where_nothing_level_comes_down_steep_burns_are_tried():
    def costs(pitch):
        return np.where(np.degrees(pitch) > 50.0, 300.0 + np.degrees(pitch), np.inf)

    assert np.degrees(cheapest_pitch(costs)) == pytest.approx(53.3, abs=0.1)
    assert np.isfinite(cheapest_pitch(lambda pitch: np.full(len(pitch), np.inf)))
