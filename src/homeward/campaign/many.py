"""Many dispersed flights of one scenario, in blocks of one fixed width."""

import dataclasses
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from homeward.campaign.disperse import disperse
from homeward.campaign.fly import run_keys, spread_legs
from homeward.campaign.summary import metrics
from homeward.scenario.returns import ReturnPlan, plan_return
from homeward.scenario.schema import Scenario
from homeward.sim.mission import fly_mission


def order_statistic(values: np.ndarray, p: float) -> float:
    """The value that a share ``p`` of the sorted values does not exceed: number ceil(p N) of them."""
    ordered = np.sort(np.asarray(values, float))
    if ordered.size == 0:
        return float("nan")
    return float(ordered[max(int(np.ceil(p * ordered.size - 1e-9)), 1) - 1])


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


def fly_many(
    scenario: Scenario, runs: int, seed: int = 0, *, guidance: Any = None, navigation: Any = None,
    aero: Any = None, atmosphere: Any = None, plan: ReturnPlan | None = None, first: int = 0,
    progress: Callable[[str, float], None] | None = None,
) -> Flights:  # fmt: skip
    """Fly runs ``first`` to ``first + runs`` of a seed: the same code as ``fly``, under ``vmap``.

    All blocks have the scenario's lane width (the last is filled up with its last run), so that any run of
    any block has the same bits.
    """
    plan = plan_return(scenario, guidance, navigation, aero, atmosphere) if plan is None else plan
    lanes = scenario.simulation.lanes
    began = time.perf_counter()
    parts: list[dict[str, np.ndarray]] = []
    legs = spread_legs(plan.legs, lanes)
    for start in range(0, runs, lanes):
        pick = first + np.minimum(np.arange(start, start + lanes), runs - 1)
        world, flight, truth = disperse(plan, seed, pick)

        def share(name: str, part: float, start: int = start) -> None:
            if progress is not None:
                progress(name, (start + part * lanes) / max(runs, lanes))

        outcome = fly_mission(world, flight, truth, legs, run_keys(seed, pick), False, share)
        parts.append(metrics(plan, world, flight, outcome))
    numbers = {key: np.concatenate([p[key] for p in parts])[:runs] for key in parts[0]}
    return Flights(scenario, seed, first + np.arange(runs), numbers, time.perf_counter() - began)


__all__ = ["Flights", "fly_many", "order_statistic"]
