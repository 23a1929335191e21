"""A flight software in a process of its own: greeted, loaded, called in lock step, given up when it fails."""

import contextlib
import time
from typing import Any

import numpy as np

from homeward._aot.cache import source_fingerprint
from homeward.codegen.native import SAYS
from homeward.errors import InputError
from homeward.flight_link.connection import Connection, Gone, Silent
from homeward.flight_link.messages import (
    ANSWER,
    APIDS,
    BEGIN,
    END,
    HELLO,
    HELLO_KIND,
    LOAD,
    READY,
    READY_KIND,
    VERSION,
    Messages,
)
from homeward.io.space_packet import Packet

GREETING = 10.0  # s by the clock on the wall, for the greeting and for loading
MISSED = 3  # answers missed in a row, after which it counts as lost
#: The least and the greatest that an actuator can be told; what is outside is no command.
BOUNDS = {
    "bank": (-7.0, 7.0), "engine_seconds": (0.0, 120.0), "thrust_direction": (-1.001, 1.001),
    "deploy": (0, 3), "drop_heat_shield": (0, 1), "fire_retro": (0, 1), "ends_in": (0.0, np.inf),
    "thruster_seconds": (0.0, 120.0), "isolated": (0, 255), "axial_seconds": (0.0, 120.0),
    "turn_rate_B": (-10.0, 10.0),
}  # fmt: skip


class Lost(Exception):  # noqa: N818
    """The process is lost for this flight; one sentence without a subject says why."""


class Process:
    """One flight's dealings with the process behind a connection."""

    def __init__(
        self, address: str, connection: Connection, messages: Messages, timeout: float, waiting: float
    ):
        """``timeout`` [s] is for one answer, ``waiting`` [s] for all of them, by the clock on the wall."""
        self.address, self._connection, self._messages = address, connection, messages
        self._timeout, self._left = timeout, waiting
        self._calls = self._missed = 0
        self.missed = 0  # of all calls
        self.trips: list[float] = []  # s, of each call that was answered

    def greet(self, scenario: str) -> str:
        """Take its greeting; gives its name. Raises InputError for another version, ICD or scenario.

        ``scenario``: SHA-256 of the scenario that is to be flown. A process that names none is for any.
        """
        said = self._waited(HELLO)
        if len(said.data) != HELLO_KIND.itemsize:
            raise InputError(f"{self.address}: greets with what is no greeting of a flight software")
        told = np.frombuffer(said.data, HELLO_KIND)[0]
        wanted = (
            ("version", VERSION, "the link"), ("messages", self._messages.fingerprint, "the messages"),
            ("scenario", scenario, "the scenario or fidelity"),
            ("source", source_fingerprint(), "the package"),
        )  # fmt: skip
        for name, mine, what in wanted:
            theirs = int(told[name]) if name == "version" else told[name].decode("ascii", "replace")
            if theirs != mine and (theirs != "" or name == "messages"):
                raise InputError(
                    f"{self.address}: expected a flight software of this state of {what} "
                    f"({str(mine)[:12]}, it is of {str(theirs)[:12] or 'none'}): export and build it again"
                )
        return told["name"].decode("ascii", "replace")

    def load(self, parameters: Any, at: float) -> None:
        """Load the parameters and have it make its first state; raises InputError if it does not."""
        rows = self._messages.loads(parameters)
        end = time.monotonic() + GREETING
        try:
            for row in rows:
                self._connection.send(LOAD, at, row.tobytes(), end)
            self._connection.send(BEGIN, at, b"", end)
        except Gone as error:
            raise InputError(f"{self.address}: the process {error}") from None
        said, wanted = self._waited(READY), sum(int(row["count"]) for row in rows)
        loaded = int(np.frombuffer(said.data, READY_KIND)[0]["loaded"]) if len(said.data) == 4 else -1
        if loaded != wanted:
            raise InputError(f"{self.address}: has taken {loaded} parameters of {wanted}")

    def call(self, kind: str, mode: str, at: float, row: np.ndarray) -> np.ndarray | None:
        """Its command at ``at`` [s of flight] to a call's user data, None if it misses this one; or Lost."""
        self._calls += 1
        row["call"], row["mode"] = self._calls, self._messages.modes.index(mode)
        began = time.monotonic()
        deadline = began + min(self._timeout, self._left)
        try:
            self._connection.send(APIDS[kind], at, row.tobytes(), deadline)
            answer = self._answer(deadline)
        except Gone as error:
            raise Lost(str(error)) from None
        except Silent as error:
            self._missed, self.missed = self._missed + 1, self.missed + 1
            self._wait(began)
            if self._missed >= MISSED:
                raise Lost(f"{error}, {MISSED} times in a row") from None
            return None
        self.trips.append(time.monotonic() - began)
        self._wait(began)
        self._missed = 0
        self._refuse(kind, answer)
        return answer

    def end(self, at: float) -> None:
        """The flight is over."""
        with contextlib.suppress(Gone, Silent):
            self._connection.send(END, at, b"", time.monotonic() + 1.0)
        self._connection.close()

    def _wait(self, began: float) -> None:
        self._left -= time.monotonic() - began
        if self._left <= 0.0:
            raise Lost("has been waited for as long as simulation.link.waiting_s allows")

    def _answer(self, deadline: float) -> np.ndarray:
        """The answer to the last call; late ones to those before are passed over."""
        kind = self._messages.answer
        while True:
            packet = self._connection.receive(deadline)
            if packet.apid != ANSWER or packet.command or len(packet.data) != kind.itemsize:
                raise Silent("answers with what is no command")
            answer = np.frombuffer(packet.data, kind).reshape(())
            if answer["call"] == self._calls:
                return answer

    def _refuse(self, kind: str, answer: np.ndarray) -> None:
        """Raise Lost for a command that says so itself, is no number, or is none that an actuator can do."""
        said = int(answer["says"])
        if said:
            raise Lost(f"says of a {kind}: it {SAYS.get(said, f'says {said}')}")
        for name in (answer.dtype.names or ())[2:]:
            value, short = np.asarray(answer[name]), name.removeprefix("v_")
            low, high = BOUNDS.get(short, (-np.inf, np.inf))
            if np.isnan(value).any():
                raise Lost(f"commands what is no number ({short})")
            if (value < low).any() or (value > high).any():
                worst = float(value.ravel()[np.argmax(np.abs(value.ravel()))])
                raise Lost(f"commands what no actuator can do ({short} {worst:g})")

    def _waited(self, apid: int) -> Packet:
        try:
            packet = self._connection.receive(time.monotonic() + GREETING)
        except (Gone, Silent) as error:
            raise InputError(f"{self.address}: the process {error}") from None
        if packet.apid != apid:
            raise InputError(f"{self.address}: expected a packet of APID {apid}, not {packet.apid}")
        return packet
