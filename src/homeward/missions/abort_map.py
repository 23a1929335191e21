"""The abort map: from every minute of a rendezvous and of the stay that follows, the earliest way home."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.flight.deorbit.landing_opportunities import orbital_period
from homeward.missions.return_from_rendezvous import (
    DOCKED,
    LONGEST_STAY,
    docked_path,
    homebound,
    propellant_left,
)
from homeward.planning.abort_landings import (
    AbortLanding,
    Moments,
    free_landings,
    site_landings,
)
from homeward.planning.deorbit_planner import ORBIT_LEAD, spin_at
from homeward.planning.landing_opportunities import DAY, MOST_DAYS, planner_of, span_of
from homeward.scenario.build.flight_computer import build_target, forecast_of
from homeward.scenario.build.initial_state import initial_state
from homeward.scenario.build.world import build_earth
from homeward.scenario.return_limits import return_limits
from homeward.scenario.schema.scenario import Scenario, Site

STEP, DOCKED_STEP = 60.0, 600.0  # s between moments, if no other is asked for
PREPARE = 1800.0  # s docked: suits on, hatches closed and checked; assumed
FLOWN = 0.4  # of the progress bar: the rendezvous itself

Progress = Callable[[str, float], None]


@dataclasses.dataclass(frozen=True)
class _Part:
    """Moments of one kind with what tells of them: the scenario that starts at the first, names of legs,
    seconds into them, time [s since the insertion] of the first."""

    scenario: Scenario
    moments: Moments
    legs: Sequence[str]
    seconds: np.ndarray
    begins: float


def abort_map(
    scenario: Scenario, step: float = STEP, docked_hours: float = 0.0, docked_step: float = DOCKED_STEP,
    prepare: float = PREPARE, days: float | None = None, progress: Progress | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The earliest landing at each class of site, from every ``step`` [s] between insertion and docking.

    The rendezvous is flown undispersed. With ``docked_hours`` the stay at the station follows, every
    ``docked_step`` [s], ``prepare`` [s] before undocking. Classes: the site, each back-up site (within
    ``days``, the scenario's own if left out), ``land`` and ``sea`` (within a revolution). Raises
    ``InputError`` for a scenario without a rendezvous or a return and for other numbers.
    """
    _check(step, docked_hours, docked_step, prepare, days)
    _ = scenario.return_, scenario.required_rendezvous()
    days = scenario.flight.plan.days if days is None else days
    from homeward.missions.rendezvous_flight import rendezvous

    def flown(stage: str, share: float) -> None:
        if progress is not None:
            progress(stage, FLOWN * share)

    flight = rendezvous(scenario, progress=flown)
    rows, epoch = flight.history.rows, flight.plan.inserted.epoch
    parts = [_under_way(scenario, rows, flight.history.stages, epoch, step)]
    docks = flight.summary["time_to_dock_s"] is not None
    if docks and docked_hours > 0.0:
        times = np.arange(0.0, docked_hours * 3600.0 + 1.0, docked_step)
        parts.append(_docked(scenario, rows, epoch, times, prepare))
    sites = [scenario.site, *scenario.backup_site]
    told: list[dict[str, Any]] = []
    for k, part in enumerate(parts):
        last = FLOWN + (1.0 - FLOWN) * np.array([k, k + 1]) / len(parts)

        def reckoned(stage: str, share: float, last: np.ndarray = last) -> None:
            if progress is not None:
                progress(stage, float(last[0] + (last[1] - last[0]) * share))

        told += _rows(part, epoch, sites, days, reckoned)
    limits = return_limits(scenario)
    return {
        "scenario": scenario.name,
        "epoch_utc": epoch.to_iso(3),
        "step_s": step, "docked_hours": docked_hours, "docked_step_s": docked_step,
        "days": days,
        "docked": docks,
        "docking_s": float(rows["time"][-1]) if docks else None,
        "lead_s": ORBIT_LEAD,
        "docked_prepare_s": prepare,
        "load_limit_g": limits.load,
        "ballistic_load_limit_g": return_limits(scenario, "ballistic").load,
        "sites": [
            {"class": "site" if k == 0 else "backup", "name": s.name, "latitude_deg": s.latitude_deg,
             "longitude_deg": s.longitude_deg}
            for k, s in enumerate(sites)
        ],
        "rows": told,
    }  # fmt: skip


def _check(step: float, hours: float, docked_step: float, prepare: float, days: float | None) -> None:
    for word, value, least, most, unit in (
        ("--step", step, 10.0, 86400.0, "s"),
        ("--docked", hours, 0.0, LONGEST_STAY / 3600.0, "h"),
        ("--docked-step", docked_step, 60.0, 86400.0, "s"),
        ("--prepare", prepare, 0.0, 86400.0, "s"),
        ("--days", 1.0 if days is None else days, 0.1, MOST_DAYS, "days"),
    ):
        if not least <= value <= most:
            raise InputError(f"{word} {value:g}: expected from {least:g} to {most:g} {unit}")


def _under_way(scenario: Scenario, rows: Any, stages: Sequence[str], epoch: Epoch, step: float) -> _Part:
    time = np.asarray(rows["time"])
    picks = np.unique(np.searchsorted(time, np.arange(time[0], time[-1], step) - 1e-6))
    legs = [stages[int(k)] for k in rows["stage"][picks]]
    begun = np.array([time[np.argmax(rows["stage"] == rows["stage"][k])] for k in picks])
    spent = np.asarray(rows["delta_v"])[picks]
    told = scenario.required_rendezvous()
    tank = np.array([propellant_left(told, float(x)) for x in spent])
    r, v = rows["r_BI_I"][picks], rows["v_BI_I"][picks]
    first = float(time[picks[0]])
    # One planner serves all moments: its burns are those of the mean tank.
    alone = homebound(scenario, epoch.plus(first), r[0], v[0], float(tank.mean()), [])
    moments = Moments(time[picks] - first, r, v, spent, tank, ORBIT_LEAD)
    return _Part(alone, moments, legs, time[picks] - begun, first)


def _docked(scenario: Scenario, rows: Any, epoch: Epoch, times: np.ndarray, prepare: float) -> _Part:
    now, spent = float(rows["time"][-1]), float(rows["delta_v"][-1])
    left = propellant_left(scenario.required_rendezvous(), spent)
    alone = homebound(
        scenario, epoch.plus(now), rows["r_BI_I"][-1], rows["v_BI_I"][-1], left, [], docked=True
    )
    r, v = docked_path(alone, times)
    same = np.zeros(len(times))
    # What leads to the burn is added once the orbit's period is known.
    return _Part(alone, Moments(times, r, v, same, same + left, prepare), [DOCKED] * len(times), times, now)


def _rows(
    part: _Part, epoch: Epoch, sites: Sequence[Site], days: float, progress: Progress
) -> list[dict[str, Any]]:
    scenario, moments = part.scenario, part.moments
    start = initial_state(scenario)
    span = span_of(days + float(moments.time[-1]) / DAY)
    orientation = build_earth(scenario.as_believed(), start.epoch, span)
    planner = None
    found: dict[str, list[AbortLanding | None]] = {}
    for k, site in enumerate(sites):
        there = _at(scenario, site)
        target = build_target(there, start.epoch, forecast_of(there))
        planner = planner_of(there, start, orientation, target)
        if k == 0 and part.legs[0] == DOCKED:
            orbit = planner.earth_state(0.0, start.r_I, start.v_I)
            lead = planner.lead(orbital_period(planner.docked, *orbit))
            away = scenario.onboard_data.separation.departure_delta_v_m_s
            moments = dataclasses.replace(moments, lead=moments.lead + lead, departure=away)

        def looking(stage: str, share: float, k: int = k) -> None:
            progress(stage, (k + share) / (len(sites) + 1))

        name = "site" if k == 0 else f"backup {k}"
        found[name] = site_landings(planner, there, start, moments, days, looking)
    assert planner is not None

    def free(stage: str, share: float) -> None:
        progress(stage, (len(sites) + share) / (len(sites) + 1))

    found |= free_landings(planner, scenario, start, moments, free)
    limits = return_limits(scenario).load, return_limits(scenario, "ballistic").load
    told = []
    for k, t in enumerate(moments.time):
        now = part.begins + float(t)
        C, _ = spin_at(orientation, float(t))
        r = C @ moments.r_I[k]
        mine = {name: _told(ways[k], part, epoch, float(t), limits) for name, ways in found.items()}
        for i, site in enumerate(sites):
            if (landing := mine["site" if i == 0 else f"backup {i}"]) is not None:
                landing["name"] = site.name
        there = [(landing["landing_s"], name) for name, landing in mine.items() if landing is not None]
        told.append({
            "time_s": now, "utc": epoch.plus(now).to_iso(0), "leg": part.legs[k],
            "from": f"{part.legs[k]}@{part.seconds[k]:.0f}",
            "latitude_deg": float(np.degrees(np.arctan2(r[2], np.hypot(r[0], r[1])))),
            "longitude_deg": float(np.degrees(np.arctan2(r[1], r[0]))),
            "propellant_kg": float(moments.propellant[k]),
            "earliest": min(there)[1] if there else None,
            "landings": mine,
        })  # fmt: skip
    return told


def _at(scenario: Scenario, site: Site) -> Scenario:
    """The scenario with another landing site, whose ground is known on board."""
    if site == scenario.site:
        return scenario
    onboard = scenario.onboard.model_copy(update={"site_altitude_m": None})
    return scenario.model_copy(update={"landing_site": site, "onboard": onboard})


def _told(
    way: AbortLanding | None, part: _Part, epoch: Epoch, now: float, limits: tuple[float, float]
) -> dict[str, Any] | None:
    if way is None:
        return None
    return {
        "name": None,
        "burn_s": part.begins + way.burn,
        "landing_s": part.begins + way.landing,
        "landing_utc": epoch.plus(part.begins + way.landing).to_iso(0),
        "time_to_landing_s": way.landing - now,
        "latitude_deg": way.latitude_deg,
        "longitude_deg": way.longitude_deg,
        "cross_range_km": abs(way.cross_range) / 1e3,
        "delta_v_m_s": way.delta_v,
        "delta_v_left_m_s": way.delta_v_left,
        "load_g": way.load,
        "ballistic_load_g": way.ballistic_load,
        "inside_limits": bool(
            way.load <= limits[0] and way.ballistic_load <= limits[1] and way.delta_v_left >= 0.0
        ),
    }


__all__ = ["DOCKED_STEP", "PREPARE", "STEP", "abort_map"]
