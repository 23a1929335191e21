"""The runs of a campaign that failed: which, why, and the words that fly each again."""

from collections import Counter
from typing import Any

import numpy as np

from homeward.campaigns.store.records import Records

LISTED = 100  # runs told one by one; all are counted


def failed_runs(records: Records, most: int = LISTED) -> list[dict[str, Any]]:
    """The first ``most`` failed runs: number, failure in words, and the command that flies it again.

    The command is None where the campaign is not kept.
    """
    runs = records["run"]
    return [
        {"run": int(runs[k]), "failure": records.failure(int(k)), "replay": records.replay(int(runs[k]))}
        for k in np.flatnonzero(records.failed)[:most]
    ]


def failures_of(records: Records) -> list[dict[str, Any]]:
    """Kinds of failure, most frequent first: ``what`` failed, how many runs (``count``), and the first of
    them (``runs``)."""
    rows = np.flatnonzero(records.failed)
    kinds = np.array([kind_of(records.failure(int(k))) for k in rows], dtype=object)
    runs = records["run"]
    return [
        {"what": what, "count": count, "runs": [int(runs[k]) for k in rows[kinds == what][:LISTED]]}
        for what, count in Counter(kinds).most_common()
    ]


def kind_of(failure: str | None) -> str:
    """A failure without its time: "entry, 12.0 s: took too long" -> "entry: took too long"."""
    if not failure:
        return "not told"
    where, _, why = failure.partition(": ")
    return f"{where.split(',')[0]}: {why}"


__all__ = ["LISTED", "failed_runs", "failures_of", "kind_of"]
