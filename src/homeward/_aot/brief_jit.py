"""``jax.jit`` for functions that run for milliseconds: compiled in a third of the time, hardly optimised."""

from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any

import jax

from homeward._aot.compile import BRIEF, quick


def brief_jit(function: Callable[..., Any], static: Sequence[str] = ()) -> Callable[..., Any]:
    """The function under ``jax.jit``, whose compiling would take far longer than its running.

    ``static`` names arguments that are part of the program. XLA is asked for its options at the first call:
    a module that is imported starts no backend.
    """

    @cache
    def jitted() -> Any:
        options = quick() | BRIEF if quick() else None
        return jax.jit(function, static_argnames=tuple(static), compiler_options=options)

    @wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        return jitted()(*args, **named)

    return called


__all__ = ["brief_jit"]
