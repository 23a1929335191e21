"""The C compiler of this machine, if it has one, and what it makes of a file."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from homeward.errors import InputError

STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wdouble-promotion", "-Werror")
SANITISED = ("-fsanitize=undefined,address", "-fno-sanitize-recover=all", "-g")


def compiler() -> str | None:
    """The compiler named by ``CC``, else ``cc``, ``gcc`` or ``clang``; None if there is none."""
    for name in (os.environ.get("CC", ""), "cc", "gcc", "clang"):
        if name and shutil.which(name):
            return name
    return None


def compile_c(source: Path, target: Path, flags: Sequence[str] = ("-O2",), shared: bool = True) -> None:
    """Compile a C file to a library, or to a program; ``InputError`` with its first word if not."""
    name = compiler()
    if name is None:
        raise InputError("no C compiler is found: expected cc, gcc or clang, or one named by CC")
    kind = ["-shared", "-fPIC"] if shared else []
    given = [name, *STRICT, *flags, *kind, "-o", str(target), str(source), "-lm"]
    told = subprocess.run(given, capture_output=True, text=True)
    if told.returncode:
        lines = (
            [x for x in told.stderr.splitlines() if "error" in x] or told.stderr.splitlines() or ["no word"]
        )
        raise InputError(f"{source}: {name} refuses it ({lines[0].strip()})")


def callable_of(library: Path, name: str, results: Any) -> Callable[..., Any]:
    """A function of pointers (``functions.plain``) as one of arrays; ``results``: shapes of what it gives."""
    function = getattr(ctypes.CDLL(str(library)), name)
    function.restype = None
    leaves, tree = jax.tree.flatten(results)

    def call(*arguments: Any) -> Any:
        given = [np.ascontiguousarray(np.asarray(x)) for x in jax.tree.leaves(arguments)]
        out = [np.zeros(x.shape, np.dtype(x.dtype)) for x in leaves]
        function(*(ctypes.c_void_p(x.ctypes.data) for x in (*given, *out)))
        return jax.tree.unflatten(tree, out)

    return call
