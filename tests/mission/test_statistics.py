"""What the return must show, as distributions: dispersed flights, and flights after large orbit changes.

Percentiles are order statistics; a failed run counts as infinitely bad. For any seed: three are flown.
"""

import numpy as np
import pytest

from homeward.campaigns.analysis.large_orbit_changes import fly_large_changes
from homeward.campaigns.execution.return_batch import fly_many
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.world.actuators.parachute import DROGUE

RUNS = 500
QUICK = 64  # what the default suite flies: one block
SEEDS = [1, 2, 3]

# The limits of the project's first release, and what it wants beyond them.
OPEN_P50, OPEN_P99, OPEN_WANTED_P997 = 0.5e3, 1.5e3, 0.5e3  # m
# m. The drift below the opening is known by forecast, and by what the wind met on the way tells. Measured:
# 1.9 to 2.3 km in the median and 5.2 to 6.0 km at 99 % of 64 flights (docs/models/dispersion.md).
TOUCHDOWN_P50, TOUCHDOWN_P99 = 2.5e3, 7e3
LOAD_P99 = 5.0  # g


def _hold(flights):
    assert int(np.sum(flights.numbers["failed"])) == 0
    assert np.all(flights.numbers["parachute_stage"] >= DROGUE)
    assert flights.percentile("open_miss", 0.5) <= OPEN_P50
    assert flights.percentile("open_miss", 0.99) <= OPEN_P99
    assert flights.percentile("peak_load", 0.99) <= LOAD_P99
    assert flights.percentile("touchdown_miss", 0.99) <= TOUCHDOWN_P99


@pytest.fixture(scope="module")
def plan():
    return plan_return(load("shenzhou-15"))


def test_a_block_of_dispersed_returns():
    narrow = load("shenzhou-15", {"simulation.lanes": str(QUICK)})
    flights = fly_many(narrow, runs=QUICK, seed=SEEDS[0])
    _hold(flights)
    assert flights.percentile("open_miss", 0.99) <= OPEN_WANTED_P997


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_five_hundred_dispersed_returns(plan, seed):
    flights = fly_many(plan.scenario, runs=RUNS, seed=seed, plan=plan)
    _hold(flights)
    assert flights.percentile("touchdown_miss", 0.5) <= TOUCHDOWN_P50
    assert flights.percentile("open_miss", 0.997) <= OPEN_WANTED_P997


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_five_hundred_returns_after_large_changes(plan, seed):
    result = fly_large_changes(plan.scenario, RUNS, seed)
    assert len(result.flights.runs) + len(result.unreachable) == RUNS
    assert len(result.unreachable) < RUNS / 2
    _hold(result.flights)
    assert result.flights.percentile("touchdown_miss", 0.5) <= TOUCHDOWN_P50


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_lunar_returns_stay_within_load_and_reach(seed):
    flights = fly_many(load("apollo-10", {"return.legs.end": "opening"}), runs=128, seed=seed)
    assert int(np.sum(flights.numbers["failed"])) == 0
    assert flights.percentile("open_miss", 0.99) <= 2e3
    assert flights.percentile("peak_load", 0.99) <= 10.0
