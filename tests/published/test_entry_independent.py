"""Open-loop entries of an independent integration, which agrees with AMAT.

| verifies | gravitation | geodesy | atmosphere | winds | vehicle | notes |
|---|---|---|---|---|---|---|
| peak load, 60 km, 10 km | J2 | turning sphere, 6371 km | Earth-GRAM mean | none | constant CL, CD | below |

Their positive bank turns left (latitude grows on an eastward entry), ours right: the bank is negated here.
A printed latitude of zero is compared in degrees.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from homeward.scenario.open_loop.build import build
from homeward.scenario.open_loop.schema import OpenLoopFile
from homeward.sim.open_loop.propagate import propagate

DATA = Path(__file__).parent / "data"
CASES = json.loads((DATA / "entry_independent_check.json").read_text())["cases"]
LIMIT = 5.0e-4  # 0.05 %
ZERO_DEG = 1.0e-6  # an angle that is zero by symmetry


def _air() -> dict:
    altitude, temperature, _, density, _ = np.loadtxt(DATA / "amat_earth-gram-avg.dat")[::-1].T
    columns = {"altitude_m": altitude, "density_kg_m3": density, "temperature_k": temperature}
    return {"model": "table", "interpolation": "cubic"} | {k: v.tolist() for k, v in columns.items()}


@pytest.mark.parametrize("index", range(len(CASES)))
def test_entry(validation, index):
    case = CASES[index]
    file = OpenLoopFile.model_validate(
        {
            "body": {
                "ballistic_coefficient_kg_m2": float(case["beta"]),
                "lift_to_drag": case["LD"],
                "bank_deg": -float(case["bank_deg"]),
            },
            "initial": {
                "latitude_deg": 0.0, "longitude_deg": 0.0, "altitude_m": case["h0_m"],
                "speed_m_s": float(case["v0_ms"]), "flight_path_angle_deg": case["fpa0_deg"],
                "heading_deg": 90.0,
            },
            "earth": {"shape": "sphere", "radius_m": 6371e3, "rotation_rate_rad_s": 7.272205e-5},
            "gravity": {"model": "j2", "mu_m3_s2": 3.986004e14, "j2": 1.0826e-3, "radius_m": 6371e3},
            "air": _air(),
            "stop": {"time_s": 3000.0, "altitude_m": 10e3},
            "output": {"step_s": 0.25, "crossings_m": [60e3, 10e3]},
        }
    )  # fmt: skip
    summary = propagate(build(file)).summary
    peak = summary["peak_load"]
    rows = [
        ("peak load", peak["load_g"], case["peak_aero_g"], "g"),
        ("altitude of peak load", peak["altitude_m"] / 1e3, case["h_peak_km"], "km"),
        ("speed at peak load", peak["speed_m_s"], case["v_peak_ms"], "m/s"),
    ]
    keys = {
        "t": "time_s",
        "v": "speed_m_s",
        "fpa": "flight_path_angle_deg",
        "lon": "longitude_deg",
        "lat": "latitude_deg",
    }
    for where, event in zip(("at60km", "at10km"), summary["crossings"], strict=True):
        rows += [(f"{key} {where}", event[name], case[where][key], name) for key, name in keys.items()]
    for name, ours, theirs, unit in rows:
        zero = theirs == 0.0
        difference = abs(ours) if zero else abs(ours / theirs - 1)
        limit = ZERO_DEG if zero else LIMIT
        validation.record(
            source="independent integration, agrees with AMAT",
            case=f"L/D {case['LD']}, bank {case['bank_deg']} deg",
            quantity=name, theirs=theirs, ours=ours, difference=difference, limit=limit,
            unit=unit if zero else f"{unit}, relative",
        )  # fmt: skip
        assert difference <= limit, (name, ours, theirs)
