"""How an array of the jaxpr stands in the C: as scalars, as a view of a buffer, or as one number everywhere.

A small array is its elements, each a C expression without side effects: vectors and quaternions become
scalars that a compiler keeps in registers. A large one is a view with strides, so that slices, transposes,
reshapes and broadcasts cost nothing.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

SMALL = 9  # elements, at most, of an array that is written as scalars

Index = int | str


@dataclasses.dataclass(frozen=True)
class Offset:
    """A number plus multiples of loop variables."""

    constant: int = 0
    terms: tuple[tuple[int, str], ...] = ()

    def plus(self, factor: int, index: Index) -> "Offset":
        """With ``factor * index`` added."""
        if isinstance(index, int):
            return Offset(self.constant + factor * index, self.terms)
        return self if factor == 0 else Offset(self.constant, (*self.terms, (factor, index)))

    def text(self) -> str:
        """As a C expression."""
        parts = [name if factor == 1 else f"{factor} * {name}" for factor, name in self.terms]
        if self.constant or not parts:
            parts.append(str(self.constant))
        return " + ".join(parts).replace("+ -", "- ")


@dataclasses.dataclass(eq=False)
class Buffer:
    """A C array: of the workspace (``at`` tells where, ``users`` how many values look at it) or any other."""

    name: str
    size: int
    dtype: np.dtype
    at: int | None = None
    users: int = 0
    changes: bool = False  # a loop's carry or a caller's state: to be read before it is written anew
    freed: bool = False


@dataclasses.dataclass(frozen=True)
class Elements:
    """Scalars in C order."""

    shape: tuple[int, ...]
    dtype: np.dtype
    items: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Uniform:
    """The same scalar everywhere."""

    shape: tuple[int, ...]
    dtype: np.dtype
    item: str


@dataclasses.dataclass(frozen=True)
class View:
    """A strided view of a buffer, strides in elements."""

    shape: tuple[int, ...]
    dtype: np.dtype
    buffer: Buffer
    offset: Offset
    strides: tuple[int, ...]


Value = Elements | Uniform | View


def size_of(shape: Sequence[int]) -> int:
    """Number of elements."""
    return math.prod(shape)


def packed(shape: Sequence[int]) -> tuple[int, ...]:
    """Strides of an array in C order."""
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def indices(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """All indices in C order."""
    return itertools.product(*(range(n) for n in shape))


def whole(buffer: Buffer, shape: tuple[int, ...]) -> View:
    """A buffer as an array of a shape, in C order."""
    return View(shape, buffer.dtype, buffer, Offset(), packed(shape))


def is_packed(value: View) -> bool:
    """Whether its elements follow one another in C order."""
    wanted = packed(value.shape)
    return all(n == 1 or s == w for n, s, w in zip(value.shape, value.strides, wanted, strict=True))


def element(value: Value, index: Sequence[Index]) -> str:
    """One element as a C expression; ``Elements`` take numbers only."""
    match value:
        case Uniform():
            return value.item
        case Elements():
            flat = sum(int(i) * s for i, s in zip(index, packed(value.shape), strict=True))
            return value.items[flat]
        case View():
            offset = value.offset
            for i, s in zip(index, value.strides, strict=True):
                offset = offset.plus(s, i)
            return f"{value.buffer.name}[{offset.text()}]"
