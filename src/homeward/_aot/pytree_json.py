"""The structure of a tree of arrays as JSON, and back: for Homeward's own classes and plain containers."""

import dataclasses
import importlib
from typing import Any

import equinox as eqx
import jax
import numpy as np

PACKAGE = __name__.partition(".")[0]
PLAIN = (str, int, float, bool, type(None))
LEAF = "*"


class ForeignTreeError(Exception):
    """A tree that holds something that cannot be told by name."""


def describe(tree: Any) -> Any:
    """JSON that tells two trees apart by structure; raises ``ForeignTreeError`` for a class of others."""
    kind = type(tree)
    if isinstance(tree, jax.Array | np.ndarray | np.generic | jax.ShapeDtypeStruct | float | int):
        return LEAF
    if tree is None:
        return None
    if kind in (tuple, list):
        return {kind.__name__: [describe(item) for item in tree]}
    if kind is dict and all(isinstance(key, str) for key in tree):
        return {"dict": {key: describe(tree[key]) for key in sorted(tree)}}
    if isinstance(tree, eqx.Module) and kind.__module__.partition(".")[0] == PACKAGE:
        if getattr(importlib.import_module(kind.__module__), kind.__qualname__, None) is not kind:
            raise ForeignTreeError(kind.__qualname__)
        parts = {field.name: _part(tree, field) for field in dataclasses.fields(tree)}
        return {"class": [kind.__module__, kind.__qualname__], "fields": parts}
    raise ForeignTreeError(kind.__qualname__)


def _part(tree: Any, field: dataclasses.Field[Any]) -> Any:
    value = getattr(tree, field.name)
    if not field.metadata.get("static", False):
        return describe(value)
    if type(value) not in PLAIN:
        raise ForeignTreeError(field.name)
    return {"static": value}


def rebuild(told: Any) -> Any:
    """A tree of the structure that ``describe`` told, with zeros for arrays."""
    if told is None:
        return None
    if told == LEAF:
        return 0
    ((kind, parts), *_) = told.items()
    match kind:
        case "tuple":
            return tuple(rebuild(part) for part in parts)
        case "list":
            return [rebuild(part) for part in parts]
        case "dict":
            return {key: rebuild(part) for key, part in parts.items()}
    module, name = parts
    made = object.__new__(getattr(importlib.import_module(module), name))
    for key, part in told["fields"].items():
        static = isinstance(part, dict) and "static" in part
        object.__setattr__(made, key, part["static"] if static else rebuild(part))
    return made
