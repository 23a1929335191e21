"""Landing opportunities of a scenario, and which of them is flown."""

import numpy as np

from homeward.earth.orientation import AbstractOrientation
from homeward.earth.time import Epoch
from homeward.errors import Infeasible, InputError
from homeward.icd import EntryTarget
from homeward.planning.deorbit_planner import Opportunity, Planner, build_planner
from homeward.scenario.build.flight_computer import build_onboard, build_target, forecast_of
from homeward.scenario.build.initial_state import InitialState, initial_state
from homeward.scenario.build.world import build_earth
from homeward.scenario.schema.scenario import Scenario

DAY = 86400.0  # s
MOST_DAYS = 60.0  # what flight.plan.days allows too


def span_of(days: float) -> float:
    """Seconds for which the turning Earth, Sun and Moon are prepared: whole blocks of eight days.

    The length of their tables is part of what is compiled: another number of days must not compile anew.
    """
    return float(np.ceil((days + 1.0) / 8.0)) * 8.0 * DAY


def list_opportunities(scenario: Scenario, days: float | None = None) -> tuple[Epoch, list[Opportunity]]:
    """All landing opportunities of the next days, feasible or not, and the epoch their times count from.

    Where there is none at all, ``Infeasible`` says how near the orbit comes to the site; it is raised as well
    for a flight that starts at the interface and for a path that is no lasting orbit, and ``InputError`` for
    a number of days that is none.
    """
    if days is not None and not 0.0 < days <= MOST_DAYS:
        raise InputError(f"days: expected a number greater than 0 and at most {MOST_DAYS:g}, not {days!r}")
    start = initial_state(scenario)
    if scenario.return_.legs.start == "interface":
        raise Infeasible(
            f"{scenario.name}: a flight that starts at the interface has no opportunities to choose"
        )
    span = span_of(scenario.flight.plan.days if days is None else days)
    orientation = build_earth(scenario.as_believed(), start.epoch, span)
    target = build_target(scenario, start.epoch, forecast_of(scenario))
    planner = planner_of(scenario, start, orientation, target)
    found = chances(planner, start, days)
    if not found:
        raise _out_of_reach(scenario, planner, start, scenario.flight.plan.days if days is None else days)
    return start.epoch, found


def planner_of(
    scenario: Scenario, start: InitialState, orientation: AbstractOrientation, target: EntryTarget
) -> Planner:
    """The planner of a scenario that starts in orbit."""
    onboard = build_onboard(scenario, start.epoch, forecast_of(scenario))
    return build_planner(scenario, orientation, onboard, target, start.epoch, start.r_I, start.v_I)


def chances(planner: Planner, start: InitialState, days: float | None = None) -> list[Opportunity]:
    """The opportunities of the next days, by default the scenario's own number of them."""
    r_E, v_E = planner.earth_state(0.0, start.r_I, start.v_I)
    span = planner.scenario.flight.plan.days if days is None else days
    return planner.opportunities(start.epoch, r_E, v_E, span)


def choose(
    scenario: Scenario, planner: Planner, start: InitialState, chances: list[Opportunity]
) -> Opportunity:
    """The opportunity the scenario asks for. Raises ``Infeasible`` with the nearest one if there is none."""
    wanted = scenario.flight.plan.opportunity
    site, days = scenario.site.name, scenario.flight.plan.days
    if not chances:
        raise _out_of_reach(scenario, planner, start, days)
    if isinstance(wanted, int):
        if wanted >= len(chances):
            raise Infeasible(
                f"{scenario.name}: flight.plan.opportunity: there is no opportunity {wanted}; "
                f"the next {days:g} days have {len(chances)} (0 to {len(chances) - 1})"
            )
        if not chances[wanted].feasible:
            raise Infeasible(f"{scenario.name}: opportunity {wanted}: {chances[wanted].why_not}")
        return chances[wanted]
    good = [c for c in chances if c.feasible]
    if good:
        return good[0] if wanted == "first" else min(good, key=lambda c: abs(c.cross_range))
    # What lacks nothing but the cross-range says most; then what lacks least of it.
    near = min(chances, key=lambda c: (not np.isfinite(c.cross_range), abs(c.cross_range)))
    raise Infeasible(
        f"{scenario.name}: no landing opportunity at {site} in {days:g} days; the nearest is on "
        f"{start.epoch.plus(near.time).to_iso(0)}: {near.why_not}"
    )


def _out_of_reach(scenario: Scenario, planner: Planner, start: InitialState, days: float) -> Infeasible:
    """What to say where no pass comes near the site."""
    r_E, v_E = planner.earth_state(0.0, start.r_I, start.v_I)
    best = planner.nearest_approach(r_E, v_E, max(days, 1.0))
    told = "the orbit never passes it" if best is None else (
        f"the nearest ground track is {best.cross_range / 1e3:.0f} km away, on "
        f"{start.epoch.plus(best.time).to_iso(0)}"
    )  # fmt: skip
    return Infeasible(f"{scenario.name}: {scenario.site.name} is out of reach within {days:g} days: {told}")
