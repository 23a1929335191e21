"""What a separation does to a ship that turns, and lanes of a turning open-loop body against one."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from turning_ship import matrices, ship

from homeward.scenario.build.initial_attitude import attitude_matrix, capsule_alone, noses, tipped_off
from homeward.scenario.build.six_dof_body import first_body, stack_inertia
from homeward.scenario.open_loop.build import build
from homeward.scenario.open_loop.schema import OpenLoopFile
from homeward.sim.open_loop.dynamics import advance
from homeward.world.state import initial_truth

LANES = 3


@pytest.fixture
def truth():
    """Three lanes of a stack in orbit, each with its own tip-off and its own mass."""
    scenario, body, _ = ship()
    one = initial_truth(0.0, jnp.asarray([6.7e6, 0.0, 0.0]), jnp.asarray([0.0, 7.6e3, 100.0]), 6000.0)
    state = first_body(scenario, body, True, jnp.asarray([1.0, 0.0, 0.0, 0.0]))
    one = eqx.tree_at(lambda t: t.body, one, state, is_leaf=lambda x: x is None)
    lanes = jax.tree.map(lambda x: np.stack([np.asarray(x)] * LANES), one)
    tips = np.radians([[0.5, 0.0, 0.0], [0.0, -0.3, 0.2], [0.1, 0.2, 0.3]])
    return eqx.tree_at(lambda t: (t.body.tip_off, t.mass), lanes, (tips, np.array([3000.0, 3200.0, 3300.0])))


def test_the_first_separation_leaves_its_tip_off_and_the_ship_where_it_points(truth):
    omega = np.array([[0.001, 0.0, -0.002]] * LANES)
    turning = eqx.tree_at(lambda t: t.body.omega_BI_B, truth, omega)
    left = tipped_off(turning)
    assert left.body is not None
    np.testing.assert_array_equal(left.body.q_BI, truth.body.q_BI)  # nothing turns at once
    np.testing.assert_allclose(left.body.omega_BI_B, omega + truth.body.tip_off, atol=1e-15)
    np.testing.assert_allclose(noses(left), matrices(left.body.q_BI)[:, 0], atol=1e-15)


def test_the_second_turns_the_other_way_and_takes_inertia_along(truth):
    scenario, body, _ = ship()
    omega = np.array([[0.01, 0.0, 0.0]] * LANES)
    stack = eqx.tree_at(lambda t: t.body.omega_BI_B, truth, omega)
    alone = capsule_alone(scenario, stack)
    np.testing.assert_allclose(alone.body.omega_BI_B, omega - truth.body.tip_off, atol=1e-15)
    share = truth.mass / scenario.truth.capsule.mass_kg
    wanted = share[:, None, None] * np.asarray(body.capsule_inertia)
    np.testing.assert_allclose(alone.body.inertia, wanted)
    assert np.all(np.asarray(stack_inertia(scenario)) >= np.asarray(body.capsule_inertia) - 1e-9)
    np.testing.assert_array_equal(alone.body.q_BI, truth.body.q_BI)  # nothing turns at once
    np.testing.assert_array_equal(alone.body.level, 0.0)


def test_attitude_matrices_are_rotations():
    rng = np.random.default_rng(2)
    C = attitude_matrix(rng.normal(size=(20, 3)), rng.normal(size=(20, 3)))
    np.testing.assert_allclose(C @ np.swapaxes(C, 1, 2), np.broadcast_to(np.eye(3), C.shape), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(C), 1.0)


def test_many_lanes_turn_as_one_does():
    """A damped brick of thirteen numbers, alone and among others: the same to rounding."""
    file = {
        "body": {"mass_kg": 2.3, "area_m2": 0.02, "drag_coefficient": 0.5},
        "initial": {
            "latitude_deg": 10.0, "longitude_deg": 5.0, "altitude_m": 9e3, "speed_m_s": 200.0,
        },
        "attitude": {
            "rates_deg_s": [10.0, 20.0, 30.0], "inertia_kg_m2": [0.003, 0.008, 0.01],
            "products_of_inertia_kg_m2": [0.001, 0.0, -0.0005], "damping": [-0.2, -0.3, -0.1],
            "reference_lengths_m": [0.1, 0.2, 0.1],
        },
        "stop": {"time_s": 10.0},
    }  # fmt: skip
    model = build(OpenLoopFile.model_validate(file))
    scales = jnp.asarray([1.0, 0.5, 2.0])
    starts = model.y0[None, :] * jnp.ones((3, 1))
    starts = starts.at[:, 10:].multiply(scales[:, None])

    @jax.jit
    def flown(y):
        step = jnp.asarray(0.1)
        return jax.lax.fori_loop(0, 100, lambda _, x: advance(model.body, model.planet, x, step), y)

    many = np.asarray(jax.vmap(flown)(starts))
    alone = np.stack([np.asarray(flown(y)) for y in starts])
    np.testing.assert_allclose(many, alone, rtol=1e-9, atol=1e-9)
    assert np.all(np.linalg.norm(many[:, 10:], axis=1) < np.linalg.norm(np.asarray(starts)[:, 10:], axis=1))
