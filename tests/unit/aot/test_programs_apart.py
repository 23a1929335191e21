"""Programs compiled by a process of their own, and read from the cache by the one that flies."""

import json
import os
import subprocess
import sys

WHOLE = """
import json, subprocess, sys
import jax, jax.numpy as jnp, numpy as np
from homeward._aot import compile as compiling
from homeward._aot.program import program

calls = {}
class Watched(subprocess.Popen):
    def __init__(self, command, **more):
        if sys.argv[1] == "broken":
            command = [sys.executable, "-c", "raise SystemExit(1)"]
        super().__init__(command, **more)
    def wait(self, timeout=None):
        calls[self.pid] = super().wait(timeout)
        return calls[self.pid]
compiling.subprocess.Popen = Watched
compiling.quick()  # compiles a trifle, once a process
hits = []
jax.monitoring.register_event_listener(lambda event, **_: hits.append(event.split("/")[-1]))

def summed(x):  # long enough in compiling for XLA's cache to keep it
    y = x
    for k in range(60):
        y = jnp.sort(jnp.sin(y + k)) + x
    return y

import os, pathlib
one = program(summed, apart=True)
x = np.linspace(0.0, 1.0, 7)
told = np.asarray(one(x))
xla = pathlib.Path(os.environ["HOMEWARD_CACHE"]) / "xla"
print(json.dumps({"calls": list(calls.values()), "hits": hits.count("cache_hits"),
                  "told": told.tolist(),
                  "stored": len(list(xla.glob("jit_call-*"))) == 1}))
"""


def test_a_large_program_is_compiled_apart_once_and_where_that_fails_here(tmp_path):
    def flown(word: str, cache: str) -> dict:
        environment = os.environ | {"HOMEWARD_CACHE": str(tmp_path / cache)}
        answer = subprocess.run(
            [sys.executable, "-c", WHOLE, word], env=environment, stdout=subprocess.PIPE, check=True
        )
        return json.loads(answer.stdout)

    first, again, broken = flown("sound", "one"), flown("sound", "one"), flown("broken", "two")
    assert first["calls"] == [0] and first["stored"] and first["hits"] == 1
    assert again["calls"] == [] and again["hits"] == 1
    assert broken["calls"] == [1] and broken["hits"] == 0
    assert first["told"] == again["told"] == broken["told"] and len(first["told"]) == 7
