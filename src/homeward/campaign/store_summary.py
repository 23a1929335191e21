"""Counts and percentiles of a store, by DuckDB: what is held in memory does not grow with the runs."""

from typing import Any

from homeward.campaign.statistics import SHARES, quantile_ranks, rank_of
from homeward.campaign.store import Store
from homeward.campaign.store_query import connect, one_row


def counts_of(store: Store) -> dict[str, int]:
    """Runs in the store, how many of them failed, and how many ended as they should."""
    if not store.files():
        return {"runs": 0, "failed": 0, "success": 0}
    with connect(store) as db:
        row = one_row(db, "select count(*), count_if(failed), count_if(success) from runs")
    return dict(zip(("runs", "failed", "success"), (int(x) for x in row), strict=True))


def metrics_of(store: Store) -> dict[str, dict[str, Any]]:
    """Order statistics of every metric; a failed run, or one without the number, counts as infinitely bad.

    ``mean`` is over the runs that have the number; between the two values of ``ci95_p99`` the 99 % point lies
    with 95 %, whatever the distribution. None stands for a percentile that only failures reach.
    """
    names = [c["name"] for c in store.manifest["columns"] if c["metric"]]
    told: dict[str, dict[str, Any]] = {}
    with connect(store) as db:
        total = int(one_row(db, "select count(*) from runs")[0])
        for name in names:
            good = f'not failed and "{name}" is not null and isfinite("{name}")'
            mean, there = one_row(db, f'select avg("{name}"), count(*) from runs where {good}')
            told[name] = {"mean": mean}

            def value(rank: int | None, name=name, good=good, there=there) -> float | None:
                if rank is None or not 1 <= rank <= there:
                    return None
                pick = f'select "{name}" from runs where {good} order by 1 limit 1 offset {rank - 1}'
                return float(one_row(db, pick)[0])

            told[name] |= {label: value(rank_of(total, p)) for label, p in SHARES.items()}
            told[name]["ci95_p99"] = [value(rank) for rank in quantile_ranks(total, SHARES["p99"])]
    return told
