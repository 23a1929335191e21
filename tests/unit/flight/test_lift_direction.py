"""Where the lift is in the body: found from the accelerometers, kept where they tell nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.navigation.lift_direction import (
    MOST,
    felt_lift,
    from_lift,
    lift_rows,
    planned_lift,
    to_lift,
)
from homeward.icd import InertialSample
from homeward.math.attitude_triples import apply, rows

TICK = 0.1
NORMAL = 0.2  # of the axial force, as of the default capsule above the speed of sound


@jax.jit
def _felt(forces, start):
    def tick(state, force):
        sample = InertialSample(jnp.zeros(3), TICK * force, jnp.asarray(TICK))
        state = felt_lift(state, sample)
        return state, state.turn

    return jax.lax.scan(tick, start, forces)[1]


def turns(forces, start=None):
    start = planned_lift() if start is None else start
    return np.asarray(_felt(jnp.asarray(forces, float), start))


def pressing(turn, axial=25.0, normal=NORMAL, seconds=60.0):
    """Forces [m/s2] of a capsule whose lift is ``turn`` about x."""
    one = np.ones(int(seconds / TICK))
    across = -normal * axial
    return np.stack([axial * one, across * np.sin(turn) * one, across * np.cos(turn) * one], axis=1)


@pytest.mark.parametrize("turn", np.radians([-13.0, 0.0, 5.0, 13.0]))
def test_it_is_found_within_half_a_minute_and_held(turn):
    found = turns(pressing(turn))
    assert np.all(np.abs(found[300:] - turn) < np.radians(0.5))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_swinging_about_the_trim_and_noise_leave_it(seed):
    turn = np.radians(13.3)
    forces = pressing(turn, seconds=120.0)
    k = np.arange(len(forces))
    swing = 0.7 * NORMAL * 25.0
    forces[:, 1] += swing * np.sin(2.0 * np.pi * 0.7 * TICK * k)
    forces[:, 2] += swing * np.cos(2.0 * np.pi * 0.6 * TICK * k)
    forces += 0.05 * np.random.default_rng(seed).standard_normal(forces.shape)
    assert np.all(np.abs(turns(forces)[400:] - turn) < np.radians(3.0))


def test_thin_air_tells_nothing():
    assert np.all(turns(pressing(0.3, axial=1.0)) == 0.0)


def test_below_the_speed_of_sound_the_last_is_kept():
    fast = turns(pressing(0.2, seconds=90.0))[-1]
    slow = pressing(-0.5, axial=10.0, normal=-0.16, seconds=60.0)
    # The normal force goes through nothing on its way to the other sign.
    gone = np.stack([10.0 * np.ones(600), np.zeros(600), np.zeros(600)], axis=1)
    found = turns(np.concatenate([pressing(0.2, seconds=90.0), gone, 0.4 * slow]))
    assert abs(found[1490] - fast) < np.radians(1.0)


def test_it_stays_within_its_bound():
    assert np.max(np.abs(turns(pressing(1.4)))) <= MOST + 1e-9


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_what_is_no_number_is_not_taken_in(broken):
    forces = pressing(0.2)
    forces[200, 1] = broken
    found = turns(forces)
    assert np.all(np.isfinite(found)) and abs(found[-1] - 0.2) < 0.01


def test_a_sample_of_no_duration_changes_nothing():
    one = felt_lift(
        planned_lift(), InertialSample(jnp.zeros(3), jnp.asarray([2.5, 0.1, -0.5]), jnp.asarray(0.1))
    )
    same = felt_lift(one, InertialSample(jnp.zeros(3), jnp.zeros(3), jnp.asarray(0.0)))
    assert jax.tree.all(jax.tree.map(lambda a, b: bool(a == b), one, same))


def test_axes_of_the_lift():
    turn = jnp.asarray(0.3)
    C = rows(tuple(jnp.asarray(x) for x in (0.5, 0.5, -0.5, 0.5)))
    v = tuple(jnp.asarray(x) for x in (0.2, -0.7, 0.4))
    by_rows, by_turn = apply(lift_rows(C, turn), v), to_lift(apply(C, v), turn)
    assert np.allclose(np.array(by_rows), np.array(by_turn))
    assert np.allclose(np.array(from_lift(by_turn, turn)), np.array(apply(C, v)))
    # A force toward z of the lift, told in the body's axes, lies from z toward y.
    assert np.allclose(
        np.array(from_lift((0.0 * turn, 0.0 * turn, 1.0 + 0.0 * turn), turn)), [0.0, np.sin(0.3), np.cos(0.3)]
    )
