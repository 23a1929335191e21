"""Compiled programs that are found again wherever their folder has been put."""

import json
import os
import shutil
import subprocess
import sys

import jax
import numpy as np

from homeward._aot.brief_jit import brief_jit

WHOLE = """
import json
import homeward
import jax
import jax.numpy as jnp

events = []
jax.monitoring.register_event_listener(lambda event, **_: events.append(event.split("/")[-1]))

def moved_folder(x):
    return jnp.sin(x) + jnp.cumsum(x)

told = jax.jit(moved_folder)(jnp.arange(5.0))
print(json.dumps([events.count("cache_hits"), events.count("cache_misses"), told.tolist()]))
"""


def test_a_copied_cache_serves_as_well(tmp_path):
    def run(folder: str) -> list:
        environment = os.environ | {"HOMEWARD_CACHE": str(tmp_path / folder)}
        answer = subprocess.run(
            [sys.executable, "-c", WHOLE], env=environment, stdout=subprocess.PIPE, check=True
        )
        return json.loads(answer.stdout)

    hits, misses, told = run("first")
    assert hits == 0 and misses > 0
    shutil.copytree(tmp_path / "first", tmp_path / "elsewhere")
    hits, misses, again = run("elsewhere")
    assert hits > 0 and misses == 0 and again == told


def test_a_brief_function_is_jitted_with_its_static_arguments():
    traced = []

    def scaled(x, by):
        traced.append(by)
        return by * x

    called = brief_jit(scaled, static=("by",))
    x = np.arange(3.0)
    for by in (2.0, 2.0, 3.0):
        assert np.array_equal(called(x, by=by), by * x)
    assert traced == [2.0, 3.0] and called.__name__ == "scaled"
    assert isinstance(called(x, by=2.0), jax.Array)
