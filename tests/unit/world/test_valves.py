"""What a thruster gives for a command: the impulse to the last bit, and everything that goes wrong."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.math.triples import join
from homeward.vehicle.thrusters import Thrusters
from homeward.world.actuators.thruster_valves import fire, lag

TICK = 0.1
ROUNDING = 1e-12
EXHAUST = 2200.0


def some(opening=0.01, closing=0.01, minimum=0.02, **changes):
    told = Thrusters(
        place=jnp.asarray([[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]]),
        direction=jnp.asarray([[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]]),
        thrust=jnp.asarray([150.0, 100.0]), minimum_pulse=jnp.asarray(minimum),
        opening=jnp.asarray(opening), closing=jnp.asarray(closing), exhaust_speed=jnp.asarray(EXHAUST),
        share=jnp.ones(2), leak=jnp.zeros(2),
    )  # fmt: skip
    return dataclasses.replace(told, **changes)


@jax.jit
def _burn(thrusters, pulses, tank, level):
    def tick(carry, seconds):
        level, impulse, turn, used = carry
        level, force, torque, spent = fire(thrusters, level, seconds, jnp.asarray(TICK), tank - used)
        return (level, impulse + TICK * join(force), turn + TICK * join(torque), used + spent), None

    start = (level, jnp.zeros(3), jnp.zeros(3), jnp.asarray(0.0))
    return jax.lax.scan(tick, start, pulses)[0][1:]


def burn(thrusters, pulses, tank=1.0, ticks=50, level=(0.0, 0.0)):
    """Impulse [N s, B], angular impulse and propellant of a train of pulses [s], with what falls after it."""
    rows = np.zeros((ticks, 2))
    rows[: len(pulses)] = np.reshape(pulses, (-1, 2))
    told = _burn(thrusters, jnp.asarray(rows), jnp.asarray(tank), jnp.asarray(level))
    return tuple(np.asarray(part) for part in told)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.02, 0.1), st.floats(0.005, 0.05), st.floats(0.0, 1.0))
def test_equal_constants_give_thrust_times_time(seconds, constant, before):
    """What a valve loses in opening it gives back in closing, in this tick or in the next ones."""
    impulse, turn, used = burn(some(constant, constant), [(seconds, 0.0)], level=(before, 0.0))
    wanted = 150.0 * (seconds + before * constant)
    assert impulse[2] == pytest.approx(wanted, rel=ROUNDING)
    np.testing.assert_allclose(turn, [wanted, 0.0, 0.0], rtol=ROUNDING, atol=ROUNDING)
    assert used == pytest.approx(wanted / EXHAUST, rel=ROUNDING)


@pytest.mark.parametrize("seconds", [0.02, 0.05, 0.1])
def test_unequal_constants_give_the_difference_they_make(seconds):
    opening, closing = 0.01, 0.03
    impulse, _, _ = burn(some(opening, closing), [(seconds, 0.0)])
    risen = 1.0 - np.exp(-seconds / opening)
    assert impulse[2] == pytest.approx(150.0 * (seconds + (closing - opening) * risen), rel=ROUNDING)


def test_a_train_of_full_ticks_is_one_long_pulse():
    impulse, _, _ = burn(some(), [(TICK, TICK)] * 10)
    assert impulse[2] == pytest.approx(250.0 * 1.0, rel=ROUNDING)


def test_the_tail_is_felt_in_the_next_tick():
    end, mean = lag(*(jnp.asarray(x) for x in (0.0, TICK, TICK, 0.01, 0.02)))
    _, tail = lag(end, *(jnp.asarray(x) for x in (0.0, TICK, 0.01, 0.02)))
    assert float(end) == pytest.approx(1.0 - np.exp(-10.0), rel=ROUNDING)
    assert float(mean) == pytest.approx(1.0 - 0.1 * (1.0 - np.exp(-10.0)), rel=ROUNDING)
    assert float(tail) == pytest.approx(float(end) * 0.2 * (1.0 - np.exp(-5.0)), rel=ROUNDING)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.0, 1.0), st.floats(0.0, 0.1), st.floats(1e-3, 10.0), st.floats(1e-3, 10.0))
def test_the_closed_form_is_the_integral(level, open_for, opening, closing):
    end, mean = lag(*(jnp.asarray(x) for x in (level, open_for, TICK, opening, closing)))
    grid = np.linspace(0.0, open_for, 2001)
    up = 1.0 - (1.0 - level) * np.exp(-grid / opening)
    later = np.linspace(0.0, TICK - open_for, 2001)
    down = up[-1] * np.exp(-later / closing)
    assert float(end) == pytest.approx(down[-1], abs=ROUNDING)
    assert float(mean) == pytest.approx((np.trapezoid(up, grid) + np.trapezoid(down, later)) / TICK, abs=2e-4)
    assert 0.0 <= float(end) <= 1.0


def test_too_short_a_pulse_is_not_made_and_too_long_a_one_is_a_tick():
    assert np.all(burn(some(minimum=0.02), [(0.0199, 0.0)])[0] == 0.0)
    assert burn(some(minimum=0.02), [(0.02, 0.0)])[0][2] == pytest.approx(3.0, rel=ROUNDING)
    assert burn(some(), [(5.0, 0.0)])[0][2] == pytest.approx(15.0, rel=ROUNDING)
    assert np.all(burn(some(), [(-1.0, 0.0)])[0] == 0.0)


def test_an_empty_tank_gives_nothing_and_overdraws_by_a_tick_at_most():
    assert np.all(burn(some(leak=jnp.asarray([0.5, 0.0])), [(TICK, TICK)] * 10, tank=0.0)[0] == 0.0)
    full_tick = 250.0 * TICK / EXHAUST
    _, _, used = burn(some(), [(TICK, TICK)] * 30, tank=2.5 * full_tick)
    assert 2.5 * full_tick <= used <= 3.5 * full_tick + 1e-12


def test_a_dead_thruster_gives_nothing_and_its_partner_all():
    impulse, turn, used = burn(some(share=jnp.asarray([0.0, 1.0])), [(TICK, TICK)])
    assert impulse[2] == pytest.approx(10.0, rel=ROUNDING)
    np.testing.assert_allclose(turn, [-10.0, 0.0, 0.0], atol=ROUNDING)
    assert used == pytest.approx(10.0 / EXHAUST, rel=ROUNDING)


def test_a_leak_pushes_turns_and_empties_all_the_time():
    impulse, turn, used = burn(some(leak=jnp.asarray([0.02, 0.0])), [])
    assert impulse[2] == pytest.approx(0.02 * 150.0 * 5.0, rel=ROUNDING)
    assert turn[0] == pytest.approx(impulse[2], rel=ROUNDING)
    assert used == pytest.approx(impulse[2] / EXHAUST, rel=ROUNDING)
    # A leak is what is missing from a closed valve: an open one gives no more than its force.
    assert burn(some(leak=jnp.asarray([0.02, 0.0])), [(TICK, 0.0)], ticks=1)[0][2] < 15.0
