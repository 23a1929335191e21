"""`homeward export` end to end: written, compiled, golden vectors replayed, and under the sanitizers."""

import subprocess

import pytest

from homeward.cli import main
from homeward.codegen.compiler import compiler

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(compiler() is None, reason="no C compiler (cc, gcc, clang or CC)"),
]

ENTRY = ["apollo-10", "--fidelity", "point-mass", "--set", "return.legs.end=opening"]


@pytest.fixture(scope="module", params=[ENTRY, ["soyuz-like", "--fidelity", "point-mass"], ["soyuz-like"]],
                ids=["entry", "point-mass", "six-dof"])  # fmt: skip
def folder(request, tmp_path_factory):
    out = tmp_path_factory.mktemp("export")
    assert main(["export", *request.param, "--out", str(out)]) == 0
    return out


def _make(folder, target):
    return subprocess.run(["make", "-C", str(folder), target], capture_output=True, text=True)


def test_the_golden_vectors_are_replayed_within_the_tolerance(folder):
    told = _make(folder, "check")
    assert told.returncode == 0, told.stdout + told.stderr
    assert ", 0 beyond the tolerance" in told.stdout


def test_the_replay_is_clean_under_the_sanitizers(folder):
    told = _make(folder, "sanitized")
    assert told.returncode == 0, told.stdout + told.stderr


def test_vectors_of_another_flight_are_told(folder, tmp_path):
    """The replay can fail: the first number of the first call's sensors is another."""
    lines = (folder / "golden.txt").read_text().splitlines()
    words = lines[4].split()
    words[2:5] = [(float.fromhex(x) + 1e3).hex() for x in words[2:5]]
    spoilt = tmp_path / "spoilt.txt"
    spoilt.write_text("\n".join([*lines[:4], " ".join(words), *lines[5:]]) + "\n")
    told = subprocess.run([str(folder / "replay"), str(spoilt)], capture_output=True, text=True)
    assert told.returncode == 1, told.stdout
