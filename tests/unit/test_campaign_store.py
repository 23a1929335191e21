"""The store of a campaign: whole parts, one writer, and refusals in one sentence."""

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from homeward.campaign import store as store_module
from homeward.campaign.columns import RUN, Column
from homeward.campaign.records import read_records
from homeward.campaign.store import Store
from homeward.errors import InputError

LANES, RUNS = 4, 10
MISS = Column("miss_km", "km", "how far off", "result", True)
MANIFEST = {
    "kind": "return", "scenario": "toy", "scenario_document": {}, "version": {"homeward": "0"}, "seed": 3,
    "runs": RUNS, "lanes": LANES, "fidelity": "point-mass", "plan": None, "port": None,
    "sampling": "random", "columns": [],
}  # fmt: skip


def block(first, count):
    run = np.arange(first, first + count)
    return {
        "run": run, "failed": run == 5, "success": run != 5,
        "failure": [("entry, 7.0 s: a number stopped being finite" if k == 5 else None) for k in run],
        "miss_km": run * 0.5,
    }  # fmt: skip


def add(store, first):
    store.append(first, block(first, min(LANES, RUNS - first)), [*RUN, MISS])


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "store", MANIFEST)


def test_parts_are_named_by_their_first_run_and_read_back(store):
    assert store.missing() == [(0, 4), (4, 4), (8, 2)]
    add(store, 8)
    add(store, 0)
    assert store.missing() == [(4, 4)]
    add(store, 4)
    again = Store.open(store.folder)
    assert [p.name for p in again.files()] == [f"part-{k:08d}.parquet" for k in (0, 4, 8)]
    table = again.table()
    assert table["run"].to_pylist() == list(range(RUNS))
    assert table["failure"].to_pylist().count(None) == RUNS - 1
    assert len(again) == RUNS
    assert again.query("select count(*) as n, max(miss_km) as worst from runs").to_pylist() == [
        {"n": RUNS, "worst": 4.5}
    ]
    assert again.manifest["columns"][-1] == MISS.told()
    field = pq.read_schema(again.part(0)).field("miss_km")
    assert field.metadata[b"unit"] == b"km"


def test_records_stay_those_of_their_opening_while_the_campaign_goes_on(store):
    add(store, 4)
    records = read_records(store.folder)
    assert records["run"].tolist() == [4, 5, 6, 7]
    add(store, 0)
    add(store, 8)
    assert records["miss_km"].tolist() == [2.0, 2.5, 3.0, 3.5]
    assert records["failed"].tolist() == [False, True, False, False]
    assert [v.size for _, v in records.each(["success", "miss_km"])] == [4, 4]
    assert read_records(store.folder)["run"].tolist() == list(range(10))


def test_a_shorter_last_block_is_flown_again_when_more_runs_are_wanted(store):
    for first in (0, 4, 8):
        add(store, first)
    store.manifest["runs"] = 12
    assert store.missing() == [(8, 4)]


def test_a_part_cut_short_counts_as_missing(store):
    add(store, 0)
    content = store.part(0).read_bytes()
    store.part(0).write_bytes(content[: len(content) // 2])
    assert (0, 4) in store.missing()


def test_a_full_disk_leaves_the_store_as_it_was(store, monkeypatch):
    add(store, 0)

    def full(table, path, **options):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store_module.pq, "write_table", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\)"):
        add(store, 4)
    assert store.missing() == [(4, 4), (8, 2)]
    assert [p.name for p in store.parts.iterdir()] == ["part-00000000.parquet"]
    assert Store.open(store.folder).table()["run"].to_pylist() == [0, 1, 2, 3]


def test_one_process_writes_at_a_time(store):
    code = (
        "import sys\nfrom pathlib import Path\nfrom homeward.campaign.store_lock import locked\n"
        f"with locked(Path({str(store.folder)!r})):\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another process is writing"), store.writing():
            pass
        other.kill()
    (store.parts / ".new-left").write_bytes(b"half")
    with store.writing():  # the lock died with its holder, and what it left is cleared
        assert not list(store.parts.iterdir())


@pytest.mark.parametrize(
    "text, words",
    [
        ("not json", "not JSON"),
        ("[1]", "has no format"),
        ('{"format": 2}', "expected format 1, not 2"),
        ('{"format": 1}', "has no kind"),
        (json.dumps({**MANIFEST, "format": 1, "runs": -1}), "numbers of runs and lanes"),
    ],
)
def test_a_foreign_manifest_is_refused(tmp_path, text, words):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=words):
        Store.open(tmp_path)


def test_what_is_no_store_is_refused(tmp_path, store):
    with pytest.raises(InputError, match="it holds no manifest"):
        Store.open(tmp_path / "nothing")
    with pytest.raises(InputError, match="--resume goes on"):
        Store.create(store.folder, MANIFEST)
    with pytest.raises(InputError, match="flown no run yet"):
        store.query("select 1")


@pytest.mark.parametrize("sql", ["select nothing from runs", "selekt", "", "select * from 'no.parquet'"])
def test_bad_sql_is_one_sentence(store, sql):
    add(store, 0)
    with pytest.raises(InputError) as caught:
        store.query(sql)
    assert "\n" not in str(caught.value)
