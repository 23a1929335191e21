"""The inertial unit: what it makes of a true turn, and the corrections of its own integrals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import j1

from homeward.math.quaternion import conjugate, from_axis_rotation, multiply, normalise
from homeward.world.sensors.imu import NOISES, InertialUnit, Triad, integrate_increments, turn_between

ROUNDING = 1e-13  # relative, of a handful of operations
SUBSTEPS = 10


def _triad(bias=(0.0, 0.0, 0.0), scale=(0.0, 0.0, 0.0), crossed=(0.0,) * 6, walk=0.0):
    return Triad(jnp.asarray(bias), jnp.asarray(scale), jnp.asarray(crossed), jnp.asarray(walk))


def _sample(
    gyro, force, mounting=(0.0, 0.0, 0.0), turn=(0.1, 0.2, -0.3), gained=(1.0, -2.0, 3.0), noise=None
):
    unit = InertialUnit(gyro, force, jnp.asarray(mounting))
    noise = jnp.zeros(NOISES) if noise is None else noise
    return unit.sample(jnp.asarray(turn), jnp.asarray(gained), jnp.asarray(0.1), noise)


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-6, 1e-5, 1e-3, 0.03, 1.0, 3.0])
def test_the_turn_between_two_attitudes_is_the_rotation_vector(angle):
    axis = jnp.asarray([2.0, -1.0, 2.0]) / 3.0
    start = normalise(jnp.asarray([0.3, -0.5, 0.7, 0.1]))
    end = multiply(from_axis_rotation(axis, jnp.asarray(angle)), start)
    for sign in (1.0, -1.0):  # q and -q are one attitude
        turn = turn_between(start, sign * end)
        assert np.asarray(turn) == pytest.approx(angle * np.asarray(axis), rel=1e-9, abs=1e-15)


def test_a_perfect_unit_tells_the_truth():
    sample = _sample(_triad(), _triad())
    assert np.asarray(sample.delta_angle) == pytest.approx([0.1, 0.2, -0.3], rel=ROUNDING)
    assert np.asarray(sample.delta_velocity) == pytest.approx([1.0, -2.0, 3.0], rel=ROUNDING)
    assert float(sample.duration) == 0.1


def test_bias_scale_and_misalignment_do_what_their_names_say():
    sample = _sample(
        _triad(bias=(1e-3, 0.0, 0.0), scale=(0.0, 1e-2, 0.0)),
        _triad(bias=(0.0, 0.0, 2.0), crossed=(1e-2, 0.0, 0.0, 0.0, 0.0, 0.0)),
    )
    assert np.asarray(sample.delta_angle) == pytest.approx([0.1 + 1e-4, 0.2 * 1.01, -0.3])
    assert np.asarray(sample.delta_velocity) == pytest.approx([1.0 - 2e-2, -2.0, 3.0 + 0.2])


def test_a_turned_block_turns_both_triads_alike():
    m = np.array([1e-4, 2e-4, -3e-4])
    sample = _sample(_triad(), _triad(), mounting=m)
    assert np.asarray(sample.delta_angle) == pytest.approx(
        np.array([0.1, 0.2, -0.3]) + np.cross(m, [0.1, 0.2, -0.3])
    )
    assert np.asarray(sample.delta_velocity) == pytest.approx(
        np.array([1.0, -2.0, 3.0]) + np.cross(m, [1.0, -2.0, 3.0])
    )


def test_random_walk_grows_as_the_square_root_of_time():
    noise = jax.random.normal(jax.random.key(0), (20_000, NOISES))
    unit = InertialUnit(_triad(walk=2e-3), _triad(walk=3e-2), jnp.zeros(3))
    zero = jnp.zeros(3)
    told = jax.vmap(lambda n: unit.sample(zero, zero, jnp.asarray(0.1), n))(noise)
    # 60,000 numbers: the spread is known to 0.3 %.
    assert np.asarray(told.delta_angle).std() == pytest.approx(2e-3 * np.sqrt(0.1), rel=0.015)
    assert np.asarray(told.delta_velocity).std() == pytest.approx(3e-2 * np.sqrt(0.1), rel=0.015)


def _reckon(angles, velocities):
    """Ticks of the corrected integrals: turns and velocities, one row a tick."""
    ticks = angles.shape[0] // SUBSTEPS
    rows = angles.reshape(ticks, SUBSTEPS, 3), velocities.reshape(ticks, SUBSTEPS, 3)

    def tick(before, row):
        turn, gained, before = integrate_increments(*row, before)
        return before, (turn, gained)

    return jax.jit(lambda: jax.lax.scan(tick, (angles[0], velocities[0]), rows)[1])()


def test_coning_is_corrected():
    """The classical coning motion: the rotation vector runs round a circle and the body stays on the mean.

    Groves (2013), chapter 5. In closed form the gyro about the cone's axis senses -2 W sin^2(a/2): taken
    for a turn, the rate by which an attitude without coning correction runs away.
    """
    half, rate, seconds = 0.02, 2.0 * np.pi, 60.0  # a, W: one turn a second
    n = round(seconds * 10 * SUBSTEPS)
    t = np.linspace(0.0, seconds, n + 1)
    # Integrals of the body rate (-W sin a sin Wt, W sin a cos Wt, -2 W sin^2(a/2)) over each sub-step.
    angles = np.stack([np.diff(np.sin(half) * np.cos(rate * t)), np.diff(np.sin(half) * np.sin(rate * t)),
                       np.diff(-2.0 * rate * np.sin(0.5 * half) ** 2 * t)], axis=1)  # fmt: skip
    turns, _ = _reckon(jnp.asarray(angles), jnp.zeros((n, 3)))
    q = jnp.asarray([np.cos(half / 2), np.sin(half / 2), 0.0, 0.0])  # q_IB at first

    def on(q, turn):
        angle = jnp.sqrt(jnp.sum(turn * turn))
        step = from_axis_rotation(turn, angle)  # q_B'B
        return multiply(q, conjugate(step)), None

    corrected = jax.lax.scan(on, q, turns)[0]
    naive = jax.lax.scan(on, q, jnp.asarray(angles).reshape(-1, SUBSTEPS, 3).sum(axis=1))[0]
    drift = 2.0 * rate * np.sin(0.5 * half) ** 2 * seconds
    error = np.asarray(turn_between(conjugate(q), conjugate(corrected)))
    assert np.linalg.norm(error) < 1e-4 * drift
    # A tick is 36 deg of the circle: the sum of its angles misses the coning within, not that between ticks.
    wrong = np.asarray(turn_between(conjugate(q), conjugate(naive)))
    share = 1.0 - np.sin(0.1 * rate) / (0.1 * rate)
    assert np.linalg.norm(wrong) == pytest.approx(share * drift, rel=0.02)


def test_sculling_is_corrected():
    """Rocking about x in step with a force along y gives a mean force along z: J1(a) f in closed form."""
    swing, rate, force, seconds = 0.05, 2.0 * np.pi, 10.0, 20.0
    n = round(seconds * 10 * SUBSTEPS)
    t = np.linspace(0.0, seconds, n + 1)
    zero = np.zeros(n)
    angles = np.stack([np.diff(swing * np.sin(rate * t)), zero, zero], axis=1)
    velocities = np.stack([zero, np.diff(-force / rate * np.cos(rate * t)), zero], axis=1)
    turns, gained = _reckon(jnp.asarray(angles), jnp.asarray(velocities))
    before = np.concatenate([[0.0], np.cumsum(np.asarray(turns)[:, 0])[:-1]])
    mean = (
        np.sum(np.sin(before) * np.asarray(gained)[:, 1] + np.cos(before) * np.asarray(gained)[:, 2])
        / seconds
    )
    assert mean == pytest.approx(force * j1(swing), rel=1e-4)


def test_even_turn_and_even_force_need_no_correction():
    """Constant rate and force in body axes: the integral in the axes at the start is known."""
    turn, gained = np.array([0.0, 0.0, 0.3]), np.array([2.0, 0.0, 1.0])
    angles = jnp.asarray(np.tile(turn / SUBSTEPS, (SUBSTEPS, 1)))
    velocities = jnp.asarray(np.tile(gained / SUBSTEPS, (SUBSTEPS, 1)))
    told, change, last = integrate_increments(angles, velocities, (angles[0], velocities[0]))
    assert np.asarray(told) == pytest.approx(turn)
    assert np.asarray(change) == pytest.approx(
        [2.0 * np.sin(0.3) / 0.3, 2.0 * (1.0 - np.cos(0.3)) / 0.3, 1.0],
        rel=1e-7,  # series end at a^4, and 0.3 rad a tick is far
    )
    assert np.asarray(last[0]) == pytest.approx(turn / SUBSTEPS)
