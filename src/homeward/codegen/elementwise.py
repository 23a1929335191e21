"""How a primitive that works element by element becomes scalars or a loop."""

from collections.abc import Callable, Sequence

from homeward.codegen.registry import Site
from homeward.codegen.values import (
    SMALL,
    Elements,
    Index,
    Uniform,
    Value,
    View,
    element,
    is_packed,
    size_of,
)

Expression = Callable[..., str]


def each(site: Site, operands: Sequence[Value], expression: Callable[..., str]) -> list[Value]:
    """The result whose elements are ``expression`` of the operands' elements.

    Scalars, and axes of length one, go with any length.
    """
    shape = site.shape
    flat = all(isinstance(v, Uniform) or not v.shape or _straight(v, shape) for v in operands)

    def one(index: Sequence[Index]) -> str:
        along = flat and len(index) != len(shape)
        parts = []
        for value in operands:
            if not value.shape:
                parts.append(element(value, ()))
            elif along:
                parts.append(element(_flattened(value), index))
            else:
                at = [0 if n == 1 else i for n, i in zip(value.shape, index, strict=True)]
                parts.append(element(value, at))
        return expression(*parts)

    if shape and all(isinstance(v, Uniform) or not v.shape for v in operands):
        item = site.writer.scalar(expression(*(element(v, ()) for v in operands)), site.dtype, site.hint)
        return [Uniform(shape, site.dtype, item)]
    if size_of(shape) > SMALL:  # loops index them
        operands = [
            site.writer.addressable(v) if isinstance(v, Elements) and v.shape else v for v in operands
        ]
    return [site.writer.made(shape, site.dtype, site.hint, one, flat and len(shape) != 1)]


def _straight(value: Value, shape: tuple[int, ...]) -> bool:
    return isinstance(value, View) and value.shape == shape and is_packed(value)


def _flattened(value: Value) -> Value:
    if isinstance(value, View):
        return View((0,), value.dtype, value.buffer, value.offset, (1,))
    return value
