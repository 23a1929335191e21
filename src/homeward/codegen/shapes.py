"""Primitives that only move elements: most are another view of the same buffer."""

from collections.abc import Sequence

import numpy as np

from homeward.codegen.registry import Site, translates
from homeward.codegen.scalars import literal
from homeward.codegen.values import (
    SMALL,
    Elements,
    Offset,
    Uniform,
    Value,
    View,
    element,
    indices,
    is_packed,
    packed,
    size_of,
    whole,
)


def picked(value: Value, shape: tuple[int, ...], where) -> Elements:
    """The elements at the indices that ``where`` gives for each index of a small ``shape``."""
    assert isinstance(value, Elements)
    items = tuple(element(value, where(index)) for index in indices(shape))
    return Elements(shape, value.dtype, items)


def restrided(view: View, shape: tuple[int, ...], offset: Offset, strides: Sequence[int]) -> View:
    """Another look at the same buffer."""
    return View(shape, view.dtype, view.buffer, offset, tuple(strides))


@translates("broadcast_in_dim")
def _broadcast(site: Site) -> list[Value]:
    value, shape = site.operands[0], site.shape
    dims = [int(d) for d in site.parameters["broadcast_dimensions"]]  # NumPy's integers come too
    return [broadcast(site, value, shape, dims)]


def broadcast(site: Site, value: Value, shape: tuple[int, ...], dims: Sequence[int]) -> Value:
    """The value with its axes at ``dims`` of ``shape``, repeated along all others."""
    if isinstance(value, Uniform):
        return Uniform(shape, value.dtype, value.item)
    if isinstance(value, Elements):
        if size_of(value.shape) == 1 and size_of(shape) > SMALL:
            return Uniform(shape, value.dtype, value.items[0])
        if size_of(shape) <= SMALL:
            old = value.shape
            return picked(
                value, shape, lambda i: [0 if n == 1 else i[d] for n, d in zip(old, dims, strict=True)]
            )
        value = site.writer.addressable(value, site.hint)
    strides = [0] * len(shape)
    for n, s, d in zip(value.shape, value.strides, dims, strict=True):
        strides[d] = 0 if n == 1 else s
    return restrided(value, shape, value.offset, strides)


@translates("reshape", "squeeze", "expand_dims")
def _reshape(site: Site) -> list[Value]:
    if site.parameters.get("dimensions") is not None and site.equation.primitive.name == "reshape":
        raise site.refusal("with an order of dimensions")
    return [reshaped(site, site.operands[0], site.shape)]


def reshaped(site: Site, value: Value, shape: tuple[int, ...]) -> Value:
    """The same elements in C order under another shape."""
    if isinstance(value, Uniform):
        return Uniform(shape, value.dtype, value.item)
    if isinstance(value, Elements):
        return Elements(shape, value.dtype, value.items)
    if size_of(shape) <= 1:
        return restrided(value, shape, value.offset, [0] * len(shape))
    kept = [(n, s) for n, s in zip(value.shape, value.strides, strict=True) if n != 1]
    wanted = [n for n in shape if n != 1]
    if [n for n, _ in kept] == wanted:  # only axes of length one come or go
        left = iter(s for _, s in kept)
        return restrided(value, shape, value.offset, [0 if n == 1 else next(left) for n in shape])
    if not is_packed(value):
        target = whole(site.writer.buffer(size_of(shape), value.dtype, site.hint), value.shape)
        site.writer.write(target, value)
        value = target
    return restrided(value, shape, value.offset, packed(shape))


@translates("transpose")
def _transpose(site: Site) -> list[Value]:
    value, order, shape = site.operands[0], site.parameters["permutation"], site.shape
    if isinstance(value, Uniform):
        return [Uniform(shape, value.dtype, value.item)]
    if isinstance(value, Elements):
        return [picked(value, shape, lambda i: [i[order.index(k)] for k in range(len(order))])]
    return [restrided(value, shape, value.offset, [value.strides[k] for k in order])]


@translates("slice")
def _slice(site: Site) -> list[Value]:
    p = site.parameters
    value, start = site.operands[0], p["start_indices"]
    steps = p["strides"] or (1,) * len(start)
    return [sliced(value, site.shape, start, steps)]


def sliced(value: Value, shape: tuple[int, ...], start: Sequence[int], steps: Sequence[int]) -> Value:
    """Part of an array."""
    if isinstance(value, Uniform):
        return Uniform(shape, value.dtype, value.item)
    if isinstance(value, Elements):
        return picked(
            value, shape, lambda i: [b + k * j for b, k, j in zip(start, steps, i, strict=True)]
        )  # fmt: skip
    offset = value.offset
    for b, s in zip(start, value.strides, strict=True):
        offset = offset.plus(s, int(b))
    return restrided(value, shape, offset, [k * s for k, s in zip(steps, value.strides, strict=True)])


@translates("split")
def _split(site: Site) -> list[Value]:
    value, axis = site.operands[0], site.parameters["axis"]
    parts, begin = [], 0
    for size in map(int, site.parameters["sizes"]):
        shape = tuple(size if k == axis else n for k, n in enumerate(value.shape))
        start = [begin if k == axis else 0 for k in range(len(shape))]
        parts.append(sliced(value, shape, start, [1] * len(shape)))
        begin += size
    return parts


@translates("rev")
def _rev(site: Site) -> list[Value]:
    value, dims = site.operands[0], site.parameters["dimensions"]
    if isinstance(value, Uniform):
        return [value]
    n = value.shape
    if isinstance(value, Elements):
        return [picked(value, n, lambda i: [n[k] - 1 - j if k in dims else j for k, j in enumerate(i)])]
    offset = value.offset
    for k in dims:
        offset = offset.plus(value.strides[k], n[k] - 1)
    strides = [-s if k in dims else s for k, s in enumerate(value.strides)]
    return [restrided(value, n, offset, strides)]


@translates("concatenate")
def _concatenate(site: Site) -> list[Value]:
    axis, shape, w = site.parameters["dimension"], site.shape, site.writer
    if size_of(shape) <= SMALL:
        parts = [Elements(v.shape, v.dtype, w.scalars(v, site.hint)) for v in site.operands]
        ends = np.cumsum([v.shape[axis] for v in parts])

        def item(index: tuple[int, ...]) -> str:
            k = int(np.searchsorted(ends, index[axis], side="right"))
            begin = int(ends[k]) - parts[k].shape[axis]
            return element(parts[k], [j - begin if d == axis else j for d, j in enumerate(index)])

        return [Elements(shape, site.dtype, tuple(item(i) for i in indices(shape)))]
    target = whole(w.buffer(size_of(shape), site.dtype, site.hint), shape)
    begin = 0
    for value in site.operands:
        offset = target.offset.plus(target.strides[axis], begin)
        w.write(restrided(target, value.shape, offset, target.strides), value)
        begin += value.shape[axis]
    return [target]


@translates("stack")
def _stack(site: Site) -> list[Value]:
    axis, shape, w = site.parameters["axis"], site.shape, site.writer
    if size_of(shape) <= SMALL:
        rows = [Elements(v.shape, v.dtype, w.scalars(v, site.hint)) for v in site.operands]
        items = (element(rows[i[axis]], [*i[:axis], *i[axis + 1 :]]) for i in indices(shape))
        return [Elements(shape, site.dtype, tuple(items))]
    target = whole(w.buffer(size_of(shape), site.dtype, site.hint), shape)
    strides = [s for k, s in enumerate(target.strides) if k != axis]
    for k, value in enumerate(site.operands):
        w.write(restrided(target, value.shape, target.offset.plus(target.strides[axis], k), strides), value)
    return [target]


@translates("pad")
def _pad(site: Site) -> list[Value]:
    value, filling = site.operands
    shape, w = site.shape, site.writer
    config = [tuple(map(int, c)) for c in site.parameters["padding_config"]]
    if any(low < 0 or high < 0 for low, high, _ in config):
        raise site.refusal("with a negative margin")
    target = whole(w.buffer(size_of(shape), site.dtype, site.hint), shape)
    w.write(target, Uniform(shape, site.dtype, element(filling, ())))
    offset = target.offset
    for (low, _, _), s in zip(config, target.strides, strict=True):
        offset = offset.plus(s, low)
    steps = [s * (inner + 1) for (_, _, inner), s in zip(config, target.strides, strict=True)]
    w.write(restrided(target, value.shape, offset, steps), value)
    return [target]


@translates("iota")
def _iota(site: Site) -> list[Value]:
    shape, dim = site.shape, site.parameters["dimension"]
    row = np.arange(shape[dim]).astype(site.dtype)
    if size_of(shape) <= SMALL:
        items = tuple(literal(row[i[dim]], site.dtype) for i in indices(shape))
        return [Elements(shape, site.dtype, items)]
    table = site.unit.table(row, "count")
    return [restrided(table, shape, table.offset, [1 if k == dim else 0 for k in range(len(shape))])]


@translates("bitcast_convert_type")
def _bitcast(site: Site) -> list[Value]:
    value = site.operands[0]
    if np.dtype(value.dtype) == site.dtype:
        return [value]
    raise site.refusal(f"from {np.dtype(value.dtype).name} to {site.dtype.name}")


__all__ = ["broadcast", "picked", "reshaped", "restrided", "sliced"]
