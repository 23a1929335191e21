"""Walks a jaxpr and writes each equation, in order, by the table of primitives.

What nobody reads is not written. A value is let go after the last equation that reads it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend.core import Literal

from homeward.codegen import arithmetic, control, indexing, logic, reductions, scattering, shapes, sorting
from homeward.codegen.folding import folded
from homeward.codegen.refusal import UntranslatableError, place, refused, short, variable
from homeward.codegen.registry import TRANSLATIONS, Site
from homeward.codegen.scalars import TYPES, literal
from homeward.codegen.values import SMALL, Elements, Uniform, Value
from homeward.codegen.writer import Unit, Writer


def constant(unit: Unit, number: Any, hint: str = "table") -> Value:
    """A constant array: its elements if they are few or all the same, else a table of the file."""
    array = np.asarray(number)
    if array.dtype.name not in TYPES:
        raise UntranslatableError(f"a constant of {array.dtype.name} cannot be written as C")
    if array.size <= SMALL:
        return Elements(array.shape, array.dtype, tuple(literal(x, array.dtype) for x in array.ravel()))
    first = array.ravel()[0]
    if array.tobytes() == np.full(array.shape, first, array.dtype).tobytes():
        return Uniform(array.shape, array.dtype, literal(first, array.dtype))
    return unit.table(array, hint)


def wanted(jaxpr: Any) -> tuple[list[Any], dict[Any, int]]:
    """The equations whose results are read, and for each variable the number of its last reader."""
    read = {v for v in jaxpr.outvars if not isinstance(v, Literal)}
    last: dict[Any, int] = {v: len(jaxpr.eqns) for v in read}
    kept = []
    for n in range(len(jaxpr.eqns) - 1, -1, -1):
        equation = jaxpr.eqns[n]
        if not any(v in read for v in equation.outvars):
            continue
        kept.append(n)
        for v in equation.invars:
            if not isinstance(v, Literal):
                read.add(v)
                last.setdefault(v, n)
    return kept[::-1], last


def run(w: Writer, jaxpr: Any, constants: Sequence[Value], arguments: Sequence[Value]) -> list[Value]:
    """Write a jaxpr; gives its results, which are held until the caller drops them."""
    known: dict[Any, Value] = {}
    for variables, values in ((jaxpr.constvars, constants), (jaxpr.invars, arguments)):
        for v, value in zip(variables, values, strict=True):
            known[v] = value
            w.held(value)
    order, last = wanted(jaxpr)
    read_by: dict[int, list[Any]] = {}
    for v, n in last.items():
        read_by.setdefault(n, []).append(v)
    for v in [v for v in known if v not in last]:
        w.dropped(known.pop(v))
    told = ""
    for n in order:
        equation = jaxpr.eqns[n]
        operands = [constant(w.unit, v.val) if isinstance(v, Literal) else known[v] for v in equation.invars]
        w.trail.append(equation)
        told = _comment(w, told)
        with w.tidy():
            results = _written(w, equation, operands)
            for v, value in zip(equation.outvars, results, strict=True):
                if v in last:
                    known[v] = value
                    w.held(value)
        w.trail.pop()
        for v in read_by.get(n, ()):
            w.dropped(known.pop(v))
    results = [constant(w.unit, v.val) if isinstance(v, Literal) else known[v] for v in jaxpr.outvars]
    for value in results:
        w.held(value)
    for value in known.values():
        w.dropped(value)
    return results


def _comment(w: Writer, told: str) -> str:
    file, _, function = place(w.trail)
    here = f"{short(file)}: {function.removesuffix('.<locals>.<lambda>')}"
    if here != told and file != "an unknown file":
        w.line(f"/* {here} */")
    return here


def _written(w: Writer, equation: Any, operands: list[Value]) -> Sequence[Value]:
    translation = TRANSLATIONS.get(equation.primitive.name)
    if translation is None:
        raise refused(w.trail, "there is no translation of this primitive")
    for v in (*equation.invars, *equation.outvars):
        if str(v.aval.dtype) not in TYPES:
            raise refused(w.trail, f"of {v.aval.dtype}")
    known = folded(equation, operands)
    if known is not None:
        return known
    return translation(Site(w, equation, operands, variable(w.trail), run))


# The modules that enter their translations as they are imported.
TABLES = (arithmetic, control, indexing, logic, reductions, scattering, shapes, sorting)
