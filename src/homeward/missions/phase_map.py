"""Which plan serves which phase of the station at the insertion, and where the nearest that serves lies."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from homeward.astro.along_orbit import further_along
from homeward.earth.constants import MU_EGM96
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.planning.rendezvous_plan import Offer, offers
from homeward.scenario.build.launch import Insertion, insertion, phase_and_plane
from homeward.scenario.schema.rendezvous import PLANS
from homeward.scenario.schema.scenario import Scenario

STEP = 5.0  # deg between phases, if no other step is asked for
LEAST_STEP, MOST_STEP = 0.5, 90.0

Progress = Callable[[str, float], None]


def phase_map(
    scenario: Scenario, step_deg: float = STEP, plan: str | None = None, progress: Progress | None = None
) -> dict[str, Any]:
    """Delta-v [m/s] up to the aim point of every plan, over phases of the station from 0 to 360 deg.

    The insertion is the scenario's; the station is moved along its own orbit to each phase [deg], ahead of
    the ship. ``step_deg`` lies between them (360 has to be a multiple of it), ``plan`` is one plan alone.
    Told are ``phases_deg``, and for each plan ``delta_v_m_s`` (None where it does not serve), ``why_not`` and
    ``nearest_phase_deg``, the nearest phase at which it serves (None where it never does). Raises
    ``InputError`` for another step.
    """
    if not LEAST_STEP <= step_deg <= MOST_STEP or abs(360.0 / step_deg - round(360.0 / step_deg)) > 1e-9:
        raise InputError(
            f"--phase-map {step_deg:g}: expected a step from {LEAST_STEP:g} to {MOST_STEP:g} deg of which "
            "360 is a multiple"
        )
    told = scenario.required_rendezvous()
    names = [plan] if plan not in (None, "auto") else list(PLANS)
    own = insertion(told, Epoch.from_iso(told.launch.time_utc), scenario.place("rendezvous"))
    phases = np.arange(round(360.0 / step_deg)) * step_deg
    rows: list[list[Offer]] = []
    for k, phase in enumerate(phases):
        if progress is not None:
            progress("planning", k / len(phases))
        rows.append(offers(scenario, told, at_phase(own, np.radians(phase)), names))
    return {
        "scenario": scenario.name,
        "lift_off_utc": told.launch.time_utc,
        "own_phase_deg": float(np.degrees(own.phase)),
        "plane_error_deg": float(np.degrees(own.plane)),
        "two_impulse_delta_v_m_s": [row[0].bound for row in rows],
        "phases_deg": [float(x) for x in phases],
        "plans": {name: _told(phases, [row[k] for row in rows]) for k, name in enumerate(names)},
    }


def at_phase(inserted: Insertion, phase: float) -> Insertion:
    """The same insertion with the station ``phase`` [rad] ahead of the ship, moved along its own orbit."""
    turn = (phase - inserted.phase) % (2.0 * np.pi)
    station = further_along(*inserted.station, turn, MU_EGM96)
    return dataclasses.replace(inserted, station=station, phase=phase_and_plane(inserted.ship, station)[0])


def nearest(phases: np.ndarray, serves: Sequence[bool]) -> list[float | None]:
    """For every phase [deg] the nearest one that serves, around the circle; the lower of two as near."""
    there = phases[np.asarray(serves, bool)]
    if not len(there):
        return [None] * len(phases)
    apart = np.abs((there[None, :] - phases[:, None] + 180.0) % 360.0 - 180.0)
    return [float(x) for x in there[np.argmin(apart, axis=1)]]


def _told(phases: np.ndarray, found: list[Offer]) -> dict[str, Any]:
    serves = [not o.why_not for o in found]
    return {
        "delta_v_m_s": [o.cost if good else None for o, good in zip(found, serves, strict=True)],
        "why_not": [o.why_not for o in found],
        "nearest_phase_deg": nearest(phases, serves),
    }


__all__ = ["STEP", "at_phase", "nearest", "phase_map"]
