"""Comparisons, logic, choices and conversions of type, element by element."""

import numpy as np

from homeward.codegen.elementwise import each
from homeward.codegen.registry import Site, translates
from homeward.codegen.scalars import c_type
from homeward.codegen.values import Value


def _comparison(name: str, sign: str) -> None:
    @translates(name)
    def translate(site: Site) -> list[Value]:
        return each(site, site.operands, lambda a, b: f"{a} {sign} {b}")


for _name, _sign in (("eq", "=="), ("ne", "!="), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")):
    _comparison(_name, _sign)


@translates("lt_to", "le_to")
def _total_order(site: Site) -> list[Value]:
    dtype = np.dtype(site.operands[0].dtype)
    at_most = site.equation.primitive.name == "le_to"
    if dtype.kind != "f":
        return each(site, site.operands, lambda a, b: f"{a} {'<=' if at_most else '<'} {b}")
    before = site.unit.helper("before", dtype)
    return each(
        site, site.operands, lambda a, b: f"!{before}({b}, {a})" if at_most else f"{before}({a}, {b})"
    )


@translates("is_finite")
def _is_finite(site: Site) -> list[Value]:
    return each(site, site.operands, lambda a: f"isfinite({a})")


def _logic(name: str, whole: str, bits: str) -> None:
    @translates(name)
    def translate(site: Site) -> list[Value]:
        sign = whole if site.dtype.kind == "b" else bits
        t = c_type(site.dtype)
        cast = "" if site.dtype.itemsize >= 4 or site.dtype.kind == "b" else f"({t})"
        return each(
            site, site.operands, lambda a, b: f"{cast}({a} {sign} {b})" if cast else f"{a} {sign} {b}"
        )


for _name, _whole, _bits in (("and", "&&", "&"), ("or", "||", "|"), ("xor", "!=", "^")):
    _logic(_name, _whole, _bits)


@translates("not")
def _not(site: Site) -> list[Value]:
    if site.dtype.kind == "b":
        return each(site, site.operands, lambda a: f"!{a}")
    return each(site, site.operands, lambda a: f"({c_type(site.dtype)})~{a}")


@translates("select_n")
def _select(site: Site) -> list[Value]:
    """The case that the first operand names; two of them as ``? :``."""
    which, *cases = site.operands
    if len(cases) == 1:
        return [cases[0]]

    def expression(w: str, *items: str) -> str:
        if len(items) == 2 and which.dtype.kind == "b":
            return f"{w} ? {items[1]} : {items[0]}"
        text = items[-1]
        for n in range(len(items) - 2, -1, -1):
            text = f"{w} {'<=' if n == 0 else '=='} {n} ? {items[n]} : ({text})"
        return text

    return each(site, [which, *cases], expression)


@translates("convert_element_type")
def _convert(site: Site) -> list[Value]:
    (value,) = site.operands
    return converted(site, value, site.dtype)


def converted(site: Site, value: Value, dtype: np.dtype) -> list[Value]:
    """The value as another type: to integers it saturates and takes NaN to 0, as XLA does."""
    old, new = np.dtype(value.dtype), np.dtype(dtype)
    if old == new:
        return [value]
    if new.kind == "b":
        return each(site, [value], lambda a: f"{a} != 0")
    if old.kind == "f" and new.kind in "iu":
        return each(site, [value], lambda a: f"{site.unit.helper('', new, old)}({a})")
    return each(site, [value], lambda a: f"({c_type(new)}){a}")


@translates("copy", "copy_p", "stop_gradient", "reduce_precision")
def _same(site: Site) -> list[Value]:
    if site.equation.primitive.name == "reduce_precision":
        p = site.parameters
        if (p["exponent_bits"], p["mantissa_bits"]) != (11, 52):
            raise site.refusal("a precision that is not that of double")
    return [site.operands[0]]


@translates("optimization_barrier")
def _barrier(site: Site) -> list[Value]:
    return list(site.operands)
