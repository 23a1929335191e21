"""What a capsule can reach from its interface under a load limit, flown through its own true world."""

import itertools

import equinox as eqx
import jax
import numpy as np
from scipy.spatial import Delaunay, QhullError

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


def in_footprint(plan: ReturnPlan, world, flight, outcome: Outcome, which: np.ndarray) -> np.ndarray:
    """Whether the aims of the lanes ``which`` lie inside what they can reach from their interface.

    Each of ``PROFILES`` is flown with the truth itself to the right, and mirrored about the plane of motion
    to the left; what passes the scenario's load limit is left out. What lies between the ends and their
    mirror images can be had by reversals: the convex hull. Errs toward reachable where the rim is hollow,
    toward unreachable where other profiles reach farther.
    """
    entry = next(m for m in plan.legs if m.name == "entry")
    lanes, limit = plan.scenario.simulation.lanes, plan.scenario.truth.limits.load_g
    start = places(world, outcome.starts["entry"])
    r0, v0 = start["r_E"], start["v_E"]
    aim = np.broadcast_to(np.asarray(flight.target.aim_E), r0.shape)
    lane = np.repeat(which, len(PROFILES))
    profile = np.tile(np.arange(len(PROFILES)), len(which))
    arcs, loads = [], []
    for first in range(0, len(lane), lanes):
        pick = np.minimum(np.arange(first, first + lanes), len(lane) - 1)
        end = _flown(entry, world, flight, outcome, lane[pick], PROFILES[profile[pick]])
        there = places(pick_world(world, lane[pick]), end)["r_E"]
        arcs.append(_arcs(r0[lane[pick]], v0[lane[pick]], there))
        loads.append(np.where(end.failed, np.inf, np.asarray(end.extremes.load)))
    shape = (len(which), len(PROFILES))
    rim = np.concatenate(arcs)[: len(lane)].reshape(*shape, 2)
    load = np.concatenate(loads)[: len(lane)].reshape(shape)
    targets = _arcs(r0, v0, aim)[which]
    return np.array([_inside(r[x <= limit], t) for r, x, t in zip(rim, load, targets, strict=True)], bool)


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


def _inside(rim: np.ndarray, target: np.ndarray) -> bool:
    """Whether a point lies in the convex hull of the rim and its mirror image."""
    if len(rim) < 2:
        return False
    both = np.concatenate([rim, rim * np.array([1.0, -1.0])])
    try:
        return bool(Delaunay(both).find_simplex(target) >= 0)
    except QhullError:
        return False  # all ends in a line: nothing to steer with


def _arcs(r0: np.ndarray, v0: np.ndarray, r1: np.ndarray) -> np.ndarray:
    """Arc along and right of the initial motion [rad], every lane: (n, 2)."""
    here = r0 / np.linalg.norm(r0, axis=1, keepdims=True)
    plane = np.cross(r0, v0)
    plane /= np.linalg.norm(plane, axis=1, keepdims=True)
    there = r1 / np.linalg.norm(r1, axis=1, keepdims=True)
    sine = np.sum(plane * there, axis=1)
    foot = there - plane * sine[:, None]
    along = np.arctan2(np.sum(np.cross(here, foot) * plane, axis=1), np.sum(here * foot, axis=1))
    return np.stack([along, -np.arcsin(np.clip(sine, -1.0, 1.0))], axis=1)


__all__ = ["in_footprint", "reachable"]
