"""Integer arithmetic on numbers that are known when the C is written: sums of indices, mostly."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from homeward.codegen.indexing import known
from homeward.codegen.scalars import literal
from homeward.codegen.values import SMALL, Elements, Value, element, indices, size_of

OPERATIONS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "max": np.maximum, "min": np.minimum,
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal,
    "ne": np.not_equal, "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
}  # fmt: skip


def _number(text: str) -> int | None:
    return {"true": 1, "false": 0}.get(text, known(text))


def _numbers(value: Value) -> np.ndarray | None:
    if np.dtype(value.dtype).kind not in "iub" or size_of(value.shape) > SMALL:
        return None
    if not isinstance(value, Elements):
        return None
    found = [_number(item) for item in value.items]
    if any(x is None for x in found):
        return None
    return np.array(found, dtype=object).reshape(value.shape).astype(value.dtype)


def folded(equation: Any, operands: Sequence[Value]) -> list[Value] | None:
    """The result of an equation of known numbers, or of a choice by a known truth value; else None."""
    name, out = equation.primitive.name, equation.outvars[0].aval
    shape, dtype = tuple(getattr(out, "shape", ())), np.dtype(getattr(out, "dtype", float))
    if name == "select_n" and isinstance(operands[0], Elements) and size_of(shape) <= SMALL:
        return _chosen(operands, shape, dtype)
    if dtype.kind not in "iub" or size_of(shape) > SMALL:
        return None
    if name == "convert_element_type" or name in OPERATIONS:
        given = [_numbers(v) for v in operands]
        if any(x is None for x in given):
            return None
        if name in ("and", "or", "not") and dtype.kind != "b":
            return None
        with np.errstate(over="ignore"):  # integers wrap, as JAX's do
            result = given[0] if name == "convert_element_type" else OPERATIONS[name](*given)
        assert result is not None
        result = np.broadcast_to(result.astype(dtype), shape)
        return [Elements(shape, dtype, tuple(literal(x, dtype) for x in result.ravel()))]
    return None


def _chosen(operands: Sequence[Value], shape: tuple[int, ...], dtype: np.dtype) -> list[Value] | None:
    which = _numbers(operands[0])
    cases = operands[1:]
    if which is None or any(not isinstance(v, Elements) for v in cases):
        return None
    which = np.broadcast_to(which, shape).astype(int)
    return [Elements(shape, dtype, tuple(element(cases[which[i]], i) for i in indices(shape)))]
