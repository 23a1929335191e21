"""Turn the whole world about its axis, the flight with it: nothing relative may change."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from closed_loop import Replay, fly_plan, plan_of, without_navigation_error

ROUNDING = 1e-5  # m, rad, m/s: positions of 7e6 m carry 1e-9 m, grown by the flight
MIRRORED = 1e-6  # half a turn only changes signs: even the single-precision predictor must not notice
# The predictor reckons in single precision: turned, it rounds otherwise, a reversal may come a cycle
# sooner, and the flight ends elsewhere within what the guidance leaves open anyway.
CLOSED_LOOP_END = 1000.0  # m
ANGLES = ("heading", "bank", "bank_command", "flight_path_angle")
RELATIVE = (*ANGLES, "altitude", "speed", "inertial_speed", "mach", "load_factor", "range_to_go")


@pytest.fixture(scope="module")
def case():
    plan = plan_of(return__legs__end="opening")
    world = without_navigation_error(plan.world)
    return plan, world, fly_plan(plan, world=world)


def _turned(plan, angle):
    c, s = np.cos(angle), np.sin(angle)
    R = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    parts = (plan.truth.r_BI_I, plan.truth.v_BI_I, plan.flight.target.aim_E)
    r, v, aim = (jnp.asarray(R @ np.asarray(x)) for x in parts)
    truth = eqx.tree_at(lambda t: (t.r_BI_I, t.v_BI_I), plan.truth, (r, v))
    return R, truth, eqx.tree_at(lambda f: f.target.aim_E, plan.flight, aim)


def _largest_difference(a, b):
    assert a["time"].size == b["time"].size
    off = {name: a[name] - b[name] for name in RELATIVE}
    wrapped = {k: np.angle(np.exp(1j * x)) if k in ANGLES else x for k, x in off.items()}
    return max(float(np.max(np.abs(x))) for x in wrapped.values())


def test_half_a_turn_changes_nothing(case):
    plan, world, flight = case
    _, truth, computer = _turned(plan, np.pi)
    other = fly_plan(plan, world=world, truth=truth, flight=computer)
    assert _largest_difference(flight.history, other.history) < MIRRORED


@pytest.mark.parametrize("angle", [-1.1, 2.0, 4.0])
def test_any_turn_changes_nothing_where_the_commands_are_given(case, angle):
    plan, world, flight = case
    h = flight.history
    law = Replay(jnp.asarray(h["time"]), jnp.asarray(np.unwrap(h["bank_command"])), jnp.asarray(0.0))
    R, truth, computer = _turned(plan, angle)
    other = fly_plan(plan, world=world, truth=truth, flight=computer, guidance=law)
    assert _largest_difference(h, other.history) < ROUNDING
    assert np.linalg.norm(R @ flight.end().r_BI_I - other.end().r_BI_I) < ROUNDING


@pytest.mark.parametrize("angle", [-1.1, 2.0, 4.0])
def test_any_turn_leaves_the_closed_loop_as_good_as_it_was(case, angle):
    plan, world, flight = case
    R, truth, computer = _turned(plan, angle)
    other = fly_plan(plan, world=world, truth=truth, flight=computer)
    assert np.linalg.norm(R @ flight.end().r_BI_I - other.end().r_BI_I) < CLOSED_LOOP_END
