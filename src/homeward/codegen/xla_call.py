"""An exported library called by XLA itself: cycles and ticks of many lanes without leaving the program.

A call is a slot of ``data/flight_xla.c``, which is compiled beside the library: tables say where each array
of the program lies in the library's structures.
"""

import ctypes
import hashlib
import threading
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from homeward.codegen.compiler import compile_c
from homeward.codegen.layout import Field, fields
from homeward.codegen.library import COMMAND, PARAMETERS, SENSORS, STATE
from homeward.codegen.native import SAYS, Native
from homeward.codegen.shipped import shipped
from homeward.codegen.values import size_of

SLOTS = 16
_taken = 0  # targets are registered for good in a process: each has a name of its own


class XlaCalls:
    """The calls of a library that XLA's programs make; one slot each, given out as programs are traced."""

    def __init__(self, native: Native):
        self.native = native
        source, library = native.build / "homeward_xla.c", native.build / "homeward_xla.so"
        text = shipped("flight_xla.c")
        if not library.exists() or not source.exists() or source.read_text(encoding="utf-8") != text:
            source.write_text(text, encoding="utf-8")
            compile_c(source, library, ("-O2", "-isystem", jax.ffi.include_dir()))
        # Loaded once in a process: the next use of this folder takes the slots over, and the programs of
        # this one are gone by then (``sim.core.flight_software``).
        self._shim = ctypes.CDLL(str(library.resolve()))
        self._shim.homeward_xla_says.restype = ctypes.c_char_p
        self._lock = threading.Lock()  # programs are traced by several threads
        self._slots: dict[tuple[Any, ...], tuple[int, str]] = {}
        self._kept: list[Any] = []  # tables that the shim points to

    def call(self, kind: str, mode: str, parameters: Any, state: Any, sensors: Any, results: Any) -> Any:
        """The trees ``results`` (new state, command) of a call, as part of the program being traced.

        ``results`` are trees of shapes. Trees with the same fields share a slot.
        """
        new, command = results
        groups = [fields(x) for x in (parameters, state, sensors, new, command)]
        names = [PARAMETERS, STATE, SENSORS[kind], STATE, COMMAND]
        key = (kind, mode, *(tuple((f.name, f.shape, f.dtype.str) for f in g) for g in groups))
        with self._lock:
            if key not in self._slots:
                self._slots[key] = self._defined(kind, mode, names, groups)
        shapes = [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in jax.tree.leaves(results)]
        target = self._slots[key][1]
        given = [jax.numpy.asarray(x) for x in jax.tree.leaves((parameters, state, sensors))]
        out = jax.ffi.ffi_call(target, shapes, vmap_method="expand_dims")(*given)
        return jax.tree.unflatten(jax.tree.structure(results), out)

    def refused(self) -> str | None:
        """What a call refused, as a sentence; None if none did."""
        for (kind, mode, *_), (k, _) in self._slots.items():
            said = self._shim.homeward_xla_says(k).decode()
            if said:
                code, _, field = said.partition(" ")
                why = SAYS.get(int(code), f"says {code}")
                return f"{self.native.folder}: {kind} in {mode} {why}{f' ({field})' if field else ''}"
        return None

    def _defined(
        self, kind: str, mode: str, names: Sequence[str], groups: Sequence[Sequence[Field]]
    ) -> tuple[int, str]:
        global _taken
        k = len(self._slots)
        if k >= SLOTS:
            raise ValueError(f"{self.native.folder}: more than {SLOTS} different calls in one flight")
        library, records = self.native.library, self.native.records
        tables = [_table(records[n], g) for n, g in zip(names, groups, strict=True)]
        pointers = (ctypes.c_void_p * len(tables))(*(t.ctypes.data for t in tables))
        sizes = np.array([records[n].itemsize for n in (PARAMETERS, STATE, SENSORS[kind], COMMAND)], np.int64)
        counts = np.array([len(g) for g in groups], np.int64)
        self._kept += [tables, pointers, sizes, counts]
        function = getattr(library, f"homeward_flight_{kind}")
        spoilt = [getattr(library, f"{n}_spoilt") for n in (SENSORS[kind], COMMAND)]
        self._shim.homeward_xla_define(
            k, *(ctypes.cast(x, ctypes.c_void_p) for x in (function, *spoilt)), self.native.modes[mode],
            ctypes.c_void_p(sizes.ctypes.data), ctypes.c_void_p(counts.ctypes.data), pointers,
        )  # fmt: skip
        _taken += 1
        mark = hashlib.sha256(repr((self.native.facts, _taken)).encode()).hexdigest()[:12]
        target = f"homeward_{kind}_{mode}_{mark}"
        handler = getattr(self._shim, f"homeward_xla_{k}")
        jax.ffi.register_ffi_target(target, jax.ffi.pycapsule(handler), platform="cpu")
        return k, target


def _table(record: np.dtype, known: Sequence[Field]) -> np.ndarray:
    """Rows of offset, octets of a number, numbers, whether real: ``part`` of the C."""
    places: Any = record.fields or {}
    rows = [(places[f.name][1], f.dtype.itemsize, size_of(f.shape), f.dtype.kind == "f") for f in known]
    return np.array(rows, np.int64).reshape(-1, 4)


__all__ = ["XlaCalls"]
