"""A bank reversal leads by lift-up, however large the bank, with an actuator that takes the shorter way."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.control.roll_direction import constrain_roll_lift_up
from homeward.vehicle.parameters import Capsule
from homeward.world.actuators.bank import bank_actuator

CAPSULE = Capsule(*(jnp.asarray(x) for x in (3200.0, 5.0, 2.9, np.radians(15.0), np.radians(6.0))))
TICKS, TICK = 10, 0.1  # in a cycle; s


@jax.jit
def cycle(bank, rate, wanted, free):
    command = constrain_roll_lift_up(wanted, bank, free)

    def tick(carry, _):
        bank, rate, _ = bank_actuator(CAPSULE, *carry, command, jnp.asarray(TICK))
        return (bank, rate), bank

    return jax.lax.scan(tick, (bank, rate), None, length=TICKS)


def turned(start, wanted, free):
    bank, rate, path = jnp.asarray(start), jnp.asarray(0.0), [[start]]
    for _ in range(60):
        (bank, rate), flown = cycle(bank, rate, jnp.asarray(wanted), jnp.asarray(free))
        path.append(np.asarray(flown))
    return np.concatenate(path)


@pytest.mark.parametrize("size", [0.5, 1.4, 1.57, 1.62, 2.0])
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_reversal_leads_by_lift_up_and_arrives(size, side):
    path = turned(-side * size, side * size, free=False)
    assert np.abs(path).max() < size + 0.05  # never further from lift-up than where it began
    assert path[-1] == pytest.approx(side * size, abs=0.01)


def test_the_way_by_lift_down_is_taken_where_it_is_free_and_shorter():
    path = turned(-1.8, 1.8, free=True)
    assert np.abs(path).max() > 3.0
    assert path[-1] == pytest.approx(1.8, abs=0.01)


def test_turns_of_less_than_half_a_circle_are_the_laws_own():
    for flown, wanted in ((0.0, 2.0), (-1.0, 1.2), (1.3, -1.4)):
        told = constrain_roll_lift_up(jnp.asarray(wanted), jnp.asarray(flown), jnp.asarray(False))
        assert float(told) == wanted
