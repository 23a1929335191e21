"""Flights that are told to wait, to go back, to leave, to take the other plan; and latches that fail."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.dispersion.rendezvous import disperse_pair
from homeward.flight.rendezvous.proximity_executive import Orders
from homeward.missions.passive_safety import free_flights
from homeward.missions.rendezvous_flight import pair_keys
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.sim.rendezvous.far_range_lanes import fly_far, pick_pair
from homeward.sim.rendezvous.proximity_lanes import fly_close

pytestmark = pytest.mark.slow

KEEP_OUT = 200.0  # m
NEVER = 1e12
NO_FAULT = 1e12
LANES = 8


class AtTheFirstHold:
    """A scenario's nominal flight up to its first hold, to be flown on from there with any orders."""

    def __init__(self, name):
        self.made = plan_rendezvous(hw.load(name))
        world, carry = disperse_pair(self.made, 0, np.array([0]), False)
        keys = pair_keys(0, np.array([0]))
        far = self.made.far
        until = float(np.max(np.asarray(far.arrivals))) + float(far.homing_time)
        carry, _ = fly_far(world, far, carry, keys, False, until)
        lanes = np.zeros(LANES, int)
        self.world, self.keys = pick_pair(world, lanes), keys[lanes]
        self.carry = jax.tree.map(lambda x: np.asarray(x)[lanes], carry)
        self.time = float(np.asarray(self.carry.truth.time)[0])

    def on(self, abort_distance=0.0, abort_time=NEVER, retreat=0.0, go=None, misses=0):
        """Flown on: a figure for all lanes, or one for each. ``go`` [s] by the row of its step."""
        wide = [
            np.broadcast_to(np.asarray(x, float), (LANES,)) for x in (abort_distance, abort_time, retreat)
        ]
        rest = (np.zeros(LANES, int), np.full(LANES, NEVER))
        orders = jax.vmap(lambda *x: Orders(*x))(*(np.array(x) for x in wide), *rest)
        flight = self.made.close
        for row, time in (go or {}).items():
            flight = eqx.tree_at(lambda c: c.steps.go, flight, flight.steps.go.at[row].set(time))
        world = eqx.tree_at(lambda w: w.hull.missed_captures, self.world, jnp.asarray(misses, int))
        return fly_close(
            world, flight, NO_FAULT, self.carry, self.keys, False, self.made.steps, orders=orders
        )[0]

    def adrift(self, carry):
        """Least distance [m] of two free revolutions from where each lane ended."""
        t = carry.truth
        one = pick_pair(self.world, np.zeros(1, int))
        return free_flights(one, 0, np.asarray(t.time), t.bodies, np.asarray(t.mass))


@pytest.fixture(scope="module", params=["shenzhou-21", "shenzhou-16"])
def there(request):
    return AtTheFirstHold(request.param)


def docked(carry):
    return np.asarray(carry.truth.contact.captured)


def test_leaving_is_ordered_in_any_of_the_last_legs(there):
    """At the first hold, on the transfer, and from 300 m to the last metres."""
    n = 4
    when = there.time + np.array([30.0, 500.0, 1000.0, 1600.0, *[NEVER] * n])
    at = np.array([*[0.0] * n, 300.0, 100.0, 12.0, 1.0])
    end = there.on(abort_distance=at, abort_time=when)
    t, free = end.truth, there.adrift(end)
    print("free", free.round(0), "closest", np.asarray(t.closest).round(0))
    assert not np.asarray(t.contact.count).any() and not np.asarray(t.failed).any()
    assert np.all(np.asarray(end.flight.aborts) == 1)
    assert free.min() > KEEP_OUT
    # From outside the sphere it is never entered.
    assert np.asarray(t.closest)[: n + 1].min() > KEEP_OUT


def test_one_retreat_is_ordered_and_a_second_approach_docks(there):
    end = there.on(retreat=np.array([0.0, 28.0, 15.0, 10.0, 6.0, 4.0, 3.0, 2.0]))
    assert docked(end).all()
    f, time = end.flight, np.asarray(end.truth.contact.time)
    print("retreats", np.asarray(f.retreats), "later", (time - time[0]).round(0))
    assert list(np.asarray(f.retreats)) == [0] + [1] * 7 and not np.asarray(f.tries).any()
    assert np.all(time[1:] > time[0] + 30.0)
    assert not np.asarray(f.aborts).any()


def test_thrown_back_once_it_docks_at_the_second_approach(there):
    end = there.on(misses=1)
    assert docked(end).all()
    assert np.all(np.asarray(end.truth.contact.count) == 2)
    assert np.all(np.asarray(end.flight.tries) == 1) and np.all(np.asarray(end.flight.retreats) == 1)
    assert not np.asarray(end.flight.aborts).any()


def test_thrown_back_twice_it_leaves(there):
    end = there.on(misses=9)
    assert not docked(end).any()
    assert np.all(np.asarray(end.flight.aborts) == 1) and np.all(np.asarray(end.truth.contact.count) == 2)
    assert there.adrift(end).min() > KEEP_OUT
    assert not np.asarray(end.truth.contact.collided).any()


def test_it_goes_on_when_go_is_given(there):
    last = int(there.made.close.steps.last_hold)
    at = there.time + 7000.0
    end = there.on(go={last: at})
    assert docked(end).all() and not np.asarray(end.truth.failed).any()
    after = np.asarray(end.truth.contact.time) - at
    assert after.min() > 60.0 and after.max() < 600.0
    assert np.asarray(end.flight.waited).min() > 1000.0


def scenario(name="shenzhou-21", **settings):
    return hw.load(name, {k.replace("__", "."): str(v) for k, v in settings.items()})


def test_without_go_it_stays_held_and_tells_what_that_takes():
    holds = [(5000.0, 120.0), (400.0, 60.0), (200.0, 30.0), (30.0, 60.0)]
    rows = [f"{{distance_m={d}, seconds={s}}}" for d, s in holds]
    rows[2] = "{distance_m=200.0, seconds=30.0, go_s=1e6}"
    told = hw.rendezvous(scenario(rendezvous__holds=f"[{', '.join(rows)}]")).summary
    assert not told["success"] and told["failure"] is None and told["contact"] is None
    held = told["held"]
    assert held["at"] == "200 m hold" and held["waited_s"] >= 7200.0
    assert 0.0 < held["propellant_kg"] < 20.0 and held["delta_v_m_s"] > 0.0
    assert told["passive_safety"]["violations"] == 0


@pytest.mark.parametrize(
    ("settings", "leg", "way"),
    [
        ({"rendezvous__faults__abort_s": 4000.0}, "far guidance", "adrift"),
        # In the middle of the burn that ends homing.
        ({"rendezvous__faults__abort_s": 8192.0}, "homing", "adrift"),
        ({"rendezvous__faults__abort_distance_m": 20e3}, "homing", "adrift"),
        ({"rendezvous__faults__abort_s": 9000.0}, "transfer to 400 m", "evasion"),
    ],
)
def test_leaving_is_ordered_in_a_file(settings, leg, way):
    told = hw.rendezvous(scenario(**settings)).summary
    assert not told["success"] and told["aborts"] == 1 and told["failure"] is None
    abort = told["abort"]
    print(leg, abort)
    assert (abort["leg"], abort["way"]) == (leg, way)
    assert abort["free_min_range_m"] > KEEP_OUT


@pytest.mark.parametrize(
    ("name", "plan", "other"), [("shenzhou-21", "3.5h", "6.5h"), ("shenzhou-21", "6.5h", "3.5h")]
)
def test_the_other_plan_is_ordered(name, plan, other):
    told = hw.rendezvous(
        scenario(name, rendezvous__guidance__fallback=other, rendezvous__faults__switch_s=1200.0,
                 rendezvous__plan=plan)
    ).summary  # fmt: skip
    print(told["plan"]["flown"], told["time_to_dock_s"], told["delta_v_to_aim_m_s"])
    assert told["success"] and told["switches"] == 1
    assert (told["plan"]["name"], told["plan"]["flown"]) == (plan, other)
    limits = {"3.5h": 12000.0, "6.5h": 22800.0}
    assert told["time_to_dock_s"] <= limits[other]


def test_a_big_error_makes_it_take_the_longer_plan():
    """A budget that the flown insertion does not fit: the longer plan is cheaper, and is taken by itself."""
    big = scenario(rendezvous__guidance__budget_factor=1.0, dispersion__insertion_velocity_m_s=30.0)
    told = [hw.rendezvous(big, dispersed=True, seed=s).summary for s in range(3)]
    print([(t["switches"], t["plan"]["flown"], t["delta_v_to_aim_m_s"]) for t in told])
    assert all(t["success"] for t in told) and any(t["switches"] for t in told)
