"""Counts and percentiles of a store: one column at a time, so that memory is that of one column."""

from typing import Any

import numpy as np

from homeward.campaigns.statistics.order_statistics import figures
from homeward.campaigns.store.query import columns_of_store
from homeward.campaigns.store.records import read_records
from homeward.campaigns.store.store import Store


def counts_of(store: Store) -> dict[str, int]:
    """Runs in the store, how many of them failed, and how many ended as they should."""
    if not store.files():
        return {"runs": 0, "failed": 0, "success": 0}
    columns = columns_of_store(store, ["failed", "success"])
    return {"runs": columns["failed"].size} | {name: int(np.sum(x)) for name, x in columns.items()}


def metrics_of(store: Store) -> dict[str, dict[str, Any]]:
    """Order statistics of every metric; a failed run, or one without the number, counts as infinitely bad.

    ``mean`` is over the runs that have the number; between the two values of ``ci95_p99`` the 99 % point lies
    with 95 %, whatever the distribution. None stands for a percentile that only failures reach.
    """
    records = read_records(store.folder)
    names = [c["name"] for c in store.manifest["columns"] if c["metric"]]
    failed = records.failed
    return {name: figures(values, failed) for name, values in records.each(names)}
