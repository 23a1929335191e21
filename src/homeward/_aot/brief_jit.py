"""``jax.jit`` for functions that run for milliseconds: compiled in half the time, not optimised."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import jax

from homeward._aot.compile import BRIEF, quick


def brief_jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under ``jax.jit``, whose compiling would take far longer than its running.

    XLA is asked for its options at the first call: a module that is imported starts no backend.
    """

    @cache
    def jitted() -> Any:
        options = quick() | BRIEF if quick() else None
        return jax.jit(function, compiler_options=options)

    @wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        return jitted()(*args, **named)

    return called


__all__ = ["brief_jit"]
