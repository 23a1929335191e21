"""Strapdown navigation as a whole: cold start, readings that are not to be used, what it tells."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import (
    ARCSEC,
    BORESIGHTS,
    TICKS,
    TURNING,
    course,
    measurements,
    navigation,
    situation,
    step_once,
)

from homeward.errors import InputError
from homeward.flight.navigation.star_tracker_fusion import together
from homeward.icd import Aids, InertialSample, NavigationStart
from homeward.math.quaternion import multiply, rotate
from homeward.world.sensors.imu import turn_between

LAW = navigation()
STEP = step_once
PROPAGATE = eqx.filter_jit(lambda state, sample: LAW.propagate(state, sample))
ACCURACY = eqx.filter_jit(lambda state: LAW.accuracy(state))
SAMPLE = InertialSample(jnp.asarray([0.01, 0.0, -0.02]), jnp.asarray([1.0, 0.0, 0.5]), jnp.asarray(0.1))
YES, NO, ZERO = jnp.asarray(True), jnp.asarray(False), jnp.zeros(())
WHERE = {
    "star": "star_q_BI",
    "satellite": "satellite_position",
    "pressure": "pressure_altitude",
    "height": "height",
}


def _row(cycle=0):
    return jax.tree.map(lambda x: x[cycle * TICKS], course())


def _aids(row, stars=YES, satellites=YES):
    """Perfect readings."""
    return Aids(
        jnp.stack([stars, NO]),
        jnp.stack([row.q_BI] * 2),
        satellites,
        row.r_BE_E,
        row.v_BE_E,
        NO,
        ZERO,
        NO,
        ZERO,
    )


def _started():
    """A law that has started and then reckoned for a cycle, and the time and truth it is asked at."""
    row = _row()
    state, _ = STEP(LAW.init(), row.time, _aids(row))
    for k in range(TICKS):
        at = jax.tree.map(lambda x, k=k: x[k], course())
        state, _ = PROPAGATE(state, InertialSample(at.turn, at.gained, jnp.asarray(0.1)))
    return state, _row(1)


def test_before_any_reading_nothing_is_reckoned():
    row = _row()
    state = LAW.init()
    for _ in range(2):
        state, told = STEP(state, row.time, _aids(row, stars=NO, satellites=NO))
        state, attitude = PROPAGATE(state, SAMPLE)
        assert not bool(state.started) and not bool(state.aligned) and not bool(attitude.known)
        assert eqx.tree_equal(state.reckoned, LAW.init().reckoned)
        accuracy = ACCURACY(state)
        assert not np.any(accuracy.position_sigma) and not np.any(accuracy.velocity_sigma)
        assert np.all(np.asarray(accuracy.attitude_sigma) > 0.9)  # rad: any attitude
        for number in jax.tree.leaves((told, attitude, accuracy)):
            assert np.all(np.isfinite(number))
    assert np.asarray(attitude.omega_BI_B) == pytest.approx([0.1, 0.0, -0.2])


@pytest.mark.parametrize("first", ["stars", "satellites"])
def test_each_sensor_starts_what_it_tells_of_in_whatever_order(first):
    row = _row()
    stars, satellites = first == "stars", first == "satellites"
    state, _ = STEP(
        LAW.init(), row.time, _aids(row, stars=YES if stars else NO, satellites=YES if satellites else NO)
    )
    assert (bool(state.aligned), bool(state.started)) == (stars, satellites)
    if stars:
        assert np.asarray(state.reckoned.q_BI) == pytest.approx(np.asarray(row.q_BI), abs=1e-15)
    else:
        assert np.asarray(state.reckoned.r_BI_I) == pytest.approx(np.asarray(row.r_BI_I), abs=1e-7)
    state, _ = STEP(state, row.time, _aids(row))
    assert bool(state.aligned) and bool(state.started)
    both, _ = STEP(LAW.init(), row.time, _aids(row))
    np.testing.assert_allclose(state.reckoned.r_BI_I, both.reckoned.r_BI_I, atol=1e-6)
    np.testing.assert_allclose(state.reckoned.q_BI, both.reckoned.q_BI, atol=1e-12)
    assert np.all(np.linalg.eigvalsh(np.asarray(state.covariance)) > -1e-12)


def test_a_stored_state_starts_it_with_its_own_covariance_and_readings_improve_it():
    row = _row()
    start = NavigationStart(
        row.q_BI, row.r_BI_I + 30.0, row.v_BI_I - 0.05, *(jnp.asarray(x) for x in (0.01, 30.0, 0.05))
    )
    state = LAW.init(start)
    assert bool(state.started) and bool(state.aligned)
    accuracy = ACCURACY(state)
    assert np.asarray(accuracy.position_sigma) == pytest.approx(np.full(3, 30.0))
    mounted = np.hypot(0.01, float(LAW.unit.mounting))
    assert np.asarray(accuracy.attitude_sigma) == pytest.approx(np.full(3, mounted))
    state, _ = STEP(state, row.time, _aids(row))
    np.testing.assert_array_equal(state.rejected, 0)
    assert np.all(np.abs(np.asarray(state.reckoned.r_BI_I - row.r_BI_I)) < 10.0)
    assert np.all(np.asarray(ACCURACY(state).attitude_sigma) < 1e-3)


def test_a_state_without_an_attitude_is_reckoned_and_waits_for_stars():
    row = _row()
    never = jnp.asarray(np.inf)
    state = LAW.init(
        NavigationStart(row.q_BI, row.r_BI_I, row.v_BI_I, never, jnp.asarray(30.0), jnp.asarray(0.05))
    )
    assert bool(state.started) and not bool(state.aligned)
    state, _ = STEP(state, row.time, _aids(row, stars=NO))
    assert not bool(state.aligned)
    state, _ = STEP(state, row.time, _aids(row))
    assert bool(state.aligned)
    assert np.asarray(state.reckoned.q_BI) == pytest.approx(np.asarray(row.q_BI), abs=1e-15)


def test_the_first_stars_and_satellites_set_the_state():
    row = _row()
    state, told = STEP(LAW.init(), row.time, _aids(row))
    assert bool(state.started)
    assert np.asarray(state.reckoned.r_BI_I) == pytest.approx(np.asarray(row.r_BI_I), abs=1e-7)
    assert np.asarray(state.reckoned.v_BI_I) == pytest.approx(np.asarray(row.v_BI_I), abs=1e-9)
    assert np.asarray(state.reckoned.q_BI) == pytest.approx(np.asarray(row.q_BI), abs=1e-15)
    accuracy = ACCURACY(state)
    assert np.asarray(accuracy.position_sigma) == pytest.approx(np.full(3, np.hypot(10.0, 3.0)))
    assert np.asarray(accuracy.velocity_sigma) == pytest.approx(np.full(3, np.hypot(0.05, 0.02)))
    # About the body's axes the stars' own error counts, not the mounting of the inertial unit.
    b = np.array(BORESIGHTS[0])
    stars = ARCSEC * np.sqrt(25.0 + (400.0 - 25.0) * b * b)
    assert np.asarray(accuracy.attitude_sigma) == pytest.approx(stars)
    assert not bool(told.blackout)


@pytest.mark.parametrize("duration", [0.0, 2e-47, 1e-9])
def test_a_cycle_that_the_end_of_a_leg_cut_to_nothing_changes_nothing(duration):
    """What a quantum leaves over in no time is no force, no rate of turn and no bias."""
    state, row = _started()
    state, told = STEP(state, row.time, _aids(row))
    again = InertialSample(jnp.full(3, 1e-6), jnp.full(3, -4e-4), jnp.asarray(duration))
    after, attitude = PROPAGATE(state, again)
    assert np.linalg.norm(attitude.omega_BI_B) < 1.0
    blind = eqx.tree_at(lambda a: (a.star_valid, a.satellite_valid), _aids(row), (jnp.stack([NO, NO]), NO))
    after, later = STEP(after, row.time, blind)
    spread, before = (np.diagonal(np.asarray(x.covariance)) for x in (after, state))
    assert spread == pytest.approx(before, rel=1e-6)
    assert np.asarray(later.specific_force) == pytest.approx(np.asarray(told.specific_force), abs=0.05)
    assert np.asarray(later.v_BE_E) == pytest.approx(np.asarray(told.v_BE_E), abs=2e-3)


def test_what_is_told_is_what_is_believed():
    state, row = _started()
    state, told = STEP(state, row.time, _aids(row))
    assert np.asarray(told.r_BE_E) == pytest.approx(np.asarray(row.r_BE_E), abs=0.05)
    assert np.asarray(told.v_BE_E) == pytest.approx(np.asarray(row.v_BE_E), abs=2e-3)
    assert float(told.bank) == pytest.approx(float(row.bank), abs=1e-4)
    assert float(told.time) == float(row.time)
    gained = jax.tree.map(lambda x: x[:TICKS], course())
    force_I = sum(np.asarray(rotate(q * jnp.asarray([1.0, -1.0, -1.0, -1.0]), dv))
                  for q, dv in zip(gained.q_BI, gained.gained, strict=True))  # fmt: skip
    force_E = np.asarray(TURNING.at(row.time).C_EI(row.time)) @ force_I
    assert np.asarray(told.specific_force) == pytest.approx(force_E, abs=1e-6)


def test_a_tick_turns_the_attitude_and_tells_the_rate():
    state, _ = _started()
    moved, attitude = PROPAGATE(state, SAMPLE)
    assert np.asarray(attitude.omega_BI_B) == pytest.approx([0.1, 0.0, -0.2], abs=1e-6)
    turn = turn_between(state.reckoned.q_BI, moved.reckoned.q_BI)
    assert np.asarray(turn) == pytest.approx(np.asarray(SAMPLE.delta_angle), abs=1e-7)
    assert float(attitude.q_BI[0]) >= 0.0


def test_without_valid_readings_a_cycle_leaves_the_reckoning_bit_for_bit():
    state, row = _started()
    after, told = STEP(state, row.time, _aids(row, NO, NO))
    assert eqx.tree_equal(after.reckoned, state.reckoned)
    assert np.array_equal(after.errors.gyro_bias, state.errors.gyro_bias)
    assert np.array_equal(after.errors.mounting, state.errors.mounting)
    assert bool(told.blackout)
    # Time goes on all the same: what is not corrected grows.
    assert np.trace(np.asarray(after.covariance)[3:6, 3:6]) > np.trace(np.asarray(state.covariance)[3:6, 3:6])


@pytest.mark.parametrize("sensor", WHERE)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_reading_that_is_not_finite_is_as_good_as_none(sensor, bad):
    state, row = _started()
    full = eqx.tree_at(
        lambda a: (a.pressure_valid, a.pressure_altitude, a.height_valid, a.height), _aids(row),
        (jnp.asarray(sensor != "height"), row.altitude, jnp.asarray(sensor == "height"), jnp.asarray(50.0)),
    )  # fmt: skip
    flag = f"{sensor}_valid"
    number = getattr(full, WHERE[sensor])
    spoiled = eqx.tree_at(
        lambda a: getattr(a, WHERE[sensor]),
        full,
        number + bad if number.ndim == 0 else number.at[..., -1].set(bad),
    )
    without = eqx.tree_at(lambda a: getattr(a, flag), full, NO & getattr(full, flag))
    garbage = eqx.tree_at(lambda a: getattr(a, WHERE[sensor]), without, 3.0 * number + 7.0)
    one, _ = STEP(state, row.time, spoiled)
    two, _ = STEP(state, row.time, without)
    three, _ = STEP(state, row.time, garbage)
    assert eqx.tree_equal(one, two)
    assert eqx.tree_equal(two, three)


def test_stars_of_the_wrong_length_are_no_stars():
    state, row = _started()
    one, _ = STEP(state, row.time, eqx.tree_at(lambda a: a.star_q_BI, _aids(row), jnp.zeros((2, 4))))
    two, _ = STEP(state, row.time, _aids(row, stars=NO))
    assert eqx.tree_equal(one, two)


def test_two_heads_are_as_good_as_one_update_after_the_other():
    gate, both = jnp.asarray(5.0), jnp.asarray([True, True])
    noise = jnp.stack([LAW.aids.star_noise(k) for k in range(2)])
    errors = ARCSEC * jnp.asarray([[3.0, -4.0, 2.0], [-5.0, 9.0, 6.0]])
    mean, spread, seen = together(both, errors, noise, gate)
    weights = [np.linalg.inv(np.asarray(n)) for n in noise]
    expected = np.linalg.inv(weights[0] + weights[1])
    assert np.asarray(spread) / ARCSEC**2 == pytest.approx(expected / ARCSEC**2, rel=1e-9, abs=1e-9)
    told = expected @ (weights[0] @ np.asarray(errors[0]) + weights[1] @ np.asarray(errors[1]))
    assert np.asarray(mean) / ARCSEC == pytest.approx(told / ARCSEC, rel=1e-9)
    assert bool(seen)
    for k in range(2):
        one = jnp.asarray([k == 0, k == 1])
        mean, spread, seen = together(one, errors, noise, gate)
        assert eqx.tree_equal(mean, errors[k]) and eqx.tree_equal(spread, noise[k]) and bool(seen)
        # One that is minutes of arc off against a sound one is left alone.
        wild = errors.at[1 - k].set(600 * ARCSEC * jnp.ones(3))
        mean, spread, _ = together(both, wild, noise, gate)
        assert eqx.tree_equal(mean, errors[k]) and eqx.tree_equal(spread, noise[k])
    assert not bool(together(~both, errors, noise, gate)[2])


def test_a_sample_that_is_not_finite_is_taken_to_be_like_the_last():
    state, _ = _started()
    once, _ = PROPAGATE(state, SAMPLE)
    twice, _ = PROPAGATE(once, SAMPLE)
    broken, _ = PROPAGATE(
        once, eqx.tree_at(lambda s: s.delta_velocity, SAMPLE, jnp.asarray([np.nan, 0.0, 0.0]))
    )
    assert eqx.tree_equal(twice, broken)


def test_a_wild_fix_is_refused_and_a_lasting_one_is_not_heard_any_more():
    state, row = _started()
    wild = _aids(row)
    wild = eqx.tree_at(lambda a: a.satellite_position, wild, wild.satellite_position + 5e3)
    patience = int(LAW.aids.patience)
    for k in range(2 * patience):
        state, told = STEP(state, row.time, wild)
        assert np.linalg.norm(np.asarray(told.r_BE_E - row.r_BE_E)) < 1.0
        assert int(state.rejected[1]) == min(k + 1, patience - 1)
        assert int(state.rejected[0]) == 0
    assert bool(state.lead.dropped) and bool(told.blackout)


def test_wild_stars_are_refused_and_lasting_ones_believed_in_the_end():
    state, row = _started()
    wild = _aids(row)
    turned = multiply(jnp.asarray([np.cos(0.01), np.sin(0.01), 0.0, 0.0]), row.q_BI)
    wild = eqx.tree_at(lambda a: a.star_q_BI, wild, jnp.stack([turned, turned]))
    patience = int(LAW.aids.patience)
    for k in range(patience):
        state, _ = STEP(state, row.time, wild)
        assert int(state.rejected[0]) == k + 1
    state, _ = STEP(state, row.time, wild)
    assert int(state.rejected[0]) == 0


def test_measurements_without_aids_are_refused():
    bare = eqx.tree_at(lambda m: m.aids, measurements(ZERO, _aids(_row())), None, is_leaf=lambda x: x is None)
    with pytest.raises(InputError, match="aids"):
        LAW.step(LAW.init(), bare)


@pytest.mark.slow
def test_lanes_fly_what_one_flies():
    state, row = _started()
    alone, told = STEP(state, row.time, _aids(row))
    many = jax.tree.map(lambda x: jnp.stack([x] * 3), state)
    side_by_side, spoken = jax.jit(
        jax.vmap(lambda s: LAW.step(s, measurements(row.time, _aids(row))))
    )(many)  # fmt: skip
    # Sums may be ordered differently for another width.
    scale = np.sqrt(np.maximum(np.diagonal(np.asarray(alone.covariance)), 1e-30))
    for lane in range(3):
        assert np.asarray(side_by_side.covariance[lane]) / scale / scale[:, None] == pytest.approx(
            np.asarray(alone.covariance) / scale / scale[:, None], abs=1e-9
        )
        assert np.asarray(spoken.r_BE_E[lane]) == pytest.approx(np.asarray(told.r_BE_E), abs=1e-6)


def test_the_course_itself_is_a_return():
    """The tests' own truth: not the flight's, but not unlike it."""
    c = course()
    load = np.linalg.norm(np.asarray(c.gained), axis=1) / 0.980665
    rate = np.rad2deg(np.linalg.norm(np.asarray(c.omega_BI_B), axis=1))
    assert 2.5 < load[:6500].max() < 5.0
    assert 12.0 < rate[:6500].max() < 25.0
    assert rate[:1300].max() < 1.0  # stars can be seen
    assert float(situation(_row(879)).height) < 100.0
