"""A risk by subset simulation against flights by brute force, on our own flight with a limit cut down."""

import numpy as np
import pytest

from homeward.campaigns.faults.worlds import RUNS
from homeward.campaigns.risk.estimate import Tail, estimate
from homeward.campaigns.risk.flights import flights_of
from homeward.campaigns.risk.subset import subset_simulation
from homeward.campaigns.statistics.order_statistics import clopper_pearson
from homeward.scenario.load import load

FLOWN = 1500  # by brute force
TAIL = 0.01  # of them lost, by the limit that they choose
SEEDS = (0, 1, 2)


def _nothing(*_):
    return None


@pytest.mark.slow
def test_subset_simulation_agrees_with_brute_force_on_our_own_flight():
    """The margin that one in a hundred random flights is below is the limit that subset simulation looks for.

    The limit is chosen from flights of their own, so that neither interval knows of it.
    """
    made = flights_of(load("apollo-10"), "return", 0, _nothing)
    draw = np.random.default_rng(7)

    def distances(count):
        u = draw.standard_normal((count, made.dimensions))
        return np.array([m[0] for m in made.distances(u, draw.integers(RUNS, size=count), _nothing)])

    limit = float(np.quantile(distances(600), TAIL))
    lost = int(np.count_nonzero(distances(FLOWN) <= limit))
    low, high = clopper_pearson(lost, FLOWN)
    assert lost > 0
    for seed in SEEDS:
        found = subset_simulation(
            lambda label, u, keys: np.array([m[0] - limit for m in made.distances(u, keys, _nothing)]),
            made.dimensions, 320, seed,
        )  # fmt: skip
        assert found.probability is not None
        part = estimate([Tail("none", 1.0, found.probability, found.probability, found.spread)])
        assert part.low <= high and low <= part.high, (seed, part, low, high)
