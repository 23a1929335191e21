"""Ballistic entry in closed form: straight line, exponential air, no gravity.

| verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|
| peaks of load and heating | none | flat | exponential | none | ballistic | see below |

Flat is a sphere of 1e12 m that does not turn: over the whole flight it departs from a plane by 1.3 m.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from homeward.earth.constants import G0
from homeward.scenario.open_loop.build import build
from homeward.scenario.open_loop.schema import OpenLoopFile
from homeward.sim.open_loop.propagate import propagate

DATA = json.loads((Path(__file__).parent / "data" / "allen_eggers_closed_form.json").read_text())
LIMIT = 1.0e-4  # relative; the curvature left and the step of 0.02 s are each below 2e-5


def _peak_of_convection(table: dict[str, np.ndarray]) -> dict[str, float]:
    """Altitude and speed where ``sqrt(rho) V**3`` is largest: without the radiation that they left out."""
    rate = np.log(table["density_kg_m3"]) / 2 + 3 * np.log(table["speed_m_s"])
    i = int(np.argmax(rate))
    low, top, high = rate[i - 1 : i + 2]
    at = i + 0.5 * (low - high) / (low - 2 * top + high)
    rows = np.arange(rate.size)
    return {name: float(np.interp(at, rows, table[name])) for name in ("altitude_m", "speed_m_s")}


@pytest.mark.parametrize("index", range(len(DATA["cases"])))
def test_closed_form(validation, index):
    case = DATA["cases"][index]
    file = OpenLoopFile.model_validate(
        {
            "body": {"ballistic_coefficient_kg_m2": case["beta"]},
            "initial": {
                "latitude_deg": 0.0, "longitude_deg": 0.0, "altitude_m": 170e3,
                "speed_m_s": case["V0"], "flight_path_angle_deg": case["gamma_deg"],
            },
            "earth": {"shape": "sphere", "radius_m": 1e12, "rotation_rate_rad_s": 0.0},
            "gravity": {"model": "none"},
            "air": {"model": "exponential", "surface_density_kg_m3": 1.225, "scale_height_m": 1e3 / 0.14},
            "stop": {"time_s": 300.0, "altitude_m": 25e3},
            "output": {"step_s": 0.02, "record_s": 0.02},
        }
    )  # fmt: skip
    result = propagate(build(file))
    load, heating = result.summary["peak_load"], _peak_of_convection(result.table)
    for name, ours, theirs, unit in (
        ("peak deceleration", load["load_g"] * G0, case["amax_ms2"], "m/s2"),
        ("altitude of peak deceleration", load["altitude_m"], case["h_amax_m"], "m"),
        ("speed at peak deceleration", load["speed_m_s"], case["V_at_amax"], "m/s"),
        ("altitude of peak heating", heating["altitude_m"], case["h_qmax_m"], "m"),
        ("speed at peak heating", heating["speed_m_s"], case["V_at_qmax"], "m/s"),
    ):
        difference = abs(ours / theirs - 1)
        validation.record(
            source="Allen and Eggers (1958), NACA Report 1381",
            case=f"{case['V0']:g} m/s, {case['gamma_deg']:g} deg", quantity=name, theirs=theirs, ours=ours,
            difference=difference, limit=LIMIT, unit=f"{unit}, relative",
        )  # fmt: skip
        assert difference <= LIMIT, name
