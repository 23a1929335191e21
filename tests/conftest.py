"""Run-time checks of types and shapes in every test, JAX at its strictest, few compiled programs at once."""

import gc
import os
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")

from jaxtyping import install_import_hook

_hook = install_import_hook("homeward", "beartype.beartype")
_hook.__enter__()

import jax  # noqa: E402

import homeward  # noqa: E402, F401

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


# Each compiled program holds some memory maps, and Linux gives a process 65,530: beyond them XLA crashes.
MOST_MAPS = 30_000


@pytest.fixture(autouse=True, scope="module")
def few_programs():
    """Let go of compiled programs between files once there are many."""
    yield
    maps = Path("/proc/self/maps")
    if maps.exists() and len(maps.read_bytes().splitlines()) > MOST_MAPS:
        jax.clear_caches()
        gc.collect()
