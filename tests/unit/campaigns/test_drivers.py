"""Sensitivity indices against functions whose indices are known in closed form."""

import numpy as np
import pytest

from homeward.campaigns.analysis.sensitivity import drivers_of, first_order, rank_regression
from homeward.campaigns.store.records import Records


def ishigami(n, seed=1, a=7.0, b=0.1):
    """Ishigami's function and its first-order indices: 0.314, 0.442, 0 (Saltelli et al. 2008)."""
    x = np.random.default_rng(seed).uniform(-np.pi, np.pi, (n, 3))
    y = np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])
    total = 0.5 + a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18
    return x, y, np.array([0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8, 0.0]) / total


def test_sobol_indices_of_ishigami():
    x, y, truth = ishigami(20_000)
    found = np.array([first_order(x[:, k], y) for k in range(3)])
    assert found == pytest.approx(truth, abs=0.02)


def test_of_few_runs_chance_is_taken_off():
    rng = np.random.default_rng(7)
    found = [first_order(rng.normal(size=200), rng.normal(size=200)) for _ in range(300)]
    assert np.mean(found) == pytest.approx(0.0, abs=0.01)


def test_regression_of_a_plane():
    """y = 3 a - 4 b + noise of variance 11: squares of the coefficients are 9/36, 16/36; 25/36 explained."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(20_000, 3))
    y = 3.0 * x[:, 0] - 4.0 * x[:, 1] + np.sqrt(11.0) * rng.normal(size=20_000)
    c, fit, noise = rank_regression(x, np.exp(y / 5.0))  # ranks do not mind a monotone turn of y
    # Ranks of normal numbers correlated by r are so by 6/pi asin(r/2), a little less (Pearson 1907).
    ranks = 6.0 / np.pi * np.arcsin(np.array([0.5, -2.0 / 3.0]) / 2.0)
    assert c[:2] == pytest.approx(ranks, abs=0.015) and abs(c[2]) < 2.0 * noise
    assert fit == pytest.approx(np.sum(ranks**2), abs=0.015)


def test_drivers_are_told_strongest_first_and_leave_failures_out():
    rng = np.random.default_rng(4)
    n = 500
    a, b = rng.normal(size=n), rng.normal(size=n)
    y = a + 0.3 * b
    failed = np.arange(n) < 20
    y[failed] = np.nan
    values = {
        "run": np.arange(n),
        "failed": failed,
        "y": y,
        "draw_b": b,
        "draw_a": a,
        "draw_none": np.zeros(n),
    }
    told = drivers_of(Records.of(values, {}), "y")
    assert told is not None and told.runs == 480
    assert list(told.regression) == ["draw_a", "draw_b"] and told.fit > 0.95
    few = {k: v[15:25] for k, v in values.items()}
    assert drivers_of(Records.of(few, {}), "y") is None
