"""Counts and percentiles of a store, by DuckDB: what is held in memory does not grow with the runs."""

import math

from homeward.campaign.store import Store
from homeward.campaign.store_query import connect, one_row

SHARES = {"p50": 0.5, "p99": 0.99, "p99_7": 0.997, "max": 1.0}


def counts_of(store: Store) -> dict[str, int]:
    """Runs in the store, how many of them failed, and how many ended as they should."""
    if not store.files():
        return {"runs": 0, "failed": 0, "success": 0}
    with connect(store) as db:
        row = one_row(db, "select count(*), count_if(failed), count_if(success) from runs")
    return dict(zip(("runs", "failed", "success"), (int(x) for x in row), strict=True))


def metrics_of(store: Store) -> dict[str, dict[str, float | None]]:
    """Order statistics of every metric; a failed run, or one without the number, counts as infinitely bad.

    ``mean`` is over the runs that have the number. None stands for a percentile that only failures reach.
    """
    names = [c["name"] for c in store.manifest["columns"] if c["metric"]]
    told: dict[str, dict[str, float | None]] = {}
    with connect(store) as db:
        total = int(one_row(db, "select count(*) from runs")[0])
        for name in names:
            good = f'not failed and "{name}" is not null and isfinite("{name}")'
            mean, there = one_row(db, f'select avg("{name}"), count(*) from runs where {good}')
            told[name] = {"mean": mean}
            for label, share in SHARES.items():
                rank = max(math.ceil(share * total - 1e-9), 1)
                pick = f'select "{name}" from runs where {good} order by 1 limit 1 offset {rank - 1}'
                told[name][label] = float(one_row(db, pick)[0]) if rank <= there else None
    return told
