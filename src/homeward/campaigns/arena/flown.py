"""One law through a field of flights: its numbers, and what it asked of the roll thrusters."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import numpy as np

from homeward._aot.program import brief_program
from homeward.campaigns.arena.navigation_2005 import navigation_of_2005
from homeward.campaigns.arena.sets import Field, with_guidance
from homeward.earth.constants import G0
from homeward.missions.return_summary import metrics
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.lanes import flight_axes
from homeward.sim.mission import fly_mission

NUMBERS = (
    "failed", "failed_time", "open_miss", "peak_load", "peak_heat_rate", "heat_load",
    "peak_dynamic_pressure", "bank_reversals", "open_latitude", "open_longitude", "implausible",
)  # fmt: skip


@brief_program
def first_states(flight):
    return jax.vmap(lambda f: f.guidance.init(f.target), in_axes=(flight_axes(flight),))(flight)


def fly_field(field: Field, laws: Sequence[Any], dated: bool = False) -> tuple[dict[str, np.ndarray], Any]:
    """Fly every lane of a field on from its interface under a law, one loaded for each group.

    ``dated``: with the navigation of 2005 and without a forecast of the wind. Returns the numbers of every
    lane, SI and radians, and the telemetry of the entry, a channel's first axis the lane.
    """
    flight = with_guidance(field, laws, wind=not dated)
    carry = field.before.carries["entry"]
    state = first_states(flight)
    world = field.world
    carry = eqx.tree_at(lambda c: c.flight.guidance, carry, state)
    if dated:
        world, carry = navigation_of_2005(world, carry, field.keys)
    flown = fly_mission(
        world, flight, carry.truth, field.legs, field.keys, True, begin=carry, first=field.first
    )
    whole = _joined(field.before, flown)
    numbers = metrics(field.plan, world, flight, whole)
    frames = flown.legs[0][1].frames
    rows = jax.tree.map(lambda *x: np.concatenate(x, axis=1), *frames)
    told = {key: np.asarray(numbers[key]) for key in NUMBERS}
    opening = field.plan.scenario.return_.legs.opening_altitude_m
    told["duration"] = np.asarray(numbers["open_time"]) - np.asarray(numbers["interface_time"])
    told["opened_above"] = np.asarray(numbers["open_altitude"]) - opening
    return told | bank_activity(rows, flown.legs[0][1].end, field.plan.scenario), rows


def _joined(before, after):
    """The flight up to the entry and the entry itself as one."""
    return dataclasses.replace(
        after, ends=before.ends | after.ends, starts=before.starts | after.starts,
        beliefs=before.beliefs | after.beliefs,
    )  # fmt: skip


def bank_activity(rows: Any, end: np.ndarray, scenario: Scenario) -> dict[str, np.ndarray]:
    """Roll flown [rad], and what it takes of propellant [kg], by the bank at each cycle.

    Each change of the roll rate ``dp`` takes an impulse ``I dp / r`` of thrusters at half the capsule's
    diameter: ``m = I_xx sum |dp| / (r Isp g0)``. The damping of the other axes is left out.
    """
    capsule = scenario.truth.capsule
    # Whole cycles alone: a row at the end itself is there only where other lanes fly on.
    inside = (rows.time[:, 1:] < end[:, None] - 1e-6) & (np.diff(rows.time, axis=1) > 0.0)
    step = np.where(inside, np.diff(rows.time, axis=1), 1.0)
    turned = np.where(inside, np.remainder(np.diff(rows.bank, axis=1) + np.pi, 2 * np.pi) - np.pi, 0.0)
    rate = turned / step
    changes = np.sum(np.abs(np.diff(rate, axis=1, prepend=0.0, append=0.0)), axis=1)
    lever = 0.5 * capsule.diameter_m * capsule.thrusters.specific_impulse_s * G0
    return {
        "roll": np.sum(np.abs(turned), axis=1),
        "roll_propellant": capsule.inertia_kg_m2[0] * changes / lever,
    }


__all__ = ["bank_activity", "first_states", "fly_field"]
