"""The flight computer: orders of a burn, and that it hands on what its parts say."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from closed_loop import plan_of

from homeward.flight.executive.flight_computer import idle
from homeward.icd import Measurements

TICK = 0.5
ACCELERATION = 1.5  # m/s2, believed


@pytest.fixture(scope="module")
def computer():
    flight = plan_of(return__legs__end="opening").flight
    return eqx.tree_at(lambda f: f.thrust_acceleration, flight, jnp.asarray(ACCELERATION))


def _measured():
    zero, zeros = jnp.asarray(0.0), jnp.zeros(3)
    return Measurements(
        zero, jnp.asarray(True), jnp.asarray([7e6, 0.0, 0.0]), jnp.asarray([0.0, 7e3, 0.0]), zeros,
        zero, zero, zero,
    )  # fmt: skip


def _burn(computer, sensed, pending=0.0, wanted=100.0):
    under_way = eqx.tree_at(lambda c: c.engine_seconds, idle(), jnp.asarray(pending))
    direction = jnp.asarray([0.0, 1.0, 0.0])
    command = computer.burn(jnp.asarray(sensed), under_way, jnp.asarray(wanted), direction, jnp.asarray(TICK))
    assert np.array_equal(np.asarray(command.thrust_direction), [0.0, 1.0, 0.0])
    return float(command.engine_seconds)


def test_far_from_the_end_the_engine_burns_the_whole_tick(computer):
    assert _burn(computer, 0.0) == TICK


def test_the_last_tick_is_cut_to_what_is_missing(computer):
    assert _burn(computer, 99.7) == pytest.approx(0.3 / ACCELERATION)


def test_what_is_on_its_way_already_is_not_asked_for_again(computer):
    assert _burn(computer, 99.4, pending=0.3) == pytest.approx(0.6 / ACCELERATION - 0.3)
    assert _burn(computer, 99.4, pending=TICK) == 0.0


def test_nothing_is_burnt_once_it_is_there(computer):
    assert _burn(computer, 100.0) == 0.0
    assert _burn(computer, 101.0) == 0.0


def test_an_idle_command_asks_for_nothing():
    command = idle()
    assert float(command.engine_seconds) == float(command.bank) == 0.0
    assert int(command.deploy) == 0
    assert not bool(command.drop_heat_shield) and not bool(command.fire_retro)


@eqx.filter_jit
def _entry(computer):
    return computer.entry(computer.navigate(computer.init(), _measured()))


def test_entry_commands_the_bank_its_guidance_says_and_nothing_else(computer):
    after, command = _entry(computer)
    assert float(command.bank) == float(after.entry.bank)
    assert float(command.engine_seconds) == 0.0
    assert int(command.deploy) == 0


def test_navigate_keeps_what_navigation_believes(computer):
    state = computer.navigate(computer.init(), _measured())
    assert np.asarray(state.last.r_BE_E) == pytest.approx([7e6, 0.0, 0.0])
