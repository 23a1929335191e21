"""Keeps a piece of a compiled loop a routine of its own."""

from collections.abc import Callable
from typing import Any, TypeVar

import jax
from jax.experimental.xla_metadata import set_xla_metadata

Result = TypeVar("Result")


def routine(f: Callable[..., Result], *arguments: Any) -> Result:
    """``f(*arguments)``, compiled as a called routine that XLA does not merge with its surroundings.

    On processors XLA fuses elementwise work by repeating it in every consumer. In a chain such as the
    stages of a Runge-Kutta step the repeats multiply: an eighth-order step took eleven times longer than
    with its stages apart, and compiled eight times slower. The result is the same but for the last bits.
    """
    with set_xla_metadata(inlineable="false"):
        return jax.jit(f)(*arguments)
