"""The model of the navigation error: its spread, its black-out, its drift, and the way back."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.world.position_fix import NOISES, REACQUISITION_TIME, measure, micro_g, step_navigation_error
from homeward.world.state import NavigationErrorState, initial_truth
from homeward.world.world import NavigationErrorModel

BIAS = np.array([1e-3, 0.0, 0.0])
TURN = np.array([0.0, 0.0, 1e-4])
MODEL = NavigationErrorModel(
    jnp.asarray(10.0), jnp.asarray(0.05), jnp.asarray(300.0), jnp.asarray(BIAS), jnp.asarray(TURN),
    (jnp.asarray(1e-6), jnp.asarray(1e-3)), jnp.asarray(3000.0), jnp.asarray(0.05),
)  # fmt: skip
ZERO = NavigationErrorState(jnp.zeros(3), jnp.zeros(3), jnp.zeros(3), jnp.zeros(3), jnp.asarray(False))
FORCE = np.array([0.0, 20.0, 0.0])
CLEAR, PLASMA = 1e-8, 1e-4  # kg/m3


def _step(state, density, speed, noise):
    return step_navigation_error(
        MODEL, state, jnp.asarray(density), jnp.asarray(speed), jnp.asarray(FORCE), noise, jnp.asarray(1.0)
    )


@jax.jit
def _run(state, density, speed, noise):
    def body(state, n):
        state = _step(state, density, speed, n)
        return state, state

    return jax.lax.scan(body, state, noise)


def test_spread_and_memory_are_those_of_the_model():
    noise = jax.random.normal(jax.random.key(1), (200_000, NOISES))
    _, track = _run(ZERO, jnp.asarray(CLEAR), jnp.asarray(7000.0), noise)
    p, v = np.asarray(track.position)[3000:], np.asarray(track.velocity)[3000:]
    # 200,000 s are 330 independent draws an axis: a spread known to 4 % of itself.
    assert p.std() == pytest.approx(10.0, rel=0.1)
    assert v.std() == pytest.approx(0.05, rel=0.1)
    after = np.mean(p[:-300] * p[300:]) / np.mean(p * p)
    assert after == pytest.approx(np.exp(-1.0), abs=0.1)
    assert not np.any(track.blackout)


@pytest.mark.parametrize(
    ("density", "speed", "hidden"),
    [(PLASMA, 7000.0, True), (PLASMA, 2999.0, False), (CLEAR, 7000.0, False), (1e-2, 7000.0, False)],
)
def test_black_out_needs_both_speed_and_density(density, speed, hidden):
    assert bool(_step(ZERO, density, speed, jnp.zeros(NOISES)).blackout) is hidden


def test_in_black_out_the_fix_stands_still_and_bias_and_tilt_integrate_twice():
    start = eqx.tree_at(lambda s: s.position, ZERO, jnp.asarray([3.0, 0.0, 0.0]))
    seconds = 100
    noise = jax.random.normal(jax.random.key(2), (seconds, NOISES))
    end, _ = _run(start, jnp.asarray(PLASMA), jnp.asarray(7000.0), noise)
    wrong = BIAS + np.cross(TURN, FORCE)
    assert np.asarray(end.position) == pytest.approx([3.0, 0.0, 0.0])
    assert np.asarray(end.drift_velocity) == pytest.approx(wrong * seconds, abs=1e-12)
    assert np.asarray(end.drift_position) == pytest.approx(0.5 * wrong * seconds**2, abs=1e-9)


def test_the_drift_is_forgotten_when_satellites_are_back():
    lost = eqx.tree_at(lambda s: s.drift_position, ZERO, jnp.asarray([50.0, 0.0, 0.0]))
    end, _ = _run(lost, jnp.asarray(CLEAR), jnp.asarray(7000.0), jnp.zeros((4, NOISES)))
    assert float(end.drift_position[0]) == pytest.approx(50.0 * np.exp(-4.0 / REACQUISITION_TIME))


def test_measurements_are_truth_and_error():
    error = NavigationErrorState(
        jnp.asarray([1.0, 2.0, 3.0]), jnp.asarray([0.1, 0.2, 0.3]), jnp.asarray([10.0, 0.0, 0.0]),
        jnp.asarray([0.0, 1.0, 0.0]), jnp.asarray(True),
    )  # fmt: skip
    truth = initial_truth(5.0, jnp.asarray([7e6, 0.0, 0.0]), jnp.asarray([0.0, 7e3, 0.0]), 3200.0)
    truth = eqx.tree_at(lambda t: t.navigation_error, truth, error)
    noise = jnp.asarray([0.0] * 6 + [2.0])
    m = measure(MODEL, truth, jnp.asarray(FORCE), jnp.asarray(100.0), noise)
    assert np.asarray(m.position_fix) == pytest.approx([7e6 + 11.0, 2.0, 3.0], abs=1e-9)
    assert np.asarray(m.velocity_fix) == pytest.approx([0.1, 7001.2, 0.3], abs=1e-9)
    assert np.asarray(m.specific_force) == pytest.approx(FORCE + BIAS + np.cross(TURN, FORCE))
    assert float(m.height) == pytest.approx(100.1)
    assert not bool(m.fix_valid)
    assert float(m.time) == 5.0


def test_micro_g():
    assert micro_g(25.0) == pytest.approx(25e-6 * 9.80665)
