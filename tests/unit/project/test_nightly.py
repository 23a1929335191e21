"""The nightly parts: every slow test in exactly one of them, none too long."""

import importlib.util
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / ".ci" / "nightly"


def loaded():
    loader = SourceFileLoader("nightly", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("nightly", loader))
    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


nightly = loaded()
UNKNOWN, MINUTES = nightly.known_minutes(nightly.MINUTES.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def slow(request):
    """Names of all slow tests: of this run where it collected every file that has some, else asked for."""
    found = getattr(request.config, "slow_tests", [])
    files = {p.relative_to(ROOT).as_posix() for p in (ROOT / "tests").rglob("test_*.py") if marked(p)}
    # Files that need a library which is not here are skipped as a whole, in a run of its own as well.
    lacking = files - {name.partition("::")[0] for name in found}
    if all("importorskip" in (ROOT / name).read_text(encoding="utf-8") for name in lacking):
        return found
    return nightly.collected()


def marked(path: Path) -> bool:
    return path.name != Path(__file__).name and "pytest.mark." + "slow" in path.read_text(encoding="utf-8")


def test_every_slow_test_is_in_exactly_one_part_and_no_part_is_too_long(slow):
    parts = nightly.parts_of(slow, UNKNOWN, MINUTES)
    assert sorted(t for part in parts for t in part) == sorted(slow) and len(slow) == len(set(slow))
    for part in parts:
        assert sum(MINUTES.get(u, UNKNOWN) for u in nightly.units_of(part, MINUTES)) < nightly.MOST
    # What pytest is told to run is that part and nothing of another one.
    named = [n for part in parts for n in nightly.names_of(part, MINUTES)]
    assert len(named) == len(set(named))


def test_the_minutes_name_only_what_there_is(slow):
    there = {t.partition("::")[0] for t in slow} | {t.partition("[")[0] for t in slow}
    assert not set(MINUTES) - there, "nightly_minutes.toml names tests that are gone"


def test_tests_go_by_their_minutes():
    minutes = {"a.py": 60.0, "b.py": 30.0, "b.py::test_long": 50.0}
    tests = ["a.py::test_x", "b.py::test_long[1]", "b.py::test_long[2]", "b.py::test_y", "c.py::test_z"]
    parts = nightly.parts_of(tests, 10.0, minutes)
    assert [sum(minutes.get(u, 10.0) for u in nightly.units_of(p, minutes)) for p in parts] == [
        60.0,
        50.0,
        40.0,
    ]
    assert ["b.py::test_long[1]", "b.py::test_long[2]"] in parts
    assert nightly.names_of(parts[0], minutes) == ["a.py"]
    assert nightly.names_of(parts[1], minutes) == ["b.py::test_long"]
    assert sorted(nightly.names_of(parts[2], minutes)) == ["b.py::test_y", "c.py"]


def test_a_part_that_there_is_none_of_is_refused():
    """Without collecting: the script's own words are asked for on the command line by .ci alone."""
    text = SCRIPT.read_text(encoding="utf-8")
    assert "expected a part from 1 to" in text and subprocess.os.access(SCRIPT, subprocess.os.X_OK)
