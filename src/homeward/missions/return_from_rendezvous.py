"""The earliest way home from any point of a rendezvous, or from a state in a file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from homeward.earth.constants import G0
from homeward.earth.time import Epoch
from homeward.errors import Infeasible, InputError, one_line
from homeward.flight.deorbit.landing_opportunities import STEP, orbit_path
from homeward.io.ccsds import kind_of_message
from homeward.io.oem import read_oem
from homeward.io.opm import read_opm
from homeward.planning.deorbit_planner import carry, spin_at
from homeward.planning.landing_opportunities import DAY, planner_of, span_of
from homeward.planning.rendezvous_legs import legs_of, longest
from homeward.scenario.build.flight_computer import build_target, forecast_of
from homeward.scenario.build.initial_state import initial_state
from homeward.scenario.build.world import build_earth
from homeward.scenario.faults.carry_over import carried
from homeward.scenario.schema.fault import Fault
from homeward.scenario.schema.rendezvous import Rendezvous
from homeward.scenario.schema.scenario import Scenario
from homeward.textfile import full_path, is_readable, read_text

DOCKED = "docked"  # in place of a leg: the stay at the station, from the contact on
AT_ONCE = 1  # revolutions from undocking to the burn, of a ship that has to go home at once
LONGEST_STAY = 30.0 * 86400.0  # s docked: what an orbit model without measurements is asked for

_POINT = re.compile(r"(.+?)\s*@\s*(\d+(?:\.\d*)?)")

Told = Callable[[str, float], None]


def from_point(scenario: Scenario, text: str, progress: Told | None = None) -> Scenario:
    """The scenario of a return at the first chance from a point, told as ``LEG@SECONDS`` or a file's name.

    A leg is one of the scenario's rendezvous, which is flown undispersed; its ship goes home with the
    propellant that it has left there. ``docked@SECONDS`` undocks so long after the contact. A file is an OPM
    or an OEM (its last state). Raises ``InputError`` for an unknown leg, a time outside it, and a file that
    is none.
    """
    _ = scenario.return_
    point = _POINT.fullmatch(text.strip())
    if point is None or is_readable(text):
        return _planned(scenario, _of_file(text), {}, carried(scenario))
    if point[1].strip() == DOCKED:
        return _from_station(scenario, float(point[2]), progress)
    return _from_leg(scenario, point[1].strip(), float(point[2]), progress)


def _of_file(text: str) -> dict[str, Any]:
    path = Path(text)
    if not is_readable(path):
        raise InputError(
            f"--from: expected a leg with a time, such as homing@600, or a file, not {one_line(text, 200)}"
        )
    kind = "oem_file" if kind_of_message(read_text(path, "an OEM or OPM")) == "oem" else "opm_file"
    initial: dict[str, Any] = {kind: full_path(path)}
    if kind == "oem_file":
        last = read_oem(str(path)).segments[-1]
        initial["epoch_utc"] = last.epoch.plus(float(last.t[-1])).to_iso(6)
    else:
        read_opm(str(path))
    return initial


def _from_leg(scenario: Scenario, leg: str, at: float, progress: Told | None) -> Scenario:
    from homeward.missions.rendezvous_flight import rendezvous

    told, legs = scenario.required_rendezvous(), legs_of(scenario)
    if leg not in legs:
        raise InputError(
            f"--from: expected one of {', '.join([*legs, DOCKED])} before the @, not {one_line(leg)}"
        )
    most = longest(scenario, leg)
    if at > most:
        raise InputError(f"--from: {leg} lasts {most:.0f} s at most, so that {at:g} s lies outside it")
    carried(scenario, legs, (leg, at))  # refuses before the flight what it will after it
    flight = rendezvous(scenario, progress=progress, between=_ends_too_soon(legs, leg, at))
    history, epoch = flight.history, flight.plan.inserted.epoch
    rows, stages = history.rows, history.stages
    mine = np.flatnonzero(rows["stage"] == stages.index(leg))
    if not len(mine):
        raise InputError(f"--from: the flight does not come to {leg}")
    begin, end = rows["time"][mine[0]], rows["time"][mine[-1]]
    if at > end - begin:
        raise InputError(f"--from: {leg} lasts {end - begin:.0f} s, so that {at:g} s lies outside it")
    row = mine[int(np.argmin(np.abs(rows["time"][mine] - begin - at)))]
    stays = carried(scenario, legs, (leg, at), float(rows["time"][row]))
    where = epoch.plus(float(rows["time"][row])), rows["r_BI_I"][row], rows["v_BI_I"][row]
    return homebound(scenario, *where, propellant_left(told, float(rows["delta_v"][row])), stays)


def _from_station(scenario: Scenario, at: float, progress: Told | None) -> Scenario:
    from homeward.missions.rendezvous_flight import rendezvous

    if at > LONGEST_STAY:
        raise InputError(f"--from: {DOCKED}@{at:g}: expected at most {LONGEST_STAY:.0f} s after the contact")
    told = scenario.required_rendezvous()
    flight = rendezvous(scenario, progress=progress)
    if flight.summary["time_to_dock_s"] is None:
        raise Infeasible(f"{scenario.name}: this rendezvous does not dock, so that nobody undocks from there")
    rows, legs = flight.history.rows, legs_of(scenario)
    now = float(rows["time"][-1])
    stays = carried(scenario, legs, (legs[-1], LONGEST_STAY), now)
    left = propellant_left(told, float(rows["delta_v"][-1]))
    contact = flight.plan.inserted.epoch.plus(now)
    alone = homebound(scenario, contact, rows["r_BI_I"][-1], rows["v_BI_I"][-1], left, stays, docked=True)
    r, v = docked_path(alone, np.array([at]))
    return homebound(scenario, contact.plus(at), r[0], v[0], left, stays, docked=True)


def docked_path(scenario: Scenario, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """States in I (n, 3) so many seconds after the start of a homebound scenario, of the ship at the station.

    By the flight's own orbit model: what is reckoned ahead of a stay knows no more.
    """
    start = initial_state(scenario)
    most = float(np.max(seconds))
    orientation = build_earth(scenario.as_believed(), start.epoch, span_of(most / DAY))
    target = build_target(scenario, start.epoch, forecast_of(scenario))
    planner = planner_of(scenario, start, orientation, target)
    times, states = orbit_path(planner.docked, *planner.earth_state(0.0, start.r_I, start.v_I), most)
    found = []
    for t in seconds:
        row = min(int(t / STEP), len(times) - 1)
        r, v = carry(planner.docked, states[row], float(t - times[row]))
        C, omega = spin_at(orientation, float(t))
        found.append((C.T @ r, C.T @ (v + np.cross(omega, r))))
    return np.array([r for r, _ in found]), np.array([v for _, v in found])


def propellant_left(told: Rendezvous, delta_v: float) -> float:
    """Propellant [kg] of the ship of a rendezvous once it has spent a delta-v [m/s]."""
    spent = told.ship.mass_kg * (1.0 - np.exp(-delta_v / (told.ship.specific_impulse_s * G0)))
    return float(max(told.ship.propellant_kg - spent, 0.0))


def homebound(
    scenario: Scenario, epoch: Epoch, r_I: np.ndarray, v_I: np.ndarray, propellant: float,
    stays: list[Fault], docked: bool = False,
) -> Scenario:  # fmt: skip
    """The return at the first chance from a state in I [m, m/s] with so much propellant [kg]: free of the
    station, or ``docked`` and away from it after ``AT_ONCE`` revolutions at most."""
    state = {
        "epoch_utc": epoch.to_iso(6), "frame": "gcrf",
        "position_m": tuple(float(x) for x in r_I), "velocity_m_s": tuple(float(x) for x in v_I),
    }  # fmt: skip
    return _planned(scenario, {"state": state}, {"propellant_kg": propellant}, stays, docked)


def _ends_too_soon(legs: list[str], leg: str, at: float) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Ends the flight once a far leg is over that was not as long as ``at`` [s]: the rest need not be flown.

    A leg of the approach may be flown again after a retreat, so that only the whole flight tells its length.
    """
    mine, before = legs.index(leg), 0.0

    def between(computer: Any, carry: Any) -> tuple[Any, Any]:
        nonlocal before
        from homeward.sim.rendezvous.far_range import FarCarry

        now = float(carry.truth.time[0])
        stage = int(carry.flight.stage[0]) if isinstance(carry, FarCarry) else 2
        if stage < mine:
            before = now
        # Seen here a minute late at most, so that the leg lasted no longer than this.
        if mine < 2 and stage > mine and at > now - before:
            raise InputError(
                f"--from: {leg} lasts {now - before:.0f} s at most, so that {at:g} s lies outside it"
            )
        return computer, carry

    return between


def _planned(
    scenario: Scenario, initial: dict[str, Any], stack: dict[str, Any], stays: list[Fault],
    docked: bool = False,
) -> Scenario:  # fmt: skip
    """The scenario with another start: in orbit, free of the station or docked, at the first chance."""
    text = scenario.model_dump(by_alias=True, exclude_none=True)
    text["return"]["initial"] = initial
    text["return"]["legs"] = {**text["return"]["legs"], "start": "undock" if docked else "burn"}
    plan = text["flight"]["plan"] = {**text["flight"]["plan"], "opportunity": "first"}
    if docked:
        plan["return_revolutions"] = min(plan["return_revolutions"], AT_ONCE)
    # The gauge of the tanks is read on board.
    for side in ("truth", "onboard"):
        text[side]["stack"] = {**text[side]["stack"], **stack}
    text["fault"] = [told.model_dump() for told in stays]
    text.pop("rendezvous", None)
    return Scenario.model_validate(text, context={"label": scenario.place("return").split(":")[0]})
