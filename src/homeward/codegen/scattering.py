"""Arrays with some elements written anew at computed indices."""

from collections.abc import Sequence

import numpy as np

from homeward.codegen.indexing import bounded, copied, index_vector, inside_bounds, known, shifted
from homeward.codegen.registry import Site, translates
from homeward.codegen.values import (
    SMALL,
    Elements,
    Index,
    Value,
    View,
    element,
    indices,
    packed,
    size_of,
)


@translates("scatter", "scatter-add", "scatter-mul", "scatter-min", "scatter-max")
def _scatter(site: Site) -> list[Value]:
    """Updates written, or added and so on, at computed indices; those out of bounds go or are clamped."""
    value, where, update = site.operands
    d, w = site.parameters["dimension_numbers"], site.writer
    clips = "CLIP" in str(site.parameters["mode"])
    gone = (*d.inserted_window_dims, *d.operand_batching_dims)
    window_axes = [k for k in range(len(value.shape)) if k not in gone]
    batch_axes = [k for k in range(len(update.shape)) if k not in d.update_window_dims]
    spans = [1] * len(value.shape)
    for u, axis in zip(d.update_window_dims, window_axes, strict=True):
        spans[axis] = update.shape[u]
    most = [value.shape[k] - spans[k] for k in d.scatter_dims_to_operand_dims]
    combine = _combining(site)
    small = size_of(value.shape) <= SMALL and size_of(update.shape) <= SMALL
    texts = w.scalars(where) if small else ()
    if small and all(known(t) is not None for t in texts):
        return [_placed(site, texts, window_axes, batch_axes, most, clips, combine)]
    target = copied(site, value)
    update = w.addressable(update)
    where = w.addressable(where) if size_of([update.shape[k] for k in batch_axes]) > 1 else where
    with w.loops([update.shape[k] for k in batch_axes]) as batch:
        names = batch if isinstance(where, View) else [0] * len(batch)
        items = index_vector(site, where, names)
        found: list[Index] = [0] * len(value.shape)
        inside = "true" if clips else inside_bounds(w, items, most)
        for k, text, m in zip(d.scatter_dims_to_operand_dims, items, most, strict=True):
            found[k] = bounded(w, text, where.dtype, m)
        for k, b in zip(d.operand_batching_dims, d.scatter_indices_batching_dims, strict=True):
            found[k] = batch[b]
        with (
            w.block(f"if ({inside})" if inside != "true" else ""),
            w.loops([update.shape[u] for u in d.update_window_dims]) as window,
        ):
            view = shifted(target, target.shape, found)
            at: list[Index] = [0] * len(value.shape)
            for i, axis in zip(window, window_axes, strict=True):
                at[axis] = i
            index = dict(zip(batch_axes, batch, strict=True))
            index |= dict(zip(d.update_window_dims, window, strict=True))
            item = element(update, [index[k] for k in range(len(update.shape))])
            w.line(f"{element(view, at)} = {combine(element(view, at), item)};")
    return [target]


def _combining(site: Site):
    name = site.equation.primitive.name.partition("-")[2]
    dtype = site.dtype
    if not name:
        return lambda old, new: new
    if name in ("add", "mul") and dtype.kind == "f":
        return lambda old, new: f"{old} {'+' if name == 'add' else '*'} {new}"
    if dtype.kind == "b":
        raise site.refusal("of truth values")
    helper = site.unit.helper(name, dtype)
    return lambda old, new: f"{helper}({old}, {new})"


def _placed(
    site: Site, texts: Sequence[str], window_axes: Sequence[int], batch_axes: Sequence[int],
    most: Sequence[int], clips: bool, combine,
) -> Elements:  # fmt: skip
    """A scatter whose indices are known: the elements by other names."""
    value, where, update = site.operands
    d, w = site.parameters["dimension_numbers"], site.writer
    items, news = list(w.scalars(value, site.hint)), w.scalars(update, site.hint)
    numbers = np.array([known(t) for t in texts], dtype=np.int64).reshape(where.shape)
    for u, new in zip(indices(update.shape), news, strict=True):
        batch = [u[k] for k in batch_axes]
        vector = numbers[tuple(batch)]
        if not clips and any(not 0 <= i <= m for i, m in zip(vector, most, strict=True)):
            continue
        at = [0] * len(value.shape)
        for k, i, m in zip(d.scatter_dims_to_operand_dims, vector, most, strict=True):
            at[k] = min(max(int(i), 0), m)
        for k, b in zip(d.operand_batching_dims, d.scatter_indices_batching_dims, strict=True):
            at[k] = batch[b]
        for k, axis in zip(d.update_window_dims, window_axes, strict=True):
            at[axis] += u[k]
        flat = sum(i * s for i, s in zip(at, packed(value.shape), strict=True))
        plain = not site.equation.primitive.name.partition("-")[2]
        items[flat] = new if plain else w.scalar(combine(items[flat], new), site.dtype, site.hint)
    return Elements(value.shape, site.dtype, tuple(items))
