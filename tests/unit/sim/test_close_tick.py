"""One tick of the last legs: who pushes how much, before and after a failure, and what is felt of it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from docking_pair import MASS, bodies_at, orbit, pair_world, truth_of

from homeward.astro.lvlh import from_lvlh, lvlh_quaternion
from homeward.math.quaternion import conjugate, rotate
from homeward.sim.rendezvous.proximity import _fly
from homeward.world.fault_schedule import active_faults

TICK = 0.1  # s
FORWARD = jnp.array([16, 17, 18, 19])
NEVER = 1e12


@jax.jit
def _tick(world, truth, active, fault_time):
    sound = active_faults(world.faults, truth.time, truth.level.shape[0])
    return _fly(world, truth, active, jnp.asarray(TICK), jnp.zeros(6), fault_time, sound, jnp.asarray(0))


def tick(share=None, fault_time=NEVER, which=FORWARD, omega=(0.0, 0.0, 0.0), ticks=20):
    """Velocity gained in B, the last truth and the first sample, of a ship far from the station."""
    world = pair_world()
    if share is not None:
        world = eqx.tree_at(lambda w: w.hull.thrusters.share, world, jnp.asarray(share))
    r, v = orbit()
    ship = from_lvlh(r, v, jnp.array([-3000.0, 0.0, 0.0]), jnp.zeros(3))
    truth = truth_of(world, bodies_at(*ship, r, v), lvlh_quaternion(r, v), jnp.asarray(omega))
    active = jnp.zeros(24).at[which].set(TICK)
    first = truth
    samples = []
    for _ in range(ticks):
        truth, sample = _tick(world, truth, active, jnp.asarray(fault_time))
        samples.append(sample)
    gained = rotate(truth.q_BI, truth.bodies.v_BI_I - first.bodies.v_BI_I)
    return np.asarray(gained), truth, samples


def test_four_thrusters_push_what_they_should():
    gained, truth, _ = tick()
    # From closed valves, which open with a lag of 0.01 s.
    assert gained[0] == pytest.approx(600.0 / MASS * (2.0 - 0.01), rel=1e-3)
    np.testing.assert_allclose(gained[1:], 0.0, atol=1e-9)
    assert float(truth.delta_v) == pytest.approx(gained[0], rel=1e-9)
    assert MASS - float(truth.mass) == pytest.approx(600.0 * 1.99 / float(_exhaust()), rel=1e-3)


def _exhaust():
    return pair_world().hull.thrusters.exhaust_speed


def test_the_strength_drawn_for_each_thruster_counts():
    share = np.ones(24)
    share[16:20] = 1.02
    assert tick(share)[0][0] / tick()[0][0] == pytest.approx(1.02, rel=1e-4)


def test_a_thruster_fails_at_its_time_and_not_before():
    share = np.ones(24)
    share[17] = 0.0
    sound, broken, later = tick(), tick(share, 0.0), tick(share, 0.95)
    assert broken[0][0] / sound[0][0] == pytest.approx(0.75, rel=5e-3)
    assert later[0][0] / sound[0][0] == pytest.approx(0.875, rel=5e-3)
    np.testing.assert_array_equal(tick(share, NEVER)[0], sound[0])
    assert np.linalg.norm(broken[1].omega_BI_B) > 1e-3 > np.linalg.norm(sound[1].omega_BI_B)


def test_the_unit_feels_what_was_flown():
    """Turning at 1 deg/s: the sum of what was felt, each turned by the attitude it was felt in."""
    omega = np.radians([0.6, -0.5, 0.7])
    gained, truth, samples = tick(which=jnp.array([0, 9, 16, 17, 18, 19]), omega=omega)
    world = pair_world()
    r, v = orbit()
    ship = from_lvlh(r, v, jnp.array([-3000.0, 0.0, 0.0]), jnp.zeros(3))
    again = truth_of(world, bodies_at(*ship, r, v), lvlh_quaternion(r, v), jnp.asarray(omega))
    active = jnp.zeros(24).at[jnp.array([0, 9, 16, 17, 18, 19])].set(TICK)
    total = jnp.zeros(3)
    for sample in samples:
        total = total + rotate(conjugate(again.q_BI), sample.delta_velocity)
        again, _ = _tick(world, again, active, jnp.asarray(NEVER))
    np.testing.assert_allclose(total, rotate(conjugate(truth.q_BI), jnp.asarray(gained)), atol=1e-9)


def test_an_empty_tank_pushes_no_more():
    world = pair_world()
    r, v = orbit()
    ship = from_lvlh(r, v, jnp.array([-3000.0, 0.0, 0.0]), jnp.zeros(3))
    truth = truth_of(world, bodies_at(*ship, r, v), lvlh_quaternion(r, v))
    truth = eqx.tree_at(lambda t: t.propellant, truth, jnp.zeros(()))
    after, _ = _tick(world, truth, jnp.full(24, TICK), jnp.asarray(NEVER))
    assert float(after.delta_v) == 0.0 and float(after.mass) == MASS
