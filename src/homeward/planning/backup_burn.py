"""The burn of the next opportunity, loaded before undocking beside the one that is planned.

The executive puts its burn off to it by itself where it does not know place or attitude well enough for the
first: see ``flight.executive.return_executive``.
"""

import dataclasses

import equinox as eqx
import numpy as np

from homeward.errors import Infeasible
from homeward.flight.deorbit.targeting import DeorbitPlan
from homeward.flight.entry.reference_guidance import ReferenceEntryGuidance
from homeward.flight.executive.flight_computer import FlightComputer
from homeward.flight.executive.flight_plan import PlanStep, plan_step
from homeward.planning.deorbit_planner import MODULE_LEAD, SAME_BURN, Opportunity, Planner, spin_at
from homeward.scenario.build.world import numbers
from homeward.sim.core.legs import DRIFT
from homeward.sim.mission import MissionLeg


def next_burn(
    planner: Planner, found: list[Opportunity], chosen: Opportunity, flight: FlightComputer,
    state: tuple[float, np.ndarray, np.ndarray],
) -> tuple[float, DeorbitPlan] | None:  # fmt: skip
    """The burn of the next opportunity of the list, and its time; None where there is none.

    Nor for a law that flies by a stored flight, which holds for one interface only.
    """
    if isinstance(flight.guidance, ReferenceEntryGuidance):
        return None
    for o in found:
        if not o.feasible or o.burn - chosen.burn < SAME_BURN:
            continue
        try:
            plan, clock = planner.deorbit(*state, o.burn)
        except Infeasible:
            continue
        if float(plan.delta_v) <= planner.scenario.flight.plan.delta_v_limit_m_s:
            return clock + float(plan.ignition), plan
    return None


def with_later(
    items: list[MissionLeg], flight: FlightComputer, planner: Planner, later: tuple[float, DeorbitPlan] | None
) -> tuple[list[MissionLeg], FlightComputer]:
    """Legs and flight computer with the burn to which the executive may put off its own."""
    if later is None:
        return items, flight
    burn, plan = later
    C_EI, _ = spin_at(planner.orientation, burn)
    aim = numbers(C_EI.T @ np.asarray(plan.direction_E))
    steps = {
        "phasing coast": plan_step(until_time=burn - MODULE_LEAD),
        "coast to burn": plan_step(until_time=burn, direction_I=aim),
        "deorbit burn": plan_step(delta_v=float(plan.delta_v), direction_I=aim),
    }
    items = [_waiting(m, steps[m.name]) if m.name in steps else m for m in items]
    there = numbers(np.asarray(plan.r_interface_E))
    return items, eqx.tree_at(lambda f: f.health.later_E, flight, there)


def _waiting(item: MissionLeg, later: PlanStep) -> MissionLeg:
    """The leg with the step of the next opportunity, and the patience to wait for it."""
    assert item.step is not None
    leg = item.leg
    if leg.kind == DRIFT:
        longer = later.until_time - item.step.until_time
        leg = eqx.tree_at(lambda x: x.patience, leg, leg.patience + longer)
    return dataclasses.replace(item, leg=leg, later=later)
