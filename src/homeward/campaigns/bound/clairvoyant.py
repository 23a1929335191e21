"""The clairvoyant bound: how near any bank history brings each entry, its truth known, proved by a flight.

The history is sought with the world's own equations (``shooting``) and then flown by the simulation itself,
under its bank actuator: what counts is that flight. Nothing that navigates or guides has a part in it.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.campaigns.bound.shooting import shoot
from homeward.campaigns.bound.shots import Shots, Target
from homeward.flight.entry.constant_bank import ToldBankGuidance
from homeward.missions.return_summary import metrics
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.return_limits import ReturnLimits, return_limits
from homeward.sim.mission import MissionLeg, Outcome, fly_mission
from homeward.typing import Array

Tell = Callable[[float], None]
REACHED = 500.0  # m: an opening this near the aim, inside all limits, proves that a run was in reach
SLACK = 1.35  # times the longest flight of a law: how long a history may last
LEAST_CYCLES, WHOLE = 768, 128  # guidance cycles, and in what portions


@dataclasses.dataclass(frozen=True)
class Bound:
    """Of the lanes ``lanes``: ``miss`` [m] of the flight proved, infinite where none was inside the limits.

    ``sought`` [m] is what the search told of it, ``unlimited`` [m] how near any flight of the search came,
    whatever its load and heat; ``commands`` [rad] a cycle each.
    """

    lanes: np.ndarray
    miss: np.ndarray
    sought: np.ndarray
    unlimited: np.ndarray
    commands: np.ndarray
    load: np.ndarray


def cycles_for(longest: float, period: float) -> int:
    """Guidance cycles that a history may last where the longest flight of a law took so long [s]."""
    wanted = SLACK * longest / period if np.isfinite(longest) else 0.0
    return WHOLE * int(np.ceil(max(wanted, LEAST_CYCLES) / WHOLE))


def clairvoyant(
    plan: ReturnPlan, world: Any, flight: Any, legs: list[MissionLeg], keys: Array, before: Outcome,
    lanes: np.ndarray, cycles: int, tell: Tell | None = None,
) -> Bound:  # fmt: skip
    """The bound of some lanes of a field that was flown to its interface.

    ``world``, ``flight``, ``legs`` and ``keys`` have the field's lanes, ``before`` ends as the entry begins.
    """
    start = before.starts["entry"]
    aim = np.broadcast_to(np.asarray(flight.target.aim_E), np.asarray(start.r_BI_I).shape)
    shots = Shots(Target.of(plan.scenario, world, start, aim, cycles))
    told = shoot(shots, np.asarray(lanes, int), tell or (lambda share: None))
    commands = np.zeros((len(aim), told.commands.shape[1]))
    commands[told.lanes] = told.commands
    numbers = fly_told(plan, world, flight, legs, keys, before, commands)
    mine = {key: np.asarray(numbers[key])[told.lanes] for key in KEPT}
    miss = proved(mine, return_limits(plan.scenario, "predictive"))
    miss = np.where(np.isfinite(told.miss), miss, np.inf)
    return Bound(told.lanes, miss, told.miss, told.least, told.commands, mine["peak_load"])


KEPT = ("failed", "open_miss", "peak_load", "peak_heat_rate", "heat_load", "peak_dynamic_pressure")


def proved(numbers: Mapping[str, np.ndarray], limits: ReturnLimits) -> np.ndarray:
    """Opening miss [m] of every flight; infinite for one that failed, passed a limit, or has no number."""
    inside = ~numbers["failed"] & np.isfinite(numbers["open_miss"])
    for key, most in (
        ("peak_load", limits.load), ("peak_heat_rate", limits.heat_rate), ("heat_load", limits.heat_load),
        ("peak_dynamic_pressure", limits.dynamic_pressure),
    ):  # fmt: skip
        inside &= numbers[key] <= most
    return np.where(inside, numbers["open_miss"], np.inf)


def fly_told(
    plan: ReturnPlan, world: Any, flight: Any, legs: list[MissionLeg], keys: Array, before: Outcome,
    commands: np.ndarray,
) -> dict[str, np.ndarray]:  # fmt: skip
    """The numbers of every lane under bank commands [rad] told beforehand, (lanes, cycles)."""
    first = next(k for k, m in enumerate(legs) if m.name == "entry")
    law = eqx.tree_at(lambda q: q.banks, ToldBankGuidance(jnp.zeros(1)), commands)
    flight = eqx.tree_at(lambda f: f.guidance, flight, law)
    carry = before.carries["entry"]
    carry = eqx.tree_at(lambda c: c.flight.guidance, carry, np.zeros(len(commands), int))
    flown = fly_mission(world, flight, carry.truth, legs, keys, False, begin=carry, first=first)
    whole = dataclasses.replace(
        flown, ends=before.ends | flown.ends, starts=before.starts | flown.starts,
        beliefs=before.beliefs | flown.beliefs,
    )  # fmt: skip
    return metrics(plan, world, flight, whole)


__all__ = ["REACHED", "Bound", "clairvoyant", "cycles_for", "fly_told", "proved"]
