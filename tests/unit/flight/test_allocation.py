"""Which thrusters make a wanted turn: pure torques, the least propellant, and what one missing leaves."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.errors import InputError
from homeward.flight.control import thruster_selection
from homeward.flight.control.thruster_selection import allocate
from homeward.scenario import load
from homeward.scenario.build.six_dof_body import build_body_aero, thruster_sets
from homeward.vehicle.thrusters import Thrusters

PURE = 1e-9  # N m s of other axes, for one N m s wanted
TICK = jnp.asarray(0.1)


@pytest.fixture(scope="module")
def rings():
    scenario = load("shenzhou-15")
    center = np.asarray(build_body_aero(scenario).center_of_mass)
    return dict(zip(("stack", "capsule"), thruster_sets(scenario, center), strict=True))


def some(place, direction, thrust=100.0, minimum=0.02):
    n = len(place)
    return Thrusters(
        place=jnp.asarray(place, float), direction=jnp.asarray(direction, float),
        thrust=jnp.full(n, thrust), minimum_pulse=jnp.asarray(minimum), opening=jnp.asarray(0.01),
        closing=jnp.asarray(0.01), exhaust_speed=jnp.asarray(2200.0), share=jnp.ones(n), leak=jnp.zeros(n),
    )  # fmt: skip


def random_set(seed, n=5):
    """Places and directions at random, each with its opposite, so that every turn is possible."""
    rng = np.random.default_rng(seed)
    place, direction = rng.normal(size=(n, 3)), rng.normal(size=(n, 3))
    direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    return some(np.vstack([place, place]), np.vstack([direction, -direction]))


def turns(thrusters, table):
    return np.asarray(table.pulses) @ np.asarray(thrusters.torques())


WANTED = np.vstack([np.eye(3), -np.eye(3)])


@pytest.mark.parametrize("name", ["stack", "capsule"])
def test_the_standard_rings_turn_about_each_axis_and_no_other(rings, name):
    table = allocate(rings[name], "here")
    np.testing.assert_allclose(turns(rings[name], table), WANTED, atol=PURE)
    assert np.all(np.asarray(table.pulses) >= 0.0)


@pytest.mark.parametrize("name", ["stack", "capsule"])
def test_any_one_thruster_may_be_missing(rings, name):
    for out in range(12):
        table = allocate(rings[name], "here", (out,))
        np.testing.assert_allclose(turns(rings[name], table), WANTED, atol=PURE)
        assert np.all(np.asarray(table.pulses)[:, out] == 0.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_three_thrusters_do_it_for_less(seed, monkeypatch):
    """Brute force: without a price on sideways pushes the best of all triples is the best of all."""
    monkeypatch.setattr(thruster_selection, "SIDEWAYS", 0.0)
    thrusters = random_set(seed)
    torque = np.asarray(thrusters.torques())
    table = allocate(thrusters, "here")
    for row, wanted in zip(np.asarray(table.pulses), WANTED, strict=True):
        costs = []
        for triple in itertools.combinations(range(10), 3):
            matrix = torque[list(triple)].T
            if abs(np.linalg.det(matrix)) > 1e-9:
                pulses = np.linalg.solve(matrix, wanted)
                if np.all(pulses >= -1e-12):
                    costs.append(100.0 * np.sum(pulses))
        assert 100.0 * np.sum(row) == pytest.approx(min(costs), rel=1e-6)


def test_the_standard_ring_turns_without_pushing_where_it_can(rings):
    """Roll by couples; pitch and yaw only by pairs on one side, at the price of a push."""
    force = np.asarray(rings["capsule"].direction * rings["capsule"].thrust[:, None])
    pushes = np.asarray(allocate(rings["capsule"], "here").pulses) @ force
    np.testing.assert_allclose(pushes[[0, 3]], 0.0, atol=PURE)


def test_what_cannot_be_turned_is_told_by_its_key():
    flat = some([[0, 1, 0], [0, -1, 0], [1, 0, 0], [-1, 0, 0]], [[0, 0, 1], [0, 0, 1], [0, 0, 1], [0, 0, 1]])
    with pytest.raises(InputError, match=r"^a\.toml: truth\.capsule\.thrusters: expected thrusters that"):
        allocate(flat, "a.toml: truth.capsule.thrusters")
    with pytest.raises(InputError) as caught:
        allocate(flat, "key")
    assert "\n" not in str(caught.value) and "(" in str(caught.value)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_valve_times_bring_what_was_asked_or_less_in_its_direction(rings, seed):
    table = allocate(rings["capsule"], "here")
    rng = np.random.default_rng(seed)
    for size in (20.0, 40.0, 4000.0):
        change = tuple(jnp.asarray(size * c) for c in rng.normal(size=3))
        seconds = np.asarray(table.seconds(change, TICK))
        assert np.all((seconds == 0.0) | ((seconds >= 0.02 - 1e-12) & (seconds <= 0.1 + 1e-12)))
        if size == 4000.0:  # far beyond a tick's worth: all are scaled down together
            gained = np.array([float(c) for c in table.gained(jnp.asarray(seconds))])
            wanted = np.array([float(c) for c in change])
            cosine = gained @ wanted / np.linalg.norm(gained) / np.linalg.norm(wanted)
            assert cosine > 0.98 and np.linalg.norm(gained) < np.linalg.norm(wanted)


def test_a_wish_of_less_than_half_a_pulse_is_left_and_of_more_is_a_pulse(rings):
    table = allocate(rings["capsule"], "here")
    zero = jnp.asarray(0.0)
    per_second = 1.0 / float(np.max(np.asarray(table.pulses)[0]))  # N m s of a second of the longest pulse
    for share, wanted in ((0.4, 0.0), (0.6, 0.02), (1.5, 0.03)):
        seconds = table.seconds((jnp.asarray(share * 0.02 * per_second), zero, zero), TICK)
        assert float(jnp.max(seconds)) == pytest.approx(wanted, abs=1e-12)
