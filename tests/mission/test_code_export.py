"""`homeward export` end to end: written, compiled, golden vectors replayed, and under the sanitizers."""

import json
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


def test_the_library_flies_in_place_of_the_python(tmp_path, capsys):
    """An entry under the compiled guidance opens where the Python's does, but for its single precision."""
    assert main(["export", *ENTRY, "--no-golden", "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    told = []
    for more in ([], ["--flight-software", str(tmp_path)]):
        assert main(["return", *ENTRY, *more, "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))
    mine, theirs = told
    assert theirs["success"]
    assert theirs["peak_crew_load_g"] == pytest.approx(mine["peak_crew_load_g"], rel=1e-6)
    places = [x["parachute"]["open_miss_km"] for x in told]
    assert places[0] == pytest.approx(places[1], abs=0.1)


def test_a_library_of_another_scenario_is_refused(folder, capsys):
    assert main(["return", "orion-like", "--flight-software", str(folder)]) == 2
    assert "export it again" in capsys.readouterr().err
