"""The messages between a simulation and a flight software in a process of its own, in octets.

Each is a space packet (``io.space_packet``): numbers big-endian, in the order of the library's structures
(``codegen.library``). A real is 64 bits, a count 32 bits signed, a flag one octet.

    HELLO       from the process   version, SHA-256 of the messages, of the scenario, of the source; its name
    LOAD        to it              up to 64 numbers of one field of the parameters
    BEGIN       to it              the parameters are loaded: make the first state
    READY       from it            how many numbers were loaded
    CYCLE, TICK to it              number of the call, mode, what the sensors give
    COMMAND     from it            number of the call, what it says (0: fine), the command
    END         to it              the flight is over
"""

import dataclasses
import functools
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from homeward.codegen.layout import Field, fields
from homeward.codegen.library import COMMAND, PARAMETERS, SENSORS, joined
from homeward.codegen.record import CYCLE, TICK, Shapes
from homeward.codegen.values import size_of

VERSION = 1
SENT = (PARAMETERS, SENSORS[CYCLE], SENSORS[TICK], COMMAND)
HELLO, LOAD, BEGIN, READY, END, CALL_CYCLE, CALL_TICK, ANSWER = 96, 97, 98, 99, 100, 101, 102, 103
APIDS = {CYCLE: CALL_CYCLE, TICK: CALL_TICK}
BLOCK = 64  # numbers of a LOAD
WIRE = {"f": ">f8", "b": "u1", "i": ">i4", "u": ">i4"}

HELLO_KIND = np.dtype([("version", ">u4"), ("messages", "S64"), ("scenario", "S64"), ("source", "S64"),
                       ("name", "S32")])  # fmt: skip
LOAD_KIND = np.dtype([("field", ">u4"), ("first", ">u4"), ("count", ">u4"), ("values", ">f8", (BLOCK,))])
READY_KIND = np.dtype([("loaded", ">u4")])
CALL_HEAD = [("call", ">u4"), ("mode", "u1")]
ANSWER_HEAD = [("call", ">u4"), ("says", "u1")]


def _wire(head: list[tuple[str, str]], known: Sequence[Field]) -> np.dtype:
    """How the fields of a structure lie in a packet after what every such packet begins with."""
    rows: list[Any] = [*head]
    rows += [(f"v_{f.name}", WIRE[f.dtype.kind], *([(size_of(f.shape),)] if f.shape else [])) for f in known]
    return np.dtype(rows)


@dataclasses.dataclass(frozen=True)
class Messages:
    """The fields of every structure that is sent, and the modes, in the library's order."""

    structures: Mapping[str, list[Field]]
    modes: tuple[str, ...]

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 in hexadecimal digits of all names, sizes and kinds: both ends have to show the same."""
        told = [
            (name, [(f.name, f.shape, WIRE[f.dtype.kind]) for f in self.structures[name]]) for name in SENT
        ]
        return hashlib.sha256(repr((VERSION, self.modes, told)).encode()).hexdigest()

    @functools.cached_property
    def calls(self) -> dict[str, np.dtype]:
        """User data of a call, by its kind."""
        return {kind: _wire(CALL_HEAD, self.structures[name]) for kind, name in SENSORS.items()}

    @functools.cached_property
    def answer(self) -> np.dtype:
        """User data of an answer."""
        return _wire(ANSWER_HEAD, self.structures[COMMAND])

    def loads(self, parameters: Any) -> list[np.ndarray]:
        """User data of the packets that load a tree of parameters; those the tree has none of stay zero."""
        given = dict(zip((f.name for f in fields(parameters)), _leaves(parameters), strict=True))
        told = []
        for k, field in enumerate(self.structures[PARAMETERS]):
            numbers = np.ravel(given.get(field.name, np.zeros(field.shape))).astype(float)
            for first in range(0, len(numbers), BLOCK):
                some = numbers[first : first + BLOCK]
                row = np.zeros((), LOAD_KIND)
                row["field"], row["first"], row["count"] = k, first, len(some)
                row["values"][: len(some)] = some
                told.append(row)
        return told


def _leaves(tree: Any) -> list[np.ndarray]:
    import jax

    return [np.asarray(x) for x in jax.tree.leaves(tree)]


def messages_of(shapes: Mapping[tuple[str, str], Shapes], parameters: Any) -> Messages:
    """The messages of the calls with these shapes (``codegen.record.traced``)."""
    given = list(shapes.items())
    structures = {
        PARAMETERS: joined([parameters, *(s.parameters for _, s in given)]),
        COMMAND: joined([s.command for _, s in given]),
    }
    for kind, name in SENSORS.items():
        structures[name] = joined([s.sensors for (k, _), s in given if k == kind])
    return Messages(structures, tuple(sorted({mode for _, mode in shapes})))


def put(kind: np.dtype, names: Sequence[str], leaves: Sequence[Any]) -> np.ndarray:
    """A message's user data with the leaves of a tree; fields that the tree has none of are zero."""
    row = np.zeros((), kind)
    for name, leaf in zip(names, leaves, strict=True):
        row[f"v_{name}"] = np.ravel(leaf) if np.ndim(leaf) else leaf
    return row
