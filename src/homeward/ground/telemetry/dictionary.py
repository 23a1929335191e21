"""The telemetry dictionary: every number on the link, made from the messages' metadata and from nothing else.

A *group* is one message and becomes one stream of packets (one APID): its rate is that of the message's rows.
A *parameter* is one column of the group, in the unit that people read (degrees), so that a packet, a file of
telemetry and a screen show the same number under the same name.
"""

import dataclasses
import hashlib
import struct
from functools import cached_property

import numpy as np

from homeward.icd import Accuracy, BodyFrame, Frame
from homeward.icd.rendezvous_messages import PairFrame
from homeward.output.files.telemetry import DEGREES, Column, columns

#: Application process identifiers of the groups of a flight. 2047 is the standard's idle packet.
APIDS: dict[type, tuple[str, int, str]] = {
    Frame: ("flight", 16, "telemetry"),
    Accuracy: ("accuracy", 17, "telemetry"),
    BodyFrame: ("body", 18, "body"),
    PairFrame: ("pair", 32, "rendezvous"),
}
ABOUT_APID = 1  # what is flying: name, epoch, thrusters, as JSON
CABIN_APID = 48
ACKNOWLEDGE_APID = 64
COMMAND_APID = 65
BEACON_APID = 66  # the ship's clocks, sealed: what a ground station seals its commands by
FORMATS = {"flag": "B", "count": "i", "number": "d"}  # struct codes, big-endian on the wire
BITS = {"flag": 8, "count": 32, "number": 64}


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One number of a packet: how people call it, and what it may be.

    ``span`` is the range that is possible, in ``unit``; None where there is none. ``kind`` is number
    (64-bit IEEE 754), count (32-bit signed) or flag (8 bits, 0 or 1).
    """

    name: str
    kind: str
    unit: str
    frame: str
    text: str
    span: tuple[float, float] | None = None

    def possible(self, value: float) -> bool:
        """Whether a value lies in the range; what is not finite does not."""
        if not np.isfinite(value):
            return False
        return self.span is None or self.span[0] - 1e-9 <= value <= self.span[1] + 1e-9


@dataclasses.dataclass(frozen=True)
class Group:
    """The packets of one APID: what they hold, in order, after the time."""

    name: str
    apid: int
    table: str
    parameters: tuple[Parameter, ...]

    @cached_property
    def format(self) -> struct.Struct:
        """How the values lie in the packet."""
        return struct.Struct(">" + "".join(FORMATS[p.kind] for p in self.parameters))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return tuple(p.name for p in self.parameters)


@dataclasses.dataclass(frozen=True)
class Dictionary:
    """The groups of a flight. Two ends that show the same ``fingerprint`` understand each other."""

    groups: tuple[Group, ...]

    @cached_property
    def by_apid(self) -> dict[int, Group]:
        """The group of an APID."""
        return {g.apid: g for g in self.groups}

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits of all names, kinds and APIDs."""
        told = [(g.name, g.apid, [(p.name, p.kind, p.unit) for p in g.parameters]) for g in self.groups]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

    def parameter(self, name: str) -> Parameter:
        """The first parameter of this name; raises KeyError where there is none."""
        return next(p for g in self.groups for p in g.parameters if p.name == name)


def kind_of(message: type, name: str) -> str:
    """How a field of a message travels: as a flag, a count or a number."""
    dtypes = getattr(next(f.type for f in dataclasses.fields(message) if f.name == name), "dtypes", ())
    if dtypes and all(str(d).startswith("bool") for d in dtypes):
        return "flag"
    return "count" if dtypes and all("int" in str(d) for d in dtypes) else "number"


def parameter_of(message: type, column: Column) -> Parameter:
    """A column of the telemetry as a parameter of the link."""
    c = column.channel
    span = None
    if c.span is not None:
        span = tuple(float(np.degrees(x)) if c.unit in DEGREES else float(x) for x in c.span)
        span = (span[0], span[1])
    return Parameter(column.name, kind_of(message, c.name), column.unit, c.frame, c.text, span)


def group_of(message: type, thrusters: int) -> Group:
    """The packets of one message; a channel with a number a thruster gets ``thrusters`` of them."""
    name, apid, table = APIDS[message]
    return Group(name, apid, table, tuple(parameter_of(message, c) for c in told_columns(message, thrusters)))


def told_columns(message: type, thrusters: int) -> list[Column]:
    """The columns of a message, with one of each thruster where there is one a thruster."""
    made = columns(message, {"valve_share": np.zeros((0, thrusters))})
    return [c for c in made if thrusters or c.channel.name != "valve_share"]


def flight_dictionary(messages: tuple[type, ...], thrusters: int = 0) -> Dictionary:
    """The dictionary of a flight whose record holds these messages, and the cabin's channels with them."""
    from homeward.ground.telemetry.cabin import CABIN

    return Dictionary((*(group_of(m, thrusters) for m in messages), CABIN))


RETURN = (Frame, Accuracy, BodyFrame)
RENDEZVOUS = (PairFrame,)
