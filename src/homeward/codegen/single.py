"""Which numbers of state and command have passed through single precision: they agree less well."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend.core import Literal

from homeward.codegen.control import closed


def _is_single(variable: Any) -> bool:
    return np.dtype(variable.aval.dtype) == np.dtype(np.float32)


def _holds_single(jaxpr: Any) -> bool:
    """Whether anything in a jaxpr is in single precision."""
    for equation in jaxpr.eqns:
        if any(_is_single(v) for v in equation.outvars):
            return True
        if any(_holds_single(inner) for inner in _inner(equation)):
            return True
    return False


def _inner(equation: Any) -> list[Any]:
    found = []
    for value in equation.params.values():
        for part in value if isinstance(value, tuple | list) else [value]:
            if hasattr(closed(part)[0], "eqns"):
                found.append(closed(part)[0])
    return found


def single(jaxpr: Any, given: Sequence[bool]) -> list[bool]:
    """For each result, whether it depends on single precision; ``given`` says so of the arguments."""
    loose = {v for v, yes in zip(jaxpr.invars, given, strict=True) if yes or _is_single(v)}
    for equation in jaxpr.eqns:
        inner = _inner(equation)
        if equation.primitive.name in ("jit", "pjit") and inner:
            told = single(inner[0], [not isinstance(v, Literal) and v in loose for v in equation.invars])
            loose.update(v for v, yes in zip(equation.outvars, told, strict=True) if yes)
            continue
        reads = any(not isinstance(v, Literal) and v in loose for v in equation.invars)
        if reads or any(_holds_single(x) for x in inner):
            loose.update(equation.outvars)
        loose.update(v for v in equation.outvars if _is_single(v))
    return [not isinstance(v, Literal) and (v in loose or _is_single(v)) for v in jaxpr.outvars]
