"""An exported library, compiled and called from Python: its structures as NumPy records of C's layout."""

import ctypes
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from homeward.codegen.compiler import compile_c
from homeward.codegen.layout import Field, fields
from homeward.codegen.library import COMMAND, PARAMETERS, SENSORS, STATE
from homeward.errors import InputError

SAYS = {
    1: "has no such call in this leg", 2: "refuses its sensors' numbers: they are not finite",
    3: "commands what is no number",
}  # fmt: skip
MACRO = re.compile(r'#define HOMEWARD_(\w+) "(.*)"')
MEMBER = re.compile(r"^    (\w+) (\w+)(?:\[(\d+)\])?;")
KINDS = {"double": "f8", "float": "f4", "bool": "?"} | {
    f"{u}int{n}_t": f"{'u' if u else 'i'}{n // 8}" for u in ("", "u") for n in (8, 16, 32, 64)
}


def _records(header: str) -> dict[str, np.dtype]:
    """The structures of the header as NumPy types with C's own padding."""
    found = {}
    for text in re.findall(r"typedef struct \w+ \{\n(.*?)\} (\w+);", header, re.S):
        members = [m for m in map(MEMBER.match, text[0].splitlines()) if m is not None and m[1] in KINDS]
        kinds = [(m[2], KINDS[m[1]], (int(m[3]),) if m[3] else ()) for m in members]
        found[text[1]] = np.dtype(kinds, align=True) if kinds else np.dtype("u1")
    return found


class Native:
    """A library in a folder; raises ``InputError`` where there is none or where it does not compile."""

    def __init__(self, folder: Path, build: Path | None = None):
        """``build`` is where to put what is compiled, beside the source if left out."""
        header, source = folder / "homeward_flight.h", folder / "homeward_flight.c"
        for file in (header, source):
            if not file.is_file():
                raise InputError(f"{folder}: expected {file.name}, as `homeward export --to c` writes it")
        self.folder, self.build = folder, folder if build is None else build
        text = header.read_text(encoding="utf-8")
        self.facts = {m[1]: m[2] for m in map(MACRO.match, text.splitlines()) if m is not None}
        found = re.search(r"typedef enum homeward_mode \{\n(.*?)\}", text, re.S)
        names = [] if found is None else re.findall(r"HOMEWARD_(\w+),", found[1])
        self.modes = {name.lower(): k for k, name in enumerate(names)}
        self.records = _records(text)
        library = self.build / "homeward_flight.so"
        if not library.exists() or library.stat().st_mtime < source.stat().st_mtime:
            compile_c(source, library)
        self.library = ctypes.CDLL(str(library.resolve()))

    def parameters(self, tree: Any) -> np.ndarray:
        """The parameters of a flight computer as the library's record."""
        return self.packed(PARAMETERS, fields(tree), jax.tree.leaves(tree))

    def packed(self, name: str, known: Sequence[Field], leaves: Sequence[Any]) -> np.ndarray:
        """A record with the leaves of a tree; fields that the tree has none of are zero."""
        record = np.zeros((), self.records[name])
        for field, leaf in zip(known, leaves, strict=True):
            record[field.name] = np.ravel(leaf) if field.shape else leaf
        return record

    def unpacked(self, record: np.ndarray, known: Sequence[Field]) -> list[np.ndarray]:
        """The leaves of a tree out of a record."""
        return [np.array(record[f.name]).reshape(f.shape) for f in known]

    def init(self, parameters: np.ndarray) -> np.ndarray:
        """The state at power-on."""
        state = np.zeros((), self.records[STATE])
        self.library.homeward_flight_init(_pointer(parameters), _pointer(state))
        return state

    def call(
        self, kind: str, mode: str, parameters: np.ndarray, state: np.ndarray, sensors: np.ndarray
    ) -> np.ndarray:
        """A cycle or a tick: carries the state on in place, gives the command. ``InputError`` if refused."""
        command = np.zeros((), self.records[COMMAND])
        function = getattr(self.library, f"homeward_flight_{kind}")
        said = function(self.modes[mode], *map(_pointer, (parameters, state, sensors, command)))
        if said:
            why = f"{SAYS.get(said, f'says {said}')}{self._why(said, kind, sensors, command)}"
            raise InputError(f"{self.folder}: {kind} in {mode} {why}")
        return command

    def _why(self, said: int, kind: str, sensors: np.ndarray, command: np.ndarray) -> str:
        name, record = {2: (SENSORS[kind], sensors), 3: (COMMAND, command)}.get(said, ("", command))
        if not name:
            return ""
        spoilt = getattr(self.library, f"{name}_spoilt")
        spoilt.restype = ctypes.c_char_p
        field = spoilt(_pointer(record))
        return f" ({field.decode()})" if field else ""


def _pointer(record: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(record.ctypes.data)
