"""Capsules of other sizes and lift on the default numbers of the guidance, from low orbit.

Each is as the default return but for the capsule itself, and is believed to be what it is.
"""

import numpy as np
import pytest

from homeward.campaigns.execution.return_batch import fly_many
from homeward.scenario import load

RUNS, SEED = 64, 3
OPENING = 1e3  # m
# Mass [kg], diameter [m], nose radius [m], trim lift over drag: of round figures between Mercury's kind and a
# lunar capsule's; the load on the heat shield's area is that of flown capsules.
CAPSULES = {
    "1 t": (1000.0, 1.6, 1.85, 0.25),
    "3.2 t": (3200.0, 2.52, 2.9, 0.30),
    "8 t": (8000.0, 4.0, 4.8, 0.35),
    "10 t": (10160.0, 5.02, 6.03, 0.25),
    "15 t": (15000.0, 5.5, 6.6, 0.18),
}


def capsule(name: str, runs: int):
    """The default return of another capsule, from the burn to the opening."""
    mass, diameter, nose, lift = CAPSULES[name]
    changes = {
        "return.legs.start": "burn", "return.legs.end": "opening", "simulation.lanes": str(runs),
    }  # fmt: skip
    for side in ("truth", "onboard"):
        changes |= {
            f"{side}.capsule.mass_kg": str(mass), f"{side}.capsule.diameter_m": str(diameter),
            f"{side}.capsule.nose_radius_m": str(nose), f"{side}.capsule.lift_to_drag": str(lift),
            f"{side}.capsule.aero": "apollo",
        }  # fmt: skip
    return load("shenzhou-15", changes)


@pytest.mark.slow
@pytest.mark.parametrize("name", CAPSULES)
def test_a_capsule_of_any_size_lands_within_its_limits(name):
    scenario = capsule(name, RUNS)
    flights = fly_many(scenario, runs=RUNS, seed=SEED)
    n, limits = flights.numbers, scenario.truth.limits
    assert not np.any(n["failed"])
    assert np.max(n["open_miss"]) <= OPENING
    assert np.max(n["peak_load"]) <= limits.load_g
    assert np.max(n["peak_heat_rate"]) <= limits.heat_rate_w_m2
