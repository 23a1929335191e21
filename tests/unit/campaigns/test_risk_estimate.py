"""Risk estimates where the truth is known: Poisson strata with given shares lost, and linear limit states."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from homeward.campaigns.risk.estimate import Tail, Term, allocate, either, estimate, gain
from homeward.campaigns.risk.subset import subset_simulation

MEANS = {"a": 3e-3, "b": 1e-2, "c": 2e-4, "d": 5e-2}
LOST = {"a": 0.30, "b": 0.02, "c": 0.9, "d": 0.0}


def _study(seed):
    """Neyman in two stages over one stratum a hazard, with flights that are coins; and the truth."""
    draw = np.random.default_rng(seed)
    total = sum(MEANS.values())
    weights = {k: math.exp(-total) * m for k, m in MEANS.items()}
    terms = [Term(k, w, 0, 0) for k, w in weights.items()]
    for flights in (None, 400, 1600):
        shares = dict.fromkeys(MEANS, 20) if flights is None else allocate(terms, flights)
        terms = [
            Term(t.name, t.weight, t.flights + shares[t.name],
                 t.losses + int(draw.binomial(shares[t.name], LOST[t.name])))
            for t in terms
        ]  # fmt: skip
    return terms, sum(weights[k] * LOST[k] for k in MEANS)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_interval_holds_the_known_probability(seed):
    terms, truth = _study(seed)
    found = estimate(terms)
    assert found.low <= truth <= found.high
    assert found.half_width < 0.35
    assert found.value == pytest.approx(truth, rel=0.35)


def test_the_interval_holds_it_at_least_as_often_as_it_says():
    held = 0
    for seed in range(100, 160):
        terms, truth = _study(seed)
        found = estimate(terms)
        held += found.low <= truth <= found.high
    assert held >= 0.95 * 60 - 2.0 * math.sqrt(60 * 0.05 * 0.95)


def test_a_stratum_without_a_loss_is_no_zero():
    found = estimate([Term("none", 0.9, 300, 0)])
    assert found.value == 0.0 and found.low == 0.0 and math.isinf(found.half_width)
    assert found.high == pytest.approx(0.9 * (1.0 - 0.025 ** (1 / 300)), rel=0.02)
    assert estimate([Term("never flown", 1e-3, 0, 0)]).high == pytest.approx(1e-3)


def test_what_is_not_flown_is_added_to_the_upper_bound():
    terms = [Term("a", 0.1, 100, 10)]
    plain, more = estimate(terms), estimate(terms, 1e-3)
    assert (more.value, more.low) == (plain.value, plain.low)
    assert more.high == pytest.approx(plain.high + 1e-3)


def test_one_stratum_has_the_interval_of_clopper_and_pearson():
    found = estimate([Term("a", 1.0, 50, 7)])
    assert found.low == pytest.approx(0.0582, abs=2e-3) and found.high == pytest.approx(0.2674, abs=4e-3)


def test_two_halves_are_lost_by_either():
    a, b = [Term("a", 1.0, 1000, 100)], [Term("b", 1.0, 1000, 200)]
    found = either(a, b, (0.0, 0.0))
    assert found.value == pytest.approx(0.28) and found.low < 0.28 < found.high


def test_flights_go_where_weight_and_spread_are():
    terms = [Term("heavy", 0.1, 50, 25), Term("light", 1e-4, 50, 25), Term("sound", 0.1, 50, 0)]
    shares = allocate(terms, 300)
    assert sum(shares.values()) == 300
    assert shares["heavy"] > shares["sound"] > shares["light"] == 0


def test_strata_spare_flights():
    terms, _ = _study(0)
    assert gain(terms, sum(t.flights for t in terms)) > 5.0


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("beta", [3.0, 4.26])
def test_subset_simulation_finds_a_plane_in_a_hundred_dimensions(seed, beta):
    d = 100

    def distance(label, u, keys):
        return beta - u.sum(axis=1) / math.sqrt(d)

    found = subset_simulation(distance, d, 1000, seed)
    truth = float(norm.sf(beta))
    assert found.probability is not None
    part = estimate([Tail("none", 1.0, found.probability, found.probability, found.spread)])
    assert part.low <= truth <= part.high
    assert found.variation < 0.6 and found.samples < 7000


def test_what_is_random_by_its_key_is_moved_too():
    """Half of the distance is in the keys: the sum of both is normal with the variance of both."""

    def distance(label, u, keys):
        hidden = np.array([np.random.default_rng(int(k)).standard_normal() for k in keys])
        return 3.0 - (u[:, 0] + hidden) / math.sqrt(2.0)

    found = subset_simulation(distance, 1, 1000, 3)
    part = estimate([Tail("none", 1.0, found.probability or 0.0, found.below, found.spread)])
    assert part.low <= float(norm.sf(3.0)) <= part.high


def test_a_limit_that_never_comes_nearer_is_no_estimate():
    found = subset_simulation(lambda label, u, keys: np.ones(len(u)), 3, 100, 0)
    assert found.probability is None and "nearer" in found.why


def test_a_limit_that_matters_no_more_is_told_as_a_bound():
    found = subset_simulation(lambda label, u, keys: 9.0 - u[:, 0], 2, 200, 0, small=1e-2)
    assert found.probability is None and found.below == pytest.approx(1e-2)
    assert found.why == "as small as matters"
    assert estimate([Tail("none", 1.0, 0.0, found.below, found.spread)]).high > 1e-2
