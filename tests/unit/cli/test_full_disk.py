"""A disk that runs full while a campaign writes, shown on a real one: a small file system of its own."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

INSIDE = """
import json, subprocess, sys
from pathlib import Path
import pyarrow.parquet as pq
from test_campaign_memory import fill
from homeward.campaigns.store.store import Store
from homeward.campaigns.store.summary import counts_of
from homeward.errors import InputError

small, roomy = Path(sys.argv[1]), Path(sys.argv[2])
whole = fill(roomy / "store", 2000, 100)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", small], check=True)
said, store = "", None
try:
    fill(small / "store", 2000, 100)
except InputError as error:
    said = str(error)
store = Store.open(small / "store")
there = len(store.files())
good = all(pq.read_table(path).num_rows == 100 for path in store.files())
left = [p.name for p in store.folder.rglob("*") if "new" in p.name]
before = counts_of(store)["runs"]
subprocess.run(["mount", "-o", "remount,size=8m", small], check=True)
with store.writing():
    (small / "store" / "parts.sha256").write_bytes((roomy / "store" / "parts.sha256").read_bytes())
    for first, _ in store.missing():
        store.part(first).write_bytes(whole.part(first).read_bytes())
print(json.dumps({"said": said, "parts": there, "whole": good, "left": left, "runs": before,
                  "after": counts_of(store)["runs"]}))
"""


def allowed() -> bool:
    """Whether a user may have a file system of their own here."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    told = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True,
    )
    return told.returncode == 0


@pytest.mark.skipif(not allowed(), reason="no file system of one's own is allowed here")
def test_a_disk_that_runs_full_leaves_a_valid_store_and_one_sentence(tmp_path):
    (tmp_path / "small").mkdir()
    answer = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", INSIDE,
         str(tmp_path / "small"), str(tmp_path / "roomy")],
        cwd=Path(__file__).parents[1] / "campaigns", check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    told = json.loads(answer.stdout)
    assert "cannot be written (No space left on device); what was flown before is kept" in told["said"]
    assert "\n" not in told["said"]
    assert 0 < told["parts"] < 20 and told["whole"] and told["left"] == []
    assert told["runs"] == 100 * told["parts"] and told["after"] == 2000
