"""`homeward export` end to end: written, compiled, golden vectors replayed, and under the sanitizers."""

import json
import subprocess

import numpy as np
import pytest

from homeward.campaigns.store.records import read_records
from homeward.cli.app import main
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


def test_a_campaign_flies_the_library_and_brings_its_source_along(tmp_path, capsys):
    """Its runs are those of the Python to single precision; a replay runs it with --trust only."""
    library, runs = tmp_path / "library", ["--runs", "32", "--json"]
    assert main(["export", *ENTRY, "--no-golden", "--out", str(library)]) == 0
    for name, more in (("python", []), ("compiled", ["--flight-software", str(library)])):
        assert main(["campaign", *ENTRY, *runs, *more, "--out", str(tmp_path / name)]) == 0
    python, compiled = (read_records(tmp_path / name) for name in ("python", "compiled"))
    assert not compiled["failed"].any()
    assert np.asarray(compiled["peak_load_g"]) == pytest.approx(np.asarray(python["peak_load_g"]), rel=1e-3)
    assert np.median(compiled["open_miss_km"]) == pytest.approx(np.median(python["open_miss_km"]), rel=0.1)
    capsys.readouterr()
    assert main(["replay", str(tmp_path / "compiled"), "3"]) == 2
    assert "--trust" in capsys.readouterr().err
    assert main(["replay", str(tmp_path / "compiled"), "3", "--trust", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["same_bits"]
    # Neither is gone on with by the other.
    assert main(["campaign", *ENTRY, "--runs", "64", "--resume", "--out", str(tmp_path / "compiled")]) == 2
    assert "--flight-software" in capsys.readouterr().err


def test_a_rendezvous_flies_no_library(folder, capsys):
    told = ["campaign", "shenzhou-16", "--what", "rendezvous", "--flight-software", str(folder)]
    assert main(told) == 2
    assert "expected returns" in capsys.readouterr().err
