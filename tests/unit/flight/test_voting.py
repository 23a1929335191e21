"""Voting among six skewed instruments: what is sound passes, one that is wrong is found and left out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import AXES, BIAS, CROSSED, PULSE, SCALE, WALK, WANDER, voting

from homeward.icd import InertialReadings

TICK = 0.1
FALSE_ALARMS = 0  # in a whole return: a sound instrument that is left out is lost for good
ROUNDING = 1e-12


def readings(turn, gained, angles=0.0, velocities=0.0):
    """What six of each tell, perfect but for what is added."""
    return InertialReadings(
        jnp.asarray(AXES @ np.asarray(turn) + angles), jnp.asarray(AXES @ np.asarray(gained) + velocities),
        jnp.asarray(TICK),
    )  # fmt: skip


combine = jax.jit(lambda state, told: voting().combine(state, told))
review = jax.jit(lambda state, duration: voting().review(state, duration))


@jax.jit
def fly(state, turns, gained, angles, velocities):
    """Cycles of ten ticks (n, 10, ...): the samples, and who was trusted after each cycle."""
    law = voting()

    def cycle(state, rows):
        def tick(state, row):
            turn, force, a, v = row
            axes = jnp.asarray(AXES)
            told = InertialReadings(axes @ turn + a, axes @ force + v, jnp.asarray(TICK))
            return law.combine(state, told)

        state, samples = jax.lax.scan(tick, state, rows)
        state, gyro, accelerometer, changed = law.review(state, jnp.asarray(1.0))
        told = (samples, state.gyro.trusted, state.accelerometer.trusted, gyro, accelerometer, changed)
        return state, told

    return jax.lax.scan(cycle, state, (turns, gained, angles, velocities))


def sound(seconds, seed=0, factor=1.0, lively=1.0):
    """Errors of sound instruments over a flight with turns of 10 deg/s and 4 g, or a quieter one."""
    rng = np.random.default_rng(seed)
    t = np.arange(seconds * 10) * TICK
    turn = lively * np.stack([0.02 * np.sin(0.3 * t), 0.002 * np.cos(t), 0.001 + 0.0 * t], axis=1)
    force = lively * np.stack([-4.0 * np.sin(0.02 * t) ** 2, 0.0 * t, 0.8 + 0.0 * t], axis=1)
    told = []
    for kind, true in (("gyro", turn), ("force", force)):
        bias = np.hypot(BIAS[kind], WANDER[kind]) * rng.standard_normal(6) * TICK
        proportional = np.hypot(SCALE[kind], CROSSED) * rng.standard_normal((6, 3))
        noise = WALK[kind] * np.sqrt(TICK) * rng.standard_normal((len(t), 6))
        pulses = PULSE[kind] * (rng.random((len(t), 6)) - rng.random((len(t), 6)))
        told.append(factor * (bias + true @ proportional.T + noise) + pulses)

    def shaped(x):
        return jnp.asarray(x.reshape(seconds, 10, -1))

    return [shaped(x) for x in (turn, force, *told)]


def test_sound_instruments_give_what_is_true():
    state, sample = combine(voting().init(), readings([0.01, -0.02, 0.03], [3.0, 1.0, -2.0]))
    assert np.allclose(sample.delta_angle, [0.01, -0.02, 0.03], atol=ROUNDING)
    assert np.allclose(sample.delta_velocity, [3.0, 1.0, -2.0], atol=ROUNDING)
    assert float(jnp.sum(state.gyro.strikes)) == 0.0


@pytest.mark.parametrize("factor", [1.0, 1.5])
def test_sound_instruments_are_trusted_to_the_end(factor):
    lost = 0
    for seed in range(5):
        _, (_, gyro, force, _, _, changed) = fly(voting().init(), *sound(300, seed, factor))
        lost += int(12 - jnp.sum(gyro[-1]) - jnp.sum(force[-1]))
        assert not np.any(changed)
    assert lost == FALSE_ALARMS


@pytest.mark.parametrize("which", range(6))
def test_a_hard_failure_is_left_out_at_once(which):
    """The tick itself stays clean: the others tell what it should have told."""
    wrong = 1e-3 * np.eye(6)[which]
    state, sample = combine(voting().init(), readings([0.01, 0.0, 0.0], [1.0, 0.0, 0.0], wrong, 1e3 * wrong))
    assert np.allclose(sample.delta_angle, [0.01, 0.0, 0.0], atol=1e-10)
    assert np.allclose(sample.delta_velocity, [1.0, 0.0, 0.0], atol=1e-10)
    assert np.array_equal(state.gyro.strikes, np.eye(6)[which])
    assert np.array_equal(state.accelerometer.strikes, np.eye(6)[which])


def _with(kind, wrong, seconds=300, seed=1):
    """A quiet flight, as in orbit, with one kind of instruments wrong; who was trusted, cycle by cycle."""
    turn, force, angles, velocities = sound(seconds, seed, lively=0.01)
    wrong = jnp.asarray(np.broadcast_to(wrong, (seconds * 10, 6)).reshape(seconds, 10, 6))
    if kind == "gyro":
        angles = angles + wrong
    else:
        velocities = velocities + wrong
    return fly(voting().init(), turn, force, angles, velocities)[1]


@pytest.mark.parametrize("kind", ["gyro", "force"])
@pytest.mark.parametrize("which", [0, 3])
def test_a_biased_instrument_is_found_and_no_other(kind, which):
    """Biases of 0.3 deg/h and 600 micro-g, too small for a tick: found within a minute."""
    size = dict(gyro=np.deg2rad(0.3) / 3600, force=600e-6 * 9.80665)[kind]
    told = _with(kind, size * TICK * np.eye(6)[which])
    trusted = np.asarray(told[1] if kind == "gyro" else told[2])
    other = np.asarray(told[2] if kind == "gyro" else told[1])
    assert np.array_equal(trusted[-1], 1.0 - np.eye(6)[which])
    assert np.argmin(trusted[:, which]) < 60
    assert np.all(other == 1.0)


@pytest.mark.parametrize("kind", ["gyro", "force"])
def test_a_drifting_instrument_is_found_before_it_does_much(kind):
    rate = dict(gyro=np.deg2rad(0.01) / 3600, force=2e-5 * 9.80665)[kind]  # a second
    t = TICK * np.arange(3000)
    told = _with(kind, (rate * t * TICK)[:, None] * np.eye(6)[4])
    trusted = np.asarray(told[1] if kind == "gyro" else told[2])
    assert np.array_equal(trusted[-1], 1.0 - np.eye(6)[4])
    found = int(np.argmin(trusted[:, 4]))
    step = np.asarray((told[3] if kind == "gyro" else told[4]).step)[found]
    bent = np.asarray(rate * found * np.linalg.pinv(AXES)[:, 4])
    # What the step tells lags by the memory of the sums: it is of the size, and points the way.
    assert np.linalg.norm(step) == pytest.approx(np.linalg.norm(bent), rel=0.7)
    assert step @ bent > 0.9 * np.linalg.norm(step) * np.linalg.norm(bent)


def test_a_dead_gyro_is_found_when_the_ship_turns():
    turn, force, angles, velocities = sound(300)
    dead = -(turn @ jnp.asarray(AXES.T)) - angles
    angles = angles.at[..., 1].add(dead[..., 1])
    told = fly(voting().init(), turn, force, angles, velocities)[1]
    assert np.array_equal(np.asarray(told[1])[-1], 1.0 - np.eye(6)[1])
    samples = np.asarray(told[0].delta_angle)
    assert np.abs(samples - np.asarray(turn)).max() < 20 * CROSSED * 0.02 + 10 * PULSE["gyro"]


def test_two_failures_one_after_another_leave_four():
    wrong = np.zeros((3000, 6))
    wrong[300:, 2], wrong[900:, 5] = 1e-3, -1e-3
    gyro = np.asarray(_with("gyro", wrong)[1])
    assert gyro[89].tolist() == [1, 1, 0, 1, 1, 1]
    assert gyro[-1].tolist() == [1, 1, 0, 1, 1, 0]


def test_four_are_not_voted_down_to_three():
    """Of four nobody can say which one is wrong; all are kept."""
    wrong = np.zeros((3000, 6))
    wrong[300:, 2], wrong[900:, 5], wrong[1500:, 0] = 1e-3, -1e-3, 1e-3
    assert np.asarray(_with("gyro", wrong)[1])[-1].tolist() == [1, 1, 0, 1, 1, 0]


def test_one_that_tells_no_number_is_left_out_and_two_make_no_sample():
    one = readings([0.01, 0.0, 0.0], [1.0, 0.0, 0.0], np.array([0, np.nan, 0, 0, 0, 0]))
    _, sample = combine(voting().init(), one)
    assert np.allclose(sample.delta_angle, [0.01, 0.0, 0.0], atol=1e-10)
    two = readings([0.01, 0.0, 0.0], [1.0, 0.0, 0.0], np.array([0, np.nan, 0, np.inf, 0, 0]))
    after, sample = combine(voting().init(), two)
    assert not np.any(np.isfinite(sample.delta_angle))
    assert np.all(np.isfinite(np.asarray(after.gyro.cycle)))


def test_fewer_instruments_are_believed_less():
    law = voting()
    state = law.init()
    assert np.allclose(law.thinned(state), 1.0)
    for _ in range(3):
        state, _ = combine(state, readings([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], 1e-3 * np.eye(6)[0]))
    state, gyro, accelerometer, changed = review(state, jnp.asarray(0.3))
    assert changed and np.array_equal(state.gyro.trusted, 1.0 - np.eye(6)[0])
    # Five left: one axis is seen once and not twice.
    assert np.allclose(law.thinned(state), [4.0 / 3.0, 1.0])
    change = np.linalg.pinv(AXES[1:])
    whole = np.linalg.pinv(AXES)
    apart = np.insert(change, 0, 0.0, axis=1) - whole
    expected = np.hypot(BIAS["gyro"], WANDER["gyro"]) ** 2 * apart @ apart.T
    assert np.allclose(gyro.spread, expected, rtol=1e-9)
    assert np.all(np.asarray(accelerometer.spread) == 0.0)


def test_a_turn_beyond_the_gyros_limit_is_no_instruments_fault():
    """Told is what was cut off; nobody is left out for it, then or by the slow sums later."""
    law, state = voting(), voting().init()
    limit = float(law.gyro.limit) * TICK
    for _ in range(4):
        told = readings([40.0, 60.0, 25.0], [3.0, 1.0, -2.0])
        cut = jnp.clip(told.angles, -limit, limit)
        assert int(jnp.sum(cut != told.angles)) >= 2
        state, _ = combine(state, InertialReadings(cut, told.velocities, told.duration))
    turn, velocity = law.cut_off(state)
    assert np.isclose(turn, 4 * limit) and float(velocity) == 0.0
    for _ in range(100):
        state, _, _, changed = review(state, jnp.asarray(1.0))
        assert not bool(changed)
        for _ in range(10):
            state, _ = combine(state, readings([0.01, 0.0, 0.0], [0.0, 0.9, 0.0]))
    assert float(jnp.sum(state.gyro.trusted)) == 6.0
    assert float(law.cut_off(state)[0]) == 0.0  # forgotten by now


def test_one_instrument_at_its_limit_is_voted_out():
    law, state = voting(), voting().init()
    off = np.zeros(6)
    off[2] = 1e3
    for _ in range(4):
        told = readings([0.01, 0.0, 0.0], [0.0, 0.9, 0.0], velocities=off)
        limit = float(law.accelerometer.limit) * TICK
        cut = jnp.clip(told.velocities, -limit, limit)
        state, sample = combine(state, InertialReadings(told.angles, cut, told.duration))
        assert np.allclose(sample.delta_velocity, [0.0, 0.9, 0.0], atol=1e-9)
    state, _, _, _ = review(state, jnp.asarray(1.0))
    assert float(state.accelerometer.trusted[2]) == 0.0
