"""When the one reversal of a first dip begins, and how its plan follows the predicted cross-range."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.entry.first_dip_reversal import (
    LEFT_OVER,
    corrected_dip,
    first_dip,
    half_roll,
    planned_dip,
)

RATE, ACCELERATION = np.radians(15.0), np.radians(5.0)
S = SimpleNamespace(
    cycle=jnp.asarray(1.0, jnp.float32), rate_limit=jnp.asarray(RATE, jnp.float32),
    acceleration_limit=jnp.asarray(ACCELERATION, jnp.float32),
)  # fmt: skip
FAR, NEAR = 0.9, 0.5  # rad to go


def planned(dip, speed, rise, load, bank_deg=0.0, arc=FAR):
    return planned_dip(
        dip, S, *(jnp.asarray(x, jnp.float32) for x in (speed, rise, load, np.radians(bank_deg), arc))
    )


def corrected(dip, across, cycles):
    one, yes = jnp.asarray(1.0, jnp.float32), jnp.asarray(True)
    for _ in range(cycles):
        dip = corrected_dip(dip, one, jnp.asarray(across, jnp.float32), yes)
    return dip


def coming():
    dip, begins, held = planned(first_dip(), 10.9e3, -900.0, 0.1)
    assert dip.swings and held and not begins
    return dip


def test_a_short_way_has_none():
    dip, begins, held = planned(first_dip(), 10.9e3, -900.0, 0.1, arc=NEAR)
    assert not (dip.swings or begins or held)


def test_it_is_half_done_at_the_planned_speed():
    dip = coming()
    # Down at 4 g and 90 deg of bank: half a roll takes 7.5 s, in which speed falls by 294 m/s.
    lost = 4.0 * 9.80665 * (float(half_roll(S, jnp.asarray(np.radians(90.0), jnp.float32))) + 0.5)
    for over, wanted in ((5.0, False), (-5.0, True)):
        _, begins, _ = planned(dip, float(dip.middle) + lost + over, 20.0, 4.0, 90.0)
        assert bool(begins) == wanted


def test_a_dip_flown_with_lift_up_is_turned_over_on_the_way_out():
    # All that is banked lies behind the lowest point: turned over there, the end would lie 180 km aside.
    dip = corrected(coming(), -180e3, 30)
    assert float(dip.middle) < 8200.0
    _, begins, held = planned(dip, 9000.0, 150.0, 3.0, 90.0)
    assert held and not begins
    later, begins, _ = planned(dip, float(dip.middle) + 20.0, 160.0, 1.2, 90.0)
    assert begins and not later.swings


@pytest.mark.parametrize("off", [-50e3, 50e3])
def test_the_plan_follows_the_end_beside_the_aim(off):
    # Further on the second side than is to be left there: later.
    dip = coming()
    assert np.sign(float(corrected(dip, -LEFT_OVER + off, 1).middle - dip.middle)) == np.sign(off)


def test_out_of_the_air_nothing_is_left_to_be_planned():
    dip = corrected(coming(), -180e3, 60)
    out, begins, held = planned(dip, 7900.0, 200.0, 0.1)
    assert not (out.swings or begins)
    assert not planned(out, 7890.0, 190.0, 0.09)[2]
    assert held
