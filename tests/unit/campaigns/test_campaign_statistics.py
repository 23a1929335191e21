"""Order statistics, shares and numbers of runs against published tables and the binomial law itself."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.campaigns.statistics.order_statistics import (
    clopper_pearson,
    decide,
    figures,
    lower_rank,
    order_statistic,
    quantile_ranks,
    runs_to_decide,
    share_lower,
    share_upper,
    upper_rank,
)

# Least numbers of runs whose r-th largest value bounds the quantile from above (Wilks, Ann. Math. Stat. 12,
# 1941; the orders one to three at 95/95 as used in nuclear practice).
WILKS = [(0.95, 0.95, 1, 59), (0.95, 0.95, 2, 93), (0.95, 0.95, 3, 124), (0.99, 0.95, 1, 299),
         (0.90, 0.95, 1, 29), (0.95, 0.99, 1, 90), (0.99, 0.99, 1, 459)]  # fmt: skip


@pytest.mark.parametrize(("p", "confidence", "order", "runs"), WILKS)
def test_wilks_numbers(p, confidence, order, runs):
    """The r-th largest of N is an upper bound, and of one run less it is not."""
    assert upper_rank(runs, p, confidence) is not None
    assert upper_rank(runs, p, confidence) <= runs - order + 1
    fewer = upper_rank(runs - 1, p, confidence)
    assert fewer is None or fewer > runs - 1 - order + 1
    if order == 1:
        assert runs_to_decide(1.0, p, confidence) == runs


def test_clopper_pearson_of_the_table():
    """Two-sided 95 % intervals as tabulated (Documenta Geigy, exact confidence limits of a share)."""
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 0.3085), abs=5e-5)
    assert clopper_pearson(1, 10) == pytest.approx((0.0025, 0.4450), abs=5e-5)
    assert clopper_pearson(5, 10) == pytest.approx((0.1871, 0.8129), abs=5e-5)
    assert clopper_pearson(10, 10) == pytest.approx((0.6915, 1.0), abs=5e-5)
    # The rule of three, exactly: no failure in n runs.
    assert share_upper(0, 300, 0.95) == pytest.approx(1.0 - 0.05 ** (1 / 300), rel=1e-12)


def test_the_interval_of_a_median_of_ten():
    """Ranks 2 and 9 of ten hold the median with 97.9 %, ranks 3 and 8 with 89.1 % only (Conover, 3.2)."""
    assert quantile_ranks(10, 0.5) == (2, 9)
    assert quantile_ranks(10, 0.5, 0.89) == (3, 8)
    assert quantile_ranks(3, 0.99) == (2, None)
    assert lower_rank(1, 0.5, 0.95) is None


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 3000), st.floats(0.01, 0.999), st.floats(0.5, 0.999), st.floats(0.0, 1.0))
def test_a_share_is_decided_as_its_quantile_is(n, p, confidence, part):
    """k of n within the limit: met by Clopper and Pearson just if the order statistic's bound is within."""
    k = round(part * n)
    verdict = decide(k, n, p, confidence).verdict
    bound = upper_rank(n, p, confidence)
    if abs(share_lower(k, n, confidence) - p) > 1e-9:
        assert (verdict == "met") == (bound is not None and k >= bound)
        assert (verdict == "met") == (share_lower(k, n, confidence) > p)
    if verdict != "met" and abs(share_upper(k, n, confidence) - p) > 1e-9:
        assert (verdict == "not met") == (share_upper(k, n, confidence) < p)


def test_the_interval_covers_as_often_as_it_says():
    """The 99 % point of 1,000 exponential runs lies in its interval in 95 % of 2,000 campaigns or more."""
    rng = np.random.default_rng(5)
    low, high = quantile_ranks(1000, 0.99)
    ordered = np.sort(rng.exponential(size=(2000, 1000)), axis=1)
    truth = math.log(100.0)
    share = np.mean((ordered[:, low - 1] <= truth) & (truth <= ordered[:, high - 1]))
    assert 0.95 - 3.0 * math.sqrt(0.05 * 0.95 / 2000) <= share <= 0.985


def test_how_many_runs_would_decide():
    decision = decide(2995, 3000, 0.997, 0.95)
    assert decision.verdict == "undecided"
    n = decision.runs_to_decide
    assert n is not None and n > 3000
    assert decide(math.floor(2995 / 3000 * n + 1e-9), n, 0.997, 0.95).verdict == "met"
    assert decide(90, 100, 0.99, 0.95).verdict == "not met"
    assert runs_to_decide(0.99, 0.99, 0.95) is None  # a share that is just what is asked is never shown


def test_failed_runs_are_infinitely_bad_and_in_no_mean():
    values = np.arange(1.0, 1001.0)
    failed = np.zeros(1000, bool)
    failed[:5] = True
    values[:5] = np.nan
    told = figures(values, failed)
    assert told["mean"] == pytest.approx(np.arange(6.0, 1001.0).mean())
    assert told["p50"] == 505.0 and told["p99"] == 995.0
    assert told["p99_7"] is None and told["max"] is None
    low, high = told["ci95_p99"]
    assert low < 995.0 and high is None
    assert order_statistic(np.array([3.0, 1.0, 2.0]), 0.5) == 2.0
    assert math.isnan(order_statistic(np.zeros(0), 0.5))
