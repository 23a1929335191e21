"""What flies the cases of a risk study: the lanes of a return or of a rendezvous, in dispersed worlds."""

import dataclasses
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from homeward.campaigns.faults.dispersed_returns import flown_numbers, fly_dispersed
from homeward.campaigns.faults.matrix import Row
from homeward.campaigns.faults.returns import without_failure
from homeward.campaigns.faults.worlds import Case
from homeward.campaigns.risk.margins import Margin, return_margin
from homeward.dispersion.given import GivenNumbers, dimensions
from homeward.dispersion.returns import profile_shapes
from homeward.dispersion.scaled_aerodynamics import unscaled
from homeward.errors import InputError
from homeward.planning.return_plan import ReturnPlan, equipment_counts, plan_return
from homeward.scenario.faults.catalogue import FAILURES
from homeward.scenario.faults.schedule import EquipmentCounts
from homeward.scenario.schema.distribution import RETURN_DRAWS
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import preparing

MOST_LANES = 16  # of a block: the rounds of a study are small, and two blocks fly at a time
Told = Callable[[str, float], None]


@dataclasses.dataclass
class Flights:
    """One half of a mission, ready to fly cases in its dispersed worlds.

    ``durations`` [s] are those of the legs without a failure, in their order; ``default_legs`` are those that
    the matrix strikes with each failure. ``shapes`` cut a standard normal vector into what a run draws.
    """

    half: str
    seed: int
    durations: dict[str, float]
    fleet: EquipmentCounts
    default_legs: dict[tuple[str, str], tuple[str, ...]]
    shapes: dict[str, tuple[int, ...]]
    width: int
    block: Callable[[Sequence[Case]], list[Row]]
    margins: Callable[[np.ndarray, np.ndarray], list[Margin]]
    cores: int = 0

    @property
    def dimensions(self) -> int:
        """How many standard normal numbers a run's vector has."""
        return dimensions(self.shapes)

    @property
    def parallel(self) -> int:
        """Blocks flown at a time."""
        return self.cores or os.cpu_count() or 1

    def fly(self, cases: Sequence[Case], done: Callable[[int], None]) -> list[Row]:
        """How each case ended, in their order; ``done`` hears how many are flown."""
        return self._all(lambda some: self.block([cases[k] for k in some]), len(cases), done)

    def distances(
        self, vectors: np.ndarray, runs: np.ndarray, done: Callable[[int], None]
    ) -> list[Margin]:  # fmt: skip
        """How far flights without a failure are from being lost, drawn by ``vectors`` and keys ``runs``."""
        return self._all(lambda some: self.margins(vectors[some], runs[some]), len(runs), done)

    def _all(self, fly: Callable[[list[int]], list[Any]], count: int, done: Callable[[int], None]):
        blocks = [list(range(i, min(i + self.width, count))) for i in range(0, count, self.width)]
        flown = [0]

        def one(some: list[int]) -> list[Any]:
            told = fly(some)
            flown[0] += len(some)
            done(flown[0])
            return told

        with ThreadPoolExecutor(self.parallel) as pool:
            return [row for rows in pool.map(one, blocks) for row in rows]


def flights_of(
    scenario: Scenario, half: str, seed: int, tell: Told, cores: int | None = None
) -> Flights:  # fmt: skip
    """The flights of a half; raises ``InputError`` for a return that ends before the touchdown."""
    lanes = min(scenario.simulation.lanes, MOST_LANES)
    base = scenario.model_copy(
        update={"fault": (), "simulation": scenario.simulation.model_copy(update={"lanes": lanes})}
    )
    if half == "rendezvous":
        from homeward.campaigns.risk.rendezvous_flights import rendezvous_flights

        return rendezvous_flights(base, seed, tell, cores or 0)
    if base.return_.legs.end != "touchdown":
        raise InputError(
            f'{scenario.place("return.legs.end")}: expected "touchdown" for a risk, whose losses are judged '
            f'by the landing, not "{base.return_.legs.end}"'
        )
    tell("planning", 0.0)
    plan = plan_return(base, ahead=preparing(lanes, False, unscaled), fidelity="six-dof")
    flown = without_failure(plan, unscaled, lambda name, share: tell(f"without a failure: {name}", share))
    durations = {name: float(leg.end[0] - leg.start[0]) for name, leg in flown.outcome.legs}
    shapes = {name: (count,) for name, (_, count) in RETURN_DRAWS.items()} | profile_shapes(plan)
    return Flights(
        "return", seed, durations, equipment_counts(plan),
        {(f.what, f.how): f.return_legs for f in FAILURES if f.return_legs}, shapes, lanes,
        lambda cases: fly_dispersed(plan, durations, cases, seed),
        lambda vectors, runs: _return_margins(plan, seed, shapes, vectors, runs), cores or 0,
    )  # fmt: skip


def _return_margins(
    plan: ReturnPlan, seed: int, shapes: dict[str, tuple[int, ...]], vectors: np.ndarray, runs: np.ndarray
) -> list[Margin]:
    lanes = plan.scenario.simulation.lanes
    filled = [*range(len(runs)), *[len(runs) - 1] * (lanes - len(runs))]
    cases = [Case((), int(runs[k])) for k in filled]
    numbers, _ = flown_numbers(plan, cases, seed, GivenNumbers(shapes, vectors[filled]))
    return [return_margin(plan.scenario, {key: x[k] for key, x in numbers.items()}) for k in range(len(runs))]


__all__ = ["Flights", "flights_of"]
