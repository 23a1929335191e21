"""Same seed, same bits; another seed, another flight; a run in a block equals itself in another block."""

import numpy as np
import pytest

from homeward.campaigns.execution.return_batch import fly_many
from homeward.missions.return_flight import fly
from homeward.scenario import load

SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def scenario():
    return load("apollo-10", {"return.legs.end": "opening", "simulation.lanes": "4"})


@pytest.fixture(scope="module")
def dispersed(scenario):
    return {seed: fly(scenario, dispersed=True, seed=seed, fidelity="point-mass") for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_seed_gives_the_same_bits(scenario, dispersed, seed):
    first, again = dispersed[seed], fly(scenario, dispersed=True, seed=seed, fidelity="point-mass")
    assert first.summary == again.summary
    for name, values in first.history.items():
        assert np.array_equal(values, again.history[name]), name


def test_another_seed_is_another_flight(dispersed):
    ends = {tuple(flight.history["r_BI_I"][-1]) for flight in dispersed.values()}
    assert len(ends) == len(SEEDS)


def test_a_nominal_flight_twice_is_one_flight(scenario):
    first, again = fly(scenario, fidelity="point-mass"), fly(scenario, fidelity="point-mass")
    assert first.summary == again.summary
    assert all(np.array_equal(values, again.history[name]) for name, values in first.history.items())


def test_a_run_has_the_same_bits_in_any_block(scenario):
    together = fly_many(scenario, runs=6, seed=3)
    apart = fly_many(scenario, runs=2, seed=3, first=4)
    again = fly_many(scenario, runs=6, seed=3)
    for name, values in together.numbers.items():
        assert np.array_equal(values, again.numbers[name]), name
        assert np.array_equal(values[4:6], apart.numbers[name]), name
    assert np.unique(together.numbers["open_miss"]).size == 6
