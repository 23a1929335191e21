"""What the translator says of a program that it cannot write as C, and of the line it came from."""

import ast
import functools
import linecache
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from homeward.errors import InputError

ROOT = str(Path(__file__).resolve().parents[1])  # of the package
OWN = (str(Path(__file__).resolve().parent), str(Path(ROOT, "math", "xla_barrier.py")))


class UntranslatableError(InputError):
    """A primitive, type or loop that has no translation; the sentence names it and the line it came from."""


def place(trail: Sequence[Any]) -> tuple[str, int, str]:
    """File, line and function that an equation came from: the innermost one of ours, else of the caller.

    ``trail``: the equation, after those that hold it; what JAX has traced apart knows no line of its own.
    """
    for equation in reversed(trail):
        told = equation.source_info.traceback
        frames = [] if told is None else list(told.frames)
        frames = [f for f in frames if not f.file_name.startswith((_JAX, *OWN))]
        ours = [f for f in frames if f.file_name.startswith(ROOT)]
        for frame in (*ours, *frames):
            return frame.file_name, frame.line_num, frame.function_name
    return "an unknown file", 0, ""


_JAX = str(Path(__import__("jax").__file__).parent)


def told_place(trail: Sequence[Any]) -> str:
    """The place as ``file:line (function)``."""
    file, line, function = place(trail)
    return f"{short(file)}:{line} ({function})"


def short(file: str) -> str:
    """A file of the package without the folders above it."""
    return str(Path(file).relative_to(Path(ROOT).parent)) if file.startswith(ROOT) else Path(file).name


def refused(trail: Sequence[Any], why: str) -> UntranslatableError:
    """The refusal of the last equation of a trail."""
    name = trail[-1].primitive.name
    return UntranslatableError(f"{told_place(trail)}: {name} cannot be written as C: {why}")


@functools.cache
def _names(file: str) -> dict[int, str]:
    """For each line of a file, the variable that the statement there assigns to."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return {}
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                names[line] = node.targets[0].id
    return names


def variable(trail: Sequence[Any]) -> str:
    """The Python variable that the equation's statement assigns to, or an empty string."""
    file, line, _ = place(trail)
    return _names(file).get(line, "")
