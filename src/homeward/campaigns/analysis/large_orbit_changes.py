"""Large orbit changes without replanning: what the second generation is for.

Each run draws another revolution of the opportunities, an orbit up to 30 km higher or lower and an entry
angle up to 0.3 deg off. The burn is re-timed by one open-loop rule: **the interface lies as far before the
aim point as in the stored plan** (and the burn is as long as the drawn angle wants). All else on board
stays as it was loaded: the aim, the guidance, its numbers. A run that no law and no bank history that knows
the truth lands is counted as unreachable.
"""

import dataclasses
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import numpy as np

from homeward.campaigns.bound.clairvoyant import REACHED, clairvoyant, cycles_for, proved
from homeward.campaigns.execution.return_batch import Flights
from homeward.dispersion.returns import disperse, stream
from homeward.flight.deorbit.targeting import solve_deorbit
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import metrics
from homeward.planning.deorbit_planner import spin_at
from homeward.planning.return_plan import ReturnPlan, plan_return
from homeward.scenario.build.world import build_ellipsoid
from homeward.scenario.return_limits import return_limits
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.core.legs import ENTRY, TICKS
from homeward.sim.mission import MissionLeg, Outcome, fly_mission

ALTITUDE_CHANGE = 30e3  # m, either way, uniform
ANGLE_CHANGE = np.radians(0.3)  # either way, uniform
MODULE_LEAD = 300.0  # s


@dataclasses.dataclass
class LargeChanges:
    """Flights after large changes: ``flights`` are those in reach, ``unreachable`` the runs that were not.

    ``every`` are the flights of all runs; ``landed`` says which of them prove their run in reach; ``bound``
    [m] is the least miss inside the limits of any bank history, nan where nobody had to ask.
    """

    flights: Flights
    every: Flights
    unreachable: np.ndarray
    landed: np.ndarray
    bound: np.ndarray
    altitude_change: np.ndarray
    angle_change: np.ndarray
    opportunity: np.ndarray


def fly_large_changes(
    scenario: Scenario, runs: int, seed: int = 0, *, guidance: Any = None,
    in_reach: np.ndarray | None = None, judged: bool = True,
    progress: Callable[[str, float], None] | None = None,
) -> LargeChanges:  # fmt: skip
    """Fly ``runs`` dispersed returns after large orbit changes; runs out of reach are counted apart.

    A run is in reach if it opened within half a kilometre of the aim inside all limits, or if the clairvoyant
    bound does. ``in_reach`` are runs that another law has landed so: they are in reach, whatever this one
    does. Without ``judged`` the bound is asked of none, and none is unreachable but for its burn.
    """
    first, plans = plans_of_changes(scenario, guidance)
    scenario = first.scenario
    known = np.zeros(runs, bool) if in_reach is None else np.asarray(in_reach, bool)
    lanes = scenario.simulation.lanes
    parts: list[dict[str, np.ndarray]] = []
    notes: list[np.ndarray] = []
    for start in range(0, runs, lanes):
        # A block is filled up with its last run: that is one and the same flight.
        pick = np.minimum(np.arange(start, start + lanes), runs - 1)
        asked = ~known[pick] & judged & (np.arange(start, start + lanes) < runs)

        def told(words: str, share: float, begun: int = start) -> None:
            if progress is not None:
                progress(words, min((begun + share * lanes) / runs, 1.0))

        block, note = _block(first, plans, seed, pick, asked, told)
        parts.append(block)
        notes.append(note)
    numbers = {k: np.concatenate([p[k] for p in parts])[:runs] for k in parts[0]}
    altitude, angle, which = np.concatenate(notes, axis=1)[:, :runs]
    lost, landed, bound = numbers.pop("lost"), numbers.pop("landed"), numbers.pop("bound")
    out = ~known & ~landed & (lost | (bound > REACHED))
    kept = {k: v[~out] for k, v in numbers.items()}
    every = np.arange(runs)
    flights = Flights(scenario, seed, every[~out], kept, 0.0)
    whole = Flights(scenario, seed, every, numbers, 0.0)
    return LargeChanges(flights, whole, every[out], landed, bound, altitude, angle, which.astype(int))


def _from_the_burn(scenario: Scenario) -> Scenario:
    legs = scenario.return_.legs.model_copy(update={"start": "burn"})
    return scenario.model_copy(update={"homecoming": scenario.return_.model_copy(update={"legs": legs})})


def _with_opportunity(scenario: Scenario, index: int) -> Scenario:
    plan = scenario.flight.plan.model_copy(update={"opportunity": index})
    return scenario.model_copy(update={"flight": scenario.flight.model_copy(update={"plan": plan})})


def _draws(seed: int, pick: np.ndarray, choices: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    keys = run_keys(seed, pick)

    def uniform(name: str) -> np.ndarray:
        return np.asarray(jax.vmap(lambda k: jax.random.uniform(stream(k, name), (), float, -1.0, 1.0))(keys))

    which = np.minimum(((uniform("revolution") + 1.0) * 0.5 * choices).astype(int), choices - 1)
    return ALTITUDE_CHANGE * uniform("orbit_altitude"), ANGLE_CHANGE * uniform("entry_angle"), which


@dataclasses.dataclass
class Changed:
    """Runs after large changes, ready to be flown: everything with a lane axis.

    ``lost``: the burn cannot be solved as asked, so that there is no interface at the wanted distance.
    ``altitude`` [m], ``angle`` [rad] and ``which`` (place among the feasible opportunities) were drawn.
    """

    world: Any
    flight: Any
    truth: Any
    legs: list[MissionLeg]
    lost: np.ndarray
    altitude: np.ndarray
    angle: np.ndarray
    which: np.ndarray


def plans_of_changes(scenario: Scenario, guidance: Any = None) -> tuple[ReturnPlan, list[ReturnPlan]]:
    """The stored plan, from the burn on, and one for each feasible opportunity.

    What is on board was loaded for the stored plan: another opportunity loads nothing anew.
    """
    scenario = _from_the_burn(scenario)
    first = plan_return(scenario, guidance)
    chances = [c for c in first.opportunities if c.feasible]
    return first, [plan_return(_with_opportunity(scenario, c.index), first.flight.guidance) for c in chances]


def changed_runs(first: ReturnPlan, plans: list[ReturnPlan], seed: int, pick: np.ndarray) -> Changed:
    """The given runs of a seed after large changes, each with its burn solved anew."""
    planner, stored = first.planner, first.deorbit
    assert planner is not None and stored is not None
    lanes = len(pick)
    altitude, angle, which = _draws(seed, pick, len(plans))
    world, flight, truth = disperse(first, seed, pick)
    offset_r = truth.r_BI_I - np.asarray(first.truth.r_BI_I)
    offset_v = truth.v_BI_I - np.asarray(first.truth.v_BI_I)
    chosen = [plans[k] for k in which]
    begin = np.array([float(p.truth.time) for p in chosen])
    r = np.stack([np.asarray(p.truth.r_BI_I) for p in chosen])
    v = np.stack([np.asarray(p.truth.v_BI_I) for p in chosen])
    radius = np.linalg.norm(r, axis=1)
    grown = ((radius + altitude) / radius)[:, None]
    r, v = r * grown, v / np.sqrt(grown)
    earth = [planner.earth_state(begin[i], r[i], v[i]) for i in range(lanes)]
    guess = np.array([float(p.burn_time or 0.0) for p in chosen]) - begin
    task = planner.task()
    plan = solve_deorbit(
        planner.model, planner.onboard, build_ellipsoid(first.scenario.as_believed()), task, planner.target,
        np.stack([e[0] for e in earth]), np.stack([e[1] for e in earth]), guess,
        np.full(lanes, float(stored.pitch)), entry_angle=float(task.entry_angle) + angle,
        down_range=float(stored.down_range),
    )  # fmt: skip
    burn = begin + plan.ignition
    turns = [spin_at(first.world.orientation, t)[0] for t in burn]
    direction = np.stack([C.T @ d for C, d in zip(turns, plan.direction_E, strict=True)])
    truth = eqx.tree_at(lambda t: (t.time, t.r_BI_I, t.v_BI_I), truth, (begin, r + offset_r, v + offset_v))
    legs = _retimed(first.legs, lanes, burn, plan.delta_v, direction)
    # A burn that cannot be solved as asked has no interface at that distance: it is out of reach too.
    lost = ~np.isfinite(plan.delta_v) | (np.abs(plan.residual[:, 2]) > 20e3)
    return Changed(world, flight, truth, legs, lost, altitude, angle, which)


def _block(
    first: ReturnPlan, plans: list[ReturnPlan], seed: int, pick: np.ndarray, asked: np.ndarray,
    progress: Callable[[str, float], None],
) -> tuple[dict[str, np.ndarray], np.ndarray]:  # fmt: skip
    """The numbers of a block of runs, and what was drawn; the bound of those ``asked`` that did not land."""
    progress("large changes", 0.0)
    c = changed_runs(first, plans, seed, pick)
    outcome = fly_mission(c.world, c.flight, c.truth, c.legs, run_keys(seed, pick), False, None)
    numbers = metrics(first, c.world, c.flight, outcome)
    landed = ~c.lost & (proved(numbers, return_limits(first.scenario, "predictive")) <= REACHED)
    bound = np.full(len(pick), np.nan)
    which = np.flatnonzero(asked & ~landed & ~c.lost)
    if which.size:
        bound[which] = _bound_of(first, c, outcome, seed, pick, which, numbers, progress)
    numbers |= {"lost": c.lost, "landed": landed, "bound": bound}
    return numbers, np.stack([c.altitude, c.angle, c.which.astype(float)])


def _bound_of(
    first: ReturnPlan, c: Changed, outcome: Outcome, seed: int, pick: np.ndarray, which: np.ndarray,
    numbers: dict[str, np.ndarray], progress: Callable[[str, float], None],
) -> np.ndarray:  # fmt: skip
    """The clairvoyant bound [m] of the lanes ``which``."""
    flown = np.asarray(numbers["open_time"]) - np.asarray(numbers["interface_time"])
    longest = float(np.max(flown[np.isfinite(flown) & ~numbers["failed"]], initial=0.0))
    cycles = cycles_for(longest, TICKS[ENTRY] * first.scenario.simulation.entry_step_s)
    return clairvoyant(
        first, c.world, c.flight, c.legs, run_keys(seed, pick), outcome, which, cycles,
        lambda share: progress("the clairvoyant bound", share),
    ).miss  # fmt: skip


def _retimed(
    legs: list[MissionLeg], lanes: int, burn: np.ndarray, delta_v: np.ndarray, direction: np.ndarray
) -> list[MissionLeg]:
    """The legs of the stored plan with every lane's own burn."""
    result = []
    for item in spread_legs(legs, lanes):
        step = item.step
        if item.name == "phasing coast":
            step = eqx.tree_at(lambda p: p.until_time, step, burn - MODULE_LEAD)
        if item.name == "coast to burn":
            step = eqx.tree_at(lambda p: p.until_time, step, burn)
        if item.name == "deorbit burn":
            step = eqx.tree_at(lambda p: (p.delta_v, p.direction_I), step, (delta_v, direction))
        result.append(dataclasses.replace(item, step=step))
    return result


__all__ = ["Changed", "LargeChanges", "changed_runs", "fly_large_changes", "plans_of_changes"]
