"""Commands that can be neither forged nor sent twice: AES-GCM under a key that both ends have.

A sealed command is a space packet (type 1, APID 65): 8 octets of a counter, then the command under
AES-256-GCM with its 16 octets of tag (NIST SP 800-38D). The nonce is a fixed word and the counter; what is
authenticated beside the command are the packet's identification and time and the name and epoch of the
flight, so that a command for one flight is none for another. A counter that is not above the last accepted
one is a replay; a command whose time is far from the ship's is one that somebody kept back.
"""

import contextlib
import os
import struct
import time
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from homeward.ground.commands import Command, NoCommand, decode, encode
from homeward.ground.dictionary import COMMAND_APID
from homeward.ground.packets import BadPacket, Packet, pack, unpack
from homeward.ground.timecode import Clock

WORD = b"HWC1"
WINDOW = 120.0  # s that a command may be away from the ship's time
COUNTER = struct.Struct(">Q")


class Refusal(Exception):  # noqa: N818
    """A command that is not taken: the code that is acknowledged, its counter if it told one, and why."""

    def __init__(self, code: str, reason: str, counter: int = 0) -> None:
        super().__init__(reason)
        self.code, self.reason, self.counter = code, reason, counter


def _bound(flight: str, packet_time: bytes) -> bytes:
    return WORD + flight.encode() + b"\0" + packet_time


class Sealer:
    """The ground's end. Counters are of the clock, so that they rise without anything being remembered."""

    def __init__(self, key: bytes, flight: str, clock: Clock) -> None:
        self._cipher, self._flight, self._clock, self._last = AESGCM(key), flight, clock, 0

    def seal(self, command: Command, now: float) -> tuple[int, bytes]:
        """Counter and packet of a command at the flight's time [s]; raises NoCommand for one that is none."""
        self._last = max(self._last + 1, time.time_ns())
        counter = COUNTER.pack(self._last)
        bound = _bound(self._flight, self._clock.encode(now))
        sealed = self._cipher.encrypt(WORD + counter, encode(command), bound)
        packet = Packet(COMMAND_APID, self._last, now, counter + sealed, command=True)
        return self._last, pack(packet, self._clock)


class Opener:
    """The ship's end. ``memory`` is a file: without it a restart would take an old command for new."""

    def __init__(self, key: bytes, flight: str, clock: Clock, memory: Path | None = None) -> None:
        self._cipher, self._flight, self._clock, self._memory = AESGCM(key), flight, clock, memory
        self._newest = 0
        if memory is not None:
            with contextlib.suppress(OSError, ValueError):
                self._newest = int(memory.read_text(encoding="ascii"))

    def open(self, octets: bytes, now: float) -> tuple[int, Command]:
        """Counter and command of a packet at the ship's time [s]; raises Refusal."""
        try:
            packet = unpack(octets, self._clock)
        except BadPacket as error:
            raise Refusal("malformed", str(error)) from None
        if packet.apid != COMMAND_APID or not packet.command:
            raise Refusal("malformed", "not a packet of commands")
        if len(packet.data) < COUNTER.size + 17:
            raise Refusal("malformed", "too short for a sealed command")
        counter = packet.data[: COUNTER.size]
        (number,) = COUNTER.unpack(counter)
        bound = _bound(self._flight, self._clock.encode(packet.time))
        try:
            plain = self._cipher.decrypt(WORD + counter, packet.data[COUNTER.size :], bound)
        except InvalidTag:
            raise Refusal("forged", "it is not sealed with this flight's key") from None
        # From here on the sender had the key. The counter is used up, whatever becomes of the command.
        if number <= self._newest:
            raise Refusal("replayed", "its counter has been used", number)
        self._remember(number)
        if abs(packet.time - now) > WINDOW:
            raise Refusal("stale", f"it is of {packet.time:.0f} s, and it is {now:.0f} s", number)
        try:
            return number, decode(plain)
        except NoCommand as error:
            raise Refusal("malformed", str(error), number) from None

    def _remember(self, number: int) -> None:
        self._newest = number
        if self._memory is None:
            return
        new = self._memory.with_suffix(".new")
        with open(new, "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(str(number))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._memory)
