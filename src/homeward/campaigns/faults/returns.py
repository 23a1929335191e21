"""The matrix of a return, flown as lanes: each case begins with the leg that its failure strikes."""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import equinox as eqx
import numpy as np

from homeward.campaigns.faults.ballistic_abort_cost import abort_cost
from homeward.campaigns.faults.matrix import ABORTED, DEGRADED, LOST, NOMINAL, Matrix, Row, cases_of, chosen
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_outcome import succeeded
from homeward.missions.return_summary import metrics
from homeward.planning.return_plan import ReturnPlan, fleet_of, plan_return
from homeward.scenario.faults.catalogue import FAILURES, RETURN
from homeward.scenario.faults.schedule import Strike, shifted, struck
from homeward.scenario.return_limits import return_limits
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import preparing, spread_flight, spread_leg, spread_world
from homeward.sim.mission import Outcome, fly_mission

LANES = 128
FAR, HARD, HEAVY = 50e3, 8.0, 6.0  # m, m/s, g: degraded
BEYOND = 1.2  # of a limit that only protects: what a degraded or aborted flight may exceed it by
ABORT_HARD, ABORT_HEAVY, ABORT_OFF = 8.5, 10.0, 30e3  # m/s, g, m from its own prediction: aborted

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
    cores: int | None = None, only: Callable[[Strike], bool] | None = None,
) -> Matrix:  # fmt: skip
    """Fly the matrix of a return, six degrees of freedom; with ``pairs``, so many pairs instead."""
    began = time.perf_counter()
    tell = progress or (lambda name, share: None)
    tell("planning", 0.0)
    base = scenario.model_copy(update={"fault": ()})
    plan = plan_return(base, ahead=preparing(LANES, record=False), fidelity="six-dof")
    flown = _nominal(plan, lambda name, share: tell(f"without a failure: {name}", 0.05 * share))
    durations = {name: float(leg.end[0] - leg.start[0]) for name, leg in flown.outcome.legs if name in RETURN}
    singles = cases_of(
        [(f, f.return_legs) for f in FAILURES if f.return_legs], durations, fleet_of(plan), seed
    )
    cases = chosen(singles, seed, pairs, only)
    rows: dict[int, Row] = {}
    blocks = _blocks(cases)
    done = [0]

    def block(picks: list[int]) -> None:
        for k, row in zip(picks, _fly(flown, [cases[k] for k in picks]), strict=True):
            rows[k] = row
        done[0] += len(picks)
        tell(f"{done[0]} of {len(cases)} cases", 0.05 + 0.95 * done[0] / len(cases))

    with ThreadPoolExecutor(cores or os.cpu_count() or 1) as pool:
        list(pool.map(block, blocks))
    # What was never so has no number: the time at which steering was given up.
    numbers = {key: float(value[0]) for key, value in flown.numbers.items() if np.ndim(value) == 1}
    nominal = {key: value for key, value in numbers.items() if np.isfinite(value)}
    ordered = [rows[k] for k in range(len(cases))]
    cost = abort_cost(plan, flown.outcome, flown.keys, flown.numbers)
    return Matrix("return", scenario.name, seed, ordered, nominal, time.perf_counter() - began, cost)


def _blocks(cases: Sequence[tuple[Strike, ...]]) -> list[list[int]]:
    """Numbers of the cases that are flown side by side: of one leg, a width of lanes at most."""
    blocks = []
    for leg in RETURN:
        mine = [k for k, c in enumerate(cases) if c[0].leg == leg]
        blocks += [mine[i : i + LANES] for i in range(0, len(mine), LANES)]
    return blocks


def _nominal(plan: ReturnPlan, tell: Told) -> _Flown:
    world, flight = spread_world(plan.world, LANES), spread_flight(plan.flight, LANES)
    legs, keys = spread_legs(plan.legs, LANES), run_keys(0, np.zeros(LANES, int))
    outcome = fly_mission(world, flight, spread_leg(plan.truth, LANES), legs, keys, False, tell)
    return _Flown(plan, world, flight, legs, keys, outcome, metrics(plan, world, flight, outcome))


def _fly(flown: _Flown, cases: Sequence[tuple[Strike, ...]]) -> list[Row]:
    """Some cases of one leg, side by side."""
    names = [m.name for m in flown.plan.legs]
    filled = [*cases, *[cases[-1]] * (LANES - len(cases))]
    faults = struck(shifted(flown.plan.world), filled, names, fleet_of(flown.plan))
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


def judge(scenario: Scenario, n: dict[str, Any]) -> tuple[str, str]:
    """Class and reason of one flight by its numbers.

    Nominal is what a single flight calls a success: every limit kept and the site reached. Degraded has come
    down alive, beyond a limit by no more than a fifth or far from the site; aborted likewise by the ballistic
    fall-back. A flight without an open parachute is lost whatever its speed.
    """
    limits, built = return_limits(scenario), scenario.truth.limits
    load, speed, miss = (
        float(n["peak_load"]),
        float(n["touchdown_vertical_speed"]),
        float(n["touchdown_miss"]),
    )
    if not bool(n["came"]):
        return LOST, "not applicable: the leg was over before"
    if bool(n["failed"]):
        return LOST, f"a leg took too long or numbers beyond physics, at {float(n['failed_time']):.0f} s"
    if not np.all(np.isfinite([load, speed, miss])):
        return LOST, "a number is not finite"
    told = f"{miss / 1e3:.1f} km from the site, {load:.1f} g, {speed:.1f} m/s"
    if not bool(n["canopy_open"]):
        return LOST, f"{told}: no parachute open"
    if bool(n.get("tumbled", False)):
        return LOST, f"{told}: the apex flew foremost"
    opening = max(float(n["peak_opening_load"]), float(n["peak_landing_load"]))
    if opening > limits.opening_load:
        told += f", {opening:.1f} g under the parachutes"
    heat, pressure = float(n["peak_heat_rate"]), float(n["peak_dynamic_pressure"])
    if bool(succeeded(limits, {k: np.atleast_1d(v) for k, v in n.items()}, True)[0]):
        return NOMINAL, told
    # A ship that is built for more, as one that falls into water, is not worse off with less.
    bearable = opening <= BEYOND * limits.opening_load and heat <= BEYOND * limits.heat_rate
    firm = pressure <= BEYOND * built.dynamic_pressure_pa
    soft = speed <= max(HARD, limits.touchdown_speed)
    if miss <= FAR and load <= max(HEAVY, built.load_g) and soft and bearable and firm:
        return DEGRADED, told
    if "prediction_off" in n and np.isfinite(n["prediction_off"]):
        inside = miss <= scenario.site.allowed_radius_m and float(n["prediction_off"]) <= ABORT_OFF
        soft = speed <= max(ABORT_HARD, limits.touchdown_speed)
        rolling = return_limits(scenario, "ballistic")
        firm = pressure <= BEYOND * rolling.dynamic_pressure
        if inside and load <= max(ABORT_HEAVY, built.load_g) and soft and bearable and firm:
            return ABORTED, f"{told}, {float(n['prediction_off']) / 1e3:.1f} km from its own prediction"
    return LOST, told
