"""A receiver that leads the reckoning away slowly: sums of what it moves the velocity by."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import aid_sensors, course, navigation, situation

from homeward.flight.navigation.gnss_spoofing import GATE, SpoofingMonitor, heard, judged, no_lead

SECOND = jnp.asarray(1.0)
AIDS = navigation().aids
CHANCE = 2e-3  # m/s a cycle: what satellites move the velocity by where the gravity's walk is 2e-3


@jax.jit
def swept(moves, taken_off, refused):
    def cycle(lead, row):
        lead = judged(lead, *row, AIDS, SECOND)
        return lead, lead.dropped

    return jax.lax.scan(cycle, no_lead(), (moves, taken_off, refused))


def _flown(moves, refused=0):
    n = len(moves)
    counts = np.broadcast_to(refused, (2, n)).T
    lead, dropped = swept(jnp.asarray(moves), jnp.full((n, 3), CHANCE**2), jnp.asarray(counts))
    return lead, np.asarray(dropped)


@pytest.mark.parametrize("seed", range(5))
def test_what_chance_moves_is_let_be(seed):
    moves = CHANCE * np.random.default_rng(seed).normal(size=(5000, 3))
    assert not _flown(moves)[1].any()


def test_a_steady_pull_of_the_matrix_is_seen_within_two_minutes():
    """5 mm/s2 along one direction: the filter follows it, so each second's correction holds as much."""
    moves = CHANCE * np.random.default_rng(1).normal(size=(300, 3)) + 5e-3 * np.array([0.6, -0.64, 0.48])
    dropped = _flown(moves)[1]
    assert dropped.any() and int(np.argmax(dropped)) < 120


def test_once_dropped_it_is_not_heard_again():
    moves = np.zeros((400, 3))
    moves[:100] = 0.01
    lead, dropped = _flown(moves)
    assert dropped[99] and dropped[-1]
    assert GATE > 5.0 and bool(lead.dropped)


def test_one_that_is_refused_is_dropped_before_the_filter_gives_in():
    refused = np.minimum(np.arange(50), 9)
    dropped = _flown(np.zeros((50, 3)), refused)[1]
    assert not dropped[:8].any() and dropped[8:].all() and float(AIDS.patience) == 10.0


def test_a_dropped_receiver_tells_nothing():
    from homeward.world.sensors.aiding import INITIAL_NOISES, NOISES, initial_aids, sense_aids

    sensors = aid_sensors()
    row = jax.tree.map(lambda x: x[0], course(1))
    aids = sense_aids(
        sensors, initial_aids(sensors, jnp.zeros(INITIAL_NOISES)), situation(row), SECOND, jnp.zeros(NOISES)
    )[1]
    assert bool(heard(no_lead(), aids).satellite_valid)
    lead = SpoofingMonitor(jnp.zeros(3), jnp.zeros(3), jnp.asarray(True))
    assert not bool(heard(lead, aids).satellite_valid)
