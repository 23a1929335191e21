"""Whom a rendezvous believes near the port: a camera that leaps, one that drifts apart, and nobody at all."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest

from homeward.flight.relative_navigation.sensor_fdi import (
    APART,
    CAMERA,
    DARK,
    LIDAR,
    blind,
    full_trust,
    judged,
)
from homeward.icd.rendezvous_messages import PairAids

PATIENCE, SECOND = jnp.asarray(10.0), jnp.ones(())
JUDGED = jax.jit(judged)


def seen(camera: bool, lidar: bool, distance: float = 4.0) -> PairAids:
    """A cycle in which these two see the port, ahead at ``distance`` [m], or do not."""
    sizes = {
        "valid": False,
        "touched": False,
        "captured": False,
        "position": jnp.zeros(3),
        "velocity": jnp.zeros(3),
    }
    told = {}
    for field in dataclasses.fields(PairAids):
        turn = [1.0, 0.0, 0.0, 0.0] if "_q_" in field.name else 0.0
        told[field.name] = jnp.asarray(sizes.get(field.name.split("_")[-1], turn))
    place = jnp.asarray([distance, 0.0, 0.0])
    eyes = {"camera_position": place, "camera_valid": jnp.asarray(camera), "lidar_valid": jnp.asarray(lidar)}
    return PairAids(**{**told, **eyes})


def watched(apart, *, lidar=False, lidar_refused=0, distance=4.0):
    """Trust after a reading that was believed and then one refused for each of ``apart`` [m]."""
    none = jnp.zeros(6, int)
    trust = JUDGED(full_trust(), none, PATIENCE, seen(True, lidar, distance), jnp.asarray(0.01), SECOND)
    refused = none
    for k, off in enumerate(apart):
        refused = none.at[CAMERA].set(k + 1).at[LIDAR].set(min(k + 1, lidar_refused))
        trust = JUDGED(trust, refused, PATIENCE, seen(True, lidar, distance), jnp.asarray(off), SECOND)
    return trust, refused


def test_a_camera_that_leaps_where_only_it_sees_is_dropped_before_the_filter_gives_in():
    assert not bool(watched([1.0] * 7)[0].camera)
    assert bool(watched([1.0] * 8)[0].camera)


@pytest.mark.parametrize("apart", [[0.05 * k for k in range(1, 10)], [0.2] * 9])
def test_one_that_comes_apart_slowly_or_little_is_heard_since_belief_may_be_what_drifts(apart):
    assert not bool(watched(apart)[0].camera)


def test_far_off_the_cameras_own_noise_is_no_leap():
    assert not bool(watched([1.0] * 9, distance=100.0)[0].camera)


def test_a_leap_that_was_believed_again_is_forgotten():
    trust, _ = watched([1.0])
    assert bool(trust.leapt)
    assert not bool(
        JUDGED(trust, jnp.zeros(6, int), PATIENCE, seen(True, False), jnp.asarray(0.01), SECOND).leapt
    )


def test_the_lidar_speaks_against_a_camera_only_where_it_can_tell():
    assert bool(watched([1.0] * 8, lidar=True)[0].camera)
    assert not bool(watched([0.9 * APART] * 9, lidar=True)[0].camera)
    # Refused itself, it is no witness for belief.
    assert not bool(watched([1.0] * 9, lidar=True, lidar_refused=9)[0].camera)


def silent(trust, refused, seconds):
    """Trust after nothing has been seen for a time."""
    for _ in range(seconds):
        trust = JUDGED(trust, refused, PATIENCE, seen(False, False), jnp.asarray(5.0), SECOND)
    return trust


def test_the_port_lost_in_dispute_is_noticed_and_a_sound_reckoning_is_not():
    none, long = jnp.zeros(6, int), int(DARK) + 1
    agreed, _ = watched([])
    assert not bool(blind(silent(agreed, none, long), none))
    disputed = none.at[LIDAR].set(3)
    assert bool(blind(silent(agreed, disputed, long), disputed))
    assert not bool(blind(silent(agreed, disputed, 5), disputed))
    # A camera that was found to lie leaves nothing in dispute.
    dropped, refused = watched([1.0] * 8)
    assert not bool(blind(silent(dropped, refused, long), refused))
