"""A reading that comes late counts for its own instant, in whatever order readings come."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import TICK, TICKS, course, measurements, navigation

from homeward.icd import Aids, InertialSample

CYCLES = 24
ORBIT, AIR = 20, 520  # s of the course: in free fall at 7.6 km/s; slowed by some 2 g
NONE = -1
# What the reckoning's own noise of two seconds, left out of a late reading, may change.
PLACE, SPEED, SPREAD = 0.1, 0.01, 0.1  # m, of readings 3 m off; m/s; of a sigma

ON_TIME = [*range(CYCLES - 1), NONE]  # nothing new in the last cycle: all know the same by then
LATE = [0, NONE, *range(1, CYCLES - 1)]
TURNED = [0, NONE, 1, 2, 4, 3, 5, 6, 8, 7, 9, 10, 12, 11, *range(13, CYCLES - 1)]


@jax.jit
def _fly(law, ticks, readings, order, age):
    """Belief after all cycles; reading ``order[k]`` is read in cycle k and told as ``age[k]`` old."""

    def cycle(state, inputs):
        now, index, old = inputs
        seen = jax.tree.map(lambda x: x[jnp.maximum(index, 0)], readings)
        there = index >= 0
        q, r, v = seen
        no, zero = jnp.asarray(False), jnp.zeros(())
        aids = Aids(jnp.stack([there, ~there & there]), jnp.stack([q, q]), there, r, v, no, zero, no, zero,
                    star_age=old, satellite_age=old)  # fmt: skip
        state, told = law.step(state, measurements(now.time[0], aids))

        def tick(state, row):
            sample = InertialSample(row.turn, row.gained, jnp.asarray(TICK))
            return law.propagate(state, sample)[0], None

        before = state
        state, _ = jax.lax.scan(tick, state, now)
        return state, (told, law.accuracy(before), before.lead.dropped)

    return jax.tree.map(lambda x: x[-1], jax.lax.scan(cycle, law.init(), (ticks, order, age))[1])


@cache
def _told(start, order, trusted=True):
    law = navigation()
    truth = course()
    rows = slice(start * TICKS, (start + CYCLES) * TICKS)
    ticks = jax.tree.map(lambda x: x[rows].reshape(CYCLES, TICKS, *x.shape[1:]), truth)
    first = jax.tree.map(lambda x: x[:, 0], ticks)
    rng = np.random.default_rng(7)
    place = first.r_BE_E + 3.0 * rng.normal(size=(CYCLES, 3))
    speed = first.v_BE_E + 0.02 * rng.normal(size=(CYCLES, 3))
    order = np.array(order)
    age = np.where(order >= 0, np.arange(CYCLES) - order, 0.0) * (1.0 if trusted else 0.0)
    readings = (first.q_BI, place, speed)
    told, accuracy, dropped = _fly(law, ticks, readings, jnp.asarray(order), jnp.asarray(age))
    off = np.asarray(told.r_BE_E - first.r_BE_E[-1])
    return told, accuracy, off, bool(dropped)


@pytest.mark.parametrize("start", [ORBIT, AIR], ids=["orbit", "air"])
@pytest.mark.parametrize("order", [LATE, TURNED], ids=["late", "out of order"])
def test_late_readings_tell_as_much_as_those_on_time(order, start):
    one, sure, _, _ = _told(start, tuple(ON_TIME))
    other, told, _, _ = _told(start, tuple(order))
    assert np.asarray(other.r_BE_E) == pytest.approx(np.asarray(one.r_BE_E), abs=PLACE)
    assert np.asarray(other.v_BE_E) == pytest.approx(np.asarray(one.v_BE_E), abs=SPEED)
    for name in ("position_sigma", "velocity_sigma", "attitude_sigma"):
        assert np.asarray(getattr(told, name)) == pytest.approx(np.asarray(getattr(sure, name)), rel=SPREAD)


@pytest.mark.parametrize("start", [ORBIT, AIR], ids=["orbit", "air"])
def test_taken_for_readings_of_now_they_are_seen_to_be_wrong(start):
    """A cycle of flight is kilometres beside any sigma: the receiver is given up, inertia goes on."""
    _, _, off, dropped = _told(start, tuple(LATE))
    assert np.linalg.norm(off) < 20.0
    assert not dropped
    _, spread, off, dropped = _told(start, tuple(LATE), trusted=False)
    assert dropped
    assert np.linalg.norm(off) < 60.0
    assert np.all(np.asarray(spread.position_sigma) > np.asarray(_told(start, tuple(LATE))[1].position_sigma))


def test_a_reading_older_than_is_remembered_is_left_alone():
    law, truth = navigation(), course()
    row = jax.tree.map(lambda x: x[ORBIT * TICKS], truth)
    no, zero = jnp.asarray(False), jnp.zeros(())
    both = jnp.stack([row.q_BI] * 2)

    def aids(r, age):
        return Aids(
            jnp.stack([~no, no]), both, ~no, r, row.v_BE_E, no, zero, no, zero, None, zero + age, zero + age
        )

    def start_and(age):
        state, _ = law.step(law.init(), measurements(row.time, aids(row.r_BE_E, 0.0)))
        return law.step(state, measurements(row.time, aids(row.r_BE_E + 5.0, age)))[0]

    step = jax.jit(lambda: jax.vmap(start_and)(jnp.asarray([0.0, 3.0, jnp.nan])))
    place = np.asarray(step().reckoned.r_BI_I)
    assert np.linalg.norm(place[0] - place[1]) > 1.0
    assert np.array_equal(place[1], place[2])
