"""What is held in memory while a campaign is summed up: a few columns, never the table."""

import json
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

from homeward.campaigns.report.report import report
from homeward.campaigns.store.columns import RETURN, Column, columns_of
from homeward.campaigns.store.records import GROUP, HELD, RUN_COLUMNS
from homeward.campaigns.store.store import Store
from homeward.campaigns.store.summary import metrics_of

DRAWS = {f"draw_{k}": Column(f"draw_{k}", "1", "made up", "draw") for k in range(40)}
SITE = {"name": "Somewhere", "latitude_deg": 41.6, "longitude_deg": 100.1, "altitude_m": 1000.0}
MOST_MIB = 1024.0  # 610 seen of a million runs, of which 290 are there before the first is read


def fill(folder, runs, lanes):
    """A store of made-up returns with as many columns as real ones, written as a campaign writes it."""
    store = Store.create(folder, {
        "kind": "return", "scenario": "shenzhou-15", "scenario_document": {"site": SITE}, "version": {},
        "seed": 3, "runs": runs, "lanes": lanes, "fidelity": "point-mass", "plan": None, "port": None,
        "sampling": "random", "columns": [], "created_utc": "2026-01-02T03:04:05+00:00",
    })  # fmt: skip
    for first in range(0, runs, lanes):
        count = min(lanes, runs - first)
        rng, run = np.random.default_rng(first), np.arange(first, first + count)
        bad = run % 5000 == 17
        told = [f"entry, {k}.0 s: took too long" if b else None for k, b in zip(run, bad, strict=True)]
        block = {"run": run, "failed": bad, "success": ~bad, "failure": told}
        names = [s.column.name for s in RETURN if s.column.name != "tumbled"]
        block |= {n: np.where(bad, np.nan, np.abs(rng.normal(size=count))) for n in names}
        block |= {n: rng.normal(size=count) for n in DRAWS}
        store.append(first, block, columns_of("return", block, DRAWS))
    return store


def test_columns_are_read_one_at_a_time_and_let_go(tmp_path, monkeypatch):
    store = fill(tmp_path / "store", 3000, 1000)
    alive, most, reads, passes = [], [0], [0], [0]
    columns = Store.columns

    def watched(self, names, files=None):
        values = columns(self, names, files)
        alive.extend(weakref.ref(x) for x in values.values())
        most[0] = max(most[0], sum(x() is not None for x in alive))
        passes[0], reads[0] = passes[0] + 1, reads[0] + len(names)
        return values

    monkeypatch.setattr(Store, "columns", watched)
    monkeypatch.setattr(Store, "table", None)  # which would hold all columns asked for at once
    metrics_of(store)
    report(store.folder)
    assert reads[0] > len(DRAWS) + len(RETURN)
    # Besides those held there is a group just read; one or two are in use by whoever asked for them.
    assert most[0] <= len(RUN_COLUMNS) + HELD + GROUP + 2
    assert passes[0] <= 24  # over all parts: each costs seconds of a million runs


WHOLE = """
import json, resource, sys
from test_campaign_memory import fill
from homeward.campaigns.store.records import read_records
from homeward.campaigns.report.report import report
from homeward.campaigns.verification.requirements import default_requirements
from homeward.campaigns.store.summary import counts_of, metrics_of
from homeward.campaigns.verification.verdicts import judge
store = fill(sys.argv[1], 1_000_000, 2048)
asked = default_requirements("shenzhou-15", "return", "point-mass")
import time
began = time.perf_counter()
counts, _ = counts_of(store), metrics_of(store)
judge(read_records(store.folder), asked)
middle = time.perf_counter()
told = report(store.folder).data
print(f"sums {middle - began:.0f} s, report {time.perf_counter() - middle:.0f} s", file=sys.stderr)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
print(json.dumps({"runs": counts["runs"], "failed": told["failed"], "mib": peak}))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is told in KiB on Linux")
def test_a_million_runs_are_summed_up_within_a_gibibyte(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-c", WHOLE, str(tmp_path / "store")], cwd=Path(__file__).parent, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    told = json.loads(answer.stdout)
    assert (told["runs"], told["failed"]) == (1_000_000, 200)
    assert told["mib"] < MOST_MIB
