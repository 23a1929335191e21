"""The executive of the last legs, one decision at a time: GO, retreat, a contact without capture, leaving."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.dispersion.rendezvous import disperse_pair
from homeward.flight.relative_navigation.port_relative_state import PortRelative
from homeward.flight.relative_navigation.sensor_fdi import DARK, LIDAR
from homeward.flight.rendezvous.far_range import other_plan
from homeward.flight.rendezvous.proximity_executive import AWAY, GOING, _decide, begin_close, cycle_close
from homeward.icd.rendezvous_messages import PairAids
from homeward.planning.rendezvous_plan import plan_rendezvous

HOLD, HOP, STAY, LAST_HOLD, LAST = 0, 1, 2, 4, 5  # rows of the default's steps


@pytest.fixture(scope="module")
def executive():
    """The default's computer, its state at the first hold, and what a cycle of sensors is like."""
    made = plan_rendezvous(hw.load("shenzhou-21"))
    _, far = disperse_pair(made, 0, np.array([0]), False)
    filter_ = jax.tree.map(lambda x: x[0], far.flight.filter)
    state = begin_close(
        made.close, filter_, jnp.array([1.0, 0.0, 0.0, 0.0]), jnp.zeros(()), jnp.asarray(8000.0),
        made.close.orders,
    )  # fmt: skip
    return made.close, state


def aids_of(touched):
    """A cycle in which no sensor sees anything but the contact switch."""
    sizes = {
        "valid": False,
        "touched": touched,
        "captured": False,
        "position": [0.0] * 3,
        "velocity": [0.0] * 3,
    }
    told = {}
    for field in dataclasses.fields(PairAids):
        turn = [1.0, 0.0, 0.0, 0.0] if "_q_" in field.name else 0.0
        told[field.name] = jnp.asarray(sizes.get(field.name.split("_")[-1], turn))
    return PairAids(**told)


@jax.jit
def _one(computer, state, aids, seen, r_L, v_L, time):
    return _decide(computer, state, aids, seen, r_L, v_L, time, jnp.ones(()))


def decide(
    executive, step, *, x=100.0, side=0.0, time=1000.0, touched=False, go=None, seconds=None, tries=0,
    cycles=1, **orders,
):  # fmt: skip
    """The state after some cycles at a distance [m] in a step; the ship is where the step wants it."""
    computer, state = executive
    steps = computer.steps
    if go is not None:
        steps = eqx.tree_at(lambda s: s.go, steps, steps.go.at[step].set(go))
    if seconds is not None:
        steps = eqx.tree_at(lambda s: s.seconds, steps, steps.seconds.at[step].set(seconds))
    computer = eqx.tree_at(lambda c: c.steps, computer, steps)
    told = eqx.tree_at(
        lambda o: tuple(getattr(o, k) for k in orders), state.orders, tuple(map(jnp.asarray, orders.values()))
    ) if orders else state.orders  # fmt: skip
    state = eqx.tree_at(
        lambda s: (s.step, s.tries, s.orders), state, (jnp.asarray(step), jnp.asarray(tries), told)
    )
    seen = PortRelative(jnp.array([x, side, 0.0]), jnp.zeros(3), jnp.zeros(3), jnp.zeros(3))
    aids = aids_of(touched)
    for k in range(cycles):
        state = _one(computer, state, aids, seen, steps.place_L[step], jnp.zeros(3), jnp.asarray(time + k))
    return state


def test_a_hold_waits_for_go(executive):
    """30 m, ten seconds there; GO comes in the fifteenth second, or not at all."""
    waits = dict(x=30.0, seconds=10.0, go=1014.5)
    early = decide(executive, LAST_HOLD, cycles=15, **waits)
    assert int(early.step) == LAST_HOLD and float(early.waiting) == pytest.approx(6.0)
    gone_on = decide(executive, LAST_HOLD, cycles=16, **waits)
    assert int(gone_on.step) == LAST and float(gone_on.waiting) == 0.0
    assert float(gone_on.waited) == pytest.approx(6.0)
    never = decide(executive, LAST_HOLD, x=30.0, seconds=10.0, go=1e12, cycles=40)
    assert int(never.step) == LAST_HOLD and float(never.waiting) == pytest.approx(31.0)
    # Not there yet: that is no waiting.
    assert float(decide(executive, LAST_HOLD, x=80.0, go=1e12, cycles=40).waiting) == 0.0


def test_one_retreat_is_ordered_once(executive):
    back = decide(executive, LAST, x=15.0, retreat_distance=20.0)
    assert int(back.step) == LAST_HOLD and bool(back.ordered) and int(back.retreats) == 1
    assert int(back.tries) == 0 and int(back.mode) == GOING
    # From the way to the last hold it is the hold before.
    assert int(decide(executive, LAST_HOLD, x=90.0, retreat_distance=95.0).step) == LAST_HOLD - 1
    assert int(decide(executive, LAST, x=25.0, retreat_distance=20.0).step) == LAST
    again = eqx.tree_at(lambda s: s.ordered, executive[1], jnp.asarray(True))
    assert int(decide((executive[0], again), LAST, x=15.0, retreat_distance=20.0).step) == LAST


def test_a_contact_without_capture_is_tried_again_and_then_left(executive):
    first = decide(executive, LAST, x=0.0, touched=True)
    assert (int(first.step), int(first.tries), int(first.mode)) == (LAST_HOLD, 1, GOING)
    second = decide(executive, LAST, x=0.0, touched=True, tries=1)
    assert int(second.mode) == AWAY and int(second.aborts) == 1 and float(second.away_since) == 1000.0


@pytest.mark.parametrize("step", [HOLD, HOP, STAY, LAST_HOLD, LAST])
def test_leaving_may_be_ordered_in_any_step(executive, step):
    for orders in ({"abort_distance": 300.0}, {"abort_time": 900.0}):
        left = decide(executive, step, x=250.0, side=20.0, **orders)
        assert int(left.mode) == AWAY and int(left.aborts) == 1
    for orders in ({"abort_distance": 200.0}, {"abort_time": 1100.0}):
        assert int(decide(executive, step, x=250.0, side=20.0, **orders).mode) == GOING


def test_without_anyone_who_sees_the_port_and_in_dispute_it_goes_back(executive):
    """From the final translation to the last hold, and no farther; not where all agreed until the end."""
    computer, state = executive
    dark = eqx.tree_at(lambda s: s.trust.dark, state, jnp.asarray(DARK))
    disputed = eqx.tree_at(lambda s: s.filter.refused, dark, dark.filter.refused.at[LIDAR].set(2))
    back = decide((computer, disputed), LAST, x=5.0)
    assert (int(back.step), int(back.tries), int(back.mode)) == (LAST_HOLD, 1, GOING)
    assert int(decide((computer, disputed), LAST_HOLD, x=15.0).step) == LAST_HOLD
    assert int(decide((computer, dark), LAST, x=5.0).step) == LAST


def test_who_is_voted_out_takes_what_was_learnt_of_the_bias_along(executive):
    computer, state = executive
    learnt = jnp.asarray([3e-3, 0.0, 0.0])
    state = eqx.tree_at(lambda s: s.attitude.accelerometer_bias, state, learnt)
    strikes = state.voting.accelerometer.strikes
    struck = eqx.tree_at(lambda s: s.voting.accelerometer.strikes, state, strikes.at[5].set(9.0))
    cycle = jax.jit(lambda s: cycle_close(computer, s, aids_of(False), jnp.asarray(1.0), jnp.ones(()))[0])
    kept, anew = cycle(state), cycle(struck)
    assert np.asarray(kept.attitude.accelerometer_bias) == pytest.approx(np.asarray(learnt))
    assert float(anew.voting.accelerometer.trusted[5]) == 0.0
    assert np.asarray(anew.attitude.accelerometer_bias).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("costs", "left", "taken"),
    [
        ([80.0, 70.0, 65.0, 64.0], 90.0, None),  # the budget bears the plan that is flown
        ([120.0, 70.0, 65.0, 64.0], 90.0, 1),
        ([120.0, 95.0, 65.0, 64.0], 90.0, 2),
        ([120.0, 1e4, 95.0, 64.0], 90.0, 3),
        ([120.0, 110.0, 99.0, 105.0], 90.0, 2),  # it bears none: the cheapest
        ([120.0, 130.0, 1e4, 125.0], 90.0, None),
        ([120.0, 70.0], 90.0, 1),
        ([120.0, 95.0], 90.0, 1),
        ([90.5, 91.0], 90.0, None),
    ],
)
def test_the_first_of_the_other_plans_that_the_budget_bears_is_taken(costs, left, taken):
    dear, which = other_plan(jnp.array(costs), jnp.asarray(left))
    assert (int(which) if bool(dear) else None) == taken
