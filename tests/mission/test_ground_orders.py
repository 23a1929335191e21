"""Orders from the ground in a flown approach: sealed, judged on board, carried out between two chunks."""

import jax
import numpy as np
import pytest

import homeward as hw
from homeward.earth.time import Epoch
from homeward.ground.commands.approach_commands import ApproachOrders
from homeward.ground.commands.authentication import Opener, Sealer
from homeward.ground.commands.commands import Command, Order, PlanSwitch
from homeward.ground.commands.onboard_executive import Executive
from homeward.io.cuc_time import Clock

KEY = bytes(range(32))
CHUNK = 32.0  # s: the longest that an order waits


class Uplink:
    """Sends sealed orders when the flight's time has come; a forged ABORT goes up with every one of them."""

    def __init__(self, orders: list[tuple[float, Order]]) -> None:
        self.clock = Clock.of(Epoch.from_iso("2026-09-20T05:41:44Z"))
        self.orders = orders
        self.flight = ApproachOrders(self.take)
        self.ship = Executive(Opener(KEY, "x", self.clock), lambda: self.flight.situation)
        self.ground = Sealer(KEY, "x", self.clock, self.ship.ship)
        self.forger = Sealer(bytes(32), "x", self.clock, self.ship.ship)

    def take(self, now: float) -> list[Command]:
        while self.orders and self.orders[0][0] <= now:
            _, order = self.orders.pop(0)
            self.ship.uplink(self.forger.seal(Order("ABORT"), now)[1], now)
            self.ship.uplink(self.ground.seal(order, now)[1], now)
        return [command for _, command in self.ship.take()]


def flown(orders):
    uplink = Uplink(orders)
    return hw.rendezvous(hw.load("shenzhou-21"), between=uplink.flight), uplink


@pytest.mark.slow
def test_hold_go_retreat_and_abort_act_and_a_forged_abort_does_not():
    plain = hw.rendezvous(hw.load("shenzhou-21"))
    dock = plain.summary["time_to_dock_s"]
    start = float(plain.history.rows["time"][np.flatnonzero(plain.history.rows["stage"] >= 2)[0]])
    wait = 900.0
    held, uplink = flown([(start + 10.0, Order("HOLD")), (start + wait, Order("GO"))])
    assert held.summary["success"] and held.summary["aborts"] == 0
    # HOLD keeps it at the first hold point; GO waits for a chunk at most.
    rows = held.history.rows
    left = float(rows["time"][np.flatnonzero(rows["stage"] >= 3)[0]])
    assert start + wait <= left <= start + wait + 2 * CHUNK
    assert held.summary["time_to_dock_s"] > dock
    outcomes = [entry.outcome for entry in uplink.ship.log]
    assert outcomes == ["forged", "accepted"] * 2 and len(uplink.flight.done) == 2

    # On the last way in: back to the hold before, there until GO, and then in.
    last = dock - 120.0
    back, _ = flown([(last, Order("RETREAT")), (last + 600.0, Order("GO"))])
    assert back.summary["success"] and back.summary["aborts"] == 0
    stage = back.history.rows["stage"]
    assert (np.diff(stage.astype(int)) < 0).any()
    assert back.summary["time_to_dock_s"] > last + 600.0

    away, _ = flown([(last, Order("ABORT"))])
    assert not away.summary["success"] and away.summary["aborts"] == 1 and not away.summary["collided"]
    assert np.linalg.norm(away.history.rows["position_L"][-1]) > 200.0


def in_the_far_legs(*commands):
    """A flight by the shorter plan that is told these at their times [s], and its orders."""
    scenario = hw.load("shenzhou-21", {"rendezvous.guidance.fallback": "6.5h", "rendezvous.plan": "3.5h"})
    waiting = list(commands)

    def take(now):
        due = [command for when, command in waiting if when <= now]
        waiting[:] = [(when, command) for when, command in waiting if when > now]
        return due

    orders = ApproachOrders(take, scenario)
    return hw.rendezvous(scenario, between=orders), orders


@pytest.mark.slow
def test_the_other_plan_is_taken_when_ordered_and_what_makes_no_sense_changes_no_bit():
    plain, _ = in_the_far_legs()
    other, orders = in_the_far_legs((1200.0, PlanSwitch("6.5h")))
    assert [command for _, command in orders.done] == [PlanSwitch("6.5h")] and not orders.refused
    assert other.summary["success"] and other.summary["plan"]["flown"] == "6.5h"
    assert other.summary["time_to_dock_s"] > plain.summary["time_to_dock_s"] + 9000.0

    insane = [(1200.0, PlanSwitch("3.5h")), (1300.0, PlanSwitch("2d")), (3000.0, Order("HOLD")),
              (9000.0, PlanSwitch("6.5h"))]  # fmt: skip
    same, orders = in_the_far_legs(*insane)
    assert [why for _, _, why in orders.refused] == [
        "it is flown already", "this flight holds no such plan ready", "there is no approach to order",
        "the last legs have begun",
    ]  # fmt: skip
    assert not orders.done
    pairs = zip(jax.tree.leaves(plain.history.rows), jax.tree.leaves(same.history.rows), strict=True)
    assert all(np.array_equal(mine, theirs) for mine, theirs in pairs)


@pytest.mark.slow
def test_abort_is_taken_in_the_far_legs_too():
    told, orders = in_the_far_legs((4000.0, Order("ABORT")))
    assert len(orders.done) == 1 and told.summary["aborts"] == 1
    assert told.summary["abort"]["leg"] == "far guidance"
    assert told.summary["abort"]["free_min_range_m"] > 200.0
