"""The matrix of a return, flown as lanes.

Each case flies in a dispersed world of its own, from the start; or in the undispersed one, from the leg that
its failure strikes.
"""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import equinox as eqx
import numpy as np

from homeward.campaigns.faults.ballistic_abort_cost import abort_cost
from homeward.campaigns.faults.dispersed_returns import fly_dispersed
from homeward.campaigns.faults.matrix import Matrix, Row, cases_of, chosen
from homeward.campaigns.faults.return_classes import judge
from homeward.campaigns.faults.worlds import Case, run_of
from homeward.dispersion.scaled_aerodynamics import unscaled
from homeward.errors import InputError
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import metrics
from homeward.planning.return_plan import ReturnPlan, equipment_counts, plan_return
from homeward.scenario.faults.catalogue import FAILURES, RETURN
from homeward.scenario.faults.schedule import FaultEvent, shifted, struck
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import preparing, spread_flight, spread_leg, spread_world
from homeward.sim.mission import Outcome, fly_mission

Told = Callable[[str, float], None]


@dataclasses.dataclass
class _Flown:
    """The flight without a failure, all lanes alike, and what is needed to begin in its middle."""

    plan: ReturnPlan
    world: Any
    flight: Any
    legs: list
    keys: Any
    outcome: Outcome
    numbers: dict[str, np.ndarray]


def return_faults(
    scenario: Scenario, seed: int = 0, *, pairs: int = 0, progress: Told | None = None,
    cores: int | None = None, only: Callable[[FaultEvent], bool] | None = None, nominal_world: bool = False,
    most: int | None = None,
) -> Matrix:  # fmt: skip
    """Fly the matrix of a return, six degrees of freedom; with ``pairs``, so many pairs instead.

    Each case flies in a dispersed world of its own, or with ``nominal_world`` in the undispersed one.
    ``most`` flies so many cases of them, evenly taken. Raises ``InputError`` for a return that ends before
    the touchdown.
    """
    if scenario.return_.legs.end != "touchdown":
        raise InputError(
            f'{scenario.place("return.legs.end")}: expected "touchdown" for a fault matrix, whose classes '
            f'judge the landing, not "{scenario.return_.legs.end}"'
        )
    began = time.perf_counter()
    tell = progress or (lambda name, share: None)
    tell("planning", 0.0)
    base = scenario.model_copy(update={"fault": ()})
    # Aerodynamics in the form that dispersed ones have: both fly one program.
    aero = None if nominal_world else unscaled
    plan = plan_return(base, ahead=preparing(base.simulation.lanes, False, aero), fidelity="six-dof")
    flown = without_failure(plan, aero, lambda name, share: tell(f"without a failure: {name}", 0.05 * share))
    durations = {name: float(leg.end[0] - leg.start[0]) for name, leg in flown.outcome.legs if name in RETURN}
    singles = cases_of(
        [(f, f.return_legs) for f in FAILURES if f.return_legs], durations, equipment_counts(plan), seed
    )
    cases = chosen(singles, seed, pairs, only, most)
    rows: dict[int, Row] = {}
    width = plan.scenario.simulation.lanes
    blocks = _blocks(cases, width) if nominal_world else [
        list(range(i, min(i + width, len(cases)))) for i in range(0, len(cases), width)
    ]  # fmt: skip
    done = [0]

    def block(picks: list[int]) -> None:
        mine = [cases[k] for k in picks]
        if nominal_world:
            told = _fly(flown, mine)
        else:
            told = fly_dispersed(plan, durations, [Case(c, run_of(c)) for c in mine], seed)
        rows.update(zip(picks, told, strict=True))
        done[0] += len(picks)
        tell(f"{done[0]} of {len(cases)} cases", 0.05 + 0.95 * done[0] / len(cases))

    with ThreadPoolExecutor(cores or os.cpu_count() or 1) as pool:
        list(pool.map(block, blocks))
    # What was never so has no number: the time at which steering was given up.
    numbers = {key: float(value[0]) for key, value in flown.numbers.items() if np.ndim(value) == 1}
    nominal = {key: value for key, value in numbers.items() if np.isfinite(value)}
    ordered = [rows[k] for k in range(len(cases))]
    cost = abort_cost(plan, flown.outcome, flown.keys, flown.numbers)
    return Matrix("return", scenario.name, seed, ordered, nominal, time.perf_counter() - began, cost,
                  None if nominal_world else seed)  # fmt: skip


def _blocks(cases: Sequence[tuple[FaultEvent, ...]], width: int) -> list[list[int]]:
    """Numbers of the cases that are flown side by side: of one leg, a width of lanes at most."""
    blocks = []
    for leg in RETURN:
        mine = [k for k, c in enumerate(cases) if c[0].leg == leg]
        blocks += [mine[i : i + width] for i in range(0, len(mine), width)]
    return blocks


def without_failure(plan: ReturnPlan, aero: Callable[..., Any] | None, tell: Told) -> _Flown:
    """The undispersed flight that the legs' durations are taken from; ``aero`` as in dispersed ones."""
    lanes, one = plan.scenario.simulation.lanes, plan.world
    if aero is not None:
        one = eqx.tree_at(lambda w: w.aerodynamics, one, aero(one.aerodynamics))
    world, flight = spread_world(one, lanes), spread_flight(plan.flight, lanes)
    legs, keys = spread_legs(plan.legs, lanes), run_keys(0, np.zeros(lanes, int))
    outcome = fly_mission(world, flight, spread_leg(plan.truth, lanes), legs, keys, False, tell)
    return _Flown(plan, world, flight, legs, keys, outcome, metrics(plan, world, flight, outcome))


def _fly(flown: _Flown, cases: Sequence[tuple[FaultEvent, ...]]) -> list[Row]:
    """Some cases of one leg, side by side."""
    names = [m.name for m in flown.plan.legs]
    filled = [*cases, *[cases[-1]] * (flown.plan.scenario.simulation.lanes - len(cases))]
    faults = struck(shifted(flown.plan.world), filled, names, equipment_counts(flown.plan))
    world = eqx.tree_at(lambda w: w.faults, flown.world, faults)
    leg = cases[0][0].leg
    assert leg is not None
    began = flown.outcome.carries[leg]
    outcome = fly_mission(
        world, flown.flight, began.truth, flown.legs, flown.keys, False, begin=began, first=names.index(leg)
    )
    whole = _joined(flown.outcome, outcome)
    numbers = metrics(flown.plan, world, flown.flight, whole)
    numbers["came"] = _came(outcome, leg, len(cases[0]))
    numbers["isolated"] = _isolated(outcome)
    rows = []
    for lane, strikes in enumerate(cases):
        outcome_, reason = judge(flown.plan.scenario, {key: x[lane] for key, x in numbers.items()})
        rows.append(Row(tuple(strikes), outcome_, reason))
    return rows


def _joined(before: Outcome, after: Outcome) -> Outcome:
    """The legs that were not flown anew, from the flight without a failure."""
    return dataclasses.replace(
        after, ends=before.ends | after.ends, starts=before.starts | after.starts,
        beliefs=before.beliefs | after.beliefs,
    )  # fmt: skip


def _came(outcome: Outcome, leg: str, count: int) -> np.ndarray:
    """Whether every failure of a lane came before its leg was over."""
    result = next(r for name, r in outcome.legs if name == leg)
    start = np.asarray(outcome.faults.start)[:, :count]
    return np.all(start <= result.end[:, None] + 1e-6, axis=1)


def _isolated(outcome: Outcome) -> np.ndarray:
    health = outcome.carry.flight.health
    assert health is not None
    return np.asarray(health.thrusters.isolated)
