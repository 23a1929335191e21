"""What flies in a drift: reckoning in free fall, the attitude that it waits in, how it turns there."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from homeward.earth.constants import WGS84_A
from homeward.earth.orientation import EarthSpin
from homeward.flight.executive.coast_attitude import Waiting
from homeward.flight.executive.flight_plan import plan_step
from homeward.flight.navigation.free_fall_propagation import LEAST_FORCE, drift, fallen
from homeward.flight.navigation.mechanization import NavState, ZonalEarth, no_sums
from homeward.icd import Attitude, InertialSample, Navigation
from homeward.math.quaternion import from_matrix, from_turn, multiply, to_matrix
from homeward.math.triples import join, split
from homeward.scenario.build.sensors import BORESIGHTS, ZONALS

EARTH = ZonalEarth(jnp.asarray(3.986004415e14), jnp.asarray(6378136.3), jnp.asarray(ZONALS))
POLE = jnp.asarray([0.0, 0.0, 1.0])
R, V = jnp.asarray([6.77e6, 0.0, 0.0]), jnp.asarray([0.0, 5.7e3, 5.1e3])
ZERO = jnp.zeros(3)


def _waiting(sun):
    rad = np.radians
    figures = (rad(35.0), rad(20.0), WGS84_A, rad(0.8))
    return Waiting(jnp.asarray(BORESIGHTS), jnp.asarray(sun), *(jnp.asarray(x) for x in figures))


def _spin(t=0.0, rate=7.292115e-5):
    return EarthSpin(jnp.eye(3), jnp.asarray([0.0, 0.0, rate]), jnp.asarray(t))


@pytest.mark.parametrize("duration", [10.0, 60.0, -60.0])
def test_a_step_of_free_fall_is_that_of_an_adaptive_integrator(duration):
    def rates(_, x):
        pull = join(EARTH.gravity(split(jnp.asarray(x[:3])), split(POLE)))
        return np.concatenate([x[3:], np.asarray(pull)])

    start = np.concatenate([R, V])
    wanted = solve_ivp(rates, (0.0, duration), start, rtol=1e-12, atol=1e-6).y[:, -1]
    r, v = fallen(EARTH, POLE, R, V, jnp.asarray(duration))
    np.testing.assert_allclose(r, wanted[:3], atol=0.1)
    np.testing.assert_allclose(v, wanted[3:], atol=5e-3)


@pytest.mark.parametrize("share", [0.5, 20.0])
def test_accelerometers_count_only_beyond_their_own_bias(share):
    """Half the threshold is left alone; what springs gave counts whole."""
    dt = jnp.asarray(10.0)
    gained = jnp.asarray([share * LEAST_FORCE * 10.0, 0.0, 0.0])
    state = NavState(jnp.asarray([1.0, 0.0, 0.0, 0.0]), R, V)
    moved, sums = drift(EARTH, POLE, state, no_sums(), InertialSample(ZERO, gained, dt), ZERO, ZERO)
    _, v = fallen(EARTH, POLE, R, V, dt)
    felt = np.zeros(3) if share < 1.0 else np.asarray(gained)
    np.testing.assert_allclose(moved.v_BI_I - v, felt, atol=1e-12)
    np.testing.assert_allclose(sums.delta_v, felt, atol=1e-12)


def test_a_turn_commanded_is_the_turn_that_gyros_bring_back():
    turn = jnp.asarray([0.05, -0.11, 0.02])
    q = from_matrix(jnp.eye(3))
    state = NavState(q, R, V)
    sample = InertialSample(turn, ZERO, jnp.asarray(10.0))
    moved, _ = drift(EARTH, POLE, state, no_sums(), sample, ZERO, ZERO)
    np.testing.assert_allclose(moved.q_BI, multiply(from_turn(turn), q), atol=1e-12)


def _sees(q, r_I, sun):
    """Which of the heads see, by the angles themselves."""
    up = r_I / np.linalg.norm(r_I)
    looks = np.array(BORESIGHTS) @ np.asarray(to_matrix(q))
    limb = np.degrees(np.arcsin(WGS84_A / np.linalg.norm(r_I)))
    earth = np.degrees(np.arccos(np.clip(-looks @ up, -1.0, 1.0))) > limb + 20.0
    dazzled = np.degrees(np.arccos(np.clip(looks @ sun, -1.0, 1.0))) < 35.0
    return earth & ~dazzled


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_wherever_the_sun_stands_one_head_sees_from_where_the_ship_waits(seed):
    rng = np.random.default_rng(seed)
    step, coming = plan_step(until_time=1e6), plan_step()

    @jax.jit
    def wanted(sun, r, v):
        last = Navigation(
            jnp.zeros(()), r, v - jnp.cross(_spin().omega_EI_E, r), ZERO, jnp.zeros(()), jnp.asarray(False)
        )
        return _waiting(sun).wanted(step, coming, last, _spin())

    level = 0
    for _ in range(60):
        sun = rng.normal(size=3)
        sun /= np.linalg.norm(sun)
        up, side = np.linalg.qr(rng.normal(size=(3, 2)))[0].T
        q = wanted(jnp.asarray(sun), jnp.asarray(6.77e6 * up), jnp.asarray(7.67e3 * side))
        assert np.any(_sees(q, 6.77e6 * up, sun))
        C = np.asarray(to_matrix(q))
        np.testing.assert_allclose(C[0], -np.cross(up, side), atol=1e-9)  # sideways, as its module leaves it
        level += C[2] @ up > 0.999
    assert 30 < level < 60  # level as a rule, and not always


def test_it_lies_along_its_next_burn_and_level_before_the_module_leaves():
    aim = jnp.asarray([0.6, 0.64, 0.48])
    last = Navigation(jnp.asarray(900.0), R, V, ZERO, jnp.zeros(()), jnp.asarray(False))
    # The Sun right where the upper head looks.
    level = _waiting(np.array([1.0, 0.0, 0.0]))
    step = plan_step(until_time=1000.0)
    burn = level.wanted(step, plan_step(delta_v=1.0, direction_I=aim), last, _spin(900.0))
    np.testing.assert_allclose(to_matrix(burn)[0], aim, atol=1e-9)
    soon = to_matrix(level.wanted(step, plan_step(), last, _spin(900.0)))
    assert float(soon[2][0]) > 0.999


@pytest.mark.parametrize("rate", [0.0, 7.292115e-5, 3e-4])
def test_sideways_is_across_the_motion_among_the_stars_however_fast_the_planet_turns(rate):
    last = Navigation(jnp.asarray(900.0), R, V, ZERO, jnp.zeros(()), jnp.asarray(False))
    step = plan_step(until_time=1000.0)
    lies = to_matrix(_waiting(np.array([0.0, 0.0, 1.0])).wanted(step, plan_step(), last, _spin(900.0, rate)))
    normal = np.cross(R, np.asarray(V) + np.cross([0.0, 0.0, rate], R))
    np.testing.assert_allclose(lies[0], -normal / np.linalg.norm(normal), atol=1e-9)


def test_it_turns_to_where_it_should_lie_in_time_and_stops_there():
    """A command acts one tick late; half a turn at 0.8 deg/s takes 225 s and the ticks around it."""
    waiting, dt = _waiting(np.array([0.0, 0.0, 1.0])), jnp.asarray(10.0)
    wanted = from_matrix(jnp.diag(jnp.asarray([-1.0, -1.0, 1.0])))
    q, coming = from_matrix(jnp.eye(3)), ZERO
    for k in range(30):
        rate = waiting.turn_rate(Attitude(q, coming, jnp.asarray(True)), coming, wanted, dt)
        assert float(jnp.linalg.norm(rate)) <= np.radians(0.8) * (1.0 + 1e-9)
        q, coming = multiply(from_turn(dt * coming), q), rate
        off = 2.0 * np.degrees(np.arccos(min(1.0, abs(float(jnp.sum(q * wanted))))))
        assert off < 1e-5 or k < 25
    assert float(jnp.linalg.norm(coming)) < 1e-9
    unknown = waiting.turn_rate(Attitude(q, ZERO, jnp.asarray(False)), ZERO, from_matrix(jnp.eye(3)), dt)
    # Who does not know how the ship lies rolls it slowly, slower than the star tracker can bear.
    assert 0.0 < float(unknown[0]) < np.radians(1.0) and not np.any(unknown[1:])
