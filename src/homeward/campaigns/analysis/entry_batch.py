"""Entries alone, many at a time: from the interface of a planned return to the opening of the parachute.

What is left of a return when orbit and parachute are left out: the part that guidance decides, and the one
whose cost is measured.
"""

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import numpy as np

from homeward.dispersion.returns import disperse
from homeward.errors import Infeasible
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.missions.return_summary import metrics
from homeward.planning.deorbit_planner import spin_at
from homeward.planning.return_plan import ReturnPlan, plan_return
from homeward.scenario.build.world import numbers
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.core.legs import ENTRY
from homeward.sim.mission import fly_mission
from homeward.world.state import initial_truth


def plan_entries(scenario: Scenario) -> ReturnPlan:
    """The plan of an entry that begins where the scenario's planned return meets the interface.

    The state there is the planner's; it is dispersed in angle and speed by ``dispersion.interface_*``.
    Raises ``Infeasible`` where the scenario has no return.
    """
    plan = plan_return(scenario)
    legs = scenario.return_.legs.model_copy(update={"start": "interface", "end": "opening"})
    return_ = scenario.return_.model_copy(update={"legs": legs})
    alone = scenario.model_copy(update={"homecoming": return_})
    entry = [item for item in plan.legs if item.leg.kind == ENTRY]
    if plan.deorbit is None or plan.burn_time is None:
        return dataclasses.replace(plan, scenario=alone, legs=entry)
    burn = plan.deorbit
    clock = plan.burn_time + float(burn.duration) + float(burn.fall)
    C_EI, omega = spin_at(plan.world.orientation, clock)
    r_E, v_E = np.asarray(burn.r_interface_E), np.asarray(burn.v_interface_E)
    if not np.all(np.isfinite(r_E)):
        raise Infeasible(f"{scenario.name}: the planned return does not come to the interface")
    r_I, v_I = C_EI.T @ r_E, C_EI.T @ (v_E + np.cross(omega, r_E))
    truth = initial_truth(clock, numbers(r_I), numbers(v_I), scenario.truth.capsule.mass_kg)
    return dataclasses.replace(
        plan, scenario=alone, truth=truth, legs=entry, deorbit=None, burn_time=None, undock_time=None,
        opportunity=None, opportunities=[], planner=None, station=None,
    )  # fmt: skip


def fly_entries(
    scenario: Scenario, runs: int, seed: int = 0, *, plan: ReturnPlan | None = None, cores: int = 1
) -> dict[str, Any]:
    """Fly dispersed entries of a seed, guided at 1 Hz with navigation errors, in blocks of one width.

    Args: ``plan`` of ``plan_entries`` if it is at hand; ``cores``: blocks flown side by side, which changes
    no bit. Returns ``open_miss_km`` and ``peak_load_g`` (one number a run), ``failed`` (how many), and wall
    times in seconds: ``plan_s``, ``first_s`` (the first block, compilation included) and ``rest_s`` of the
    ``rest_runs`` flown after it.
    """
    began = time.perf_counter()
    plan = plan_entries(scenario) if plan is None else plan
    planned = time.perf_counter()
    lanes = scenario.simulation.lanes
    legs = spread_legs(plan.legs, lanes)

    def block(start: int) -> dict[str, np.ndarray]:
        pick = np.minimum(np.arange(start, start + lanes), runs - 1)
        world, flight, truth = disperse(plan, seed, pick)
        outcome = fly_mission(world, flight, truth, legs, run_keys(seed, pick), False)
        return jax.tree.map(np.asarray, metrics(plan, world, flight, outcome))

    parts = [block(0)]
    first = time.perf_counter()
    starts = range(lanes, runs, lanes)
    if cores > 1:
        with ThreadPoolExecutor(cores) as pool:
            parts += pool.map(block, starts)
    else:
        parts += map(block, starts)
    done = time.perf_counter()
    told = {key: np.concatenate([p[key] for p in parts])[:runs] for key in parts[0]}
    return {
        "open_miss_km": np.where(told["failed"], np.inf, told["open_miss"] / 1e3),
        "peak_load_g": told["peak_load"],
        "failed": int(np.sum(told["failed"])),
        "plan_s": planned - began,
        "first_s": first - planned,
        "rest_s": done - first,
        "rest_runs": max(runs - lanes, 0),
    }


__all__ = ["fly_entries", "plan_entries"]
