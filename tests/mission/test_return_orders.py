"""Orders of the ground that a return carries out: another site, new winds; and none, which changes no bit."""

import jax
import numpy as np
import pytest

import homeward as hw
from homeward.ground.commands import LandingSite, Winds
from homeward.ground.return_orders import ReturnOrders

SEED = 3


@pytest.fixture(scope="module")
def scenario():
    return hw.load("shenzhou-15")


class Once:
    """One command as soon as a leg has begun."""

    def __init__(self, scenario, leg, command):
        self.leg, self.command, self.here = leg, command, ""
        self.orders = ReturnOrders(scenario, self.take)

    def take(self, time):
        if self.here != self.leg or self.command is None:
            return []
        given, self.command = [self.command], None
        return given

    def __call__(self, leg, flight, carry):
        self.here = leg
        return self.orders(leg, flight, carry)


def flown(scenario, between=None):
    return hw.fly(scenario, fidelity="point-mass", dispersed=True, seed=SEED, between=between)


@pytest.fixture(scope="module")
def alone(scenario):
    return flown(scenario)


def test_without_orders_no_bit_changes(scenario, alone):
    same = flown(scenario, ReturnOrders(scenario, lambda _: []))
    for mine, theirs in zip(jax.tree.leaves(alone.history), jax.tree.leaves(same.history), strict=True):
        assert np.array_equal(mine, theirs)


def test_it_opens_above_a_site_named_before_the_interface(scenario, alone):
    site = scenario.site
    there = LandingSite(site.latitude_deg + 0.5, site.longitude_deg, site.altitude_m)
    order = Once(scenario, "coast to interface", there)
    told = flown(scenario, order).summary
    assert [command for _, command in order.orders.done] == [there] and not order.orders.refused
    assert told["parachute"]["open_miss_km"] < 1.0
    moved = told["touchdown"]["latitude_deg"] - alone.summary["touchdown"]["latitude_deg"]
    assert moved == pytest.approx(0.5, abs=0.01)
    # The drift under the parachutes is what it was; both misses are those of the site flown to.
    assert told["touchdown"]["miss_km"] == pytest.approx(alone.summary["touchdown"]["miss_km"], abs=0.1)


def test_new_winds_move_the_aim_upwind(scenario, alone):
    # The true wind stays: a forecast 25 m/s toward the east has the ship open west of where it did.
    winds = Winds(tuple((float(h), 0.0, 25.0) for h in range(0, 12001, 1000)))
    order = Once(scenario, "coast to interface", winds)
    told = flown(scenario, order).summary
    assert len(order.orders.done) == 1 and not order.orders.refused
    assert told["parachute"]["open_miss_km"] < 1.0
    moved = told["touchdown"]["longitude_deg"] - alone.summary["touchdown"]["longitude_deg"]
    assert moved < -0.03


@pytest.mark.parametrize(("leg", "why"), [("coast to burn", "not planned anew"), ("descent", "parachute")])
def test_what_makes_no_sense_any_more_is_refused_and_changes_nothing(scenario, alone, leg, why):
    site = scenario.site
    there = LandingSite(site.latitude_deg + 0.3, site.longitude_deg, site.altitude_m)
    order = Once(scenario, leg, there)
    told = flown(scenario, order)
    ((_, command, reason),) = order.orders.refused
    assert command == there and why in reason and not order.orders.done
    for mine, theirs in zip(jax.tree.leaves(alone.history), jax.tree.leaves(told.history), strict=True):
        assert np.array_equal(mine, theirs)
