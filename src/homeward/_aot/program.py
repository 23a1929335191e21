"""Traced programs that outlive the process.

XLA's own cache keeps what was compiled, but a new process still traces and lowers every program before it can
ask that cache. ``Program`` keeps the traced form too, as StableHLO by ``jax.export``, for whatever is
Homeward's alone: trees of a user's own classes are traced each time. The kept form is what is compiled in the
process that wrote it as well, so that a flight has the same bits with and without the file.
"""

import json
import os
import re
import sys
import threading
import time
import weakref
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import export
from jax.core import Tracer

from homeward._aot import cache
from homeward._aot.cache import source_fingerprint
from homeward._aot.compile import BRIEF, compile_apart, compiled_program, given_back, quick
from homeward._aot.pytree_json import ForeignTreeError, describe, rebuild

_spent: list[float] = []  # s, of every program made ready
_every: "weakref.WeakSet[Program]" = weakref.WeakSet()
# Compiling lets go of the interpreter: two at a time, while the flight is being planned.
_pool = ThreadPoolExecutor(max_workers=max(2, min(4, os.cpu_count() or 1)), thread_name_prefix="programs")


class Program:
    """A jitted function of pytrees of arrays; keyword arguments are static. Called like ``jax.jit``'s.

    ``apart`` has it compiled by a process of its own, whose memory ends with it: for the largest ones.
    ``hot`` says of the arguments whether the program will run for so long that its speed is worth a longer
    compiling; without it none is. One that is ``brief`` runs for seconds, and is hardly optimised.
    """

    def __init__(
        self, function: Callable[..., Any], apart: bool = False, hot: Callable[..., bool] | None = None,
        brief: bool = False,
    ) -> None:  # fmt: skip
        self.function, self.apart, self.hot, self.brief = function, apart, hot, brief
        self.name = re.sub(r"\W", "", function.__name__.strip("_"))
        self._ready: dict[Hashable, Future[Callable[..., Any]]] = {}
        self._jits: dict[Hashable, Any] = {}
        self._lock = threading.Lock()
        _every.add(self)
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **static: Any) -> Any:
        """The function's value."""
        leaves, tree = jax.tree.flatten(args)
        if any(isinstance(leaf, Tracer) for leaf in leaves):
            return self._jitted({}, **static)(*args)
        if _checked():
            return self._jitted(self._options(args), **static)(*args)
        key = self._key(leaves, tree, static)
        future, mine = self._claim(key)
        if mine:
            self._build(key, future, jax.tree.map(_shape, args), static)
        return future.result()(args, leaves)

    def prepare(self, *args: Any, **static: Any) -> Future[Callable[..., Any]] | None:
        """Make the program ready in the background for arguments of these shapes."""
        if _checked():
            return None
        leaves, tree = jax.tree.flatten(args)
        key = self._key(leaves, tree, static)
        future, mine = self._claim(key)
        if mine:
            _pool.submit(self._build, key, future, jax.tree.map(_shape, args), static)
        return future

    def _options(self, args: Any) -> dict[str, Any]:
        """How XLA is to compile the program of these arguments."""
        if self.brief:
            return quick() | BRIEF if quick() else {}
        return {} if self.hot is not None and self.hot(*args) else quick()

    def _jitted(self, options: dict[str, Any], **static: Any) -> Any:
        """The function under ``jax.jit``, one for each choice of the static arguments."""
        key = (bool(options), *sorted(static.items()))
        with self._lock:
            if key not in self._jits:
                whole = partial(self.function, **static) if static else self.function
                self._jits[key] = jax.jit(whole, compiler_options=options or None)
            return self._jits[key]

    @staticmethod
    def _key(leaves: list[Any], tree: Any, static: dict[str, Any]) -> Hashable:
        return tree, tuple((s.shape, s.dtype) for s in map(_shape, leaves)), tuple(sorted(static.items()))

    def _claim(self, key: Hashable) -> tuple[Future[Callable[..., Any]], bool]:
        """The program of these shapes, and whether the caller has to build it."""
        with self._lock:
            mine = key not in self._ready
            if mine:
                self._ready[key] = Future()
            return self._ready[key], mine

    def _build(self, key: Hashable, future: Future[Callable[..., Any]], args: Any, static: Any) -> None:
        began = time.perf_counter()
        try:
            future.set_result(self._find(args, static))
        except BaseException as error:
            with self._lock:
                self._ready.pop(key, None)  # another call may try again
            future.set_exception(error)
        finally:
            _spent.append(time.perf_counter() - began)

    def _find(self, args: Any, static: dict[str, Any]) -> Callable[..., Any]:
        try:
            return self._stored(args, static)
        except ForeignTreeError:
            compiled = self._jitted(self._options(args), **static).lower(*args).compile()
            return lambda args, leaves: compiled(*args)

    def _stored(self, args: Any, static: dict[str, Any]) -> Callable[..., Any]:
        structure, options = describe(args), self._options(args)
        shapes = [_shape(leaf) for leaf in jax.tree.leaves(args)]
        told = [structure, [[list(s.shape), str(s.dtype)] for s in shapes], sorted(static.items())]
        path = cache.place(self.name, json.dumps(told))
        found = None if path is None else cache.read(path)
        if found is None:
            with given_back():
                found = self._trace(args, static, shapes)
            if path is not None:
                cache.write(path, *found)
                if self.apart:
                    compile_apart(path, options)
                found = cache.read(path) or found
        exported, out = found
        with given_back():
            compiled = compiled_program(exported, options)
        tree = jax.tree.structure(rebuild(out))
        return lambda args, leaves: jax.tree.unflatten(tree, compiled(*leaves))

    def _trace(self, args: Any, static: dict[str, Any], shapes: list[Any]) -> tuple[export.Exported, Any]:
        structure: list[Any] = []
        tree = jax.tree.structure(args)

        def flat(*leaves: Any) -> list[Any]:
            out = self.function(*jax.tree.unflatten(tree, leaves), **static)
            structure.append(describe(out))
            return jax.tree.leaves(out)

        flat.__name__ = self.name
        return export.export(jax.jit(flat))(*shapes), structure[-1]


def forget_programs() -> None:
    """Let go of every compiled program; each is read again, or compiled, when it is next called."""
    for one in list(_every):
        with one._lock:
            one._ready = {key: future for key, future in one._ready.items() if not future.done()}
            one._jits.clear()


def build_seconds() -> float:
    """Seconds this process has spent making programs ready: traced, compiled or read, side by side or not."""
    return float(sum(_spent))


def program(
    function: Callable[..., Any], apart: bool = False, hot: Callable[..., bool] | None = None
) -> Program:
    """Decorator: a ``Program`` of the function, compiled by a process of its own if ``apart``."""
    return Program(function, apart, hot)


def brief_program(function: Callable[..., Any]) -> Program:
    """Decorator: a ``Program`` that runs too briefly to be optimised."""
    return Program(function, brief=True)


def _shape(leaf: Any) -> jax.ShapeDtypeStruct:
    array = leaf if hasattr(leaf, "dtype") else np.asarray(leaf)
    return jax.ShapeDtypeStruct(array.shape, array.dtype)


def _checked() -> bool:
    """Whether array shapes are checked at run time (in tests): a stored program would skip the checks."""
    return any(type(finder).__module__.startswith("jaxtyping") for finder in sys.meta_path)


__all__ = ["Program", "brief_program", "build_seconds", "forget_programs", "program", "source_fingerprint"]
