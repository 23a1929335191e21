"""The attitude by Sun and horizon: what the sensors tell, when it is taken, that stars take over again."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import aid_sensors, course, measurements, navigation, situation

from homeward.flight.navigation.coarse_attitude import CoarseBelief, coarse_attitude
from homeward.flight.navigation.error_state_filter import TURN
from homeward.icd import Coarse
from homeward.math.quaternion import rotate
from homeward.world.sensors.aiding import INITIAL_NOISES, NOISES, initial_aids, sense_aids
from homeward.world.sensors.sun_and_horizon import NOISE, CoarseSensors

SUN = jnp.asarray([0.6, -0.48, 0.64])
HALF = float(np.radians(0.5))
R_I = jnp.asarray([6.6e6, 1e6, 1e6])
BELIEF = CoarseBelief(SUN, jnp.asarray(float(np.hypot(HALF, HALF))))
WORLD = CoarseSensors(jnp.asarray(HALF), jnp.asarray(HALF), SUN, jnp.asarray(6378137.0), jnp.asarray(100e3))
YES, NO = jnp.asarray(True), jnp.asarray(False)
KNOWN, WORSE = 1e-6 * jnp.eye(3), 0.09 * jnp.eye(3)  # rad2


@jax.jit
def _sense(q, r, altitude, lasting, noise):
    return WORLD.sense(lasting, q, r, altitude, noise)


@jax.jit
def _told(seen, r, placed, spread, aligned):
    return coarse_attitude(BELIEF, seen, r, placed, spread, aligned)


def _seen(q, lasting=None, noise=None, r=R_I, altitude=400e3):
    given = [jnp.zeros(6) if x is None else jnp.asarray(x) for x in (lasting, noise)]
    return _sense(q, r, jnp.asarray(altitude), *given)


def _angle(one, other):
    return 2.0 * np.arccos(min(1.0, abs(float(np.sum(np.asarray(one) * np.asarray(other))))))


def _quaternions(count, seed=4):
    rng = np.random.default_rng(seed)
    for x in rng.normal(size=(count, 4)):
        yield jnp.asarray(x / np.linalg.norm(x))


def test_without_errors_it_is_the_attitude_whatever_that_is():
    for q in _quaternions(20):
        found, told, _ = _told(_seen(q), R_I, YES, KNOWN, NO)
        assert bool(found) and _angle(told, q) < 1e-6


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_as_wrong_as_it_says(seed):
    rng = np.random.default_rng(seed)
    square = []
    for q in _quaternions(200, seed):
        seen = _seen(q, rng.normal(size=6), rng.normal(size=6))
        _, told, spread = _told(seen, R_I, YES, KNOWN, NO)
        square.append(_angle(told, q) ** 2 / float(jnp.trace(spread)))
    # The first direction counts alone, the second for one angle: what is believed is on the careful side.
    assert 0.2 < np.mean(square) < 1.0


def test_most_of_an_error_lasts():
    rng = np.random.default_rng(0)
    lasting = rng.normal(size=6)
    q = next(_quaternions(1))
    told = np.array([np.asarray(_seen(q, lasting, rng.normal(size=6)).sun_B) for _ in range(100)])
    assert told.std(axis=0).max() < 1.3 * NOISE * HALF
    off = np.linalg.norm(told.mean(axis=0) - np.asarray(rotate(q, SUN)))
    assert off > 3.0 * NOISE * HALF


def test_it_is_taken_only_where_the_attitude_is_lost():
    q = next(_quaternions(1))
    for spread, aligned, wanted in ((KNOWN, YES, False), (WORSE, YES, True), (KNOWN, NO, True)):
        assert bool(_told(_seen(q), R_I, YES, spread, aligned)[0]) == wanted


def test_what_it_needs():
    """A place, the Sun, the horizon, an angle between both, and numbers."""
    q = next(_quaternions(1))
    good = _seen(q)
    behind = _seen(q, r=-6.6e6 * SUN)
    assert not bool(behind.sun_valid) and bool(behind.down_valid) and not np.any(behind.sun_B)
    low = _seen(q, altitude=90e3)
    assert not bool(low.sun_valid | low.down_valid) and not np.any(low.down_B)
    above = 6.6e6 * SUN
    nan = eqx.tree_at(lambda s: s.sun_B, good, good.sun_B.at[0].set(jnp.nan))
    for seen, r, placed in ((good, R_I, NO), (behind, R_I, YES), (low, R_I, YES),
                            (_seen(q, r=above), above, YES), (nan, R_I, YES)):  # fmt: skip
        found, told, _ = _told(seen, r, placed, KNOWN, NO)
        assert not bool(found) and bool(jnp.all(jnp.isfinite(told)))
    assert bool(_told(good, R_I, YES, KNOWN, NO)[0])


def test_the_filter_starts_by_it_where_no_star_is_seen_and_goes_on_by_stars():
    row = jax.tree.map(lambda x: x[0], course(1))
    up = row.r_BI_I / jnp.linalg.norm(row.r_BI_I)
    across = jnp.cross(up, jnp.asarray([0.0, 0.0, 1.0]))
    sun = 0.6 * up + 0.8 * across / jnp.linalg.norm(across)
    world = eqx.tree_at(lambda w: w.sun_I, WORLD, sun)
    sensors = eqx.tree_at(lambda s: s.coarse, aid_sensors(), world, is_leaf=lambda x: x is None)
    law = navigation()
    law = eqx.tree_at(
        lambda n: n.aids.coarse, law, CoarseBelief(sun, BELIEF.sigma), is_leaf=lambda x: x is None
    )
    noise = jnp.zeros(NOISES)
    lasting = jnp.zeros(INITIAL_NOISES).at[-6:].set(1.0)
    where = eqx.tree_at(lambda s: s.altitude, situation(row), jnp.asarray(400e3))
    _, aids = sense_aids(sensors, initial_aids(sensors, lasting), where, jnp.asarray(1.0), noise)
    assert isinstance(aids.coarse, Coarse) and bool(aids.coarse.sun_valid)
    blind = eqx.tree_at(lambda a: a.star_valid, aids, jnp.zeros(2, bool))
    step = eqx.filter_jit(lambda state, told: law.step(state, told))

    def told(aids):
        return measurements(where.time, aids)

    state = law.init()
    state, _ = step(state, told(blind))  # places it
    assert bool(state.started) and not bool(state.aligned)
    state, _ = step(state, told(blind))
    assert bool(state.aligned)
    off = _angle(state.reckoned.q_BI, where.q_BI)
    sigma = float(jnp.sqrt(jnp.trace(state.covariance[TURN, TURN])))
    assert 1e-3 < off < 2.5 * sigma and sigma < 0.05
    again, _ = step(state, told(blind))
    assert _angle(again.reckoned.q_BI, state.reckoned.q_BI) < 1e-9  # once, not again and again
    for _ in range(3):
        state, _ = step(state, told(aids))
    assert _angle(state.reckoned.q_BI, where.q_BI) < 2e-3
