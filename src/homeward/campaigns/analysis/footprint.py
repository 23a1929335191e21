"""What a capsule can reach from its interface under a load limit, flown through its own true world."""

import itertools

import equinox as eqx
import jax
import numpy as np

from homeward.flight.entry.constant_bank import StepBankGuidance
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import places
from homeward.planning.return_plan import ReturnPlan
from homeward.sim.lanes import (
    first_carry,
    fly_leg,
    pick_flight,
    pick_world,
    spread_flight,
    spread_leg,
    spread_world,
)
from homeward.sim.mission import MissionLeg, Outcome, fly_mission, planned

# Held to one side: an early bank, a later one, and the speed [m/s] at which they change. The early bank sets
# the range while it is cheap, the later one the load.
EARLY = np.radians([0.0, 30.0, 55.0, 70.0, 85.0, 100.0, 115.0, 135.0])
LATER = np.radians([0.0, 30.0, 50.0, 65.0])
SPEEDS = (6500.0, 5000.0)
PROFILES = np.array(list(itertools.product(EARLY, LATER, SPEEDS)))


def reachable(plan: ReturnPlan) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude [rad] of every opening that ``PROFILES`` and their mirror images reach, (n, 2).

    From the nominal flight's interface through the nominal world; what passes the load limit is left out.
    Second, the nominal flight's interface, (2,).
    """
    both = np.concatenate([PROFILES, PROFILES * np.array([-1.0, -1.0, 1.0])])
    lanes = len(both)
    world, flight = spread_world(plan.world, lanes), spread_flight(plan.flight, lanes)
    truth = spread_leg(plan.truth, lanes)
    legs = spread_legs(plan.legs, lanes)
    k = next(k for k, m in enumerate(plan.legs) if m.name == "entry")
    outcome = fly_mission(world, flight, truth, legs[: k + 1], run_keys(0, np.zeros(lanes, int)), False)
    end = _flown(plan.legs[k], world, flight, outcome, np.arange(lanes), both)
    load = np.where(end.failed, np.inf, np.asarray(end.extremes.load))
    told, begun = places(world, end), places(world, outcome.starts["entry"])
    ground = np.stack([told["latitude"], told["longitude"]], axis=1)
    start = np.array([begun["latitude"][0], begun["longitude"][0]])
    return ground[load <= plan.scenario.truth.limits.load_g], start


def _flown(entry: MissionLeg, world, flight, outcome: Outcome, lane: np.ndarray, profile: np.ndarray):
    """The truth at the end of an entry of the given lanes, each under its own profile."""
    law = StepBankGuidance(0.0, 0.0, 0.0)
    laws = jax.tree.unflatten(jax.tree.structure(law), list(profile.T))
    world, computer = pick_world(world, lane), pick_flight(flight, lane)
    computer = eqx.tree_at(lambda f: f.guidance, computer, laws, is_leaf=lambda x: x is computer.guidance)
    state = jax.tree.map(lambda x: np.asarray(x)[lane], outcome.starts["entry"])
    count = len(lane)
    step = None if entry.step is None else spread_leg(entry.step, count)
    item = MissionLeg(entry.name, spread_leg(entry.leg, count), None, step)
    computer = planned(computer, [item])
    carry = first_carry(computer, state)
    carry, _ = fly_leg(world, computer, item.leg, carry, run_keys(0, np.zeros(count, int)), False)
    return jax.tree.map(np.asarray, carry.truth)


__all__ = ["reachable"]
