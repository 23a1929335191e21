"""Which dispersion drives which result: two measures from the runs that were flown, and from nothing else.

*Regression.* Draws and result are replaced by their ranks and set to unit variance; the coefficients of the
least-squares plane through them are standardised rank regression coefficients (SRRC). Signed; it sees what is
monotone and adds up, and ``fit`` is the share of the ranks' variance that it explains.
*Sobol, first order.* var(E[y | x]) / var(y), estimated from the given runs: x is cut into classes of equal
numbers, and the variance of the class means, less what chance alone gives them, over that of y. It sees any
shape, the part of the variance that one draw explains alone. No metamodel and no further run stand behind it.
Sources: Saltelli et al., Global Sensitivity Analysis: The Primer (2008), 1.2.5 and 4.5; Plischke, Borgonovo
and Smith, Eur. J. Oper. Res. 226, 536 (2013), on estimates from given data.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import norm, rankdata

from homeward.campaigns.store.records import Records

FEWEST = 3  # runs for each dispersion, or the plane is not told
SHOWN = 8
CLASSES = (8, 40)
MOST = 100_000  # runs looked at, evenly spread over the campaign: chance is then below one part in a hundred


@dataclasses.dataclass(frozen=True)
class Drivers:
    """What drives a result: a value for each draw, strongest first by the regression's square.

    ``fit`` is the share of variance explained by the plane through the ranks; ``noise`` the size below which
    a coefficient is chance (95 %); ``runs`` those that took part: failed ones have no number.
    """

    quantity: str
    runs: int
    fit: float
    noise: float
    regression: Mapping[str, float]
    sobol: Mapping[str, float]
    sobol_noise: float

    def told(self, most: int | None = None) -> dict[str, Any]:
        """For ``--json``: draws, strongest first."""
        rows = [
            {"draw": name, "regression": value, "sobol": self.sobol[name]}
            for name, value in list(self.regression.items())[:most]
        ]
        return {"quantity": self.quantity, "runs": self.runs, "fit": self.fit, "noise": self.noise,
                "sobol_noise": self.sobol_noise, "drivers": rows}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Sample:
    """Runs that did not fail, at most ``MOST`` of them: their ``rows``, and every draw that varies."""

    rows: np.ndarray
    draws: Mapping[str, np.ndarray]


def sample_of(records: Records) -> Sample:
    """The draws of the runs to look at, read once for all quantities."""
    rows = np.flatnonzero(~records.failed)
    if rows.size > MOST:
        rows = rows[np.linspace(0, rows.size - 1, MOST).astype(int)]
    drawn = ((n, values[rows].astype(float)) for n, values in records.each(records.draws))
    return Sample(rows, {n: x for n, x in drawn if rows.size and np.ptp(x) > 0.0})


def drivers_of(records: Records, quantity: str, sample: Sample | None = None) -> Drivers | None:
    """What drives a quantity; None where the runs are too few or it does not vary.

    ``sample`` is that of ``sample_of``, if it is at hand.
    """
    sample = sample_of(records) if sample is None else sample
    values = records[quantity][sample.rows].astype(float)
    seen = np.isfinite(values)
    drawn = {n: v[seen] for n, v in sample.draws.items() if seen.any() and np.ptp(v[seen]) > 0.0}
    names, y = list(drawn), values[seen]
    if not names or y.size < FEWEST * len(names) or np.ptp(y) == 0.0:
        return None
    x = np.stack(list(drawn.values()), axis=1)
    coefficients, fit, noise = rank_regression(x, y)
    order = np.argsort(-np.abs(coefficients), kind="stable")
    sobol = {names[k]: first_order(x[:, k], y) for k in order}
    # Var of the mean of squares of chi-squared class means: sqrt(2 (classes - 1)) / n, at two sigma.
    chance = 2.0 * np.sqrt(2.0 * (classes_of(y.size) - 1)) / y.size
    return Drivers(quantity, y.size, fit, noise, {names[k]: float(coefficients[k]) for k in order}, sobol,
                   float(chance))  # fmt: skip


def rank_regression(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float, float]:
    """SRRC of the columns of ``x`` (n, k) for ``y`` (n,); share explained; size of chance (95 %)."""
    ranks = np.stack([_scaled(rankdata(column)) for column in x.T], axis=1)
    target = _scaled(rankdata(y))
    coefficients, *_ = np.linalg.lstsq(ranks, target, rcond=None)
    n, k = x.shape
    left = float(np.mean((target - ranks @ coefficients) ** 2))
    spare = max(n - k - 1, 1)
    noise = float(norm.ppf(0.975) * np.sqrt(left / spare))
    return coefficients, 1.0 - left * n / spare, noise


def _scaled(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def classes_of(n: int) -> int:
    """Classes of equal numbers into which ``n`` runs are cut."""
    return int(np.clip(np.sqrt(n) / 2.0, *CLASSES))


def first_order(x: np.ndarray, y: np.ndarray) -> float:
    """First-order Sobol index of ``x`` for ``y`` from given data, chance taken off; may be below zero."""
    n, m = y.size, classes_of(y.size)
    order = np.argsort(x, kind="stable")
    edges = np.linspace(0, n, m + 1).astype(int)
    counts = np.diff(edges)
    sums = np.add.reduceat(y[order], edges[:-1])
    squares = np.add.reduceat(y[order] ** 2, edges[:-1])
    means = sums / counts
    total = float(np.var(y))
    between = float(np.sum(counts * (means - y.mean()) ** 2) / n)
    within = float(np.sum(squares - counts * means**2) / (n - m))
    return (between - (m - 1) * within / n) / total


__all__ = ["Drivers", "Sample", "classes_of", "drivers_of", "first_order", "rank_regression", "sample_of"]
