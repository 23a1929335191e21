"""Subset simulation: a small probability as a product of larger ones, by Markov chains towards the limit.

S. K. Au and J. L. Beck, Prob. Eng. Mech. 16 (2001) 263; chains by conditional sampling with an adapted
spread after I. Papaioannou, W. Betz, K. Zwirglmaier and D. Straub, Prob. Eng. Mech. 41 (2015) 89: a candidate
is rho u + sqrt(1 - rho^2) w, so that in a thousand dimensions as many are accepted as in two. What is random
besides u has a whole number for its key, which a candidate keeps or draws anew with even chances: that too
leaves the law of the draws as it is.
"""

import dataclasses
import math
from collections.abc import Callable

import numpy as np

from homeward.campaigns.faults.worlds import RUNS

SHARE = 0.1  # of the samples of a level that begin the next one
WANTED = 0.44  # share of candidates accepted
FIRST_SPREAD = 0.6
KEEP = 0.5  # chance that a candidate keeps its key
MOST_LEVELS = 12
NEARER = 1e-3  # of the first level's threshold by which a level has to come nearer

#: Distance to the limit of samples: ``u`` (n, d) standard normal, ``keys`` (n,); 0 and below is a loss.
Distance = Callable[[str, np.ndarray, np.ndarray], np.ndarray]


@dataclasses.dataclass(frozen=True)
class Level:
    """One level: the distance that bounds it, and the probability of coming within, with its variation."""

    threshold: float
    probability: float
    variation: float  # of the probability, coefficient
    accepted: float


@dataclasses.dataclass(frozen=True)
class SubsetResult:
    """``probability`` is None where the limit was not reached; it then lies below ``below``."""

    probability: float | None
    below: float
    variation: float
    levels: tuple[Level, ...]
    samples: int
    why: str
    seeds: np.ndarray  # of the last level, samples by samples: the lost ones where it was reached
    distances: np.ndarray

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm, of a lognormal law with that coefficient of variation."""
        return math.sqrt(math.log1p(self.variation**2))


def subset_simulation(
    distance: Distance, dimensions: int, samples: int, seed: int, *, small: float = 0.0,
    most: int | None = None,
) -> SubsetResult:  # fmt: skip
    """The probability that ``distance`` is 0 or less.

    ``samples`` a level. Levels end with the limit reached, below a probability ``small``, with ``most``
    samples spent, or where one comes no nearer than the one before.
    """
    draw = np.random.default_rng([seed, 0x5B5])
    chains = max(round(SHARE * samples), 2)
    length = max(round(samples / chains), 2)
    samples = chains * length
    u = draw.standard_normal((samples, dimensions))
    keys = draw.integers(RUNS, size=samples)
    g = np.asarray(distance("0", u, keys), float)
    spent, levels, squares, reached = samples, [], 0.0, 1.0
    accepted, spread = 1.0, FIRST_SPREAD
    while True:
        losses = int(np.count_nonzero(g <= 0.0))
        order = np.argsort(g, kind="stable")
        threshold = float((g[order[chains - 1]] + g[order[min(chains, samples - 1)]]) / 2.0)
        if losses >= chains:
            p = losses / samples
            squares += _square(g <= 0.0, p, chains, len(levels))
            levels.append(Level(0.0, reached * p, math.sqrt(squares), accepted))
            return _ended(reached * p, reached * p, squares, levels, spent, "the limit was reached", u, g)
        inside = np.zeros(samples, bool)
        inside[order[:chains]] = True
        stuck = levels and levels[-1].threshold - threshold <= NEARER * abs(levels[0].threshold)
        step = _square(inside, SHARE, chains, len(levels))
        if (
            stuck
            or len(levels) >= MOST_LEVELS
            or reached <= small * (1.0 + 1e-9)
            or (most is not None and spent + samples - chains > most)
        ):
            why = (
                "a level came no nearer"
                if stuck
                else "as small as matters"
                if reached <= small * (1.0 + 1e-9)
                else "its flights are spent"
            )
            if losses:
                p = losses / samples
                squares += _square(g <= 0.0, p, chains, len(levels))
                return _ended(reached * p, reached * p, squares, levels, spent, why, u, g)
            return _ended(None, reached, squares, levels, spent, why, u, g)
        squares += step
        reached *= chains / samples
        levels.append(Level(threshold, reached, math.sqrt(squares), accepted))
        u, keys, g, accepted, spread = _chains(
            distance, len(levels), u[order[:chains]], keys[order[:chains]], g[order[:chains]], threshold,
            length, spread, draw,
        )  # fmt: skip
        spent += samples - chains


def _chains(
    distance: Distance, level: int, u: np.ndarray, keys: np.ndarray, g: np.ndarray, threshold: float,
    length: int, spread: float, draw: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float, float]:  # fmt: skip
    """Chains of one level from their seeds, (chain, step) flattened chain by chain."""
    n, d = u.shape
    us, ks, gs, taken = [u], [keys], [g], []
    for step in range(1, length):
        sigma = min(spread, 1.0)
        candidate = math.sqrt(1.0 - sigma**2) * u + sigma * draw.standard_normal((n, d))
        fresh, redraw = draw.integers(RUNS, size=n), draw.random(n) >= KEEP
        key = np.where(redraw, fresh, keys)
        found = np.asarray(distance(f"{level}.{step}", candidate, key), float)
        good = found <= threshold
        u, keys, g = (
            np.where(good[:, None], candidate, u),
            np.where(good, key, keys),
            np.where(good, found, g),
        )
        us.append(u)
        ks.append(keys)
        gs.append(g)
        taken.append(float(good.mean()))
        spread = float(
            np.clip(math.exp(math.log(spread) + (taken[-1] - WANTED) / math.sqrt(step)), 0.02, 1.0)
        )
    joined = (np.stack(x, axis=1) for x in (us, ks, gs))
    u, keys, g = (x.reshape(n * length, *x.shape[2:]) for x in joined)
    return u, keys, g, float(np.mean(taken)), spread


def _square(inside: np.ndarray, p: float, chains: int, level: int) -> float:
    """Squared variation of one level's share: independent samples first, then chains that remember.

    Au and Beck (2001), equations 25 to 29.
    """
    n = inside.size
    plain = (1.0 - p) / (p * n)
    if level == 0 or p in (0.0, 1.0):
        return plain
    rows = inside.reshape(chains, n // chains).astype(float)
    length, total = rows.shape[1], 0.0
    for lag in range(1, length):
        covariance = float(np.mean(rows[:, : length - lag] * rows[:, lag:])) - p * p
        total += 2.0 * (1.0 - lag / length) * covariance / (p * (1.0 - p))
    return plain * (1.0 + max(total, 0.0))


def _ended(
    p: float | None, below: float, squares: float, levels: list[Level], spent: int, why: str, u: np.ndarray,
    g: np.ndarray,
) -> SubsetResult:  # fmt: skip
    return SubsetResult(p, below, math.sqrt(squares), tuple(levels), spent, why, u, g)


__all__ = ["Distance", "Level", "SubsetResult", "subset_simulation"]
