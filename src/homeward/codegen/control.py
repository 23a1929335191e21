"""Calls, loops and branches. Every loop has a bound that is known when it is written."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from homeward.codegen import bounds
from homeward.codegen.indexing import known
from homeward.codegen.registry import Site, translates
from homeward.codegen.scalars import c_type
from homeward.codegen.values import (
    SMALL,
    Buffer,
    Elements,
    Uniform,
    Value,
    View,
    element,
    indices,
    size_of,
    whole,
)
from homeward.codegen.writer import Writer


def closed(jaxpr: Any) -> tuple[Any, Sequence[Any]]:
    """A jaxpr and its constants, however it is held."""
    return (jaxpr.jaxpr, jaxpr.consts) if hasattr(jaxpr, "consts") else (jaxpr, ())


def _constants(site: Site, numbers: Sequence[Any]) -> list[Value]:
    from homeward.codegen.translate import constant  # which knows this module

    return [constant(site.unit, x) for x in numbers]


@translates("jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "remat2",
            "checkpoint", "custom_vjp_call_jaxpr", "custom_lin")  # fmt: skip
def _call(site: Site) -> list[Value]:
    p = site.parameters
    inner = next(p[k] for k in ("jaxpr", "call_jaxpr", "fun_jaxpr") if k in p)
    jaxpr, numbers = closed(inner)
    return _let_go(site, site.run(site.writer, jaxpr, _constants(site, numbers), site.operands))


def _let_go(site: Site, values: list[Value]) -> list[Value]:
    """Results of an inner jaxpr, whose place stays until the equation's own results are held."""
    for value in values:
        if isinstance(value, View) and value.buffer.at is not None:
            value.buffer.users -= 1
            site.writer.keep(value.buffer)
    return values


def _held(site: Site, values: Sequence[Value]) -> None:
    for value in values:
        site.writer.held(value)


def variables(w: Writer, shape: tuple[int, ...], dtype: np.dtype, hint: str) -> Elements | View:
    """A place for a value that is written more than once: scalars or a buffer."""
    dtype = np.dtype(dtype)
    if size_of(shape) > SMALL:
        return whole(w.buffer(size_of(shape), dtype, hint), shape)
    names = tuple(w.name(hint) for _ in indices(shape))
    for name in names:
        w.line(f"{c_type(dtype)} {name};")
    return Elements(shape, dtype, names)


def assign(w: Writer, targets: Sequence[Elements | View], values: Sequence[Value]) -> None:
    """All values into their places at once: what would be overwritten before it is read is copied first."""
    ready: list[Value] = []
    for k, (target, value) in enumerate(zip(targets, values, strict=True)):
        if _same(target, value):
            ready.append(value)
        elif isinstance(target, Elements):
            ready.append(Elements(value.shape, value.dtype, w.scalars(value, "next")))
        elif _reads(value, [t for j, t in enumerate(targets) if j < k or t is target]):
            copy = whole(w.buffer(size_of(value.shape), value.dtype, "next"), value.shape)
            w.write(copy, value)
            ready.append(copy)
        else:
            ready.append(value)
    for target, value in zip(targets, ready, strict=True):
        if _same(target, value):
            continue
        if isinstance(target, Elements):
            for index in indices(target.shape):
                w.line(f"{element(target, index)} = {element(value, index)};")
        else:
            w.write(target, value)


def _same(target: Value, value: Value) -> bool:
    if isinstance(target, Elements):
        return isinstance(value, Elements) and value.items == target.items
    assert isinstance(target, View)
    if not isinstance(value, View) or value.buffer.name != target.buffer.name:
        return False
    return (value.offset, value.strides, value.shape) == (target.offset, target.strides, target.shape)


def _reads(value: Value, targets: Sequence[Value]) -> bool:
    # By name: an argument and a result that stand at the same place are two buffers of one.
    names = [t.buffer.name for t in targets if isinstance(t, View)]
    return isinstance(value, Uniform) or (isinstance(value, View) and value.buffer.name in names)


@translates("platform_index")
def _platform_index(site: Site) -> list[Value]:
    """Which of several ways is that of this machine: the one for all that are not named."""
    platforms = site.parameters["platforms"]
    fitting = [k for k, names in enumerate(platforms) if names is None or "cpu" in names]
    return [Elements((), site.dtype, (str(fitting[0]),))]


@translates("cond")
def _cond(site: Site) -> list[Value]:
    which, *operands = site.operands
    w, branches = site.writer, site.parameters["branches"]
    index = element(which, ())
    number = known(index)
    if number is not None:
        jaxpr, numbers = closed(branches[min(max(number, 0), len(branches) - 1)])
        return _let_go(site, site.run(w, jaxpr, _constants(site, numbers), operands))
    results = [variables(w, v.aval.shape, v.aval.dtype, site.hint or "chosen") for v in site.equation.outvars]
    for n, branch in enumerate(branches):
        # An index that is out of range is brought into it.
        test = f"{index} <= 0" if n == 0 else f"{index} == {n}"
        if which.dtype.kind == "b":
            test = f"!{index}"
        head = f"if ({test})" if n == 0 else f"else if ({test})"
        with w.block("else" if n == len(branches) - 1 and n else head if len(branches) > 1 else ""), w.tidy():
            jaxpr, numbers = closed(branch)
            given = site.run(w, jaxpr, _constants(site, numbers), operands)
            assign(w, results, given)
            for value in given:
                w.dropped(value)
    return list(results)


def _carries(site: Site, values: Sequence[Value]) -> list[Elements | View]:
    """A loop's carry: places with the first values in them."""
    w, made = site.writer, []
    for value in values:
        made.append(variables(w, value.shape, value.dtype, "carry"))
        if isinstance(made[-1], Elements):
            w.changing.update(made[-1].items)
            for index in indices(value.shape):
                w.line(f"{element(made[-1], index)} = {element(value, index)};")
        else:
            made[-1].buffer.changes = True
            w.write(made[-1], value)
    return made


def _ended(site: Site, carries: Sequence[Elements | View]) -> list[Value]:
    for carry in carries:
        if isinstance(carry, Elements):
            site.writer.changing.difference_update(carry.items)
        else:
            carry.buffer.changes = False
    return list(carries)


@translates("scan")
def _scan(site: Site) -> list[Value]:
    p, w = site.parameters, site.writer
    jaxpr, numbers = closed(p["jaxpr"])
    fixed, count, length = p["num_consts"], p["num_carry"], p["length"]
    consts, first, rows = (
        site.operands[:fixed], site.operands[fixed : fixed + count], site.operands[fixed + count :],
    )  # fmt: skip
    carries = _carries(site, first)
    rows = [v if isinstance(v, Uniform) else w.addressable(v) for v in rows]
    stacks = []
    for v in site.equation.outvars[count:]:
        buffer = w.buffer(max(size_of(v.aval.shape), 1), v.aval.dtype, site.hint)
        stacks.append(whole(buffer, tuple(v.aval.shape)))
    # The body reads them in every pass: they outlive what it lets go.
    _held(site, [*carries, *rows])
    with w.loops((length,)) as (step,), w.tidy():
        run = f"({length - 1} - {step})" if p["reverse"] else step
        given = [_row(v, run) for v in rows]
        out = site.run(w, jaxpr, _constants(site, numbers), [*consts, *carries, *given])
        for stack, value in zip(stacks, out[count:], strict=True):
            w.write(_row(stack, run), value)
        assign(w, carries, out[:count])
        for value in out:
            w.dropped(value)
    _let_go(site, [*carries, *rows])
    return [*_ended(site, carries), *stacks]


def _row(value: Value, run: str) -> Any:
    if isinstance(value, Uniform):
        return Uniform(value.shape[1:], value.dtype, value.item)
    assert isinstance(value, View)
    offset = value.offset.plus(value.strides[0], run)
    return View(value.shape[1:], value.dtype, value.buffer, offset, value.strides[1:])


@translates("while")
def _while(site: Site) -> list[Value]:
    """A loop whose condition bounds it; it is written as a ``for`` of that many passes with a ``break``."""
    p, w = site.parameters, site.writer
    test, test_numbers = closed(p["cond_jaxpr"])
    body, body_numbers = closed(p["body_jaxpr"])
    n, m = p["cond_nconsts"], p["body_nconsts"]
    test_consts, consts, first = site.operands[:n], site.operands[n : n + m], site.operands[n + m :]
    most = bounds.passes(test, body, n, m, test_consts, first)
    if most is None:
        raise site.refusal("no bound of its passes is known: count them, and stop at a constant count")
    w.unit.longest_loop = max(w.unit.longest_loop, most)
    carries = _carries(site, first)
    _held(site, carries)
    name = w.name("pass")
    with w.block(f"for (int {name} = 0; {name} < {most}; ++{name})"), w.tidy():
        (goes_on,) = site.run(w, test, _constants(site, test_numbers), [*test_consts, *carries])
        w.line(f"if (!{element(goes_on, ())}) {{ break; }}")
        w.dropped(goes_on)
        out = site.run(w, body, _constants(site, body_numbers), [*consts, *carries])
        assign(w, carries, out)
        for value in out:
            w.dropped(value)
    _let_go(site, list(carries))
    return _ended(site, carries)


__all__ = ["Buffer", "assign", "closed", "variables"]
