"""Pushes and turns from one table: nothing but what was asked for, any thruster out, what a tick can bear."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.errors import InputError
from homeward.flight.control.thruster_selection_6dof import allocate_six
from homeward.scenario.build.thruster_layout import docking_layout, docking_thrusters
from homeward.vehicle.thrusters import Thrusters

PURE = 1e-9  # N s or N m s of another axis, for one wanted
TICK = jnp.asarray(0.1)
NONE = (jnp.asarray(0.0),) * 3
SOUND = jnp.asarray(0)
SMALLEST = 0.02  # s


@pytest.fixture(scope="module")
def ship():
    thrusters = docking_thrusters(8.8, 1.4)
    return thrusters, allocate_six(thrusters, "here")


def some(place, direction, thrust=100.0):
    n = len(place)
    return Thrusters(
        place=jnp.asarray(place, float), direction=jnp.asarray(direction, float),
        thrust=jnp.broadcast_to(jnp.asarray(thrust), (n,)), minimum_pulse=jnp.asarray(SMALLEST),
        opening=jnp.asarray(0.01), closing=jnp.asarray(0.01), exhaust_speed=jnp.asarray(2800.0),
        share=jnp.ones(n), leak=jnp.zeros(n),
    )  # fmt: skip


def triple(x):
    return tuple(jnp.asarray(float(c)) for c in x)


def brought(table, seconds):
    push, turn = table.gained(jnp.asarray(seconds))
    return np.array([float(c) for c in push]), np.array([float(c) for c in turn])


WANTED = np.kron(np.eye(2), np.vstack([np.eye(3), -np.eye(3)]))


def test_every_direction_is_made_and_no_other_with_any_thruster_out(ship):
    thrusters, table = ship
    made = np.hstack([np.asarray(thrusters.direction * thrusters.thrust[:, None]), thrusters.torques()])
    pulses = np.asarray(table.pulses)
    assert pulses.shape == (25, 12, 24) and np.all(pulses >= 0.0)
    for k, rows in enumerate(pulses):
        np.testing.assert_allclose(rows @ made, WANTED, atol=PURE)
        assert k == 0 or np.all(rows[:, k - 1] == 0.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_six_thrusters_do_it_for_less(seed):
    """Brute force over all bases: the best of them is the best of all, up to what sharing may cost."""
    rng = np.random.default_rng(seed)
    place, direction = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    pairs = np.vstack([place, place]), np.vstack([direction, -direction])
    thrusters = some(*pairs)
    with pytest.raises(InputError, match="with thruster 0 out"):
        allocate_six(thrusters, "here")  # six lines for six directions: none of them may fail
    made = np.hstack([np.asarray(thrusters.direction) * 100.0, np.asarray(thrusters.torques())])
    one_more = some(np.vstack([pairs[0], np.zeros(3)]), np.vstack([pairs[1], [1.0, 0.0, 0.0]]))
    rows = np.asarray(allocate_six(one_more, "here", (12,)).pulses)[0]
    for row, wanted in zip(rows, WANTED, strict=True):
        best = np.inf
        for chosen in itertools.combinations(range(12), 6):
            matrix = made[list(chosen)].T
            if abs(np.linalg.det(matrix)) > 1e-6:
                pulses = np.linalg.solve(matrix, wanted)
                if np.all(pulses >= -1e-12):
                    best = min(best, float(np.sum(pulses)))
        assert row[12] == 0.0
        assert np.sum(row) == pytest.approx(best, rel=2e-3)


def test_what_cannot_be_made_is_told_by_its_key():
    place, direction, _ = docking_layout(8.8, 1.4)
    with pytest.raises(InputError, match=r"^a\.toml: ship\.thrusters: expected thrusters that can push -x"):
        allocate_six(some(place[:20], direction[:20]), "a.toml: ship.thrusters")
    lone = [*range(20), 20]  # one to brake with, whose push aside the rings can answer
    with pytest.raises(InputError, match=r"can still push -x.* with thruster 20 out$") as caught:
        allocate_six(some(place[lone], direction[lone], [25.0] * 16 + [150.0] * 5), "key")
    assert "\n" not in str(caught.value)


def test_a_set_that_lost_one_may_be_loaded_though_it_bears_no_second_loss():
    place, direction, _ = docking_layout(8.8, 1.4)
    table = allocate_six(some(place, direction), "key", (21,))
    pulses = np.asarray(table.pulses)
    assert np.all(pulses[:, :, 21] == 0.0)
    assert np.all(pulses[21, :, 20] == 0.0)  # what is left of the opposite pair is out too


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("out", [0, 3, 18, 22])
def test_a_wish_within_a_tick_is_given_up_to_the_smallest_pulses(ship, seed, out):
    thrusters, table = ship
    rng = np.random.default_rng(seed)
    push, turn = rng.normal(size=3) * [6.0, 1.0, 1.0], 4.0 * rng.normal(size=3)
    seconds = np.asarray(table.seconds(triple(push), triple(turn), TICK, jnp.asarray(out)))
    assert np.all((seconds == 0.0) | ((seconds >= SMALLEST) & (seconds <= 0.1 + 1e-12)))
    assert out == 0 or seconds[out - 1] == 0.0
    impulse, change = brought(table, seconds)
    # Half a smallest pulse of each thruster at most is missing or too much.
    force = np.abs(np.asarray(thrusters.direction * thrusters.thrust[:, None]))
    assert np.all(np.abs(impulse - push) <= 0.5 * SMALLEST * force.sum(0) + PURE)
    assert np.all(np.abs(change - turn) <= 0.5 * SMALLEST * np.abs(np.asarray(thrusters.torques())).sum(0))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_tick_that_is_too_short_turns_first(ship, seed):
    _, table = ship
    rng = np.random.default_rng(seed)
    push, turn = 500.0 * rng.normal(size=3), 10.0 * rng.normal(size=3)
    impulse, change = brought(table, table.seconds(triple(push), triple(turn), TICK, SOUND))
    alone = brought(table, table.seconds(NONE, triple(turn), TICK, SOUND))[1]
    quantum = 0.5 * SMALLEST * np.abs(np.asarray(table.torques)).sum(0)
    assert np.all(np.abs(change - alone) <= quantum)
    assert alone @ turn / np.linalg.norm(alone) / np.linalg.norm(turn) > 0.97
    assert np.linalg.norm(impulse) < 0.5 * np.linalg.norm(push)
    # A push alone is scaled in its direction.
    push = push * [1.0, 0.1, 0.1]
    impulse, _ = brought(table, table.seconds(triple(push), NONE, TICK, SOUND))
    share = np.linalg.norm(impulse) / np.linalg.norm(push)
    assert 0.01 < share < 0.9
    assert np.all(np.abs(impulse - share * push) <= [6.1, 1.1, 1.1])


def test_two_that_push_against_each_other_are_not_fired_together(ship):
    _, table = ship
    push, turn = (NONE[0], NONE[0], jnp.asarray(4.0)), (NONE[0], jnp.asarray(10.0), NONE[0])
    seconds = np.asarray(table.seconds(push, turn, TICK, SOUND))
    pair = np.asarray(table.opposite)
    assert sorted(pair[:16]) == list(range(16)) and np.all(pair[:16] != np.arange(16))
    together = (seconds > 0.0) & (seconds[pair] > 0.0) & (pair != np.arange(24))
    assert np.all(np.abs(seconds - seconds[pair])[together] < SMALLEST)  # only where too little would be left
    small = np.asarray(table.seconds(NONE, turn, TICK, SOUND))
    large = (NONE[0], NONE[0], jnp.asarray(9.0))
    assert np.sum(np.asarray(table.seconds(large, turn, TICK, SOUND))) < 9.0 / 25.0 + np.sum(small) - 0.02
    impulse, change = brought(table, seconds)
    np.testing.assert_allclose(impulse, [0.0, 0.0, 4.0], atol=0.5)
    np.testing.assert_allclose(change, [0.0, 10.0, 0.0], atol=2.0)


@pytest.mark.parametrize("size", [0.03, 0.3, 1.1])
def test_kept_by_the_caller_nothing_is_lost_by_rounding(ship, size):
    """A wish far below the smallest pulse, tick after tick: the sum given is the sum wished."""
    _, table = ship

    def tick(carry, _):
        to_go, total = carry
        to_go = to_go + jnp.asarray([size, -0.3 * size, 0.1 * size])
        seconds = table.seconds((to_go[0], to_go[1], to_go[2]), NONE, TICK, SOUND)
        given = jnp.stack(table.gained(seconds)[0])
        return (to_go - given, total + given), seconds

    (_, total), seconds = jax.lax.scan(tick, (jnp.zeros(3), jnp.zeros(3)), None, length=1000)
    wished = 1000.0 * size * np.array([1.0, -0.3, 0.1])
    assert np.all(np.abs(np.asarray(total) - wished) <= [7.0, 1.1, 1.1])  # N s: about half a quantum
    fired = np.asarray(seconds)
    assert np.all((fired == 0.0) | (fired >= SMALLEST))


def test_the_table_is_chosen_by_data_lane_by_lane(ship):
    _, table = ship
    out = jnp.arange(25)
    program = jax.jit(jax.vmap(lambda k: table.seconds((jnp.asarray(9.0),) * 3, NONE, TICK, k)))
    seconds = np.asarray(program(out))
    assert all(seconds[k, k - 1] == 0.0 for k in range(1, 25))
    np.testing.assert_allclose(seconds[0], table.seconds((jnp.asarray(9.0),) * 3, NONE, TICK, SOUND))
