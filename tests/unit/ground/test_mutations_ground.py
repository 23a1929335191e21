"""Measures taken out of the code of the ground, one at a time: each has to turn a test red."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ground_mutations import MUTATIONS

HERE = Path(__file__).parent
HELPERS = Path(__file__).parents[2] / "helpers"
G = "homeward.ground."


def run(file, words, mutation=None):
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    env["PYTHONPATH"] = os.pathsep.join([str(HELPERS), env.get("PYTHONPATH", "")])
    plugin = []
    if mutation is not None:
        env["HOMEWARD_MUTATION"] = json.dumps(dict(zip(("module", "old", "new"), mutation, strict=True)))
        plugin = ["-p", "console_mutation"]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *plugin]
    command += [str(HERE / file), "-k", words]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_still_finds_what_it_takes_out(name):
    module, old = MUTATIONS[name][:2]
    spec = importlib.util.find_spec(G + module)
    assert spec is not None and spec.origin is not None
    assert old in Path(spec.origin).read_text(encoding="utf-8")
    assert (HERE / MUTATIONS[name][3]).is_file()


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_measure_that_is_left_out_turns_a_test_red(name):
    module, old, new, file, words = MUTATIONS[name]
    done = run(file, words, (G + module, old, new))
    assert done.returncode == 1, f"{name}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    assert " failed" in done.stdout or "FAILED" in done.stdout, done.stdout[-2000:]


@pytest.mark.slow
def test_without_a_mutation_these_tests_are_green():
    for file in dict.fromkeys(m[3] for m in MUTATIONS.values()):
        words = " or ".join(f"({m[4]})" for m in MUTATIONS.values() if m[3] == file)
        done = run(file, words)
        assert done.returncode == 0, done.stdout[-3000:]
