"""Traced programs that outlive the process.

XLA's own cache keeps what was compiled, but a new process still traces and lowers every program before it can
ask that cache. ``Program`` keeps the traced form too, as StableHLO by ``jax.export``, for whatever is
Homeward's alone: trees of a user's own classes are traced each time. The kept form is what is compiled in the
process that wrote it as well, so that a flight has the same bits with and without the file.
"""

import contextlib
import ctypes
import gc
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax import export
from jax.core import Tracer

from homeward._runtime import writable_folder
from homeward._structure import ForeignTreeError, describe, rebuild

MOST_FILES = 512  # programs kept, some 0.1 MB each; the least used go first
WORTH_GIVING_BACK = 1.0  # s of tracing or compiling
MAGIC = b"homeward program 1\n"
APART = "import sys; from homeward._programs import compile_stored; compile_stored(sys.argv[1])"
OPTIONS = ("jax_enable_x64", "jax_default_matmul_precision", "jax_threefry_partitionable",
           "jax_default_prng_impl", "jax_numpy_dtype_promotion")  # fmt: skip

_spent: list[float] = []  # s, of every program made ready
# Compiling lets go of the interpreter: two at a time, while the flight is being planned.
_pool = ThreadPoolExecutor(max_workers=max(2, min(4, os.cpu_count() or 1)), thread_name_prefix="programs")


class Program:
    """A jitted function of pytrees of arrays; keyword arguments are static. Called like ``jax.jit``'s.

    ``apart`` has it compiled by a process of its own, whose memory ends with it: for the largest ones.
    """

    def __init__(self, function: Callable[..., Any], apart: bool = False) -> None:
        self.function, self.apart = function, apart
        self.name = re.sub(r"\W", "", function.__name__.strip("_"))
        self._ready: dict[Hashable, Future[Callable[..., Any]]] = {}
        self._jits: dict[Hashable, Any] = {}
        self._lock = threading.Lock()
        self.__doc__ = function.__doc__

    def __call__(self, *args: Any, **static: Any) -> Any:
        """The function's value."""
        leaves, tree = jax.tree.flatten(args)
        if any(isinstance(leaf, Tracer) for leaf in leaves) or _checked():
            return self._jitted(**static)(*args)
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

    def _jitted(self, **static: Any) -> Any:
        """The function under ``jax.jit``, one for each choice of the static arguments."""
        key = tuple(sorted(static.items()))
        with self._lock:
            if key not in self._jits:
                self._jits[key] = jax.jit(partial(self.function, **static) if static else self.function)
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
            compiled = self._jitted(**static).lower(*args).compile()
            return lambda args, leaves: compiled(*args)

    def _stored(self, args: Any, static: dict[str, Any]) -> Callable[..., Any]:
        structure = describe(args)
        shapes = [_shape(leaf) for leaf in jax.tree.leaves(args)]
        told = [structure, [[list(s.shape), str(s.dtype)] for s in shapes], sorted(static.items())]
        path = _place(self.name, json.dumps(told))
        found = None if path is None else _read(path)
        if found is None:
            with _given_back():
                found = self._trace(args, static, shapes)
            if path is not None:
                _write(path, *found)
                if self.apart:
                    _compile_apart(path)
                found = _read(path) or found
        exported, out = found
        with _given_back():
            compiled = _compiled(exported)
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


@contextlib.contextmanager
def _given_back() -> Iterator[None]:
    """Give back what tracing or compiling has taken and needs no more: up to a gibibyte a program, which the
    C library would otherwise keep while the next one takes as much again. A program that was merely read
    has taken little, and a collection costs more than its reading."""
    began = time.perf_counter()
    yield
    if time.perf_counter() - began < WORTH_GIVING_BACK:
        return
    gc.collect()
    with contextlib.suppress(AttributeError, OSError, TypeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)


def _compiled(exported: export.Exported) -> Any:
    shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in exported.in_avals]
    return jax.jit(exported.call).lower(*shapes).compile()


def compile_stored(path: str) -> None:
    """Compile the stored program in a file, so that XLA's cache holds it: what ``_compile_apart`` runs."""
    found = _read(Path(path))
    if found is not None:
        _compiled(found[0])


def _compile_apart(path: Path) -> None:
    """Have a stored program compiled into XLA's cache by a process of its own, from which it is then read.

    On a processor alone: a second process would ask a GPU for its memory a second time. Whatever goes wrong
    there costs time only, since what the cache lacks is compiled here.
    """
    if jax.default_backend() != "cpu" or not jax.config.values.get("jax_compilation_cache_dir"):
        return
    places = [str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
    with contextlib.suppress(OSError, ValueError):
        subprocess.run(
            [sys.executable, "-c", APART, str(path)], env=environment, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def build_seconds() -> float:
    """Seconds this process has spent making programs ready: traced, compiled or read, side by side or not."""
    return float(sum(_spent))


def source_fingerprint() -> str:
    """Twelve hex digits that change with any line of the package's source or any table it ships."""
    return _fingerprint()[:12]


def program(function: Callable[..., Any], apart: bool = False) -> Program:
    """Decorator: a ``Program`` of the function, compiled by a process of its own if ``apart``."""
    return Program(function, apart)


def _shape(leaf: Any) -> jax.ShapeDtypeStruct:
    array = leaf if hasattr(leaf, "dtype") else np.asarray(leaf)
    return jax.ShapeDtypeStruct(array.shape, array.dtype)


def _checked() -> bool:
    """Whether array shapes are checked at run time (in tests): a stored program would skip the checks."""
    return any(type(finder).__module__.startswith("jaxtyping") for finder in sys.meta_path)


@lru_cache(maxsize=1)
def _fingerprint() -> str:
    """What a traced program depends on besides its arguments: the package itself, JAX, the machine's kind."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted([*root.rglob("*.py"), *(root / "data").glob("*.*")]):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    digest.update(f"{jax.__version__} {version('jaxlib')} {sys.version_info[:2]}".encode())
    return digest.hexdigest()


def _place(name: str, told: str) -> Path | None:
    folder = writable_folder("programs")
    if folder is None:
        return None
    options = [str(getattr(jax.config, key, None)) for key in OPTIONS]
    text = "\n".join([_fingerprint(), jax.default_backend(), *options, told])
    return folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _read(path: Path) -> tuple[export.Exported, Any] | None:
    """The stored program; None where there is none or where the file is not whole."""
    try:
        content = path.read_bytes()
        head, digest, size = content[: len(MAGIC)], content[len(MAGIC) :][:32], len(MAGIC) + 32
        body = content[size:]
        if head != MAGIC or hashlib.sha256(body).digest() != digest:
            return None
        line, _, blob = body.partition(b"\n")
        found = export.deserialize(bytearray(blob)), json.loads(line)
        os.utime(path)
    except Exception:
        return None  # Whatever is wrong with a cache, the program is traced again.
    return found


def _write(path: Path, exported: export.Exported, out: Any) -> None:
    try:
        body = json.dumps(out).encode() + b"\n" + bytes(exported.serialize())
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix="new-", delete=False) as file:
            file.write(MAGIC + hashlib.sha256(body).digest() + body)
        os.replace(file.name, path)
        kept = sorted(path.parent.iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in kept[MOST_FILES:]:
            old.unlink(missing_ok=True)
    except OSError:
        pass


__all__ = ["Program", "build_seconds", "compile_stored", "program", "source_fingerprint"]
