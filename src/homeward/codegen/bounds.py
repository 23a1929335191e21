"""The greatest number of passes of a ``while``: its condition has a counter that goes up to a constant."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend.core import Literal

from homeward.codegen.indexing import known
from homeward.codegen.values import Elements, Value

THROUGH = ("convert_element_type", "copy", "squeeze", "reshape", "broadcast_in_dim")


def _maker(jaxpr: Any, variable: Any) -> Any:
    """The equation that makes a variable, or None."""
    return next((e for e in jaxpr.eqns if variable in e.outvars), None)


def _terms(jaxpr: Any, variable: Any) -> list[Any]:
    """The comparisons that a condition is the conjunction of."""
    made = _maker(jaxpr, variable)
    if made is None:
        return []
    if made.primitive.name == "and":
        return [t for v in made.invars if not isinstance(v, Literal) for t in _terms(jaxpr, v)]
    if made.primitive.name in THROUGH and not isinstance(made.invars[0], Literal):
        return _terms(jaxpr, made.invars[0])
    if made.primitive.name in ("jit", "pjit"):
        return []
    return [made]


def _number(value: Value) -> int | None:
    if isinstance(value, Elements) and len(value.items) == 1 and np.dtype(value.dtype).kind in "iu":
        return known(value.items[0])
    return None


def passes(
    test: Any, body: Any, fixed: int, body_fixed: int, constants: Sequence[Value], first: Sequence[Value]
) -> int | None:
    """At most so many passes: from ``counter < limit`` in the condition and ``counter + step`` in the body.

    None if no such pair is found. Limit, step and first count have to be integers that are known.
    """
    given = dict(zip(test.invars, [*constants, *first], strict=True))
    counts = []
    for comparison in _terms(test, test.outvars[0]):
        name, (left, right) = comparison.primitive.name, comparison.invars[:2]
        if name in ("gt", "ge"):
            left, right, name = right, left, {"gt": "lt", "ge": "le"}[name]
        if name not in ("lt", "le") or isinstance(left, Literal) or left not in test.invars:
            continue
        slot = list(test.invars).index(left) - fixed
        if slot < 0:
            continue
        start, step = _number(first[slot]), _step(body, body_fixed + slot, slot)
        if isinstance(right, Literal):
            limit = int(right.val) if np.asarray(right.val).dtype.kind in "iu" else None
        else:
            limit = _number(given[right]) if right in given else None
        if not isinstance(right, Literal) and right in list(test.invars)[fixed:]:
            limit = limit if _kept(body, body_fixed + list(test.invars).index(right) - fixed) else None
        if limit is None or start is None or step is None:
            continue
        counts.append(max(-((start - limit - (name == "le")) // step), 0))
    return min(counts) if counts else None


def _kept(body: Any, place: int) -> bool:
    """Whether the body hands on a part of the carry as it is."""
    fixed = len(body.invars) - len(body.outvars)
    return body.outvars[place - fixed] is body.invars[place]


def _step(body: Any, place: int, slot: int) -> int | None:
    """What the body adds to its counter."""
    made = None if isinstance(body.outvars[slot], Literal) else _maker(body, body.outvars[slot])
    if made is None or made.primitive.name != "add":
        return None
    own = [v for v in made.invars if v is body.invars[place]]
    step = [v for v in made.invars if isinstance(v, Literal)]
    return int(step[0].val) if len(own) == 1 and step and int(step[0].val) > 0 else None
