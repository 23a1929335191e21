"""A redundant unit as it is: geometry, pulses, limits, vibration, wandering biases and what has failed."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.world.sensors.redundant_imu import (
    COUNT,
    CYCLE_NOISES,
    NOISES,
    InstrumentSet,
    RedundantUnit,
    dodecahedron,
    first_unit,
    forward,
)

TICK = 0.1
TURN, GAINED = np.array([0.01, -0.02, 0.03]), np.array([3.0, 0.5, -1.0])
ROUNDING = 1e-12


def a_set(**changes):
    zeros, told = jnp.zeros(COUNT), {}
    told = dict(
        sensitive=jnp.asarray(dodecahedron().T), bias=zeros, wander_sigma=0.0, wander_time=100.0, walk=0.0,
        quantum=1e-12, limit=1e6, rectified=zeros, works=jnp.ones(COUNT), off=zeros,
    )  # fmt: skip
    return InstrumentSet(**{k: jnp.asarray(v, float) for k, v in (told | changes).items()})


def a_unit(gyro=None, force=None, shaking=0.0):
    return RedundantUnit(gyro or a_set(), force or a_set(), jnp.zeros(3), jnp.asarray(shaking))


@jax.jit
def sample(unit, state, turn, gained, noise):
    return unit.sample(state, jnp.asarray(turn), jnp.asarray(gained), jnp.asarray(TICK), noise)


def told(unit, turn=TURN, gained=GAINED, noise=None, state=None):
    state = first_unit(unit, jnp.zeros(CYCLE_NOISES)) if state is None else state
    return sample(unit, state, turn, gained, jnp.zeros(NOISES) if noise is None else noise)


def test_axes_see_every_direction_alike_and_any_three_span_space():
    H = dodecahedron()
    assert np.allclose(H.T @ H, 2.0 * np.eye(3), atol=ROUNDING)
    cosines = np.abs(H @ H.T)[~np.eye(COUNT, dtype=bool)]
    assert np.allclose(cosines, 1.0 / np.sqrt(5.0), atol=ROUNDING)
    # What the believed spread of what is in proportion rests on (scenario.build_voting).
    for axis in np.eye(3):
        assert np.sum((H @ axis) ** 4) == pytest.approx(1.2)
    assert np.sum(H[:, 0] ** 2 * H[:, 1] ** 2) == pytest.approx(0.4)


def test_a_perfect_unit_tells_the_part_along_each_axis():
    _, readings = told(a_unit())
    assert np.allclose(readings.angles, dodecahedron() @ TURN, atol=1e-11)
    assert np.allclose(readings.velocities, dodecahedron() @ GAINED, atol=1e-11)
    assert float(forward(readings)) == pytest.approx(GAINED[0], abs=1e-11)


def test_pulses_lose_nothing():
    """Each tick is a whole number of pulses, and the sum is never off by more than half of one."""
    unit = a_unit(gyro=a_set(quantum=1e-3), force=a_set(quantum=0.2))
    state, angles, velocities = first_unit(unit, jnp.zeros(CYCLE_NOISES)), 0.0, 0.0
    for n in range(1, 30):
        state, readings = told(unit, 0.013 * TURN, 0.03 * GAINED, state=state)
        pulses = np.asarray(readings.angles) / 1e-3
        assert np.allclose(pulses, np.round(pulses), atol=1e-9)
        angles, velocities = angles + readings.angles, velocities + readings.velocities
        assert np.all(np.abs(angles - n * dodecahedron() @ (0.013 * TURN)) <= 0.5e-3 * (1 + 1e-9))
        assert np.all(np.abs(velocities - n * dodecahedron() @ (0.03 * GAINED)) <= 0.1 * (1 + 1e-9))


def test_no_more_is_told_than_the_limit():
    _, readings = told(a_unit(gyro=a_set(limit=0.1)))
    assert np.allclose(readings.angles, np.clip(dodecahedron() @ TURN, -0.01, 0.01), atol=1e-11)


def test_vibration_moves_the_block_to_and_fro_and_leaves_a_bias_only():
    rectified = jnp.full(COUNT, 1e-4)
    unit = a_unit(force=a_set(rectified=rectified), shaking=1e-2)
    state, total = first_unit(unit, jnp.zeros(CYCLE_NOISES)), 0.0
    keys = jax.random.split(jax.random.key(3), 50)
    spread = []
    for key in keys:
        state, readings = told(unit, noise=jax.random.normal(key, (NOISES,)), state=state)
        total = total + np.asarray(readings.velocities)
        spread.append(np.asarray(readings.velocities) - dodecahedron() @ GAINED)
    force = np.linalg.norm(GAINED) / TICK
    wrong = total - 50 * dodecahedron() @ GAINED - 50 * TICK * 1e-4 * force**2
    # A velocity that swings, seen once in the sum however many ticks; a tick has the difference of two.
    assert np.all(np.abs(wrong) < 5.0 * 1e-2 * force)
    assert np.sqrt(np.mean(np.var(spread, axis=0))) == pytest.approx(np.sqrt(2) * 1e-2 * force, rel=0.3)


def test_dead_and_biased_instruments():
    works, off = jnp.ones(COUNT).at[2].set(0.0), jnp.zeros(COUNT).at[4].set(0.5)
    _, readings = told(a_unit(gyro=a_set(works=works, off=off)))
    expected = dodecahedron() @ TURN + 0.05 * np.eye(COUNT)[4]
    expected[2] = 0.0
    assert np.allclose(readings.angles, expected, atol=1e-11)
    assert np.allclose(readings.velocities, dodecahedron() @ GAINED, atol=1e-11)


def test_wandering_biases_keep_their_spread_and_forget():
    one = a_set(wander_sigma=2.0)
    unit = a_unit(gyro=one)
    keys = jax.random.split(jax.random.key(1), 400)

    @jax.jit
    def run(key):
        first, rest = jax.random.split(key)
        state = first_unit(unit, jax.random.normal(first, (CYCLE_NOISES,)))

        def cycle(state, noise):
            return unit.wandered(state, jnp.asarray(10.0), noise), state.gyro_wander

        _, rows = jax.lax.scan(cycle, state, jax.random.normal(rest, (21, CYCLE_NOISES)))
        return rows

    rows = np.asarray(jax.vmap(run)(keys))
    assert np.std(rows[:, 0]) == pytest.approx(2.0, rel=0.05)
    assert np.std(rows[:, 20]) == pytest.approx(2.0, rel=0.05)
    together = np.mean(rows[:, 0] * rows[:, 10]) / 4.0
    assert together == pytest.approx(np.exp(-1.0), abs=0.06)


def test_walk_and_bias_grow_as_they_should():
    unit = a_unit(gyro=a_set(bias=jnp.full(COUNT, 1e-3), walk=1e-2))
    noises = jax.random.normal(jax.random.key(5), (2000, NOISES))
    _, readings = jax.vmap(lambda n: told(unit, noise=n))(noises)
    off = np.asarray(readings.angles) - dodecahedron() @ TURN
    assert np.mean(off) == pytest.approx(1e-4, abs=1e-4)
    assert np.std(off) == pytest.approx(1e-2 * np.sqrt(TICK), rel=0.03)
    quiet = eqx.tree_at(lambda u: u.gyro.walk, unit, jnp.zeros(()))
    assert np.allclose(told(quiet)[1].angles, dodecahedron() @ TURN + 1e-4, atol=1e-11)
