"""Launch windows: when the launch site passes through the station's plane, and which plans then serve."""

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from homeward.earth.time import Epoch
from homeward.errors import Infeasible
from homeward.scenario.launch import Insertion, insertion, told_between
from homeward.scenario.rendezvous_plan import Offer, offers
from homeward.scenario.schema import Scenario
from homeward.scenario.schema_rendezvous import PLANS, Rendezvous

DAY = 86400.0
STEP = 900.0  # s between the times at which the plane error is looked at


def launch_windows(
    scenario: Scenario, days: float | None = None, plan: str | None = None
) -> list[dict[str, Any]]:
    """One window a day for ``days`` (7 if left out) from the scenario's own lift-off on.

    Each is the lift-off of least plane error, with the phase angle at the insertion and what each plan, or
    the one asked for, would cost from there. Raises ``Infeasible`` where the site cannot reach the plane or
    the station's elements do not reach so far.
    """
    told = scenario.required_rendezvous()
    where = scenario.place("rendezvous")
    start = Epoch.from_iso(told.launch.time_utc)
    names = [plan] if plan not in (None, "auto") else list(PLANS)
    found: list[dict[str, Any]] = []
    length = 7.0 if days is None else days
    for day in range(max(int(np.ceil(length)), 1)):
        try:
            lift_off, inserted = crossing(told, start.plus(day * DAY), where)
        except Infeasible:
            if not found:
                raise
            break  # The elements tell no farther; what has been found stands.
        found.append(_told(lift_off, inserted, offers(scenario, told, inserted, names)))
    return found


def crossing(told: Rendezvous, start: Epoch, where: str) -> tuple[Epoch, Insertion]:
    """The lift-off of least plane error within half a day of ``start``, and its insertion.

    Of an ephemeris, only the time that it covers is looked at. Raises ``Infeasible`` if that is none.
    """
    first, last = _reach(told, start, where)

    def plane(t: float) -> float:
        return insertion(told, start.plus(t), where).plane

    times = np.append(np.arange(first, last, STEP), last)
    best = times[int(np.argmin([plane(t) for t in times]))]
    bounds = max(best - STEP, first), min(best + STEP, last)
    near = minimize_scalar(plane, bounds=bounds, method="bounded", options={"xatol": 0.5})
    lift_off = start.plus(float(near.x))
    return lift_off, insertion(told, lift_off, where)


def _reach(told: Rendezvous, start: Epoch, where: str) -> tuple[float, float]:
    """First and last lift-off to look at [s since ``start``]."""
    first, last = -0.5 * DAY, 0.5 * DAY
    span = told_between(told)
    if span is None:
        return first, last
    # The ephemeris has to tell where the station is at the insertion.
    ends = [e.since(start) - told.launch.ascent_s for e in span]
    first, last = max(first, ends[0]), min(last, ends[1])
    if last - first < STEP:
        raise Infeasible(
            f"{where}.station.orbit.oem_file: the ephemeris runs from {span[0].to_iso(0)} to "
            f"{span[1].to_iso(0)}, and no launch within half a day of {start.to_iso(0)} inserts in that time"
        )
    return first, last


def _told(lift_off: Epoch, inserted: Insertion, plans: list[Offer]) -> dict[str, Any]:
    return {
        "lift_off_utc": lift_off.to_iso(0),
        "insertion_utc": inserted.epoch.to_iso(0),
        "phase_deg": float(np.degrees(inserted.phase)),
        "plane_error_deg": float(np.degrees(inserted.plane)),
        "plans": {
            o.name: {
                "feasible": not o.why_not,
                "delta_v_m_s": o.cost if not o.why_not else None,
                "bound_m_s": o.bound,
                "why_not": o.why_not,
            }
            for o in plans
        },
    }
