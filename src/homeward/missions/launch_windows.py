"""Launch windows: when the launch site passes through the station's plane, and which plans then serve."""

from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from homeward.earth.time import Epoch
from homeward.errors import Infeasible
from homeward.planning.rendezvous_plan import Offer, offers
from homeward.scenario.build.launch import Insertion, insertion, told_between
from homeward.scenario.schema.rendezvous import PLANS, Rendezvous
from homeward.scenario.schema.scenario import Scenario

DAY = 86400.0
STEP = 900.0  # s between the times at which the plane error is looked at
# s by which a window may come before the time asked for: its own second, which is all that a list tells.
SECOND = 1.0
WAIT = 2.0 * DAY  # the site passes through a plane once a sidereal day: one of these at least holds a window


def launch_windows(
    scenario: Scenario, days: float | None = None, plan: str | None = None
) -> list[dict[str, Any]]:
    """Every window of the next ``days`` (7 if left out) from the scenario's own lift-off on.

    Each is the lift-off of least plane error, with the phase angle at the insertion and what each plan, or
    the one asked for, would cost from there. Raises ``Infeasible`` where the site cannot reach the plane,
    where the station's elements do not reach so far, or where no window comes in that time.
    """
    told = scenario.required_rendezvous()
    where = scenario.place("rendezvous")
    start = Epoch.from_iso(told.launch.time_utc)
    names = [plan] if plan not in (None, "auto") else list(PLANS)
    span = DAY * (7.0 if days is None else days)
    found = crossings(told, start, span, where)
    if not found:
        later = crossings(told, start, span + WAIT, where)
        when = f"; the next is on {later[0][0].to_iso(0)}" if later else ""
        raise Infeasible(
            f"{where}.launch.time_utc: the site does not pass through the station's plane within "
            f"{span / DAY:g} days of {start.to_iso(0)}{when}"
        )
    return [_told(lift_off, made, offers(scenario, told, made, names)) for lift_off, made in found]


def crossings(told: Rendezvous, start: Epoch, span: float, where: str) -> list[tuple[Epoch, Insertion]]:
    """The lift-offs of least plane error from ``start`` over ``span`` [s], in order, and their insertions.

    Each least is found where it lies, so that none is cut in two or lost at the end of a day. Where the
    station's place is told for a part of the time only, that part is looked at. Raises ``Infeasible``
    if there is none, or no orbit of the station's inclination passes over the site.
    """
    first, last = _reach(told, start, span, where)

    def plane(t: float) -> float:
        return insertion(told, start.plus(t), where).plane

    times = np.append(np.arange(first, last, STEP), last)
    errors = []
    for t in times:
        try:
            errors.append(plane(float(t)))
        except Infeasible:
            if len(errors) < 3:
                raise
            break  # The elements tell no farther; what has been found stands.
    least = [k for k in range(1, len(errors) - 1) if errors[k - 1] > errors[k] <= errors[k + 1]]
    found = []
    for k in least:
        bounds = float(times[k - 1]), float(times[k + 1])
        near: Any = minimize_scalar(plane, bounds=bounds, method="bounded", options={"xatol": 0.1})
        if -SECOND <= near.x < span:
            lift_off = start.plus(float(near.x))
            found.append((lift_off, insertion(told, lift_off, where)))
    return found


def _reach(told: Rendezvous, start: Epoch, span: float, where: str) -> tuple[float, float]:
    """First and last lift-off to look at [s since ``start``]: a step more than asked at either end."""
    first, last = -STEP - SECOND, span + STEP
    ends = told_between(told)
    if ends is None:
        return first, last
    # The ephemeris has to tell where the station is at the insertion.
    begin, end = (e.since(start) - told.launch.ascent_s for e in ends)
    if min(last, end) - max(first, begin) < 2.0 * STEP:
        raise Infeasible(
            f"{where}.station.orbit.oem_file: the ephemeris runs from {ends[0].to_iso(0)} to "
            f"{ends[1].to_iso(0)}, and no launch within {span / DAY:g} days of {start.to_iso(0)} inserts in "
            "that time"
        )
    return max(first, begin), min(last, end)


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
