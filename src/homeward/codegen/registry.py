"""The table of primitives that have a translation, and what a translation is given."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from homeward.codegen.refusal import UntranslatableError, refused
from homeward.codegen.values import Value
from homeward.codegen.writer import Unit, Writer


@dataclasses.dataclass
class Site:
    """Where an equation is written: its function, itself, the values it reads, the name of its result."""

    writer: Writer
    equation: Any
    operands: list[Value]
    hint: str
    run: Callable[..., list[Value]]  # writes a jaxpr: (writer, jaxpr, constants, arguments) -> results

    @property
    def unit(self) -> Unit:
        """The file that the function belongs to."""
        return self.writer.unit

    @property
    def parameters(self) -> dict[str, Any]:
        """The equation's static parameters."""
        return self.equation.params

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the first result."""
        return tuple(self.equation.outvars[0].aval.shape)

    @property
    def dtype(self) -> np.dtype:
        """Type of the first result."""
        return np.dtype(self.equation.outvars[0].aval.dtype)

    def refusal(self, why: str) -> UntranslatableError:
        """The refusal of this equation."""
        return refused(self.writer.trail, why)


Translation = Callable[[Site], Sequence[Value]]
TRANSLATIONS: dict[str, Translation] = {}


def translates(*names: str) -> Callable[[Translation], Translation]:
    """Enters a function as the translation of primitives."""

    def enter(function: Translation) -> Translation:
        for name in names:
            TRANSLATIONS[name] = function
        return function

    return enter
