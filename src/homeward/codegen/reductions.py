"""Sums, extremes and products along axes, running ones, and matrix products: loops in index order."""

from collections.abc import Callable, Sequence

import numpy as np

from homeward.codegen.registry import Site, translates
from homeward.codegen.scalars import c_type, literal
from homeward.codegen.values import (
    SMALL,
    Elements,
    Index,
    Value,
    element,
    indices,
    size_of,
    whole,
)

UNROLLED = 9  # terms of a sum that are written out

Step = Callable[[str, str], str]


def _extreme(dtype: np.dtype, greatest: bool) -> str:
    if dtype.kind == "f":
        return literal(-np.inf if greatest else np.inf, dtype)
    if dtype.kind == "b":
        return "false" if greatest else "true"
    info = np.iinfo(dtype)
    return literal(info.min if greatest else info.max, dtype)


def _step(site: Site, name: str, dtype: np.dtype) -> tuple[str, Step]:
    """The neutral element and the C of one more term."""
    if dtype.kind == "b":
        return {
            "and": ("true", lambda a, b: f"{a} && {b}"), "or": ("false", lambda a, b: f"{a} || {b}"),
            "min": ("true", lambda a, b: f"{a} && {b}"), "max": ("false", lambda a, b: f"{a} || {b}"),
            "xor": ("false", lambda a, b: f"({a}) != {b}"),
        }[name]  # fmt: skip
    if name in ("and", "or", "xor"):
        sign = {"and": "&", "or": "|", "xor": "^"}[name]
        return literal(-1 if name == "and" else 0, dtype), lambda a, b: f"{a} {sign} {b}"
    if name in ("max", "min"):
        helper = site.unit.helper(name, dtype)
        return _extreme(dtype, name == "max"), lambda a, b: f"{helper}({a}, {b})"
    neutral = literal(0 if name == "add" else 1, dtype)
    if dtype.kind == "f":
        sign = "+" if name == "add" else "*"
        return neutral, lambda a, b: f"{a} {sign} {b}"
    helper = site.unit.helper(name, dtype)
    return neutral, lambda a, b: f"{helper}({a}, {b})"


def _reduction(primitive: str, name: str) -> None:
    @translates(primitive)
    def translate(site: Site) -> list[Value]:
        (value,), axes = site.operands, tuple(site.parameters["axes"])
        neutral, step = _step(site, name, np.dtype(value.dtype))
        inner = tuple(value.shape[k] for k in axes)

        def term(outer, along) -> str:
            rest, run = iter(outer), dict(zip(axes, along, strict=True))
            return element(value, [run[k] if k in run else next(rest) for k in range(len(value.shape))])

        return [_summed(site, site.shape, inner, neutral, step, term)]


def _summed(
    site: Site, shape: tuple[int, ...], inner: tuple[int, ...], neutral: str, step: Step,
    term: Callable[..., str],
) -> Value:  # fmt: skip
    """For each index of ``shape``: the terms at all indices of ``inner``, put together one after another."""
    w, dtype = site.writer, site.dtype

    def one(outer: Sequence[Index]) -> str:
        if size_of(inner) <= UNROLLED:
            terms = [term(outer, along) for along in indices(inner)]
            text = terms[0] if terms else neutral
            for item in terms[1:]:
                text = step(text, item)
            return text
        name = w.name(f"{site.hint}_sum" if site.hint else "sum")
        w.line(f"{c_type(dtype)} {name} = {neutral};")
        with w.loops(inner) as along:
            w.line(f"{name} = {step(name, term(outer, along))};")
        return name

    if size_of(shape) <= SMALL:
        return Elements(shape, dtype, tuple(w.scalar(one(i), dtype, site.hint) for i in indices(shape)))
    target = whole(w.buffer(size_of(shape), dtype, site.hint), shape)
    with w.loops(shape) as outer:
        text = one(outer)
        w.line(f"{element(target, outer)} = {text};")
    return target


for _primitive, _name in {
    "reduce_sum": "add", "reduce_prod": "mul", "reduce_max": "max", "reduce_min": "min",
    "reduce_and": "and", "reduce_or": "or", "reduce_xor": "xor",
}.items():  # fmt: skip
    _reduction(_primitive, _name)


@translates("dot_general")
def _dot(site: Site) -> list[Value]:
    """``sum_k a[b, m, k] c[b, k, n]``, any axes."""
    left, right = site.operands
    (run_l, run_r), (batch_l, batch_r) = site.parameters["dimension_numbers"]
    if np.dtype(left.dtype) != site.dtype or np.dtype(right.dtype) != site.dtype or site.dtype.kind != "f":
        raise site.refusal("of types that are not the result's")
    free_l = [k for k in range(len(left.shape)) if k not in run_l and k not in batch_l]
    free_r = [k for k in range(len(right.shape)) if k not in run_r and k not in batch_r]
    inner = tuple(left.shape[k] for k in run_l)
    batches, rows = len(batch_l), len(free_l)

    def term(outer, along) -> str:
        at_l, at_r = dict(zip(run_l, along, strict=True)), dict(zip(run_r, along, strict=True))
        at_l |= dict(zip(batch_l, outer[:batches], strict=True))
        at_r |= dict(zip(batch_r, outer[:batches], strict=True))
        at_l |= dict(zip(free_l, outer[batches : batches + rows], strict=True))
        at_r |= dict(zip(free_r, outer[batches + rows :], strict=True))
        one = element(left, [at_l[k] for k in range(len(left.shape))])
        return f"{one} * {element(right, [at_r[k] for k in range(len(right.shape))])}"

    shape, w = site.shape, site.writer
    if size_of(shape) > SMALL or size_of(inner) > UNROLLED:  # then they are indexed by loops
        left, right = w.addressable(left, site.hint), w.addressable(right, site.hint)
    return [
        _summed(site, shape, inner, literal(0, site.dtype), lambda a, b: f"{a} + {b}", term),
    ]


def _running(primitive: str, name: str) -> None:
    @translates(primitive)
    def translate(site: Site) -> list[Value]:
        (value,), axis, back = site.operands, site.parameters["axis"], site.parameters["reverse"]
        _, step = _step(site, name, site.dtype)
        shape, w = site.shape, site.writer
        n = shape[axis]
        value = w.addressable(value)
        target = whole(w.buffer(size_of(shape), site.dtype, site.hint), shape)
        others = tuple(1 if k == axis else m for k, m in enumerate(shape))
        with w.loops(others) as outer, w.loops((n,)) as (run,):
            here = f"({n - 1} - {run})" if back else run
            last = f"({n} - {run})" if back else f"({run} - 1)"
            now, before = ([h if k == axis else o for k, o in enumerate(outer)] for h in (here, last))
            x = element(value, now)
            more = step(element(target, before), x)
            w.line(f"if ({run} == 0) {{ {element(target, now)} = {x}; }}")
            w.line(f"else {{ {element(target, now)} = {more}; }}")
        return [target]


for _primitive, _name in {"cumsum": "add", "cumprod": "mul", "cummax": "max", "cummin": "min"}.items():
    _running(_primitive, _name)


def _place_of_extreme(primitive: str, sign: str) -> None:
    @translates(primitive)
    def translate(site: Site) -> list[Value]:
        """The first index of the extreme, or of the first NaN."""
        (value,), (axis,), w = site.operands, site.parameters["axes"], site.writer
        value = w.addressable(value)
        n, shape = value.shape[axis], site.shape
        target = whole(w.buffer(max(size_of(shape), 1), site.dtype, site.hint), shape)
        with w.loops(shape) as outer:
            best, where = w.name("best"), w.name("where")
            first = [*outer[:axis], 0, *outer[axis:]]
            w.line(f"{c_type(value.dtype)} {best} = {element(value, first)};")
            w.line(f"int {where} = 0;")
            with w.loops((n,)) as (run,):
                x = element(value, [*outer[:axis], run, *outer[axis:]])
                nan = f" || ({x} != {x} && {best} == {best})" if value.dtype.kind == "f" else ""
                w.line(f"if ({x} {sign} {best}{nan}) {{ {best} = {x}; {where} = {run}; }}")
            w.line(f"{element(target, outer)} = {where};")
        return [target]


_place_of_extreme("argmax", ">")
_place_of_extreme("argmin", "<")
