"""A campaign killed at any moment and gone on with: nothing lost, nothing twice, the same bytes."""

import random
import subprocess
import sys
import time

import pytest

from homeward.campaigns.store.store import Store

LANES, RUNS = 4, 90
# Flies blocks that take no time but the writing's, in two threads, until the store is whole.
FLYER = f"""
import sys, time
import numpy as np
from homeward.campaigns.store.columns import RUN, Column
from homeward.campaigns.execution.local import Meter, fly_local
from homeward.campaigns.store.store import Store

class Blocks:
    kind, lanes = "return", {LANES}
    def fly(self, first, count, share):
        time.sleep(0.01)
        run = np.arange(first, first + count)
        block = {{"run": run, "failed": run < 0, "success": run >= 0, "failure": [None] * count,
                 "open_miss_km": np.sin(run) ** 2, "draw_drag": np.cos(run)}}
        return block, {{"draw_drag": Column("draw_drag", "1", "drag", "draw")}}

store = Store.open(sys.argv[1])
with store.writing():
    todo = store.missing()
    print(len(todo), flush=True)
    fly_local(store, Blocks(), todo, Meter({RUNS}, 0, 0, None), 2)
"""
MANIFEST = {
    "kind": "return", "scenario": "toy", "scenario_document": {}, "version": {}, "seed": 0, "runs": RUNS,
    "lanes": LANES, "columns": [],
}  # fmt: skip


def fly(store, patience=None):
    """Fly what is missing; killed with no chance to say goodbye once ``patience`` [s] of flying is over."""
    with subprocess.Popen(
        [sys.executable, "-c", FLYER, str(store.folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0
        if patience is not None:
            time.sleep(patience)
            process.kill()
    return process.returncode


def parts(store):
    return {path.name: path.read_bytes() for path in store.files()}


@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.slow)])
def test_killed_and_resumed_it_is_the_unbroken_store(tmp_path, kills):
    whole, broken = (Store.create(tmp_path / name, MANIFEST) for name in ("whole", "broken"))
    assert fly(whole) == 0
    chance = random.Random(kills)
    killed = 0
    for _ in range(kills):
        if not broken.missing():
            break
        killed += fly(broken, chance.uniform(0.0, 0.09)) != 0
        # Whatever is there is readable as it stands, before anybody tidies up.
        reread = Store.open(broken.folder)
        assert all(reread.rows(int(p.stem[5:])) in (LANES, RUNS % LANES) for p in reread.files())
    assert killed >= 1
    if broken.missing():
        assert fly(broken) == 0
    assert parts(broken) == parts(whole)
    assert Store.open(broken.folder).table()["run"].to_pylist() == list(range(RUNS))
    assert not list(broken.parts.glob(".new-*"))
