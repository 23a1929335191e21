"""Many dispersed flights of one scenario, in blocks of one fixed width."""

import dataclasses
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from homeward.campaigns.statistics.order_statistics import order_statistic
from homeward.dispersion.landing import landing_draws
from homeward.dispersion.returns import disperse
from homeward.errors import InputError
from homeward.missions.progress import shows_progress
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import metrics
from homeward.planning.return_plan import ReturnPlan, plan_return
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.user_models import with_law
from homeward.sim.mission import fly_mission


@dataclasses.dataclass
class Flights:
    """Results of many runs: one array a quantity, SI and radians, in the order of ``runs``."""

    scenario: Scenario
    seed: int
    runs: np.ndarray
    numbers: dict[str, np.ndarray]
    wall: float

    @property
    def flown(self) -> np.ndarray:
        """Which runs ended without a failure; a failed run is counted, never averaged."""
        return ~self.numbers["failed"]

    def percentile(self, name: str, p: float) -> float:
        """Order statistic of a quantity; failed runs count as infinitely bad."""
        values = np.where(self.flown, self.numbers[name], np.inf)
        return order_statistic(values, p)

    @property
    def summary(self) -> dict[str, Any]:
        """Counts and percentiles in the units people read."""
        told = {}
        scales = {
            "open_miss": ("open_miss_km", 1e-3), "touchdown_miss": ("touchdown_miss_km", 1e-3),
            "peak_load": ("peak_load_g", 1.0), "touchdown_vertical_speed": ("touchdown_speed_m_s", 1.0),
            "propellant": ("propellant_kg", 1.0), "navigation_error_open": ("nav_error_open_m", 1.0),
        }  # fmt: skip
        for name, (label, scale) in scales.items():
            told[label] = {
                f"p{p * 100:g}".replace(".", "_"): self.percentile(name, p) * scale
                for p in (0.5, 0.99, 0.997, 1.0)
            }
        return {
            "scenario": self.scenario.name, "seed": self.seed, "runs": len(self.runs),
            "failed": int(np.sum(~self.flown)), "success": int(np.sum(self.numbers["success"])),
            "wall_s": self.wall, "metrics": told,
        }  # fmt: skip


@shows_progress
def fly_many(
    scenario: Scenario, runs: int, seed: int = 0, *, guidance: Any = None, navigation: Any = None,
    aero: Any = None, atmosphere: Any = None, plan: ReturnPlan | None = None, first: int = 0,
    cores: int | None = None, progress: Callable[[str, float], None] | bool | None = None,
    fidelity: str = "point-mass",
) -> Flights:  # fmt: skip
    """Fly runs ``first`` to ``first + runs`` of a seed: the same code as ``fly``, under ``vmap``.

    All blocks have the scenario's lane width (the last is filled up with its last run), so that any run of
    any block has the same bits. ``cores`` blocks are flown side by side (all cores if left out), which
    changes no bit either. ``progress`` is called with a stage and the share done; left out, a terminal or a
    notebook shows a line of it, and ``False`` keeps it silent. Raises ``InputError`` for a number of runs, a
    first run or a seed that is none.
    """
    for name, value, least in (("runs", runs, 1), ("seed", seed, 0), ("first", first, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"fly_many: {name}: expected a whole number of at least {least}, not {value!r}")
    if isinstance(guidance, str):
        scenario, guidance = with_law(scenario, guidance), None
    if plan is None:
        plan = plan_return(scenario, guidance, navigation, aero, atmosphere, fidelity=fidelity)
    lanes = scenario.simulation.lanes
    began = time.perf_counter()
    legs = spread_legs(plan.legs, lanes)
    done: dict[int, float] = {}

    def block(start: int) -> dict[str, np.ndarray]:
        pick = first + np.minimum(np.arange(start, start + lanes), runs - 1)
        world, flight, truth = disperse(plan, seed, pick)

        def share(name: str, part: float) -> None:
            done[start] = part
            if callable(progress):
                progress(name, min(sum(done.values()) * lanes / max(runs, lanes), 1.0))

        outcome = fly_mission(world, flight, truth, legs, run_keys(seed, pick), False, share)
        done[start] = 1.0
        drawn = landing_draws(seed, pick) if scenario.truth.landing.assessed else None
        return metrics(plan, world, flight, outcome, drawn)

    starts = range(0, runs, lanes)
    # A program that several blocks ask for at once is compiled once, and the others wait for it.
    with ThreadPoolExecutor(cores or os.cpu_count() or 1) as pool:
        parts = list(pool.map(block, starts))
    numbers = {key: np.concatenate([p[key] for p in parts])[:runs] for key in parts[0]}
    return Flights(scenario, seed, first + np.arange(runs), numbers, time.perf_counter() - began)


__all__ = ["Flights", "fly_many", "order_statistic"]
