"""C functions out of Python ones: a signature around a translated jaxpr, and the file that holds them."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from homeward.codegen.control import assign
from homeward.codegen.pruning import pruned
from homeward.codegen.scalars import c_type
from homeward.codegen.translate import constant, run
from homeward.codegen.values import SMALL, Buffer, Elements, Value, View, size_of, whole
from homeward.codegen.writer import Unit, Writer

HEAD = "#include <math.h>\n#include <stdbool.h>\n#include <stdint.h>\n"


def argument(name: str, shape: Sequence[int], dtype: Any, changes: bool = False) -> Elements | View:
    """A value that stands at a C array or scalar: ``name`` is an expression; scalars have the shape ().

    ``changes``: the function writes it anew in the end.
    """
    shape, dtype = tuple(shape), np.dtype(dtype)
    if shape == ():
        return Elements((), dtype, (name,))
    if size_of(shape) <= SMALL:
        return Elements(shape, dtype, tuple(f"{name}[{k}]" for k in range(size_of(shape))))
    return whole(Buffer(name, size_of(shape), dtype, changes=changes), shape)


HELPER = re.compile(r"\bhw_\w+")


def define(
    unit: Unit, head: str, closed: Any, arguments: Sequence[Value], results: Sequence[Elements | View],
    unused: Sequence[str] = (),
) -> None:  # fmt: skip
    """Add a function to the file: ``head`` is its signature, ``results`` are the places of its outputs.

    A result may stand where an argument stands: it is written after all have been read. ``unused`` are
    arguments that the body may not need.
    """
    w = Writer(unit)
    for value in arguments:
        if isinstance(value, View) and value.buffer.changes:
            w.held(value)
        elif isinstance(value, Elements):
            w.changing.update(item for r in results if isinstance(r, Elements) for item in r.items)
    with w.tidy():
        out = run(w, closed.jaxpr, [constant(unit, x) for x in closed.consts], arguments)
        assign(w, results, out)
        for value in out:
            w.dropped(value)
    lines = pruned(w.lines)
    space = [x for x in w.workspace() if any(x.split()[1].split("[")[0] in line for line in lines)]
    body = [*space, *(f"    (void){name};" for name in unused), *lines]
    unit.functions.append("\n".join([f"{head}", "{", *body, "}"]))


def source(unit: Unit) -> str:
    """The C file's text, without what it includes: helpers, tables, functions."""
    tables = [text for _, text in unit.tables.values()]
    return "\n\n".join([*_called(unit), *tables, *unit.functions]) + "\n"


def _called(unit: Unit) -> list[str]:
    """The helpers that are called: of what has been pruned nothing may be left, or clang refuses the file."""
    wanted: set[str] = set()
    new: set[str] = set(HELPER.findall("\n".join(unit.functions)))
    while new:
        wanted |= new
        bodies = (text for text in unit.helpers.values() if HELPER.findall(text)[0] in new)
        new = {name for text in bodies for name in HELPER.findall(text)} - wanted
    return sorted(text for text in unit.helpers.values() if HELPER.findall(text)[0] in wanted)


def plain(functions: dict[str, tuple[Callable[..., Any], Sequence[Any]]]) -> str:
    """A file of functions of pointers: the leaves of their arguments in order, then those of their results.

    ``functions``: for each name the Python function and arguments that give shapes and types. Raises
    ``UntranslatableError`` for what has no translation.
    """
    unit, heads = Unit("hw"), []
    for name, (function, examples) in functions.items():
        closed = jax.make_jaxpr(function)(*examples)
        parts, arguments, results = [], [], []
        for kind, variables, values in (
            ("in", closed.jaxpr.invars, arguments), ("out", closed.jaxpr.outvars, results),
        ):  # fmt: skip
            for k, v in enumerate(variables):
                const = "const " if kind == "in" else ""
                parts.append(f"{const}{c_type(np.dtype(v.aval.dtype))} *{kind}{k}")
                values.append(_pointed(f"{kind}{k}", v.aval))
        heads.append(f"void {name}({', '.join(parts)})")
        define(unit, heads[-1], closed, arguments, results, [p.rpartition("*")[2] for p in parts])
    return f"{HEAD}\n{''.join(f'{head};' + chr(10) for head in heads)}\n{source(unit)}"


def _pointed(name: str, aval: Any) -> Elements | View:
    if tuple(aval.shape) == ():
        return Elements((), np.dtype(aval.dtype), (f"{name}[0]",))
    return argument(name, aval.shape, aval.dtype)
