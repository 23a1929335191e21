"""The heat shield of a recorded return: temperatures in depth, recession, and what the limits say of them."""

from typing import Any

import jax
import numpy as np

from homeward._aot.brief_jit import brief_jit
from homeward.scenario.schema.heat_shield import HeatShield, ShieldLayer, ShieldPoint
from homeward.scenario.schema.scenario import Scenario
from homeward.world.aerodynamics import heating
from homeward.world.thermal.conduction import (
    CP_AIR,
    STEFAN_BOLTZMANN,
    Face,
    Heating,
    Layer,
    Response,
    Shield,
)
from homeward.world.thermal.heating_distribution import edge_angle, lees_share

ABLATOR_CELLS, STRUCTURE_CELLS = 36, 3
STEP = 1.0  # s
ROUND = 1024  # rows
RADIATES = 8900.0  # m/s: a shock layer radiates from 9 km/s through the air
GAS, GAMMA = 287.05, 1.4  # J/(kg K), -: of air
# Assumed: the flow has separated from the sides; flown Apollo capsules show a few per cent there.
SIDES = (("windward side", 0.08), ("leeward side", 0.02))

Histories = dict[str, np.ndarray]
_convective = brief_jit(jax.vmap(heating.convective, in_axes=(0, 0, None)))


def points_of(scenario: Scenario) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names, shares of the convective and of the radiative heating of the points, the stagnation point first.

    The stagnation point lies where the stream meets the shield head on, as far from its middle as the trim
    that gives the capsule's lift turns the axis: ``atan(L/D)``, what an axial force alone makes. Radiation of
    the shock layer falls with the square of the cosine from there, as Newtonian pressure does.
    """
    capsule = scenario.truth.capsule
    rim = edge_angle(capsule.diameter_m, capsule.nose_radius_m)
    tilt = min(float(np.arctan(abs(capsule.lift_to_drag))), rim)
    chosen = scenario.truth.heat_shield.point or _default_points(float(np.degrees(rim)))
    names, convective, radiative = ["stagnation"], [1.0], [1.0]
    for p in chosen:
        names.append(p.name)
        if p.angle_deg is None:
            share = float(p.share or 0.0)
            convective.append(share)
            radiative.append(share)
            continue
        away = float(np.radians(p.angle_deg)) - tilt
        convective.append(float(lees_share(away)))
        radiative.append(max(float(np.cos(away)), 0.0) ** 2)
    return names, np.array(convective), np.array(radiative)


def _default_points(rim_deg: float) -> list[ShieldPoint]:
    return [
        ShieldPoint(name="centre", angle_deg=0.0),
        ShieldPoint(name="windward rim", angle_deg=rim_deg),
        ShieldPoint(name="leeward rim", angle_deg=-rim_deg),
        *(ShieldPoint(name=name, share=share) for name, share in SIDES),
    ]


def shield_of(told: HeatShield) -> Shield:
    """The model of a scenario's heat shield."""

    def layer(x: ShieldLayer, cells: int) -> Layer:
        return Layer(x.thickness_m, x.density_kg_m3, x.specific_heat_j_kg_k, x.conductivity_w_m_k, cells)

    face = Face(told.emissivity, told.ablation_temperature_k, told.heat_of_ablation_j_kg, told.blowing)
    return Shield([layer(told.ablator, ABLATOR_CELLS), layer(told.structure, STRUCTURE_CELLS)], face)


def heating_of(scenario: Scenario, history: Histories, rows: slice) -> Heating:
    """What comes to the points over some rows of a record.

    Of its columns ``density``, ``speed`` and ``mach`` are used, and ``heat_rate``: what is not convection in
    it is radiation.
    """
    density, speed = history["density"][rows], history["speed"][rows]
    radius = scenario.truth.capsule.nose_radius_m
    # Rows of a round number: one of XLA's small programs serves for every flight.
    more = (0, -len(speed) % ROUND)
    formula = np.asarray(_convective(np.pad(density, more), np.pad(speed, more), np.asarray(radius)))
    both = history["heat_rate"][rows]
    # Faster than the wind changes it, what the formula of convection leaves is radiation.
    radiative = np.where(speed > RADIATES, np.maximum(both - formula[: len(speed)], 0.0), 0.0)
    convective = both - radiative
    # The speed of sound tells the temperature of the air.
    sound = np.where(history["mach"][rows] > 1e-3, speed / np.maximum(history["mach"][rows], 1e-3), 300.0)
    air = np.clip(sound**2 / (GAMMA * GAS), 150.0, 1000.0)
    _, share, radiant = points_of(scenario)
    return Heating(
        history["time"][rows], convective[:, None] * share, radiative[:, None] * radiant,
        CP_AIR * air + speed**2 / 2.0,
    )  # fmt: skip


def flown_rows(scenario: Scenario, history: Histories, legs: list[dict[str, Any]]) -> slice:
    """The rows from the start of the entry until the shield is dropped, or to the end of the record."""
    entry = next((leg["start"] for leg in legs if leg["name"] == "entry"), np.inf)
    time, parachute = history["time"], scenario.truth.parachute
    first = int(np.searchsorted(time, entry))
    last = len(time)
    if parachute.heat_shield_kg > 0.0:
        low = (history["altitude"] < parachute.heat_shield_altitude_m) & (history["parachute_stage"] >= 1)
        low[:first] = False
        last = int(np.argmax(low)) + 1 if low.any() else last
    bad = ~np.isfinite(history["speed"][first:last]) | ~np.isfinite(history["density"][first:last])
    return slice(first, first + int(np.argmax(bad)) if bad.any() else last)


def heat_shield_response(
    scenario: Scenario, history: Histories, legs: list[dict[str, Any]]
) -> tuple[dict[str, Any], Histories]:
    """What the shield went through: the summary's ``heat_shield``, and its histories by column.

    Columns: ``time`` [s since the epoch], and of each point ``face_k``, ``bond_k``, ``back_k`` [K] and
    ``recession_m`` after its name. Both are empty where there was no entry to speak of.
    """
    rows = flown_rows(scenario, history, legs)
    if rows.stop - rows.start < 2:
        return {}, {}
    told, names = scenario.truth.heat_shield, points_of(scenario)[0]
    comes = heating_of(scenario, history, rows)
    response = shield_of(told).respond(comes, told.start_temperature_k, STEP)
    series: Histories = {"time": response.time}
    for k, name in enumerate(names):
        series |= {f"{column_name(name)}_{column}": getattr(response, column.rpartition("_")[0])[:, k]
                   for column in ("face_k", "bond_k", "back_k", "recession_m")}  # fmt: skip
    return _summary(told, names, comes, response), series


def column_name(point: str) -> str:
    """How the columns of a point begin."""
    return point.replace(" ", "_").replace("-", "_")


def _summary(told: HeatShield, names: list[str], comes: Heating, response: Response) -> dict[str, Any]:
    out = told.emissivity * STEFAN_BOLTZMANN
    points = [
        {
            "name": name,
            "columns": column_name(name),
            "peak_heat_rate_w_m2": float(np.max(comes.convective[:, k] + comes.radiative[:, k])),
            "peak_face_temperature_k": float(response.face[:, k].max()),
            # Of a wall that takes no heat in and keeps all its material: none gets hotter.
            "radiative_equilibrium_k": float(
                np.max((comes.convective[:, k] + comes.radiative[:, k]) / out) ** 0.25
            ),
            "peak_bond_temperature_k": float(response.bond[:, k].max()),
            "back_face_temperature_k": float(response.back[-1, k]),
            "recession_mm": float(response.recession[-1, k] * 1e3),
        }
        for k, name in enumerate(names)
    ]
    hottest = max(float(response.back[:, k].max()) for k in range(len(names)))
    limit = told.back_face_limit_k
    return {
        "points": points,
        "peak_back_face_temperature_k": hottest,
        "back_face_limit_k": limit,
        "within_limit": hottest <= limit,
        "ends_s": float(response.time[-1]),
    }


__all__ = ["flown_rows", "heat_shield_response", "heating_of", "points_of", "shield_of"]
