"""Two campaigns side by side: is one better, quantity by quantity, and how sure may one be of it.

Runs of the same seed met the same draws and are compared run for run: the sign test, exact, in which a failed
run is worse than any other, and the interval of the median difference by order statistics. Campaigns of other
seeds are compared as two samples: Mann and Whitney's rank test. Flags are compared by McNemar's exact test,
run for run, or Fisher's. Nothing is assumed of a distribution. As several quantities are asked at once,
probabilities are corrected after Holm. Sources: Conover, Practical Nonparametric Statistics, 3rd ed., 3.4,
3.5, 5.1; S. Holm, Scand. J. Statist. 6, 65 (1979).
"""

import dataclasses
from typing import Any

import numpy as np
from scipy.stats import binomtest, fisher_exact, mannwhitneyu

from homeward.campaigns.report.report import metrics_named
from homeward.campaigns.statistics.order_statistics import (
    CONFIDENCE,
    clopper_pearson,
    figures,
    quantile_interval,
)
from homeward.campaigns.store.records import Records
from homeward.errors import InputError, one_line

BAD_FLAGS = ("failed", "collided", "tumbled")
LEVEL = 1.0 - CONFIDENCE


@dataclasses.dataclass
class SideBySide:
    """Rows of a comparison: ``paired`` says whether the runs are the same; see ``told``."""

    first: Records
    second: Records
    paired: bool
    why: str
    rows: list[dict[str, Any]]

    def told(self) -> dict[str, Any]:
        """What ``homeward compare --json`` prints."""
        return {
            "first": _who(self.first), "second": _who(self.second), "paired": self.paired, "why": self.why,
            "quantities": self.rows,
        }  # fmt: skip


def side_by_side(first: Records, second: Records) -> SideBySide:
    """Compare two campaigns; raises ``InputError`` where they are of different kinds."""
    a, b = first.manifest, second.manifest
    if a["kind"] != b["kind"]:
        raise InputError(
            f"{one_line(second.folder, 200)}: expected a campaign of a {a['kind']} as in "
            f"{one_line(first.folder, 200)}, not of a {b['kind']}"
        )
    both, rows_a, rows_b = np.intersect1d(first["run"], second["run"], return_indices=True)
    alike = a["seed"] == b["seed"] and a.get("sampling") == b.get("sampling")
    paired, why = alike and both.size > 0, "the same seed: run for run"
    if not paired:
        why = "no run in common" if alike else "other seeds: as two samples"
    names = [n for n in metrics_named(first) if n in second.names]
    rows = [_quantity(first, second, n, (rows_a, rows_b) if paired else None) for n in names]
    for n in ("success", *BAD_FLAGS, "captured", "inside_idss"):
        if n in first.names and n in second.names:
            rows.append(_flag(first, second, n, (rows_a, rows_b) if paired else None))
    for row, p in zip(rows, holm(np.array([r["probability"] for r in rows])), strict=True):
        row["corrected"] = float(p)
        better = "second" if row.pop("second_wins") else "first"
        row["verdict"] = f"{better} better" if p <= LEVEL else "no difference shown"
    return SideBySide(first, second, paired, why, rows)


def holm(p: np.ndarray) -> np.ndarray:
    """Probabilities corrected for having been asked together (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    result = np.empty(p.size)
    result[order] = np.minimum(stepped, 1.0)
    return result


def _quantity(first: Records, second: Records, name: str, rows: tuple | None) -> dict[str, Any]:
    x, y = first.worse(name), second.worse(name)
    told: dict[str, Any] = {
        "quantity": name, "unit": first.told(name)[0],
        "first": figures(first[name], first.failed) | {"ci95_p50": _interval(x, 0.5)},
        "second": figures(second[name], second.failed) | {"ci95_p50": _interval(y, 0.5)},
    }  # fmt: skip
    # Ranks do not mind how large: a failed run is only the worst of all.
    u = mannwhitneyu(np.minimum(x, 1e300), np.minimum(y, 1e300), alternative="two-sided")
    told["unpaired_probability"] = float(u.pvalue)
    wins = float(u.statistic) > 0.5 * x.size * y.size  # the first has the greater, worse, values
    told |= {"test": "Mann-Whitney", "probability": float(u.pvalue), "second_wins": wins}
    if rows is None:
        return told | {"difference": None, "ci95_difference": None, "paired_probability": None}
    a, b = x[rows[0]], y[rows[1]]
    better, worse = int(np.sum(b < a)), int(np.sum(b > a))
    p = binomtest(better, better + worse).pvalue if better + worse else 1.0
    both = np.isfinite(a) & np.isfinite(b)
    change = b[both] - a[both]
    return told | {
        "test": "sign", "probability": float(p), "paired_probability": float(p),
        "second_wins": better > worse,
        "difference": float(np.median(change)) if change.size else None,
        "ci95_difference": _interval(change, 0.5) if change.size else None,
        "second_better_runs": better, "second_worse_runs": worse,
    }  # fmt: skip


def _flag(first: Records, second: Records, name: str, rows: tuple | None) -> dict[str, Any]:
    good = [r[name].astype(bool) ^ (name in BAD_FLAGS) for r in (first, second)]
    counts = [(int(g.sum()), g.size) for g in good]
    told: dict[str, Any] = {"quantity": name, "unit": ""}
    for key, (k, n) in zip(("first", "second"), counts, strict=True):
        bad = name in BAD_FLAGS
        low, high = clopper_pearson(n - k if bad else k, n)
        told[key] = {"share": (n - k if bad else k) / n, "ci95_share": [low, high]}
    (k, n), (j, m) = counts
    _, p = fisher_exact(np.array([[k, n - k], [j, m - j]]))
    p = float(np.asarray(p))
    told |= {"unpaired_probability": p, "test": "Fisher", "probability": p, "paired_probability": None}
    told |= {"difference": told["second"]["share"] - told["first"]["share"], "second_wins": j / m > k / n}
    if rows is None:
        return told
    a, b = good[0][rows[0]], good[1][rows[1]]
    gained, lost = int(np.sum(b & ~a)), int(np.sum(a & ~b))
    p = float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
    return told | {"test": "McNemar", "probability": p, "paired_probability": p, "second_wins": gained > lost,
                   "second_better_runs": gained, "second_worse_runs": lost}  # fmt: skip


def _interval(values: np.ndarray, p: float) -> list[float | None]:
    low, high = quantile_interval(values, p)
    return [low if np.isfinite(low) else None, high if np.isfinite(high) else None]


def _who(records: Records) -> dict[str, Any]:
    m = records.manifest
    return {"folder": records.folder, "scenario": m["scenario"], "seed": m["seed"], "runs": len(records),
            "failed": int(records.failed.sum())}  # fmt: skip


__all__ = ["SideBySide", "holm", "side_by_side"]
