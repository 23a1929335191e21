"""The push of a separation as the inertial unit senses it: in full, whatever its direction."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.sim.lanes import first_carry, spread_flight, spread_leg, spread_world
from homeward.sim.separation_impulse import separation_impulse
from homeward.world.sensors.redundant_imu import COUNT, dodecahedron

PUSH = 1.0  # m/s: all the speed that springs part two bodies with, the lighter one's share at most
# m/s: scale factors of 1e-4, mountings of a few minutes of arc, a pulse of 1e-4 m/s.
SENSED = 2e-3


@pytest.fixture(scope="module")
def carried():
    """A lane for each instrument and sense, at rest before its push along that instrument's axis."""
    plan = plan_return(load("apollo-10"), fidelity="six-dof")
    lanes = 2 * COUNT
    world, flight = spread_world(plan.world, lanes), spread_flight(plan.flight, lanes)
    carry = first_carry(flight, spread_leg(plan.truth, lanes))
    still = np.tile([1.0, 0.0, 0.0, 0.0], (lanes, 1))
    return world, eqx.tree_at(lambda c: c.truth.body.q_BI, carry, still)


def test_a_push_along_any_instrument_is_sensed_in_full(carried):
    world, carry = carried
    gained = PUSH * np.concatenate([dodecahedron(), -dodecahedron()])
    after = separation_impulse(world, carry, jnp.asarray(gained))
    told = np.asarray(after.inertial.velocities) - np.asarray(carry.inertial.velocities)
    assert np.max(np.linalg.norm(0.5 * told @ dodecahedron() - gained, axis=1)) < SENSED
    assert np.all(np.asarray(after.inertial.duration) < 1e-5)  # no time has passed


def test_a_push_of_nothing_is_nothing(carried):
    world, carry = carried
    after = separation_impulse(world, carry, jnp.zeros((2 * COUNT, 3)))
    for a, b in zip(jax.tree.leaves(after.inertial), jax.tree.leaves(carry.inertial), strict=True):
        assert np.array_equal(np.asarray(a), np.asarray(b))
