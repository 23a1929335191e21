"""Writes the body of one C function: statements, names, loops, and where in its workspace each array lies.

Arrays that are too large for scalars lie in one array of the function for each type, on its stack. Its size
is known when the function is written, and a place is used again as soon as nothing looks at it any more.
"""

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from homeward.codegen.scalars import c_type, helper, literal, tag
from homeward.codegen.values import (
    SMALL,
    Buffer,
    Elements,
    Index,
    Offset,
    Uniform,
    Value,
    View,
    element,
    indices,
    is_packed,
    size_of,
    whole,
)

TOKEN = re.compile(r"[A-Za-z_][\w>.-]*")  # a variable, or a member of a structure
MAXIMAL_UNROLLED = 4  # passes of a loop that are written out


class Unit:
    """What the functions of one C file share: helpers, tables of constants, and functions written so far."""

    def __init__(self, prefix: str):
        self.prefix = prefix
        self.helpers: dict[str, str] = {}
        self.tables: dict[bytes, tuple[Buffer, str]] = {}
        self.functions: list[str] = []
        self.written: dict[object, object] = {}
        self.taken: set[str] = set()
        self.longest_loop = 1

    def helper(self, name: str, dtype: np.dtype, source: np.dtype | None = None) -> str:
        """The name of a helper function, which is then defined in the file."""
        known, text = helper(name, dtype, source)
        self.helpers[known] = text
        return known

    def table(self, numbers: np.ndarray, hint: str) -> View:
        """A constant array of the file; the same numbers stand there once."""
        numbers = np.ascontiguousarray(numbers)
        key = numbers.tobytes() + str((numbers.dtype, numbers.size)).encode()
        if key not in self.tables:
            name = self.unique(f"{hint or 'table'}")
            buffer = Buffer(name, numbers.size, numbers.dtype)
            self.tables[key] = buffer, _table_text(name, numbers)
        return whole(self.tables[key][0], numbers.shape)

    def unique(self, hint: str) -> str:
        """A name that nothing else in the file has."""
        name, n = f"{self.prefix}_{hint}", 1
        while name in self.taken:
            n += 1
            name = f"{self.prefix}_{hint}_{n}"
        self.taken.add(name)
        return name


def _table_text(name: str, numbers: np.ndarray) -> str:
    items = [literal(x, numbers.dtype) for x in numbers.ravel()]
    rows = [", ".join(items[i : i + 6]) for i in range(0, len(items), 6)]
    body = ",\n    ".join(rows)
    return f"static const {c_type(numbers.dtype)} {name}[{len(items)}] = {{\n    {body}\n}};"


class Writer:
    """The body of one function as it is written."""

    def __init__(self, unit: Unit):
        self.unit = unit
        self.lines: list[str] = []
        self.depth = 1
        self.count = 0
        self.sizes: dict[np.dtype, int] = {}
        self._gaps: dict[np.dtype, list[tuple[int, int]]] = {}
        self._fresh: list[Buffer] = []
        self._scopes: list[dict[tuple[str, str], str]] = [{}]  # what is known by name, block by block
        self.trail: list[Any] = []  # the equation that is being written, after those that hold it
        self.changing: set[str] = set()  # scalars that are written anew: carries of loops, a caller's state

    def line(self, text: str) -> None:
        """Add a line."""
        self.lines.append("    " * self.depth + text)

    @contextlib.contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines within braces."""
        self.line(f"{head} {{" if head else "{")
        self.depth += 1
        self._scopes.append({})
        yield
        self._scopes.pop()
        self.depth -= 1
        self.line("}")

    def name(self, hint: str) -> str:
        """A new local name."""
        self.count += 1
        return f"{hint or 't'}_{self.count}"

    def scalar(self, expression: str, dtype: np.dtype, hint: str) -> str:
        """The name of a new constant local variable of the expression's value."""
        key = (c_type(dtype), expression)
        for scope in self._scopes:
            if key in scope:
                return scope[key]
        name = self.name(hint)
        self.line(f"const {c_type(dtype)} {name} = {expression};")
        if "[" not in expression and self.changing.isdisjoint(TOKEN.findall(expression)):
            self._scopes[-1][key] = name
        return name

    @contextlib.contextmanager
    def loops(self, shape: Sequence[int]) -> Iterator[list[str]]:
        """Nested loops over an array; gives their variables."""
        names, depth = [], self.depth
        self._scopes.append({})
        for n in shape:
            names.append(self.name("i"))
            self.unit.longest_loop = max(self.unit.longest_loop, n)
            self.line(f"for (int {names[-1]} = 0; {names[-1]} < {n}; ++{names[-1]}) {{")
            self.depth += 1
        yield names
        self._scopes.pop()
        while self.depth > depth:
            self.depth -= 1
            self.line("}")

    def buffer(self, size: int, dtype: np.dtype, hint: str) -> Buffer:
        """A new array of the workspace."""
        dtype = np.dtype(dtype)
        at = self._place(size, dtype)
        name = self.name(hint)
        self.line(f"{c_type(dtype)} *const {name} = {space(dtype)} + {at};")
        self._fresh.append(Buffer(name, size, dtype, at))
        return self._fresh[-1]

    @contextlib.contextmanager
    def tidy(self) -> Iterator[None]:
        """What is made meanwhile and held by nobody in the end gives its place back."""
        mark = len(self._fresh)
        yield
        for buffer in self._fresh[mark:]:
            if buffer.users == 0 and not buffer.freed:
                self.free(buffer)
        del self._fresh[mark:]

    def keep(self, buffer: Buffer) -> None:
        """Have ``tidy`` look after a buffer again."""
        if buffer not in self._fresh:
            self._fresh.append(buffer)

    def _place(self, size: int, dtype: np.dtype) -> int:
        gaps = self._gaps.setdefault(dtype, [])
        for k, (start, stop) in enumerate(gaps):
            if stop - start >= size:
                gaps[k : k + 1] = [(start + size, stop)] if stop - start > size else []
                return start
        end = self.sizes.get(dtype, 0)
        if gaps and gaps[-1][1] == end:  # the last gap reaches up to the end: it grows
            end = gaps.pop()[0]
        self.sizes[dtype] = end + size
        return end

    def held(self, value: Value) -> None:
        """Note that a value is wanted later."""
        if isinstance(value, View) and value.buffer.at is not None:
            value.buffer.users += 1

    def dropped(self, value: Value) -> None:
        """Note that it is not; its place is free where nothing else looks at it."""
        if not isinstance(value, View) or value.buffer.at is None:
            return
        buffer = value.buffer
        buffer.users -= 1
        if buffer.users == 0:
            self.free(buffer)

    def free(self, buffer: Buffer) -> None:
        """Give a place back."""
        assert buffer.at is not None
        buffer.freed = True
        gaps = sorted([*self._gaps[buffer.dtype], (buffer.at, buffer.at + buffer.size)])
        joined: list[tuple[int, int]] = []
        for start, stop in gaps:
            if joined and joined[-1][1] == start:
                joined[-1] = joined[-1][0], stop
            else:
                joined.append((start, stop))
        self._gaps[buffer.dtype] = joined

    def scalars(self, value: Value, hint: str = "") -> tuple[str, ...]:
        """All elements, in C order, as expressions that stay valid whatever becomes of the workspace."""
        items = []
        for index in indices(value.shape):
            item = element(value, index)
            passing = (isinstance(value, View) and value.buffer.at is not None) or self.may_change(
                value, item
            )
            items.append(self.scalar(item, value.dtype, hint) if passing else item)
        return tuple(items)

    def may_change(self, value: Value, item: str) -> bool:
        """Whether an element is one that is written anew later."""
        return item in self.changing or (isinstance(value, View) and value.buffer.changes)

    def made(
        self, shape: tuple[int, ...], dtype: np.dtype, hint: str, of: Callable[[Sequence[Index]], str],
        flat: bool = False,
    ) -> Value:  # fmt: skip
        """A new array whose element at an index is the expression ``of`` gives.

        ``flat``: the expression is wanted with one index along all elements in C order.
        """
        if size_of(shape) <= SMALL:
            names = [of(index) for index in indices(shape)]
            return Elements(shape, dtype, tuple(self.scalar(x, dtype, hint) for x in names))
        buffer = self.buffer(size_of(shape), dtype, hint)
        self.fill(whole(buffer, shape), of, flat)
        return whole(buffer, shape)

    def fill(self, target: View, of: Callable[[Sequence[Index]], str], flat: bool = False) -> None:
        """Write every element of a view."""
        if size_of(target.shape) <= MAXIMAL_UNROLLED:
            for index in indices(target.shape):
                self.line(f"{element(target, index)} = {of(index)};")
            return
        if flat:
            target = View((size_of(target.shape),), target.dtype, target.buffer, target.offset, (1,))
        with self.loops(target.shape) as names:
            self.line(f"{element(target, names)} = {of(names)};")

    def addressable(self, value: Value, hint: str = "") -> View:
        """The value as a view, that loops can index."""
        if isinstance(value, View):
            return value
        buffer = self.buffer(size_of(value.shape), value.dtype, hint)
        target = whole(buffer, value.shape)
        self.write(target, value)
        return target

    def write(self, target: View, value: Value) -> None:
        """Copy a value into a view of the same shape, which must not overlap it."""
        if isinstance(value, Elements):
            for index in indices(value.shape):
                self.line(f"{element(target, index)} = {element(value, index)};")
            return
        flat = isinstance(value, Uniform) or is_packed(value)
        if flat and is_packed(target):
            n = (size_of(value.shape),)
            target = View(n, target.dtype, target.buffer, target.offset, (1,))
            if isinstance(value, View):
                value = View(n, value.dtype, value.buffer, value.offset, (1,))
            else:
                value = Uniform(n, value.dtype, value.item)
        self.fill(target, lambda index: element(value, index))

    def workspace(self) -> list[str]:
        """The declarations of the workspace."""
        return [f"    {c_type(d)} {space(d)}[{n}];" for d, n in self.sizes.items() if n]


def space(dtype: np.dtype) -> str:
    """The name of the workspace of a type."""
    return f"work_{tag(np.dtype(dtype))}"


def ranged(offset: Offset, index: Sequence[Index], strides: Sequence[int]) -> Offset:
    """An offset with ``index`` times ``strides`` added."""
    for i, s in zip(index, strides, strict=True):
        offset = offset.plus(s, i)
    return offset
