"""The store of a campaign: whole parts, one writer, and refusals in one sentence."""

import errno
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from homeward.campaigns.execution.replay import replay
from homeward.campaigns.store import part_hashes
from homeward.campaigns.store import store as store_module
from homeward.campaigns.store.columns import RUN, Column
from homeward.campaigns.store.records import read_records
from homeward.campaigns.store.store import Store
from homeward.errors import InputError

LANES, RUNS = 4, 10
MISS = Column("miss_km", "km", "how far off", "result", True)
MANIFEST = {
    "kind": "return", "scenario": "toy", "scenario_document": {}, "version": {"homeward": "0"}, "seed": 3,
    "runs": RUNS, "lanes": LANES, "fidelity": "point-mass", "plan": None, "port": None,
    "sampling": "random", "columns": [],
}  # fmt: skip


def changed(**values):
    """The text of a manifest with other values."""
    return json.dumps({**MANIFEST, "format": 2, **values})


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


def resumed(store):
    """What a writer does: damaged parts go, what is missing is flown. The names of those that went."""
    store.manifest["columns"] = [c.told() for c in [*RUN, MISS]]
    with store.writing():
        dropped = store.drop_damaged()
        for first, _ in store.missing():
            add(store, first)
    return dropped


def damage_of(path, how):
    """Spoil a part in one of the ways in which a disk or a person does."""
    content = path.read_bytes()
    if how == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "other runs":
        path.write_bytes(path.with_name("part-00000004.parquet").read_bytes())
    elif how == "not written by us":
        path.rename(path.with_name("part-00000003.parquet"))
    else:
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])


@pytest.mark.parametrize("how", ["cut short", "empty", "other runs", "one bit", "not written by us"])
def test_a_damaged_part_is_named_and_flown_again(store, how):
    for first in (0, 4, 8):
        add(store, first)
    whole = {p.name: p.read_bytes() for p in store.files()}
    damage_of(store.part(0), how)
    name = "part-00000003.parquet" if how == "not written by us" else "part-00000000.parquet"
    store = Store.open(store.folder)
    assert store.missing() == [(0, 4)]
    looks = [lambda: store.query("select * from runs"), lambda: read_records(store.folder)["miss_km"],
             lambda: len(store), store.table, store.column_names]  # fmt: skip
    if store.part(0).exists():
        looks.append(lambda: replay(store.folder, 1))
    for look in looks:
        with pytest.raises(InputError, match=rf"damaged, not as they were written: {name}"):
            look()
    assert resumed(store) == [name]
    assert {p.name: p.read_bytes() for p in store.files()} == whole
    assert Store.open(store.folder).table()["miss_km"].to_pylist() == [k * 0.5 for k in range(RUNS)]


@pytest.mark.parametrize("bits", [60, pytest.param(1500, marks=pytest.mark.slow)])
def test_every_flipped_bit_of_a_part_is_found(store, bits):
    add(store, 0)
    part, chance = store.part(0), random.Random(bits)
    content = part.read_bytes()
    for _ in range(bits):
        place, bit = chance.randrange(len(content)), chance.randrange(8)
        spoilt = bytearray(content)
        spoilt[place] ^= 1 << bit
        part.write_bytes(spoilt)
        assert Store.open(store.folder).damaged() == [part]
    part.write_bytes(content)
    assert Store.open(store.folder).damaged() == []


def test_a_line_of_hashes_broken_off_is_passed_over(store):
    add(store, 0)
    lines = store.folder / "parts.sha256"
    whole = lines.read_bytes()
    lines.write_bytes(whole + whole[:30])
    add(store, 4)
    assert Store.open(store.folder).missing() == [(8, 2)]
    lines.write_bytes(whole[:-5])  # the line of a part that is there
    assert resumed(Store.open(store.folder)) == ["part-00000000.parquet", "part-00000004.parquet"]
    assert Store.open(store.folder).missing() == []


@pytest.mark.parametrize("name", ["write_in_place", "no_sync_of_the_part", "no_sync_of_the_folder",
                                  "hash_after_the_name", "no_sync_of_the_hash"])  # fmt: skip
def test_the_order_of_writing_is_what_a_crash_asks_for(store, monkeypatch, name):
    """Each mutation of how a part is written breaks the order that is checked here."""
    add(store, 0)
    seen = traced(store, monkeypatch)
    mutate(monkeypatch, name)
    add(store, 4)
    assert not crash_safe(seen)


def test_a_part_is_on_the_disk_before_it_has_its_name(store, monkeypatch):
    add(store, 0)
    seen = traced(store, monkeypatch)
    add(store, 4)
    assert crash_safe(seen), seen


def traced(store, monkeypatch):
    """The calls by which a part comes to the disk: what is synced, and what gets its name, in order."""
    seen: list[str] = []
    sync, replace = os.fsync, Path.replace

    def place_of(handle):
        return os.readlink(f"/proc/self/fd/{handle}")

    def watched_sync(handle):
        name = os.path.basename(place_of(handle))
        seen.append(f"sync {'temporary' if name.startswith('.new-') else name}")
        sync(handle)

    def watched_replace(self, target):
        assert self.name.startswith(".new-")
        seen.append(f"name {Path(target).name}")
        return replace(self, target)

    original = pq.write_table

    def watched_write(table, path, **options):
        seen.append("write temporary" if Path(path).name.startswith(".new-") else "write in place")
        return original(table, path, **options)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    monkeypatch.setattr(store_module.pq, "write_table", watched_write)
    return seen


def crash_safe(seen):
    """Whether stopping between any two of these steps leaves a part whole, with its hash, or none."""
    wanted = [
        "write temporary",
        "sync temporary",
        "sync parts.sha256",
        "name part-00000004.parquet",
        "sync parts",
    ]
    places = [seen.index(step) if step in seen else -1 for step in wanted]
    return -1 not in places and places == sorted(places) and "write in place" not in seen


def mutate(monkeypatch, name):
    """Break the writer in one way."""
    place = store_module._place
    if name == "write_in_place":
        monkeypatch.setattr(
            store_module, "_place", lambda path, write, before=None: (write(path), before(path))
        )
    elif name == "no_sync_of_the_part":

        def careless(path, write, before=None):
            part = path.with_name(".new-careless")
            write(part)
            if before is not None:
                before(part)
            part.replace(path)
            store_module._sync_folder(path.parent)

        monkeypatch.setattr(store_module, "_place", careless)
    elif name == "no_sync_of_the_folder":
        monkeypatch.setattr(store_module, "_sync_folder", lambda folder: None)
    elif name == "hash_after_the_name":

        def late(path, write, before=None):
            place(path, write)
            if before is not None:
                before(path)

        monkeypatch.setattr(store_module, "_place", late)
    else:
        monkeypatch.setattr(part_hashes.os, "fsync", lambda handle: None)


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
        "import sys\nfrom pathlib import Path\nfrom homeward.campaigns.store.lock import locked\n"
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
        ("not json", "not valid JSON"),
        ("[1]", "has no format"),
        ("[" * 100_000, "not valid JSON"),
        ('{"a":' * 100 + "1" + "}" * 100, "more than 32 tables or lists"),
        ('{"format": 3}', "expected format 2, not 3"),
        ('{"format": 2}', "has no kind"),
        (changed(runs=-1), "runs: input should be greater than or equal to 1"),
        (changed(runs=10**20), "runs: "),
        (changed(lanes=10**9), "lanes: input should be less than or equal to 65536"),
        (changed(seed=True), "seed: "),
        (changed(kind="flight"), "kind: "),
        (changed(version=[]), "version: "),
        (changed(columns=[{"unit": "m"}]), "has no columns.0.name"),
        (
            changed(
                inputs=[{"key": "k", "path": "/x", "files": {"../x": "0" * 64}, "copy": "inputs/" + "0" * 16}]
            ),
            "expected the name of a file within the folder",
        ),
        (changed(inputs=[{"key": "k", "path": "/x", "files": {}, "copy": "../inputs"}]), "inputs.0.copy: "),
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


def test_the_console_names_damaged_parts(store):
    console = pytest.importorskip("homeward.console.campaign")
    shown = console.Campaign(str(store.folder))
    assert "flown no run yet" in shown.told()["note"]
    add(store, 0)
    damage_of(store.part(0), "empty")
    assert "damaged, not as they were written: part-00000000.parquet" in shown.told()["note"]


@pytest.mark.parametrize("how", ["cut short", "empty"])
def test_a_campaign_of_an_older_format_is_read_and_its_broken_parts_named(store, how):
    add(store, 0)
    (store.folder / "parts.sha256").unlink()
    store.manifest["format"] = 1
    store.save_manifest()
    assert Store.open(store.folder).column("miss_km").tolist() == [0.0, 0.5, 1.0, 1.5]
    damage_of(store.part(0), how)
    with pytest.raises(InputError, match=r"damaged, not as they were written: part-00000000"):
        Store.open(store.folder).column("miss_km")
