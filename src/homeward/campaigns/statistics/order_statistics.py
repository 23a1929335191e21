"""What a number of runs allows one to say: order statistics, shares, and how sure one may be of either.

Nothing is assumed of the distribution. Whether a run lies below the p-quantile is a coin that shows heads
with probability p, so that ranks follow the binomial law; a failed run is infinitely bad and takes part.
Sources: W. J. Conover, Practical Nonparametric Statistics, 3rd ed., 3.2 (intervals of quantiles); S. S.
Wilks, Ann. Math. Stat. 12, 91 (1941) (least numbers of runs); C. J. Clopper and E. S. Pearson, Biometrika 26,
404 (1934).
"""

import dataclasses
import math
from typing import Any

import numpy as np
from scipy.stats import beta, binom

SHARES = {"p50": 0.5, "p99": 0.99, "p99_7": 0.997, "max": 1.0}
CONFIDENCE = 0.95
MOST_RUNS = 10**8  # a question that would take more runs than this is told to stay open


def rank_of(n: int, p: float) -> int:
    """Number, from 1, of the order statistic that stands for the p-quantile of ``n`` runs: ceil(p n)."""
    return min(max(math.ceil(p * n - 1e-9), 1), n)


def order_statistic(values: np.ndarray, p: float) -> float:
    """The value that a share ``p`` of the values does not exceed: number ceil(p N) of the sorted ones."""
    values = np.asarray(values, float)
    if values.size == 0:
        return float("nan")
    place = rank_of(values.size, p) - 1
    return float(np.partition(values, place)[place])


def upper_rank(n: int, p: float, confidence: float) -> int | None:
    """Least rank whose value is no less than the p-quantile with the confidence; None where none of n is.

    P(X_(r) >= x_p) = P(Bin(n, p) <= r - 1), for any continuous distribution.
    """
    r = int(binom.ppf(confidence, n, p)) + 1
    return r if r <= n else None


def lower_rank(n: int, p: float, confidence: float) -> int | None:
    """Greatest rank whose value is no more than the p-quantile with the confidence; None where none of n is.

    P(X_(r) <= x_p) = P(Bin(n, p) >= r).
    """
    r = int(binom.ppf(1.0 - confidence, n, p))
    # ppf gives the first count whose cdf reaches 1 - confidence; the rank asks for cdf(r - 1) <= that.
    if r <= n and binom.cdf(r, n, p) <= 1.0 - confidence:
        r += 1
    return r if r >= 1 else None


def quantile_ranks(n: int, p: float, confidence: float = CONFIDENCE) -> tuple[int | None, int | None]:
    """Ranks, from 1, between whose values the p-quantile lies with the confidence, in equal tails.

    None stands for a bound that so few runs cannot give.
    """
    side = 0.5 + 0.5 * confidence
    return lower_rank(n, p, side), upper_rank(n, p, side)


def quantile_interval(values: np.ndarray, p: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Values between which the p-quantile lies with the confidence; infinite where there is no such bound."""
    ordered = np.sort(np.asarray(values, float))
    low, high = quantile_ranks(ordered.size, p, confidence)
    return (
        -math.inf if low is None else float(ordered[low - 1]),
        math.inf if high is None else float(ordered[high - 1]),
    )


def share_lower(k: int, n: int, confidence: float) -> float:
    """One-sided lower bound of Clopper and Pearson of a share of which ``k`` of ``n`` runs were seen."""
    return 0.0 if k == 0 else float(beta.ppf(1.0 - confidence, k, n - k + 1))


def share_upper(k: int, n: int, confidence: float) -> float:
    """One-sided upper bound of Clopper and Pearson."""
    return 1.0 if k == n else float(beta.ppf(confidence, k + 1, n - k))


def clopper_pearson(k: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Two-sided interval of Clopper and Pearson of a share, in equal tails."""
    side = 0.5 + 0.5 * confidence
    return share_lower(k, n, side), share_upper(k, n, side)


@dataclasses.dataclass(frozen=True)
class Decision:
    """Whether a share of at least ``wanted`` was shown: ``verdict`` is met, not met or undecided.

    ``reached`` is the confidence of the verdict (of the likelier side where undecided); ``runs_to_decide``
    the least number of runs that decides at the asked confidence if further runs are like these.
    """

    verdict: str
    reached: float
    runs_to_decide: int | None


def decide(k: int, n: int, wanted: float, confidence: float) -> Decision:
    """Judge a share of at least ``wanted`` of which ``k`` of ``n`` runs were seen.

    Met if the lower bound of Clopper and Pearson is at least ``wanted``: P(Bin(n, wanted) <= k - 1) >=
    confidence. Not met if the upper one is less: P(Bin(n, wanted) > k) >= confidence. Of a quantile this is
    the same as asking whether its order-statistic bound keeps the limit.
    """
    for_it = float(binom.cdf(k - 1, n, wanted)) if n else 0.0
    against = float(binom.sf(k, n, wanted)) if n else 0.0
    verdict = "met" if for_it >= confidence else "not met" if against >= confidence else "undecided"
    reached = for_it if verdict == "met" else against if verdict == "not met" else max(for_it, against)
    return Decision(verdict, reached, runs_to_decide(k / n if n else 1.0, wanted, confidence))


def runs_to_decide(share: float, wanted: float, confidence: float) -> int | None:
    """Least number of runs that decides, if ``share`` of them, in whole runs, keeps what is asked.

    With a share of one: ln(1 - confidence) / ln(wanted), Wilks' number of the first order. None where it
    would take more than ``MOST_RUNS``.
    """

    def decided(n: int) -> bool:
        k = math.floor(share * n + 1e-9)
        good = binom.cdf(k - 1, n, wanted) >= confidence
        return bool(good or binom.sf(math.ceil(share * n - 1e-9), n, wanted) >= confidence)

    high = 1
    while not decided(high):
        high *= 2
        if high > MOST_RUNS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return high


def figures(values: np.ndarray, failed: np.ndarray) -> dict[str, Any]:
    """Mean, percentiles and the interval of the 99 % point of a quantity of which more is worse.

    A failed run, or one without the number, is infinitely bad in every percentile and in no mean. None stands
    for what is infinite or not there.
    """
    values = np.asarray(values, float)
    good = ~np.asarray(failed, bool) & np.isfinite(values)
    worst = np.sort(np.where(good, values, np.inf))
    n = worst.size
    told: dict[str, Any] = {"mean": float(values[good].mean()) if good.any() else None}
    for label, p in SHARES.items():
        told[label] = _finite(worst[rank_of(n, p) - 1]) if n else None
    low, high = quantile_interval(worst, 0.99) if n else (-math.inf, math.inf)
    return told | {"ci95_p99": [_finite(low), _finite(high)]}


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
