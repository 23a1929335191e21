"""What a capsule can reach from its interface: the rim of constant banks, flown through the true world."""

import equinox as eqx
import jax
import numpy as np

from homeward.campaign.fly import run_keys
from homeward.campaign.summary import places
from homeward.flight.entry_constant import ConstantBankGuidance
from homeward.scenario.returns import ReturnPlan
from homeward.sim.lanes import first_carry, fly_leg, spread
from homeward.sim.mission import Outcome

BANKS = np.radians([0.0, 20.0, 40.0, 55.0, 70.0, 85.0, 100.0, 115.0, 130.0, 150.0, 170.0])
FOOTPRINT_LOAD = 5.0  # g: a bank that costs more is not part of the footprint


def in_footprint(plan: ReturnPlan, world, flight, outcome: Outcome) -> np.ndarray:
    """Whether each lane's aim lies inside what constant banks can reach from its interface under 5 g.

    The rim is flown with the truth itself, right and (mirrored about the flown plane) left; whatever lies
    inside can be had by reversals.
    """
    entry = next(m for m in plan.legs if m.name == "entry")
    at_interface = jax.tree.map(np.array, outcome.starts["entry"])
    lanes = at_interface.time.shape[0]
    leg = jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes, *np.shape(x))), entry.leg)
    start = places(world, at_interface)
    r0, v0 = start["r_E"], start["v_E"]
    aim = np.broadcast_to(np.asarray(flight.target.aim_E), (lanes, 3))
    rims, loads = [], []
    for bank in BANKS:
        law = ConstantBankGuidance(bank)
        laws = spread(law, jax.tree.map(lambda _: 0, law), lanes)
        computer = eqx.tree_at(lambda f: f.guidance, flight, laws, is_leaf=lambda x: x is flight.guidance)
        carry = first_carry(computer, at_interface)
        carry, _ = fly_leg(world, computer, leg, carry, run_keys(0, np.arange(lanes)), False)
        end = jax.tree.map(np.asarray, carry.truth)
        rims.append(_arcs(r0, v0, places(world, end)["r_E"]))
        loads.append(np.where(end.failed, np.inf, np.asarray(end.extremes.load)))
    target = _arcs(r0, v0, aim)
    rim, load = np.stack(rims), np.stack(loads)  # (banks, lanes, 2), (banks, lanes)
    inside = np.zeros(lanes, bool)
    for i in range(lanes):
        good = load[:, i] <= FOOTPRINT_LOAD
        along, across = rim[good, i, 0], np.abs(rim[good, i, 1])
        if along.size < 2:
            continue
        order = np.argsort(along)
        reach = np.interp(target[i, 0], along[order], across[order], left=-1.0, right=-1.0)
        inside[i] = abs(target[i, 1]) <= reach
    return inside


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


__all__ = ["in_footprint"]
