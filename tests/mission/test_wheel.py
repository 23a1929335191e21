"""A built wheel in an environment of its own, in an empty folder: it flies, and brings no test packages."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("python3.11", "python3.12", "python3.13", "python3.14")
TEST_ONLY = ("beartype", "pytest", "hypothesis", "nicegui", "pandas", "ray")
LONGEST = 1200  # s: installing a gigabyte, compiling a point mass


def works(name):
    """Whether an interpreter is there: a name on the path may only say that it is not installed."""
    if shutil.which(name) is None:
        return False
    return subprocess.run([name, "-c", "import venv"], capture_output=True, check=False).returncode == 0


def run(words, place, **more):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | more
    done = subprocess.run(
        list(map(str, words)), cwd=place, env=environment, capture_output=True, text=True, timeout=LONGEST
    )
    assert done.returncode == 0, f"{words}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("python", NAMES)
def test_a_wheel_flies_in_an_empty_folder(python, tmp_path):
    if not works(python):
        pytest.skip(f"no {python} here")
    room, empty = tmp_path / "room", tmp_path / "empty"
    empty.mkdir()
    run([python, "-m", "venv", room], tmp_path)
    pip = [room / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run([*pip, "wheel", "--no-deps", "-w", tmp_path / "made", ROOT], tmp_path)
    (wheel,) = (tmp_path / "made").glob("homeward-*.whl")
    run([*pip, "install", "-c", ROOT / "constraints.txt", wheel], tmp_path)
    homeward, cache = room / "bin" / "homeward", str(tmp_path / "cache")
    assert "apollo-10" in run([homeward, "scenarios"], empty)
    words = [homeward, "return", "apollo-10", "--fidelity", "point-mass", "--out", "flight", "--json"]
    told = json.loads(run(words, empty, XDG_CACHE_HOME=cache))
    assert (
        told["scenario"] == "apollo-10"
        and told["touchdown"]
        and (empty / "flight" / "overview.png").is_file()
    )
    assert "apollo-10" in run([homeward, "show", "flight"], empty)
    there = run([*pip, "list", "--format", "json"], tmp_path)
    assert not {row["name"].lower() for row in json.loads(there)} & set(TEST_ONLY)
    typed = "import homeward, pathlib; print((pathlib.Path(homeward.__file__).parent / 'py.typed').is_file())"
    assert run([room / "bin" / "python", "-c", typed], empty).strip() == "True"


def test_what_the_wheel_has_to_hold_lies_in_the_package():
    package = ROOT / "src" / "homeward"
    assert (package / "py.typed").is_file()
    for pattern in ("data/*.csv", "data/*.json", "output/*.j2", "scenario/**/*.toml"):
        assert list(package.glob(pattern)), pattern
