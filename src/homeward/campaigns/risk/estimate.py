"""A probability summed over strata, with its interval, and how many further flights go to which stratum.

The interval melds the confidence distributions of Clopper and Pearson of each stratum: the lower bound is a
percentile of sum w_h B(k_h, n_h - k_h + 1), the upper one of sum w_h B(k_h + 1, n_h - k_h), with B beta
distributed and independent (M. P. Fay, M. A. Proschan and E. Brittain, Biometrics 71 (2015) 146). A stratum
without a loss adds nothing to the lower bound and what so few flights allow to the upper one. Flights are
shared out after J. Neyman, J. R. Stat. Soc. 97 (1934) 558.
"""

import dataclasses
import math
import zlib
from collections.abc import Mapping, Sequence

import numpy as np

DRAWS = 20_000
TAILS = (2.5, 97.5)  # %


@dataclasses.dataclass(frozen=True)
class Term:
    """One stratum: its probability, flights and losses."""

    name: str
    weight: float
    flights: int
    losses: int

    @property
    def share(self) -> float:
        """Share of flights lost; zero without a flight."""
        return self.losses / self.flights if self.flights else 0.0


@dataclasses.dataclass(frozen=True)
class Tail:
    """A stratum's probability of loss from elsewhere: estimate, and the spread of its logarithm.

    Where no loss was reached the estimate is 0 and ``upper`` is what the probability lies below, itself
    known with that spread.
    """

    name: str
    weight: float
    value: float
    upper: float
    spread: float  # standard deviation of the logarithm of value or upper


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A probability and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half of the interval relative to the estimate; infinite where that is zero."""
        return (self.high - self.low) / (2.0 * self.value) if self.value > 0.0 else math.inf

    def told(self) -> dict[str, float | None]:
        """As in JSON."""
        wide = self.half_width
        return {"estimate": self.value, "low": self.low, "high": self.high,
                "relative_half_width": wide if math.isfinite(wide) else None}  # fmt: skip


Part = Term | Tail


def confidence_draws(part: Part, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draws (DRAWS,) of the lower and of the upper confidence distribution of w p of one stratum."""
    draw = np.random.default_rng([seed, zlib.crc32(part.name.encode())])
    if isinstance(part, Tail):
        z = draw.standard_normal(DRAWS)
        low, high = (np.minimum(x * np.exp(part.spread * z), 1.0) for x in (part.value, part.upper))
        return part.weight * low, part.weight * high
    n, k = part.flights, part.losses
    low = draw.beta(k, n - k + 1, DRAWS) if k else np.zeros(DRAWS)
    high = draw.beta(k + 1, n - k, DRAWS) if k < n else np.ones(DRAWS)
    return part.weight * low, part.weight * high


def estimate(parts: Sequence[Part], unflown: float = 0.0, seed: int = 0) -> Estimate:
    """The probability of loss and its interval; ``unflown`` is probability of which nothing is known."""
    drawn = [confidence_draws(p, seed) for p in parts]
    low = np.sum([d[0] for d in drawn], axis=0) if drawn else np.zeros(1)
    high = np.sum([d[1] for d in drawn], axis=0) if drawn else np.zeros(1)
    value = math.fsum(p.weight * (p.value if isinstance(p, Tail) else p.share) for p in parts)
    return Estimate(value, float(np.percentile(low, TAILS[0])),
                    min(float(np.percentile(high, TAILS[1])) + unflown, 1.0))  # fmt: skip


def either(a: Sequence[Part], b: Sequence[Part], unflown: Sequence[float], seed: int = 0) -> Estimate:
    """The probability that one of two independent halves is lost, by the strata of each."""
    bounds = []
    for parts, left in zip((a, b), unflown, strict=True):
        drawn = [confidence_draws(p, seed) for p in parts]
        bounds.append((np.sum([d[0] for d in drawn], axis=0),
                       np.minimum(np.sum([d[1] for d in drawn], axis=0) + left, 1.0)))  # fmt: skip
    joint = [1.0 - (1.0 - bounds[0][k]) * (1.0 - bounds[1][k]) for k in (0, 1)]
    one, other = (estimate(p, 0.0, seed).value for p in (a, b))
    return Estimate(one + other - one * other, float(np.percentile(joint[0], TAILS[0])),
                    float(np.percentile(joint[1], TAILS[1])))  # fmt: skip


def allocate(terms: Sequence[Term], flights: int) -> dict[str, int]:
    """How many of so many further flights go to each stratum.

    The total is shared in proportion to w_h sqrt(p_h (1 - p_h)) with p_h = (k_h + 1/2) / (n_h + 1), so that
    one without a loss so far is not left for good; what a stratum has beyond its share stays.
    """
    told = {t.name: 0 for t in terms}
    if not terms or flights < 1:
        return told
    guess = np.array([(t.losses + 0.5) / (t.flights + 1.0) for t in terms])
    pull = np.array([t.weight for t in terms]) * np.sqrt(guess * (1.0 - guess))
    have = np.array([t.flights for t in terms], float)
    open_ = pull > 0.0
    wanted = np.zeros(len(terms))
    while open_.any():
        total = flights + have[open_].sum()
        wanted = np.where(open_, total * pull / pull[open_].sum() - have, 0.0)
        if not (open_ & (wanted < 0.0)).any():
            break
        open_ = open_ & (wanted >= 0.0)
    whole = np.floor(wanted).astype(int)
    for k in np.argsort(-(wanted - whole), kind="stable")[: flights - int(whole.sum())]:
        whole[k] += 1
    return {t.name: int(n) for t, n in zip(terms, whole, strict=True)}


def variance(parts: Sequence[Part]) -> float:
    """Variance of the estimate by the shares found."""
    total = 0.0
    for p in parts:
        if isinstance(p, Tail):
            total += (p.weight * p.value) ** 2 * math.expm1(p.spread**2)
        elif p.flights:
            total += p.weight**2 * p.share * (1.0 - p.share) / p.flights
    return total


def gain(parts: Sequence[Part], flights: int) -> float | None:
    """How many times fewer flights than plain Monte Carlo of the same variance; None without a loss."""
    found = estimate(parts).value
    spent = variance(parts)
    return found * (1.0 - found) / spent / flights if spent > 0.0 and flights else None


def by_name(parts: Sequence[Part]) -> Mapping[str, Part]:
    """The parts by the names of their strata."""
    return {p.name: p for p in parts}


__all__ = [
    "Estimate",
    "Part",
    "Tail",
    "Term",
    "allocate",
    "by_name",
    "either",
    "estimate",
    "gain",
    "variance",
]
