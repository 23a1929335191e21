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


def test_a_brief_function_is_traced_once_for_a_shape():
    traced = []

    def doubled(x):
        traced.append(x.shape)
        return 2.0 * x

    called = brief_jit(doubled)
    for x in (np.arange(3.0), np.ones(3), np.arange(4.0)):
        assert np.array_equal(called(x), 2.0 * x)
    assert traced == [(3,), (4,)] and called.__name__ == "doubled"
    assert isinstance(called(np.arange(3.0)), jax.Array)
