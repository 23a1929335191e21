"""What giving up on steering costs: the entry flown steered and, from the same interface, rolling."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import numpy as np

from homeward.flight.entry.onboard_model import OnboardModel
from homeward.missions.return_flight import spread_legs
from homeward.missions.return_summary import metrics
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.build.entry_guidance import build_ballistic
from homeward.scenario.return_limits import BALLISTIC_LOAD
from homeward.sim.lanes import spread_flight, spread_world
from homeward.sim.mission import Outcome, fly_mission

# What is told of each: word in JSON, the number of ``metrics``, and what one of it is in SI.
FIGURES = {
    "latitude_deg": ("touchdown_latitude", np.pi / 180.0),
    "longitude_deg": ("touchdown_longitude", np.pi / 180.0),
    "site_miss_km": ("touchdown_miss", 1e3), "peak_load_g": ("peak_load", 1.0),
    "touchdown_speed_m_s": ("touchdown_vertical_speed", 1.0),
}  # fmt: skip


def abort_cost(
    plan: ReturnPlan, outcome: Outcome, keys: Any, nominal: Mapping[str, np.ndarray]
) -> dict[str, dict[str, Any]] | None:
    """Landing point and load of the nominal flight and, beside it, of a ballistic one from its interface.

    ``outcome`` is the flight without a failure, all lanes alike, ``keys`` those of its noise and ``nominal``
    its numbers by ``metrics``. Its first lane is flown again from the entry on with the steady roll of
    ``flight.entry.ballistic``. None where a law of the user's own has no model that the fall-back could use.
    """
    model = getattr(plan.flight.guidance, "model", None)
    if not isinstance(model, OnboardModel):
        return None
    law = build_ballistic(plan.scenario, model)
    seats = lambda f: (f.guidance, f.entry_watch)  # noqa: E731
    computer = eqx.tree_at(seats, plan.flight, (law, None), is_leaf=lambda x: x is None)
    world, flight = spread_world(plan.world, 1), spread_flight(computer, 1)
    began = jax.tree.map(lambda x: x[:1], outcome.carries["entry"])
    rolling = jax.tree.map(lambda x: np.asarray(x)[None], law.init(plan.flight.target))
    began = eqx.tree_at(
        lambda c: (c.flight.guidance, c.flight.entry_watch),
        began,
        (rolling, None),
        is_leaf=lambda x: x is None,
    )
    first = [m.name for m in plan.legs].index("entry")
    legs = spread_legs(plan.legs, 1)
    flown = fly_mission(world, flight, began.truth, legs, keys[:1], False, begin=began, first=first)
    starts = {name: jax.tree.map(lambda x: np.asarray(x)[:1], s) for name, s in outcome.starts.items()}
    ballistic = metrics(plan, world, flight, dataclasses.replace(flown, starts=starts | flown.starts))
    limit = plan.scenario.truth.limits.load_g
    return {
        "nominal": {**_told(nominal), "load_limit_g": limit},
        "ballistic": {**_told(ballistic), "load_limit_g": max(limit, BALLISTIC_LOAD)},
    }


def _told(numbers: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Of one lane; a number that is not finite is told as none."""
    told: dict[str, Any] = {}
    for word, (name, unit) in FIGURES.items():
        value = float(numbers[name][0]) / unit
        told[word] = value if np.isfinite(value) else None
    return told | {"failed": bool(numbers["failed"][0])}
