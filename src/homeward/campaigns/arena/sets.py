"""Sets of flights for an arena: every law meets the same draws from the same place at the interface."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np

from homeward.campaigns.analysis.large_orbit_changes import changed_runs, plans_of_changes
from homeward.campaigns.arena.skip_entries import SKIPS, skip_scenarios
from homeward.dispersion.returns import disperse
from homeward.errors import InputError
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.planning.return_plan import ReturnPlan, plan_return
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import flight_axes, world_axes
from homeward.sim.mission import MissionLeg, Outcome, fly_mission
from homeward.typing import Array

#: The sets, and the scenario that each flies unless told otherwise.
SETS = {
    "dispersed": "shenzhou-15", "orbit-changes": "shenzhou-15", "skip": "artemis-1", "lunar": "apollo-10",
}  # fmt: skip
OUT_OF_ORBIT = ("orbit-changes",)
Told = Callable[[str, float], None]


@dataclasses.dataclass
class Field:
    """Runs side by side, flown to their interface: what every law then flies on from.

    ``groups`` names the plan of each lane by its place in ``Course.plans``; ``lost`` are lanes that never
    come to an interface as asked.
    """

    plan: ReturnPlan
    world: Any
    flight: Any
    legs: list[MissionLeg]
    keys: Array
    before: Outcome
    runs: np.ndarray
    groups: np.ndarray
    lost: np.ndarray

    @property
    def first(self) -> int:
        """Number of the entry."""
        return next(k for k, m in enumerate(self.legs) if m.name == "entry")


@dataclasses.dataclass
class Course:
    """A set of flights: its scenario and plans (one a group), and its runs in blocks of one width."""

    name: str
    scenarios: list[Scenario]
    groups: list[str]
    plans: list[ReturnPlan]
    block: Callable[[np.ndarray], Field]

    @property
    def scenario(self) -> Scenario:
        """The scenario of the first group."""
        return self.scenarios[0]

    def fields(self, runs: Sequence[int] | np.ndarray) -> Iterator[Field]:
        """The runs in blocks of the scenario's lanes, the last filled up with its last run."""
        lanes = self.scenario.simulation.lanes
        chosen = np.asarray(runs, int)
        for start in range(0, len(chosen), lanes):
            yield self.block(chosen[np.minimum(np.arange(start, start + lanes), len(chosen) - 1)])


def course_of(scenario: Scenario, name: str, seed: int) -> Course:
    """The course of a set: dispersed, orbit-changes, skip or lunar.

    Raises ``InputError`` for a set that is none or that the scenario cannot fly, ``Infeasible`` where no
    return exists.
    """
    if name not in SETS:
        raise InputError(f"--set {name}: expected {', '.join(SETS)}")
    start = scenario.return_.legs.start
    if name in OUT_OF_ORBIT and start == "interface":
        raise InputError(
            f"{scenario.name}: return.legs.start: a flight from the interface has no orbit to change; "
            f"expected undock or burn for --set {name}"
        )
    if name in ("skip", "lunar") and start != "interface":
        raise InputError(
            f"{scenario.name}: return.legs.start: expected interface for --set {name}, a return from the Moon"
        )
    scenario = _to_the_opening(scenario)
    if name == "orbit-changes":
        return _changed(scenario, name, seed)
    scenarios, groups = ([scenario], [""])
    if name == "skip":
        scenarios, groups = skip_scenarios(scenario), [f"{s.range_km:,.0f} km" for s in SKIPS]
    plans = [plan_return(s) for s in scenarios]

    def block(runs: np.ndarray) -> Field:
        where = runs % len(plans)
        parts = [disperse(plan, seed, runs) for plan in plans]
        world, flight, truth = (
            _chosen([p[0] for p in parts], world_axes(parts[0][0]), where),
            _chosen([p[1] for p in parts], flight_axes(parts[0][1]), where),
            _chosen([p[2] for p in parts], jax.tree.map(lambda _: 0, parts[0][2]), where),
        )
        legs, keys = spread_legs(plans[0].legs, len(runs)), run_keys(seed, runs)
        return _flown_to_entry(
            plans[0], world, flight, truth, legs, keys, runs, where, np.zeros(len(runs), bool)
        )

    return Course(name, scenarios, groups, plans, block)


def _to_the_opening(scenario: Scenario) -> Scenario:
    legs = scenario.return_.legs.model_copy(update={"end": "opening"})
    return scenario.model_copy(update={"homecoming": scenario.return_.model_copy(update={"legs": legs})})


def _changed(scenario: Scenario, name: str, seed: int) -> Course:
    first, plans = plans_of_changes(scenario)

    def block(runs: np.ndarray) -> Field:
        c = changed_runs(first, plans, seed, runs)
        keys = run_keys(seed, runs)
        none = np.zeros(len(runs), int)
        return _flown_to_entry(first, c.world, c.flight, c.truth, c.legs, keys, runs, none, c.lost)

    return Course(name, [first.scenario], [""], [first], block)


def _flown_to_entry(plan, world, flight, truth, legs, keys, runs, groups, lost) -> Field:
    k = next(k for k, m in enumerate(legs) if m.name == "entry")
    before = fly_mission(world, flight, truth, legs, keys, False, upto=k)
    return Field(plan, world, flight, legs, keys, before, runs, groups, lost)


def _chosen(trees: list[Any], axes: Any, where: np.ndarray) -> Any:
    """Of several trees with a lane axis, the lane of the tree that ``where`` names."""
    if len(trees) == 1:
        return trees[0]
    lanes = np.arange(len(where))
    marks = jax.tree.leaves(axes, is_leaf=lambda x: x is None)
    leaves = [jax.tree.flatten(t, is_leaf=lambda x: x is None) for t in trees]
    told = [
        x[0] if mark is None or x[0] is None else np.stack([np.asarray(v) for v in x])[where, lanes]
        for mark, *x in zip(marks, *(part[0] for part in leaves), strict=True)
    ]
    return jax.tree.unflatten(leaves[0][1], told)


def with_guidance(field: Field, laws: Sequence[Any], wind: bool = True) -> Any:
    """The flight computers of a field with another law, one loaded for each group.

    ``wind`` False leaves the forecast of the day out of it.
    """
    lanes = len(field.runs)
    spread = [jax.tree.map(lambda x: np.broadcast_to(np.asarray(x), (lanes, *np.shape(x))), q) for q in laws]
    law = _chosen(spread, jax.tree.map(lambda _: 0, laws[0]), field.groups)
    if hasattr(law, "model") and hasattr(field.flight.guidance, "model"):
        told = field.flight.guidance.model.wind
        law = eqx.tree_at(lambda q: q.model.wind, law, told if wind else np.zeros_like(told))
    return eqx.tree_at(lambda f: f.guidance, field.flight, law)


__all__ = ["SETS", "Course", "Field", "course_of", "with_guidance"]
