"""C structures out of trees of modules: a field for each array, with unit, frame and text in its comment.

Messages carry unit, frame and text as metadata (``homeward.icd.channel``). Of parameters and state, the
comment that stands behind a field in the Python is taken over.
"""

import dataclasses
import functools
import inspect
import re
import textwrap
from typing import Any

import jax
import numpy as np

from homeward.codegen.functions import argument
from homeward.codegen.scalars import TYPES, c_type, literal
from homeward.codegen.values import Elements, View, size_of

FIELD = re.compile(r"^ {4}(\w+)\s*:[^#]*#\s*(.+)$")
UNITS = {"rad", "s", "m", "m/s"}
RESERVED = {
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
    "float", "for", "goto", "if", "inline", "int", "long",
    "register", "restrict", "return", "short", "signed",
    "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while",
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Field:
    """One array of a tree as a member of a structure."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    comment: str

    @property
    def unit(self) -> str:
        """The unit that the comment begins or ends with; empty where it names none of ``UNITS``."""
        words = re.split(r"[,:; ]+", self.comment)
        return next((x for x in (words[0], words[-1]) if x in UNITS), "")

    def declared(self) -> str:
        """The member's declaration."""
        size = "" if self.shape == () else f"[{size_of(self.shape)}]"
        rows = " x ".join(map(str, self.shape)) + ", row by row" if len(self.shape) > 1 else ""
        about = "; ".join(x for x in (self.comment, rows) if x)
        told = f"  /* {about} */" if about else ""
        return f"    {c_type(self.dtype)} {self.name}{size};{told}"

    def value(self, pointer: str, changes: bool = False) -> Elements | View:
        """The member as a value of the translator, behind a pointer."""
        return argument(f"{pointer}->{self.name}", self.shape, self.dtype, changes)


@functools.cache
def _remarks(kind: type) -> dict[str, str]:
    """The comments behind the fields of a class."""
    try:
        lines = textwrap.dedent(inspect.getsource(kind)).splitlines()
    except (OSError, TypeError):
        return {}
    found = (FIELD.match(line) for line in lines)
    return {m[1]: m[2].strip() for m in found if m is not None}


def _told(kind: type, name: str) -> str:
    field = next((f for f in dataclasses.fields(kind) if f.name == name), None)
    if field is None:
        return ""
    if "text" in field.metadata:
        m = field.metadata
        frame = f", in {m['frame']}" if m["frame"] else ""
        return f"{m['unit']}: {m['text']}{frame}" if m["unit"] else f"{m['text']}{frame}"
    for base in kind.__mro__:
        if name in _remarks(base):
            return _remarks(base)[name]
    return ""


def fields(tree: Any) -> list[Field]:
    """The fields of a tree, in the order of its leaves; raises TypeError for what C has no type for."""
    found, taken = [], set()
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        node, parts, comment = tree, [], ""
        for key in path:
            name = getattr(key, "name", None)
            if name is not None:
                comment = _told(type(node), name) if dataclasses.is_dataclass(node) else ""
                node = getattr(node, name)
                parts.append(name.strip("_"))
            else:
                at = getattr(key, "key", getattr(key, "idx", None))
                node = node[at] if hasattr(node, "__getitem__") else node
                parts.append(re.sub(r"\W", "_", str(at)))
        dtype = np.dtype(leaf.dtype)
        if dtype.name not in TYPES:
            raise TypeError(f"{jax.tree_util.keystr(path)} is of {dtype.name}, for which C has no type here")
        found.append(Field(_free("_".join(parts), taken), tuple(leaf.shape), dtype, _plain(comment)))
    return found


def _free(name: str, taken: set[str]) -> str:
    name = f"{name}_" if name in RESERVED else name or "value"
    name = f"n{name}" if name[0].isdigit() else name
    while name in taken:
        name = f"{name}_"
    taken.add(name)
    return name


def _plain(text: str) -> str:
    return text.replace("*/", "* /").replace("/*", "/ *").encode("ascii", "replace").decode()


def structure(name: str, about: str, members: list[Field]) -> str:
    """The definition of a structure; one without members has a filler, since C wants one."""
    lines = [m.declared() for m in members] or ["    char none;"]
    return "\n".join([f"/* {about} */", f"typedef struct {name} {{", *lines, f"}} {name};"])


def initialiser(members: list[Field], tree: Any) -> str:
    """The values of a tree as an initialiser of its structure."""
    lines = []
    for member, leaf in zip(members, jax.tree.leaves(tree), strict=True):
        items = [literal(x, member.dtype) for x in np.asarray(leaf).ravel()]
        text = items[0] if member.shape == () else "{" + _wrapped(items) + "}"
        lines.append(f"    .{member.name} = {text},")
    return "{\n" + "\n".join(lines) + "\n}"


def _wrapped(items: list[str]) -> str:
    rows = [", ".join(items[i : i + 6]) for i in range(0, len(items), 6)]
    return ",\n        ".join(rows)
