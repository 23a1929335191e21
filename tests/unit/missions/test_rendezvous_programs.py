"""Every program of a rendezvous traced, not run: shapes checked, types kept apart, a carry keeps its own.

A flight runs for minutes of compiling and flying: what is wrong with a shape or a type shows here in seconds.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.dispersion.rendezvous import disperse_pair
from homeward.missions import passive_safety
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.sim.rendezvous import far_range_lanes, proximity_lanes

LANES = np.arange(2)


@pytest.fixture(scope="module")
def made():
    plan = plan_rendezvous(hw.load("shenzhou-21"))
    world, carry = disperse_pair(plan, 0, LANES)
    return plan, world, carry, pair_keys(0, LANES)


def shapes(tree):
    return jax.tree.map(lambda x: (np.shape(x), str(jnp.asarray(x).dtype)), tree)


def as_arrays(tree):
    return jax.tree.map(lambda x: jnp.zeros(x.shape, x.dtype), tree)


@pytest.mark.parametrize("record", [True, False])
def test_far_legs(made, record):
    plan, world, carry, keys = made
    program = functools.partial(far_range_lanes.far_program, record=record)
    after, rows = jax.eval_shape(program, world, plan.far, carry, keys)
    assert shapes(as_arrays(after)) == shapes(carry)
    assert (rows is not None) is record


def test_planning(made):
    plan, _, carry, _ = made
    assert shapes(as_arrays(jax.eval_shape(far_range_lanes._plan.function, plan.far, carry))) == shapes(carry)
    wanting = jax.eval_shape(far_range_lanes._wanting.function, plan.far, carry)
    assert wanting.shape == LANES.shape and wanting.dtype == bool


def test_last_legs(made):
    plan, world, carry, keys = made
    n = len(LANES)
    orders = jax.tree.map(lambda x: jnp.broadcast_to(x, (n, *jnp.shape(x))), plan.close.orders)
    begin = jax.eval_shape(proximity_lanes._begin.function, plan.close, carry, jnp.zeros((n, 6)), orders)
    close = as_arrays(begin)
    program = functools.partial(proximity_lanes.close_program, record=True)
    after, rows = jax.eval_shape(program, world, plan.close, jnp.full(n, 1e12), close, keys)
    assert shapes(as_arrays(after)) == shapes(close)
    assert rows is not None


def test_free_flight(made):
    _, world, carry, _ = made
    t = carry.truth
    least = jax.eval_shape(passive_safety._free.function, world, t.time, t.bodies, t.mass)
    assert least.shape == LANES.shape
