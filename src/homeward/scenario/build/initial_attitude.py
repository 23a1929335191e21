"""How a ship that turns stands at the start, and what a separation does to it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.flight.executive.flight_computer import FlightComputer
from homeward.math.quaternion import from_matrix, to_matrix
from homeward.scenario.build.six_dof_body import first_body, inertia_of, stack_inertia
from homeward.scenario.build.world import numbers
from homeward.scenario.schema.scenario import Scenario
from homeward.world.state import TruthState
from homeward.world.world import World


def attitude_matrix(x: np.ndarray, near_z: np.ndarray) -> np.ndarray:
    """``C_BI`` with the x axis along ``x`` and z as near to ``near_z`` as that allows; (..., 3) each."""
    x = x / np.linalg.norm(x, axis=-1, keepdims=True)
    y = np.cross(near_z, x)
    y = y / np.linalg.norm(y, axis=-1, keepdims=True)
    return np.stack([x, y, np.cross(x, y)], axis=-2)


def entry_attitude(r: np.ndarray, v: np.ndarray, trim: float) -> np.ndarray:
    """``C_BI`` of a capsule at its trim angle of attack [rad], wings level, along a relative velocity."""
    forward = v / np.linalg.norm(v)
    right = np.cross(forward, r)
    right = right / np.linalg.norm(right)
    above = np.cross(right, forward)
    # alpha is the angle of the velocity from x toward z.
    x = np.cos(trim) * forward + np.sin(trim) * above
    z = np.sin(trim) * forward - np.cos(trim) * above
    return np.stack([x, np.cross(z, x), z])


def with_body(
    scenario: Scenario, world: World, flight: FlightComputer, truth: TruthState, with_stack: bool
) -> TruthState:
    """The truth of a ship that turns: at rest, nose along the motion in orbit, at trim at the interface."""
    assert world.body is not None and flight.steering is not None
    r, v = np.asarray(truth.r_BI_I), np.asarray(truth.v_BI_I)
    if with_stack:
        C = attitude_matrix(v, r)
    else:
        spin = world.orientation.at(truth.time)
        omega_I = np.asarray(spin.C_EI0).T @ np.asarray(spin.omega_EI_E)
        C = entry_attitude(r, v - np.cross(omega_I, r), float(flight.steering.capsule.trim))
    body = first_body(scenario, world.body, with_stack, from_matrix(numbers(C)))
    return eqx.tree_at(lambda t: t.body, truth, body, is_leaf=lambda x: x is None)


def noses(truth: TruthState) -> np.ndarray:
    """Where every lane's nose points: unit vectors (lanes, 3) in I."""
    assert truth.body is not None
    return np.asarray(jax.vmap(to_matrix)(jnp.asarray(truth.body.q_BI)))[:, 0]


def tipped_off(truth: TruthState) -> TruthState:
    """Every lane turning on as a separation leaves it."""
    assert truth.body is not None
    omega = np.asarray(truth.body.omega_BI_B) + np.asarray(truth.body.tip_off)
    return eqx.tree_at(lambda t: t.body.omega_BI_B, truth, omega)


def capsule_alone(scenario: Scenario, truth: TruthState) -> TruthState:
    """Every lane's capsule after the service module has left, turned the other way round by it."""
    assert truth.body is not None
    c = scenario.truth.capsule
    inertia = np.asarray(inertia_of(c.inertia_kg_m2, c.products_of_inertia_kg_m2))
    share = np.asarray(truth.mass) / c.mass_kg
    # What a flight has drawn of the inertia, in parts of the moments, is the capsule's and the stack's alike.
    stack = np.asarray(stack_inertia(scenario))
    errors = (np.asarray(truth.body.inertia) - stack) / _mean_moments(stack)
    return eqx.tree_at(
        lambda t: (t.body.inertia, t.body.level, t.body.omega_BI_B),
        truth,
        (
            share[:, None, None] * (inertia + errors * _mean_moments(inertia)),
            np.zeros_like(truth.body.level),
            np.asarray(truth.body.omega_BI_B) - np.asarray(truth.body.tip_off),
        ),
    )


def _mean_moments(inertia: np.ndarray) -> np.ndarray:
    """Mean (3, 3) of the two moments that each entry of a tensor lies between."""
    moments = np.diag(inertia)
    return np.sqrt(moments[:, None] * moments[None, :])
