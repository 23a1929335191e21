"""The shape of the code: layers, who may see both sides, and the length of a file."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest
from importlinter import cli

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "src" / "homeward"

LONGEST_FILE = 350  # lines; one idea a file, and what is longer holds two
# The simulator, and what sets both sides up: the builders, and the draws of truth and of what is forecast.
SEES_BOTH = (
    "homeward.sim", "homeward.scenario.build", "homeward.planning.return_plan", "homeward.dispersion",
    "homeward.planning.rendezvous_plan",
)  # fmt: skip


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("homeward", cache_dir=None)


def test_imports_go_downward_only(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert cli.lint_imports(no_cache=True) == 0, "run `lint-imports` to see the broken contract"


def test_only_the_simulator_and_the_builder_see_both_world_and_flight(graph):
    def sides(module):
        imported = graph.find_modules_directly_imported_by(module)
        return {name.split(".")[1] for name in imported if name.count(".")} & {"world", "flight"}

    both = {module for module in graph.modules if len(sides(module)) == 2}
    assert {m for m in both if not m.startswith(SEES_BOTH)} == set()


def test_no_module_imports_the_package_root(graph):
    # The root imports everything, so whoever imports it imports upward. The command line is above it.
    importers = graph.find_modules_that_directly_import("homeward")
    assert {m for m in importers if not m.startswith("homeward.cli.")} == set()


def test_no_two_packages_import_each_other(graph):
    """Packages stand in one order: none reaches itself by way of others, whatever its modules import."""

    def room(module: str) -> str:
        return module if (SOURCE.parent / module.replace(".", "/")).is_dir() else module.rpartition(".")[0]

    arrows: dict[str, set[str]] = {}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            if "homeward" not in (room(module), room(imported)) and room(module) != room(imported):
                arrows.setdefault(room(module), set()).add(room(imported))
    try:
        assert len(tuple(TopologicalSorter(arrows).static_order())) > 40
    except CycleError as error:
        pytest.fail(f"an import circle of packages: {' -> '.join(reversed(error.args[1]))}")


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_file_holds_one_idea(path):
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_every_import_names_a_module_that_is_there(graph):
    """What a test or an example imports inside a function is found here, not when it runs at night."""
    folders = [ROOT / name for name in ("src", "tests", "benchmarks", "examples")]
    missing = []
    for path in (p for folder in folders for p in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            ours = [name for name in names if name.startswith("homeward.")]
            missing += [f"{path.relative_to(ROOT)}: {n}" for n in ours if n not in graph.modules]
    assert missing == []
