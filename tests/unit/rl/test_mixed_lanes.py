"""Lanes begun anew beside others: leaves and branches with a lane axis, and those that have none."""

import jax.numpy as jnp
import numpy as np

from homeward.rl.lanes import mixed

MASK = np.array([True, False, True])


def test_only_the_lanes_of_the_mask_are_new():
    old, new = jnp.zeros((3, 2)), jnp.ones((3, 2))
    np.testing.assert_array_equal(mixed(MASK, {"a": new}, {"a": old})["a"], [[1, 1], [0, 0], [1, 1]])


def test_a_branch_may_be_marked_as_one_and_what_has_no_lanes_stays():
    """As the axes of a rendezvous' world are: a mark for a branch of several leaves, None for the rest."""
    table = jnp.eye(3)
    old = {"shared": {"x": table, "y": None}, "own": {"x": jnp.zeros(3), "y": jnp.zeros((3, 3))}}
    new = {"shared": {"x": 2.0 * table, "y": None}, "own": {"x": jnp.ones(3), "y": jnp.ones((3, 3))}}
    told = mixed(MASK, new, old, {"shared": {"x": None, "y": None}, "own": 0})
    np.testing.assert_array_equal(told["shared"]["x"], table)
    np.testing.assert_array_equal(told["own"]["x"], [1, 0, 1])
    np.testing.assert_array_equal(told["own"]["y"][1], np.zeros(3))
    np.testing.assert_array_equal(told["own"]["y"][2], np.ones(3))
