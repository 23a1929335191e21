"""Commands and programs of the tutorial and the how-to pages run, in the order of the page; notebooks too."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "tutorial.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
NOTEBOOKS = sorted((ROOT / "examples" / "notebooks").glob("*.py"))
BLOCK = re.compile(r"^```(sh|python)(?: title=\"([\w.]+)\")?\n(.*?)^```", re.MULTILINE | re.DOTALL)
LONGEST = 1500  # s a page may take on a machine that compiles everything anew


@pytest.fixture
def empty(tmp_path):
    """An empty folder with ``homeward`` on the path of its shell."""
    tool = tmp_path / "bin" / "homeward"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m homeward "$@"\n')
    tool.chmod(0o755)
    place = tmp_path / "work"
    place.mkdir()
    path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
    return place, os.environ | {"PATH": path, "MPLBACKEND": "Agg", "PYTHONPATH": f"{ROOT / 'src'}"}


def run(words, place, environment):
    done = subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, timeout=LONGEST)
    assert done.returncode == 0, f"{' '.join(words[-1:])}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_what_a_page_says_runs(page, empty):
    place, environment = empty
    environment["PYTHONPATH"] += f"{os.pathsep}{place}"
    if page.stem == "results":
        pytest.importorskip("xarray")
    for k, (kind, title, text) in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
        if title:
            (place / title).write_text(text)
        elif kind == "python":
            (place / f"block_{k}.py").write_text(text)
            run([sys.executable, f"block_{k}.py"], place, environment)
        else:
            for line in text.splitlines():
                run(["bash", "-ec", line], place, environment)


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs(notebook, empty):
    place, environment = empty
    run([sys.executable, str(notebook)], place, environment)


def test_every_page_that_tells_how_has_commands_that_are_run():
    told = {page.stem for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))}
    assert {page.stem for page in PAGES} - told == {"README", "cluster"}
