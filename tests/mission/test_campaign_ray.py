"""A campaign over a local Ray cluster of two workers, one killed in mid-run: the local campaign's bytes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("ray")

RUNS, LANES = 40, 4
COMMAND = [
    sys.executable, "-m", "homeward", "campaign", "apollo-10", "--runs", str(RUNS), "--seed", "2", "--json",
    "--set", "return.legs.end=opening", "--set", f"simulation.lanes={LANES}",
]  # fmt: skip
PATIENCE = 900.0  # s until a part file must be there


def parts(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "parts").glob("part-*.parquet"))}


def workers_of(ancestor):
    """Processes that fly blocks, descended from a process: (parent's chain in /proc)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            name, chain = (entry / "cmdline").read_bytes(), int(entry.name)
            while chain not in (0, 1, ancestor):
                chain = int((Path("/proc") / str(chain) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if chain == ancestor and name.startswith(b"ray::fly_in_worker"):
            found.append(int(entry.name))
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers in /proc")
def test_a_worker_killed_in_mid_run_loses_and_doubles_nothing(tmp_path):
    local, spread = tmp_path / "local", tmp_path / "ray"
    subprocess.run([*COMMAND, "--out", str(local)], check=True, stdout=subprocess.DEVNULL)
    with subprocess.Popen(
        [*COMMAND, "--out", str(spread), "--engine", "ray"], stdout=subprocess.DEVNULL
    ) as process:
        begun = time.monotonic()
        while not (spread / "parts").exists() or not parts(spread):
            assert process.poll() is None
            assert time.monotonic() - begun < PATIENCE
            time.sleep(0.05)
        victims = workers_of(process.pid)
        assert len(victims) == 2
        os.kill(victims[0], signal.SIGKILL)
        assert len(parts(spread)) < RUNS // LANES  # in mid-run indeed
    assert process.returncode == 0
    assert parts(spread) == parts(local)
