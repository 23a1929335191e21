"""What goes with force and turn: a bias that eases as the force falls, and turns that were there before."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import navigation

from homeward.flight.navigation.scale_factor_noise import AGAIN, eased, no_motion

UNIT = navigation().unit
NO, YES = jnp.asarray(False), jnp.asarray(True)


def _after(*forces):
    motion = no_motion()
    for force in forces:
        motion = motion.next(jnp.asarray([-float(force), 0.0, 0.0]), jnp.zeros(3), jnp.asarray(1.0))
    return motion


def test_as_the_force_falls_the_bias_keeps_its_constant_part():
    direction, along, across = eased(UNIT, _after(30.0, 20.0))
    b, s, c = (float(x) ** 2 for x in (UNIT.accelerometer_bias, UNIT.force_scale, UNIT.force_cross))
    assert np.asarray(direction) == pytest.approx([-1.0, 0.0, 0.0])
    assert float(along) == pytest.approx((b + s * 600.0) / (b + s * 900.0))
    assert float(across) == pytest.approx((b + c * 600.0) / (b + c * 900.0))
    # The mean of many draws: a constant and a part in proportion, seen at 30 and wanted at 20.
    rng = np.random.default_rng(1)
    constant, part = np.sqrt(b) * rng.normal(size=100_000), np.sqrt(s) * rng.normal(size=100_000)
    then, now = constant + 30.0 * part, constant + 20.0 * part
    assert float(along) == pytest.approx(np.mean(now * then) / np.mean(then * then), rel=5e-3)


def test_a_cycle_cut_to_nothing_tells_no_force_and_no_rate():
    """A quantum of velocity left over in 2e-47 s is no force of 1e43 m/s2."""
    before = _after(9.0, 9.8)
    quantum = jnp.full(3, 4e-4)
    after = before.next(quantum / 2e-47, quantum, jnp.asarray(2e-47))
    assert np.array_equal(after.force_B, before.force_B) and np.array_equal(after.rate_B, before.rate_B)
    assert float(after.square_change) == 0.0


@pytest.mark.parametrize("forces", [(0.0, 0.0), (20.0, 30.0), (20.0, 20.0)])
def test_where_it_does_not_fall_all_is_kept(forces):
    _, along, across = eased(UNIT, _after(*forces))
    assert float(along) == float(across) == 1.0


def test_no_bias_believed_is_no_division_by_nothing():
    none = eqx.tree_at(lambda u: (u.accelerometer_bias, u.force_cross), UNIT, (jnp.zeros(()), jnp.zeros(())))
    assert all(np.all(np.isfinite(x)) for x in eased(none, _after(30.0, 20.0)))


def _rolled(degrees):
    half = np.radians(degrees) / 2.0
    return jnp.asarray([np.cos(half), -np.sin(half), 0.0, 0.0])


def test_a_turn_counts_in_full_only_where_it_comes_farther_than_before():
    motion = no_motion().turned(_rolled(0.0), YES)
    told = []
    for roll in (30.0, 60.0, 40.0, 10.0, 50.0, 61.0, -59.0, -62.0):
        motion = motion.turned(_rolled(roll), NO)
        told.append(float(motion.new))
    assert told == [1.0, 1.0, AGAIN, AGAIN, AGAIN, 1.0, AGAIN, 1.0]
    # From new stars on every turn is new.
    motion = motion.turned(_rolled(0.0), YES)
    assert float(motion.turned(_rolled(5.0), NO).new) == 1.0
