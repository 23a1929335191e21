"""Slow errors of satellites as they fall on place and clock: their spread, and what a step leaves of them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import range_receiver

from homeward.flight.navigation import error_state_filter as nf
from homeward.flight.navigation.gnss_error_states import (
    HELD,
    MAPPING,
    carried_covariance,
    carried_on,
    no_sky,
    prepared,
    sky_of,
    slow_covariance,
)
from homeward.flight.navigation.sensor_parameters import RangeBelief
from homeward.world.sensors.gnss_constellation import COUNT
from homeward.world.sensors.gnss_pseudorange import INITIAL_NOISES, NOISES, initial_ranges, sense_ranges

BELIEF = RangeBelief(*(jnp.asarray(x) for x in (1.0, 3.0, 600.0, 1.0, 3600.0, 4e6, 0.03, 0.1, 0.2)))
R_I, V_I = jnp.asarray([6.5e6, 1e6, 2e6]), jnp.asarray([1e3, 7e3, -2e3])
NO, YES, ONE = jnp.asarray(False), jnp.asarray(True), jnp.asarray(1.0)
DRAWS = 40_000
SURE = 0.05  # of a spread's largest number: ten times what so many draws leave open


@jax.jit
def _ranges(t, r=R_I):
    start = initial_ranges(range_receiver(), jnp.zeros(INITIAL_NOISES))
    q = jnp.asarray([1.0, 0.0, 0.0, 0.0])
    return sense_ranges(range_receiver(), start, t, q, r, V_I, NO, NO, jnp.zeros(NOISES))[1]


sky = jax.jit(sky_of)
step = jax.jit(carried_on)


def _without(ranges, count):
    gone = np.flatnonzero(ranges.valid)[:count]
    return eqx.tree_at(lambda r: r.valid, ranges, ranges.valid.at[gone].set(False))


def _solutions(rows, slow, ionosphere):
    """Place and clock that least squares makes of the errors (draws, satellites) of those in ``rows``."""
    seen = np.flatnonzero(np.any(np.asarray(rows) != 0.0, axis=1))
    G = np.asarray(rows)[seen]
    up = np.asarray(R_I) / np.linalg.norm(R_I)
    path = 1.0 / np.maximum(-(G[:, :3] @ up), MAPPING)
    return (slow[:, seen] + ionosphere[:, None] * path) @ np.linalg.pinv(G).T


def test_spread_and_step_are_those_of_many_draws():
    rng = np.random.default_rng(1)
    before, _ = sky(no_sky(), _ranges(jnp.asarray(100.0)), R_I, ONE)
    # Two satellites go for good, two that were not there before come.
    both = _without(_ranges(jnp.asarray(100.0)), 2)
    start, _ = sky(no_sky(), both, R_I, ONE)
    old, decay = 3.0 * rng.normal(size=(DRAWS, COUNT)), np.exp(-100.0 / 600.0)
    new = decay * old + np.sqrt(1.0 - decay**2) * 3.0 * rng.normal(size=old.shape)
    air, kept = rng.normal(size=DRAWS), np.exp(-100.0 / 3600.0)
    later = kept * air + np.sqrt(1.0 - kept**2) * rng.normal(size=DRAWS)
    e = _solutions(start.rows, old, air)
    spread = np.asarray(slow_covariance(BELIEF, start))
    assert np.cov(e.T) / spread.max() == pytest.approx(spread / spread.max(), abs=SURE)
    moved, noise = (np.asarray(x) for x in step(BELIEF, start, before, jnp.asarray(100.0)))
    slow = [0, 1, 2, 5]
    F, Q = moved[np.ix_(slow, slow)], noise[np.ix_(slow, slow)]
    left = _solutions(before.rows, new, later) - e @ F.T
    assert np.cov(left.T) / spread.max() == pytest.approx(Q / spread.max(), abs=SURE)
    assert (left.T @ e / DRAWS) / spread.max() == pytest.approx(np.zeros((4, 4)), abs=SURE)


def test_a_second_with_the_same_satellites_leaves_nearly_all():
    ranges = _ranges(jnp.asarray(100.0))
    one, thin = sky(no_sky(), ranges, R_I, ONE)
    assert float(thin) == pytest.approx(0.0, abs=1e-9)
    moved, noise = (np.asarray(x) for x in step(BELIEF, one, one, ONE))
    assert moved[:3, :3] == pytest.approx(np.exp(-1.0 / 600.0) * np.eye(3), abs=3e-3)
    assert np.all(np.linalg.eigvalsh(noise[np.ix_([0, 1, 2, 5], [0, 1, 2, 5])]) > 0.0)
    assert moved[3:5, 3:5] == pytest.approx(np.array([[1.0, 1.0], [0.0, 1.0]]))


def test_back_in_time_the_clock_runs_backward_and_its_noise_adds_up():
    one, _ = sky(no_sky(), _ranges(jnp.asarray(100.0)), R_I, ONE)
    moved, noise = (np.asarray(x) for x in step(BELIEF, one, one, -ONE))
    assert moved[3:5, 3:5] == pytest.approx(np.array([[1.0, -1.0], [0.0, 1.0]]))
    assert np.all(np.linalg.eigvalsh(noise[3:5, 3:5]) > 0.0)


def test_a_satellite_that_is_gone_for_a_while_stays_one_of_the_sum():
    whole = _ranges(jnp.asarray(100.0))
    one, _ = sky(no_sky(), whole, R_I, ONE)
    two, thin = sky(one, _without(whole, 1), R_I, ONE)
    assert np.array_equal(two.rows, one.rows) and float(thin) > 0.0
    three, thin = sky(one, _without(whole, 1), R_I, jnp.asarray(HELD + 1.0))
    assert not np.array_equal(three.rows, one.rows) and float(thin) == pytest.approx(0.0, abs=1e-9)


def test_in_the_dark_errors_and_clock_wait_for_the_next_reading():
    told = _ranges(jnp.asarray(100.0))
    none = eqx.tree_at(lambda r: r.valid, told, jnp.zeros(COUNT, bool))
    one, _ = sky(no_sky(), told, R_I, ONE)
    P, last = jnp.eye(nf.SIZE), jnp.arange(6.0)
    do = jax.jit(prepared)
    found = jnp.zeros(2)
    after, moved, kept, _ = do(BELIEF, one, none, R_I, ONE, jnp.zeros(()), P, last, found, NO, YES)
    assert np.array_equal(after, P) and np.array_equal(moved, last)
    assert float(kept.age) == 1.0 and np.array_equal(kept.rows, one.rows)
    after, moved, kept, _ = do(BELIEF, kept, told, R_I, ONE, jnp.zeros(()), P, last, found, NO, YES)
    assert float(moved[3]) == pytest.approx(3.0 + 2.0 * 4.0) and float(kept.age) == 0.0
    assert np.all(np.linalg.eigvalsh(after) > 0.0)


def test_the_step_of_the_covariance_is_the_dense_product():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(24, 48))
    P, moved, Q = root @ root.T, rng.normal(size=(6, 6)), np.eye(6)
    T = np.eye(24)
    T[18:, 18:] = moved
    wanted = T @ P @ T.T
    wanted[18:, 18:] += Q
    told = np.asarray(jax.jit(carried_covariance)(jnp.asarray(P), jnp.asarray(moved), jnp.asarray(Q)))
    assert told == pytest.approx(wanted, abs=1e-9)
