"""The earliest way home from any point of a rendezvous, or from a state in a file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from homeward.earth.constants import G0
from homeward.errors import InputError, one_line
from homeward.io.ccsds import kind_of_message
from homeward.io.oem import read_oem
from homeward.io.opm import read_opm
from homeward.scenario.faults.carry_over import carried
from homeward.scenario.schema.fault import Fault
from homeward.scenario.schema.scenario import Scenario
from homeward.textfile import full_path, is_readable, read_text

_POINT = re.compile(r"(.+?)\s*@\s*(\d+(?:\.\d*)?)")

Told = Callable[[str, float], None]


def from_point(scenario: Scenario, text: str, progress: Told | None = None) -> Scenario:
    """The scenario of a return at the first chance from a point, told as ``LEG@SECONDS`` or a file's name.

    A leg is one of the scenario's rendezvous, which is flown undispersed; its ship goes home with the
    propellant that it has left there. A file is an OPM or an OEM (its last state). Raises ``InputError`` for
    an unknown leg, a time outside it, and a file that is none.
    """
    _ = scenario.return_
    point = _POINT.fullmatch(text.strip())
    if point is None or is_readable(text):
        return _planned(scenario, _of_file(text), {}, carried(scenario))
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
    from homeward.planning.rendezvous_legs import legs_of, longest

    told, legs = scenario.required_rendezvous(), legs_of(scenario)
    if leg not in legs:
        raise InputError(f"--from: expected one of {', '.join(legs)} before the @, not {one_line(leg)}")
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
    state = {
        "epoch_utc": epoch.plus(float(rows["time"][row])).to_iso(6), "frame": "gcrf",
        "position_m": tuple(float(x) for x in rows["r_BI_I"][row]),
        "velocity_m_s": tuple(float(x) for x in rows["v_BI_I"][row]),
    }  # fmt: skip
    exhaust = told.ship.specific_impulse_s * G0
    spent = told.ship.mass_kg * (1.0 - np.exp(-float(rows["delta_v"][row]) / exhaust))
    left = max(told.ship.propellant_kg - spent, 0.0)
    stays = carried(scenario, legs, (leg, at), float(rows["time"][row]))
    return _planned(scenario, {"state": state}, {"propellant_kg": float(left)}, stays)


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
    scenario: Scenario, initial: dict[str, Any], stack: dict[str, Any], stays: list[Fault]
) -> Scenario:
    """The scenario with another start: in orbit, free of the station, at the first chance."""
    text = scenario.model_dump(by_alias=True, exclude_none=True)
    text["return"]["initial"] = initial
    text["return"]["legs"] = {**text["return"]["legs"], "start": "burn"}
    text["flight"]["plan"] = {**text["flight"]["plan"], "opportunity": "first"}
    # The gauge of the tanks is read on board.
    for side in ("truth", "onboard"):
        text[side]["stack"] = {**text[side]["stack"], **stack}
    text["fault"] = [told.model_dump() for told in stays]
    text.pop("rendezvous", None)
    return Scenario.model_validate(text, context={"label": scenario.place("return").split(":")[0]})
