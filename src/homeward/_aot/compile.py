"""Compiling a traced program: quickly or to run fast, here or in a process of its own; memory given back."""

import contextlib
import ctypes
import gc
import subprocess
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
from jax import export

from homeward._aot import cache
from homeward._process.children import child_command

WORTH_GIVING_BACK = 1.0  # s of tracing or compiling
QUICKLY = "quickly"
# The older of XLA's two ways to write out a fused loop: the large programs of a ship that turns compile in
# half the time and a third of the memory, and run as fast; those of a point mass run a fifth slower.
QUICK: dict[str, Any] = {"xla_cpu_use_fusion_emitters": False}
# LLVM without optimising: the derivative of an entry is ready in half the time, and flies for seconds as
# before.
BRIEF: dict[str, Any] = {"xla_backend_optimization_level": 0}


@contextlib.contextmanager
def given_back() -> Iterator[None]:
    """Give back what tracing or compiling has taken and needs no more: up to a gibibyte a program, which the
    C library would otherwise keep while the next one takes as much again. A program that was merely read
    has taken little, and a collection costs more than its reading."""
    began = time.perf_counter()
    yield
    if time.perf_counter() - began < WORTH_GIVING_BACK:
        return
    gc.collect()
    with contextlib.suppress(AttributeError, OSError, TypeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)


@lru_cache(maxsize=1)
def quick() -> dict[str, Any]:
    """``QUICK`` on a processor whose XLA knows it; else nothing: should it be dropped, that costs time."""
    if jax.default_backend() != "cpu":
        return {}
    try:
        jax.jit(jnp.negative, compiler_options=QUICK).lower(jax.ShapeDtypeStruct((), float)).compile()
    except Exception:
        return {}
    return QUICK


def compiled_program(exported: export.Exported, options: dict[str, Any]) -> Any:
    """The traced program, compiled with these options of XLA's: a function of its leaves."""
    shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in exported.in_avals]
    return jax.jit(exported.call, compiler_options=options or None).lower(*shapes).compile()


def compile_stored(path: str, how: str = "") -> None:
    """Compile the stored program in a file, so that XLA's cache holds it: what ``compile_apart`` runs."""
    found = cache.read(Path(path))
    if found is not None:
        compiled_program(found[0], quick() if how == QUICKLY else {})


def compile_apart(path: Path, options: dict[str, Any]) -> None:
    """Have a stored program compiled into XLA's cache by a process of its own, from which it is then read.

    On a processor alone: a second process would ask a GPU for its memory a second time. Whatever goes wrong
    there costs time only, since what the cache lacks is compiled here.
    """
    if jax.default_backend() != "cpu" or not jax.config.values.get("jax_compilation_cache_dir"):
        return
    command = child_command("homeward._aot.compile:compile_stored", [str(path), *[QUICKLY] * bool(options)])
    with (
        contextlib.suppress(OSError, ValueError),
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as child,
    ):
        child.wait()  # not communicate: the child ends when its input does
