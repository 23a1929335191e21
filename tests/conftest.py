"""Run-time checks of types and shapes in every test, JAX at its strictest, few compiled programs at once."""

import gc
import os
import re
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

from jaxtyping import install_import_hook

_hook = install_import_hook("homeward", "beartype.beartype")
_hook.__enter__()

import jax  # noqa: E402

import homeward  # noqa: E402, F401
from homeward._aot import program  # noqa: E402
from homeward._aot.program import forget_programs  # noqa: E402

jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_numpy_dtype_promotion", "strict")


# Files that take half a minute and more, flights and browsers, go first: two processes then end together,
# where the last long file would leave one of them waiting.
LONG = (
    "test_six_dof", "test_return_replay", "test_executive_replay_rendezvous", "test_console_browser",
    "test_examples", "test_no_truth_on_board", "test_no_truth_in_a_rendezvous",
)  # fmt: skip


def _turn(item):
    """Long files in their order, then all other flights, then the rest."""
    if item.path.stem in LONG:
        return LONG.index(item.path.stem)
    return len(LONG) + (item.path.parent.name != "mission")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Long files first; and the names of the slow tests, which the nightly parts are checked against."""
    config.slow_tests = [i.nodeid for i in items if i.get_closest_marker("slow") is not None]
    items.sort(key=_turn)


HELPERS = Path(__file__).parent / "helpers"


def _patches(path):
    """Whether a test file, or a helper that it takes, changes functions of the package."""
    text = path.read_text(encoding="utf-8")
    names = re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
    return "setattr(" in text or any(
        "setattr(" in (HELPERS / f"{name}.py").read_text(encoding="utf-8")
        for name in names
        if (HELPERS / f"{name}.py").exists()
    )


@pytest.fixture(autouse=True, scope="module")
def programs_traced_once(request):
    """Programs of whole flights are traced once, shapes checked, and then read: by other files, in both
    processes, in the next run. What is kept is kept for this state of the package and these checks alone
    (the rank of arrays is checked in tests only). A file that changes functions traces its own, unless it
    says that it ``TRACES_AS_WRITTEN``, since none of those is traced."""
    with pytest.MonkeyPatch.context() as patch:
        if getattr(request.module, "TRACES_AS_WRITTEN", False) or not _patches(request.path):
            patch.setattr(program, "_checked", lambda: False)
        yield


# Each compiled program holds some memory maps, and Linux gives a process 65,530: beyond them XLA crashes.
MOST_MAPS = 30_000


@pytest.fixture(autouse=True, scope="module")
def few_programs():
    """Let go of compiled programs between files once there are many."""
    yield
    maps = Path("/proc/self/maps")
    if maps.exists() and len(maps.read_bytes().splitlines()) > MOST_MAPS:
        forget_programs()
        jax.clear_caches()
        gc.collect()
