"""Loads of the canopies of every lane: snatch and opening, stage by stage (docs/models/parachutes.md)."""

from typing import Any

import numpy as np

from homeward.scenario.schema.canopies import Canopies
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.point_mass.tick import BLUNT_DRAG
from homeward.world.actuators.opening_loads import snatch_force
from homeward.world.state import TruthState

STAGES = ("drogue", "reefed", "main", "backup")
Numbers = dict[str, np.ndarray]


def canopy_numbers(scenario: Scenario, truth: TruthState) -> Numbers:
    """Of every lane: opening loads [N] of all canopies, snatch and greatest load [N] of one, by stage.

    Nothing where they are not kept. ``canopy_opening_STAGE`` is the greatest mean drag over a control tick
    times the overshoot; ``canopy_factor_STAGE`` that over ``CD S q`` of what had opened, q as the stage
    began; ``canopy_one_STAGE`` the greater of snatch and opening of the canopy that bears most.
    """
    kept, told = truth.extremes.canopy, scenario.truth.canopies
    if kept is None:
        return {}
    force, pressure, area = (np.asarray(x) for x in (kept.force, kept.pressure, kept.area))
    mass = np.asarray(truth.mass, float)
    blunt = BLUNT_DRAG * np.pi / 4.0 * scenario.truth.capsule.diameter_m**2
    numbers: Numbers = {}
    for k, stage in enumerate(STAGES):
        drogue = stage == "drogue"
        overshoot = told.drogue_overshoot if drogue else told.main_overshoot
        opening = overshoot * force[:, k]
        full = area[:, k] * pressure[:, k]
        numbers[f"canopy_opening_{stage}"] = opening
        numbers[f"canopy_pressure_{stage}"] = pressure[:, k]
        numbers[f"canopy_factor_{stage}"] = opening / np.where(full > 0.0, full, np.inf)
        # A main whose reefing ends is stretched out already.
        snatch = np.zeros_like(opening)
        if stage != "main":
            snatch = snatch_force(pressure[:, k], *_pack(told, drogue, mass, blunt))
        numbers[f"canopy_snatch_{stage}"] = snatch
        numbers[f"canopy_one_{stage}"] = np.maximum(snatch, opening * _share(told, stage))
    numbers["canopy_load_drogue"] = numbers["canopy_one_drogue"]
    numbers["canopy_load_main"] = np.max([numbers[f"canopy_one_{s}"] for s in STAGES[1:]], axis=0)
    return numbers


def canopies_told(n: dict[str, Any], told: Canopies) -> dict[str, Any]:
    """The summary's ``parachute.canopies`` of one lane; empty where the loads are not kept."""
    if "canopy_load_main" not in n:
        return {}
    stages = {
        stage: {
            "pressure_pa": float(n[f"canopy_pressure_{stage}"]),
            "snatch_n": float(n[f"canopy_snatch_{stage}"]),
            "opening_n": float(n[f"canopy_opening_{stage}"]),
            "load_factor": float(n[f"canopy_factor_{stage}"]),
            "canopy_n": float(n[f"canopy_one_{stage}"]),
        }
        for stage in STAGES
        if float(n[f"canopy_pressure_{stage}"]) > 0.0
    }
    count = {"drogues": told.drogues - told.drogues_failed, "mains": told.mains - told.mains_failed}
    return stages | {"open": count, "greatest_main_n": float(n["canopy_load_main"])}


def _pack(
    told: Canopies, drogue: bool, mass: np.ndarray, blunt: float
) -> tuple[tuple[float, float], tuple[np.ndarray, float], tuple[float, float]]:
    body = (mass, blunt)
    if drogue:
        pack = (told.drogue_pack_kg, told.drogue_pack_area_m2)
        return pack, body, (told.drogue_lines_m, told.drogue_stiffness_n_m)
    pack = (told.main_pack_kg, told.main_pack_area_m2)
    return pack, body, (told.main_lines_m, told.main_stiffness_n_m)


def _share(told: Canopies, stage: str) -> float:
    """Of the whole load that the canopy bears which bears most."""
    if stage == "backup":
        return 1.0
    drogue = stage == "drogue"
    count, failed = (told.drogues, told.drogues_failed) if drogue else (told.mains, told.mains_failed)
    left = count - failed
    if left <= 1:
        return 1.0
    return min((1.0 + told.uneven) / left, 1.0)


__all__ = ["STAGES", "canopies_told", "canopy_numbers"]
