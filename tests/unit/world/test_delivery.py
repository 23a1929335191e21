"""Messages come a cycle late with their time, now and then out of order, and none twice."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.icd import Aids
from homeward.world.sensors.latency import NOISES, Delivery, nothing_sent

TRUE, ZERO = jnp.asarray(True), jnp.zeros(())
PATHS = Delivery(jnp.asarray(0.2), jnp.asarray(0.1), jnp.asarray(2.0))


def _aids(t):
    """Readings that say when they were taken."""
    q = jnp.asarray([[1.0, 0.0, 0.0, 0.0]] * 2)
    return Aids(
        jnp.ones(2, bool), q, TRUE, t * jnp.ones(3), jnp.zeros(3), TRUE, t, TRUE, t,
    )  # fmt: skip


@jax.jit
def _carry(paths, post, t, noise):
    return paths.carried(post, _aids(t), t, noise)


def _read(paths, swaps=()):
    """When those readings were taken that are read each cycle (None: none), and how old they say they are."""
    post, taken, ages = nothing_sent(None), [], []
    for k in range(8):
        noise = jnp.zeros(NOISES).at[1].set(3.0 if k in swaps else 0.0)
        post, told = _carry(paths, post, jnp.asarray(float(k)), noise)
        assert float(told.pressure_altitude) == k  # others wait for nothing
        valid = bool(told.satellite_valid)
        taken.append(round(float(told.satellite_position[0])) if valid else None)
        ages.append(round(float(told.satellite_age)) if valid else None)
    return taken, ages


def test_a_message_is_read_a_cycle_after_it_was_true():
    assert _read(PATHS) == ([None, 0, 1, 2, 3, 4, 5, 6], [None, 1, 1, 1, 1, 1, 1, 1])


def test_one_that_takes_no_time_is_read_at_once():
    at_once = Delivery(ZERO, ZERO, jnp.asarray(2.0))
    assert _read(at_once, swaps=(3,)) == (list(range(8)), [0] * 8)


@pytest.mark.parametrize("swaps", [(3,), (3, 4)])
def test_out_of_order_none_is_lost_and_none_comes_twice(swaps):
    # The next draw does not count: one message has just been overtaken.
    assert _read(PATHS, swaps) == ([None, 0, 1, 3, 2, 4, 5, 6], [None, 1, 1, 0, 2, 1, 1, 1])


def test_stars_and_satellites_come_each_by_itself():
    post = nothing_sent(None)
    post, _ = _carry(PATHS, post, jnp.asarray(0.0), jnp.zeros(NOISES))
    post, _ = _carry(PATHS, post, jnp.asarray(1.0), jnp.zeros(NOISES))
    _, told = _carry(PATHS, post, jnp.asarray(2.0), jnp.asarray([3.0, 0.0]))
    assert float(told.star_age) == 0.0 and float(told.satellite_age) == 1.0
    assert np.all(np.asarray(told.star_valid))
