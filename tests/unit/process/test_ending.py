"""A command that is told to stop: one sentence, status 130 or 143, within seconds, and no child left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
SOON = 3.0  # s from the signal to the end

# A command that is deep in compiled code, as XLA's compiler is: the interpreter cannot run a handler there.
BUSY = """
import gc, hashlib, signal, subprocess, sys, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell runs behind
from concurrent.futures import ThreadPoolExecutor
import homeward
from homeward._process.children import child_command
from homeward.__main__ import run

def busy():
    child = subprocess.Popen(child_command("signal:pause"), stdin=subprocess.PIPE)
    print(child.pid, flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**30)

def collected(*_):
    gc.callbacks.clear()
    child = subprocess.Popen(child_command("signal:pause"), stdin=subprocess.PIPE)
    print(child.pid, flush=True)
    while True:
        time.sleep(0.05)

def fly(*_, **__):
    where = sys.argv.pop()
    if where == "main":
        busy()
    if where == "collector":  # as JAX's callback of the collector: what is raised in it is printed and lost
        gc.callbacks.append(collected)
        gc.collect()
        hashlib.pbkdf2_hmac("sha256", b"", b"", 2**30)
    with ThreadPoolExecutor(2) as pool:  # whose end waits for its threads
        pool.submit(busy).result()

homeward.fly = fly
sys.stdout = sys.stderr
sys.exit(run(["return", "--out", sys.argv[1]]))
"""


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(process: int) -> bool:
    """Whether a process has ended, or does within a second."""
    for _ in range(20):
        if not alive(process):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("where", ["main", "thread", "collector"])
@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_while_compiled_code_runs(tmp_path, where, number, status):
    with subprocess.Popen(
        [sys.executable, "-c", BUSY, str(tmp_path / "out"), where], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        child = int(next(line for line in process.stderr if line.strip().isdecimal()))
        time.sleep(0.3)
        process.send_signal(number)
        began = time.monotonic()
        said = process.stderr.read()
        assert process.wait() == status
        assert time.monotonic() - began < SOON
    lines = [line for line in said.strip().splitlines() if not line.endswith(" ...")]
    assert lines == ["homeward: stopped" if status == 130 else "homeward: stopped by SIGTERM"]
    assert gone(child)
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_children_end_with_a_parent_that_is_killed(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", BUSY, str(tmp_path / "out"), "thread"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        child = int(next(line for line in process.stderr if line.strip().isdecimal()))
        process.kill()
    assert gone(child)


COMMANDS = {
    "return": ["return"],
    "faults": ["faults", "--what", "return"],
    "campaign": ["campaign", "--runs", "200"],
    "console": ["console", "--live", "shenzhou-15", "--port", "0"],
    "corridor": ["corridor", "--runs", "100"],
}


@pytest.mark.slow
@pytest.mark.parametrize("patience", [1.5, 12.0, 40.0])
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_every_long_command_ends_soon_and_leaves_nobody(tmp_path, name, patience, number, status):
    environment = os.environ | {
        "HOMEWARD_CACHE": str(tmp_path / "cache"),
        "HOMEWARD_TEST_MARK": str(tmp_path),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "homeward", *COMMANDS[name]], env=environment, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        time.sleep(patience)
        process.send_signal(number)
        began = time.monotonic()
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait() == status, said
        assert time.monotonic() - began < SOON
    lines = [line for line in said.strip().splitlines() if not line.endswith(" ...")]
    assert len(lines) == 1 and lines[0].startswith("homeward: stopped"), said
    time.sleep(0.5)
    mark = f"HOMEWARD_TEST_MARK={tmp_path}".encode()
    left = [p for p in Path("/proc").glob("[0-9]*/environ") if _holds(p, mark) and alive(int(p.parent.name))]
    assert not left


def _holds(path: Path, mark: bytes) -> bool:
    try:
        return mark in path.read_bytes()
    except OSError:
        return False
