"""Fifty flights with the filter in the loop: is its error where it says that it is?"""

import numpy as np
import pytest

from homeward.dispersion.returns import disperse
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.sim.lanes import whole_history
from homeward.sim.mission import fly_mission

FLIGHTS, LANES, SEED = 50, 10, 4
INSIDE = 0.99  # of the time, every axis
PAIRS = {
    "navigation_position_error": "position_sigma",
    "navigation_velocity_error": "velocity_sigma",
}


@pytest.mark.slow
def test_errors_stay_within_three_sigma():
    plan = plan_return(load("shenzhou-15", {"simulation.lanes": str(LANES)}), fidelity="six-dof")
    legs = spread_legs(plan.legs, LANES)
    inside = {name: [] for name in PAIRS}
    for first in range(0, FLIGHTS, LANES):
        runs = np.arange(first, first + LANES)
        world, flight, truth = disperse(plan, SEED, runs)
        outcome = fly_mission(world, flight, truth, legs, run_keys(SEED, runs), True)
        assert not np.any(np.asarray(outcome.truth.failed))
        for lane in range(LANES):
            h = whole_history(outcome.legs, lane)
            for error, sigma in PAIRS.items():
                known = np.all(np.isfinite(h[sigma]) & (h[sigma] > 0.0), axis=1)
                assert np.sum(known) > 2000
                inside[error].append(np.abs(h[error][known]) <= 3.0 * h[sigma][known])
    for error, flags in inside.items():
        share = np.mean(np.concatenate(flags), axis=0)
        assert np.all(share >= INSIDE), (error, share)
