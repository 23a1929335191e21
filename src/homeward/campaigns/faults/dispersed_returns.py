"""Cases of a return, each flown from the start in its own dispersed world, as lanes."""

from collections.abc import Sequence

import equinox as eqx
import numpy as np

from homeward.campaigns.faults.matrix import Row
from homeward.campaigns.faults.return_classes import judge
from homeward.campaigns.faults.worlds import Case, moved_into
from homeward.dispersion.returns import Dispersed, disperse
from homeward.dispersion.sampling import RANDOM, Plan
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import metrics
from homeward.planning.return_plan import ReturnPlan, equipment_counts
from homeward.scenario.faults.schedule import shifted, struck
from homeward.sim.mission import Outcome, fly_mission


def fly_dispersed(
    plan: ReturnPlan, durations: dict[str, float], cases: Sequence[Case], seed: int
) -> list[Row]:
    """Fly cases, at most ``simulation.lanes`` of them, and tell how each ended.

    ``durations`` [s] are those of the legs of the undispersed flight, in which the instants were drawn. Where
    a leg was over in a case's own world before its failure came, the case is flown once more with the failure
    as far into the leg as it was to be.
    """
    rows, late = _fly(plan, cases, seed)
    if late:
        again = [moved_into(cases[k], durations, flown) for k, flown in late.items()]
        for k, row in zip(late, _fly(plan, again, seed)[0], strict=True):
            rows[k] = row
    return rows


def world_of(plan: ReturnPlan, seed: int, cases: Sequence[Case], sampling: Plan = RANDOM) -> Dispersed:
    """World, flight computer and initial truth of cases, a lane each, with their failures on their way."""
    names = [m.name for m in plan.legs]
    world, flight, truth = disperse(plan, seed, np.array([c.run for c in cases]), sampling)
    faults = struck(shifted(plan.world), [c.strikes for c in cases], names, equipment_counts(plan))
    return eqx.tree_at(lambda w: w.faults, world, faults), flight, truth


def flown_numbers(
    plan: ReturnPlan, cases: Sequence[Case], seed: int, sampling: Plan = RANDOM
) -> tuple[dict[str, np.ndarray], Outcome]:
    """What ``judge`` reads of cases, ``simulation.lanes`` of them, and how their legs went."""
    lanes = plan.scenario.simulation.lanes
    runs = np.array([c.run for c in cases])
    world, flight, truth = world_of(plan, seed, cases, sampling)
    outcome = fly_mission(
        world, flight, truth, spread_legs(plan.legs, lanes), run_keys(seed, runs), False, lambda *_: None
    )
    numbers = metrics(plan, world, flight, outcome)
    numbers["came"] = np.array([_came(outcome, c, lane) for lane, c in enumerate(cases)])
    return numbers, outcome


def _fly(plan: ReturnPlan, cases: Sequence[Case], seed: int) -> tuple[list[Row], dict[int, dict[str, float]]]:
    """How each case ended; and, of those whose failure came too late, how long each leg was [s]."""
    filled = [*cases, *[cases[-1]] * (plan.scenario.simulation.lanes - len(cases))]
    numbers, outcome = flown_numbers(plan, filled, seed)
    came = numbers["came"]
    rows, late = [], {}
    for lane, case in enumerate(cases):
        told = judge(plan.scenario, {key: x[lane] for key, x in numbers.items()})
        rows.append(Row(case.strikes, *told, case.run))
        # What has failed in flight before the instant is told as it is: no other instant would mend that.
        if not came[lane] and not bool(numbers["failed"][lane]):
            late[lane] = {name: float(leg.end[lane] - leg.start[lane]) for name, leg in outcome.legs}
    return rows, late


def _came(outcome: Outcome, case: Case, lane: int) -> bool:
    """Whether every failure of a lane came before its leg was over."""
    ends = {name: float(leg.end[lane]) for name, leg in outcome.legs}
    start = np.asarray(outcome.faults.start)[lane]
    return all(start[k] <= ends[s.leg or ""] + 1e-6 for k, s in enumerate(case.strikes))
