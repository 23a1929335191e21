"""Primitives that find elements by computed indices: each is brought into the array's bounds or checked."""

import re
from collections.abc import Sequence

import numpy as np

from homeward.codegen.registry import Site, translates
from homeward.codegen.scalars import literal
from homeward.codegen.shapes import restrided, sliced
from homeward.codegen.values import (
    Elements,
    Index,
    Offset,
    Uniform,
    Value,
    View,
    element,
    indices,
    size_of,
    whole,
)
from homeward.codegen.writer import Writer

LITERAL = re.compile(r"\(?(-?)(?:U?INT64_C\()?(\d+)u?\)*\Z")


def known(text: str) -> int | None:
    """The integer that an expression is, if it is a literal."""
    found = LITERAL.match(text)
    return None if found is None else int(found[2]) * (-1 if found[1] else 1)


def bounded(w: Writer, text: str, dtype: np.dtype, most: int) -> Index:
    """An index brought into 0...``most``: a number if it is known, else a local ``int``."""
    number = known(text)
    if number is not None:
        return min(max(number, 0), most)
    name = w.name("at")
    below = f"{text} < 0 ? 0 : " if np.dtype(dtype).kind == "i" else ""
    w.line(f"const int {name} = {below}{text} > {most} ? {most} : (int){text};")
    return name


def shifted(view: View, shape: tuple[int, ...], start: Sequence[Index]) -> View:
    """A part of a view that begins at computed indices."""
    offset = view.offset
    for i, s in zip(start, view.strides, strict=True):
        offset = offset.plus(s, i)
    return restrided(view, shape, offset, view.strides)


def _starts(site: Site, operands: Sequence[Value], old: Sequence[int], new: Sequence[int]) -> list[Index]:
    return [
        bounded(site.writer, element(v, ()), v.dtype, n - m)
        for v, n, m in zip(operands, old, new, strict=True)
    ]


@translates("dynamic_slice")
def _dynamic_slice(site: Site) -> list[Value]:
    value, *where = site.operands
    start = _starts(site, where, value.shape, site.shape)
    numbers = [i for i in start if isinstance(i, int)]
    if isinstance(value, Uniform) or len(numbers) == len(start):
        return [sliced(value, site.shape, numbers, [1] * len(numbers))]
    return [shifted(site.writer.addressable(value, site.hint), site.shape, start)]


def copied(site: Site, value: Value) -> View:
    """A new buffer with the value's elements."""
    target = whole(site.writer.buffer(size_of(value.shape), value.dtype, site.hint), value.shape)
    site.writer.write(target, value)
    return target


@translates("dynamic_update_slice")
def _dynamic_update_slice(site: Site) -> list[Value]:
    value, update, *where = site.operands
    target = copied(site, value)
    start = _starts(site, where, value.shape, update.shape)
    site.writer.write(shifted(target, update.shape, start), update)
    return [target]


def _filling(site: Site) -> str:
    """What a gather gives for what is out of bounds."""
    given, dtype = site.parameters["fill_value"], site.dtype
    if given is not None:
        return literal(given, dtype)
    if dtype.kind == "f":
        return literal(np.nan, dtype)
    if dtype.kind == "b":
        return "true"
    return literal(np.iinfo(dtype).min if dtype.kind == "i" else np.iinfo(dtype).max, dtype)


def index_vector(site: Site, where: Value, batch: Sequence[Index]) -> list[str]:
    return [element(where, [*batch, k]) for k in range(where.shape[-1])]


def inside_bounds(w: Writer, items: Sequence[str], most: Sequence[int]) -> str:
    """The condition that all indices are within bounds, as C; ``true`` where that is known."""
    tests = []
    for text, m in zip(items, most, strict=True):
        number = known(text)
        if number is None:
            tests.append(f"{text} >= 0 && {text} <= {m}")
        elif not 0 <= number <= m:
            return "false"
    return " && ".join(tests) or "true"


@translates("gather")
def _gather(site: Site) -> list[Value]:
    """``out[batch, offset] = operand[start(batch) + offset]``, as XLA's gather."""
    value, where = site.operands
    d, sizes, w, shape = (
        site.parameters["dimension_numbers"], site.parameters["slice_sizes"], site.writer, site.shape,
    )  # fmt: skip
    fills = "FILL" in str(site.parameters["mode"])
    gone = (*d.collapsed_slice_dims, *d.operand_batching_dims)
    batch_axes = [k for k in range(len(shape)) if k not in d.offset_dims]
    window_axes = [k for k in range(len(value.shape)) if k not in gone]
    most = [value.shape[k] - sizes[k] for k in d.start_index_map]

    def start(batch: Sequence[Index]) -> tuple[list[Index], str]:
        items = index_vector(site, where, batch)
        inside = inside_bounds(w, items, most) if fills else "true"
        found: list[Index] = [0] * len(value.shape)
        for k, text, m in zip(d.start_index_map, items, most, strict=True):
            found[k] = bounded(w, text, where.dtype, m)
        for k, b in zip(d.operand_batching_dims, d.start_indices_batching_dims, strict=True):
            found[k] = batch[b]
        return found, inside

    batch_shape = tuple(shape[k] for k in batch_axes)
    if isinstance(value, Uniform) and not fills:
        return [Uniform(shape, value.dtype, value.item)]
    if size_of(batch_shape) == 1:
        found, inside = start([0] * len(batch_shape))
        strides_of = dict(zip(d.offset_dims, window_axes, strict=True))
        if inside == "true" and all(isinstance(i, int) for i in found) and isinstance(value, Elements):
            items = []
            for i in indices(shape):
                at = list(found)
                for k, axis in strides_of.items():
                    at[axis] = int(at[axis]) + i[k]
                items.append(element(value, at))
            return [Elements(shape, site.dtype, tuple(items))]
        view = w.addressable(value, site.hint)
        offset = shifted(view, view.shape, found).offset
        strides = [view.strides[strides_of[k]] if k in strides_of else 0 for k in range(len(shape))]
        looked = restrided(view, shape, offset, strides)
        if inside == "true":
            return [looked]
        good = inside if inside == "false" else w.scalar(inside, np.dtype(bool), "inside")
        filling = _filling(site)
        return [w.made(shape, site.dtype, site.hint, lambda i: f"{good} ? {element(looked, i)} : {filling}")]
    view, where = w.addressable(value, site.hint), w.addressable(where)
    target = whole(w.buffer(size_of(shape), site.dtype, site.hint), shape)
    with w.loops(batch_shape) as batch:
        found, inside = start(batch)
        with w.loops([shape[k] for k in d.offset_dims]) as window:
            at = list(found)
            offset: Offset = view.offset
            for i, s in zip(at, view.strides, strict=True):
                offset = offset.plus(s, i)
            for i, axis in zip(window, window_axes, strict=True):
                offset = offset.plus(view.strides[axis], i)
            item = f"{view.buffer.name}[{offset.text()}]"
            index = dict(zip(batch_axes, batch, strict=True)) | dict(zip(d.offset_dims, window, strict=True))
            out = element(target, [index[k] for k in range(len(shape))])
            w.line(f"{out} = {item if inside == 'true' else f'({inside}) ? {item} : {_filling(site)}'};")
    return [target]
