"""Sorting, by insertion."""

from collections.abc import Sequence

from homeward.codegen.indexing import copied
from homeward.codegen.registry import Site, translates
from homeward.codegen.scalars import c_type
from homeward.codegen.values import (
    Index,
    Value,
    View,
    element,
)


@translates("sort")
def _sort(site: Site) -> list[Value]:
    """Insertion sort, stable; NaN comes last, as in JAX."""
    axis, keys, w = site.parameters["dimension"], site.parameters["num_keys"], site.writer
    targets = [copied(site, v) for v in site.operands]
    shape = targets[0].shape
    n, others = shape[axis], [1 if k == axis else m for k, m in enumerate(shape)]

    def at(target: View, outer: Sequence[Index], run: Index) -> str:
        return element(target, [run if k == axis else o for k, o in enumerate(outer)])

    with w.loops(others) as outer, w.loops((n,)) as (run,):
        held = []
        for t in targets:
            held.append(w.name("held"))
            w.line(f"const {c_type(t.dtype)} {held[-1]} = {at(t, outer, run)};")
        slot = w.name("slot")
        w.line(f"int {slot} = {run};")
        before = [at(t, outer, f"({slot} - 1)") for t in targets]
        later = ""
        for h, b, t in list(zip(held, before, targets, strict=True))[:keys][::-1]:
            less = f"{h} < {b}"
            if t.dtype.kind == "f":
                less = f"({h} < {b} || ({b} != {b} && {h} == {h}))"
            same = f"({h} == {b} || ({h} != {h} && {b} != {b}))" if t.dtype.kind == "f" else f"{h} == {b}"
            later = less if not later else f"({less} || ({same} && {later}))"
        with w.block(f"while ({slot} > 0 && {later})"):
            for t, b in zip(targets, before, strict=True):
                w.line(f"{at(t, outer, slot)} = {b};")
            w.line(f"--{slot};")
        for t, h in zip(targets, held, strict=True):
            w.line(f"{at(t, outer, slot)} = {h};")
    return list(targets)
