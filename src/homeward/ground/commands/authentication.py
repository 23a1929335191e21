"""Commands, answers and beacons that can be neither forged, repeated nor swapped between flights.

    command (APID 65)   issued 8, session 16, count 8, seen 8, valid 2, the command
    answer  (APID 64)   salt of the command 16, outcome 1, first outcome 1, seen 8, reason
    beacon  (APID 66)   UTC 8, seen 8

Before these octets, in clear, stand the run of the ship (16) and a salt (16). They themselves are under
AES-256-GCM with a key of this packet alone (``session_keys.py``). Authenticated with them are all octets
before, the packet's header and time included, and the flight's name and epoch.

A beacon tells a station, provably, which ship it talks to, the ship's own time, and how many commands the
ship has accepted so far (``seen``). A command is sealed for that run of the ship, carries that number, and
says until when it is valid by the station's own clock.
"""

import dataclasses
import struct
import time
from collections.abc import Callable
from pathlib import Path

from homeward.ground.commands.commands import Command, NoCommand, decode, encode
from homeward.ground.commands.replay_memory import BILLION, MemoryNotWrittenError, ReplayMemory
from homeward.ground.commands.session_keys import SALT, TAG, new_salt, seal, unseal
from homeward.ground.telemetry.dictionary import ACKNOWLEDGE_APID, BEACON_APID, COMMAND_APID
from homeward.io.cuc_time import OCTETS, Clock
from homeward.io.space_packet import CHECK, HEADER, BadPacket, Packet, pack, unpack

WINDOW = 120.0  # s of the flight's time that a command may be away from the ship's
VALID, MOST_VALID = 60, 600  # s by the clock on the wall for which a command is valid, and at most
SKEW = 30.0  # s by which the clocks of a station and of the ship may differ
OUTCOMES = (
    "accepted", "refused", "forged", "replayed", "stale", "malformed", "expired", "overtaken",
)  # fmt: skip
NO_OUTCOME = 0xFF
COMMAND = struct.Struct(f">Q{SALT}sQQH")
ANSWER = struct.Struct(f">{SALT}sBBQ")
BEACON = struct.Struct(">QQ")
LONGEST_REASON = 200  # octets
MOST_REPEATS, MOST_REMEMBERED = 5, 1000  # answers to one command that is sent again; commands remembered so


class Refusal(Exception):  # noqa: N818
    """A command that is not taken: its outcome, why, and its salt where whoever sealed it had the key."""

    def __init__(self, outcome: str, reason: str, salt: bytes | None = None, first: str = "") -> None:
        super().__init__(reason)
        self.outcome, self.reason, self.salt, self.first = outcome, reason, salt, first


@dataclasses.dataclass(frozen=True)
class Opened:
    """A command that was sealed with the key, for this flight, ship and time."""

    salt: bytes
    session: bytes
    count: int
    command: Command


@dataclasses.dataclass(frozen=True)
class Answer:
    """What became of the command with a number; ``first`` is what had become of one that is sent again."""

    number: int
    outcome: str
    reason: str
    first: str = ""


@dataclasses.dataclass(frozen=True)
class Beacon:
    """A ship's time [s since the epoch], its clock less this station's [s], commands accepted so far."""

    time: float
    ahead: float
    seen: int
    ship: bytes


def _sealed_packet(
    key: bytes, purpose: str, flight: str, clock: Clock, packet: Packet, salt: bytes, plain: bytes
) -> bytes:
    """A packet whose ``data`` so far is followed by what is sealed; all before it is authenticated."""
    empty = dataclasses.replace(packet, data=packet.data + bytes(len(plain) + TAG))
    bound = pack(empty, clock)[: HEADER + OCTETS + len(packet.data)]
    sealed = seal(key, purpose, flight, salt, plain, bound)
    return pack(dataclasses.replace(packet, data=packet.data + sealed), clock)


def _unsealed(key: bytes, purpose: str, flight: str, octets: bytes) -> bytes | None:
    """What is sealed in a packet that was checked; None where it was not sealed so."""
    start = HEADER + OCTETS + 2 * SALT
    salt, bound = octets[start - 2 * SALT : start], octets[:start]
    return unseal(key, purpose, flight, salt, octets[start:-CHECK], bound)


class Sealer:
    """A ground station: seals commands, and tells the ship's own answers and beacons from all others.

    ``utc`` is the station's own clock [ns of Unix]. ``ship`` is the run of the ship's end, where it is known;
    else ``hear`` finds it out.
    """

    def __init__(
        self, key: bytes, flight: str, clock: Clock, ship: bytes = b"", valid: int = VALID,
        utc: Callable[[], int] = time.time_ns,
    ) -> None:  # fmt: skip
        self._key, self._flight, self._clock, self._valid, self._utc = key, flight, clock, valid, utc
        self._session, self._count = new_salt(), 0
        self._newest = 0
        self.ship, self.seen, self.time = ship, 0, float("nan")

    def hear(self, octets: bytes) -> Beacon | None:
        """A beacon of the ship, None where it is none. What it tells is used from now on.

        It is not used where it is older than the newest, or where its clock differs from this station's by
        more than SKEW: it was kept back, or a clock is wrong.
        """
        try:
            packet = unpack(octets, self._clock)
        except BadPacket:
            return None
        if packet.apid != BEACON_APID:
            return None
        plain = _unsealed(self._key, "beacon", self._flight, octets)
        if plain is None or len(plain) != BEACON.size:
            return None
        utc, seen = BEACON.unpack(plain)
        found = Beacon(packet.time, (utc - self._utc()) / BILLION, seen, packet.data[:SALT])
        if abs(found.ahead) <= SKEW and utc > self._newest:
            self.seen = max(seen, self.seen) if found.ship == self.ship else seen
            self._newest, self.ship, self.time = utc, found.ship, found.time
        return found

    def seal(self, command: Command, now: float | None = None) -> tuple[int, bytes]:
        """Number and packet of a command, at the flight's time ``now`` [s], else at that of the last beacon.

        Raises NoCommand for one that is none, or as long as no ship has been heard.
        """
        now = self.time if now is None else now
        if not self.ship or now != now:
            raise NoCommand("no ship that has this key has been heard yet")
        salt = new_salt()
        self._count += 1
        plain = COMMAND.pack(self._utc(), self._session, self._count, self.seen, self._valid)
        packet = Packet(COMMAND_APID, self._count, now, self.ship + salt, command=True)
        octets = _sealed_packet(
            self._key, "command", self._flight, self._clock, packet, self.ship + salt, plain + encode(command)
        )
        return int.from_bytes(salt, "big"), octets

    def read(self, octets: bytes) -> Answer | None:
        """An answer of the ship; None where it is none, or was not sealed by the ship."""
        try:
            packet = unpack(octets, self._clock)
        except BadPacket:
            return None
        if packet.apid != ACKNOWLEDGE_APID:
            return None
        plain = _unsealed(self._key, "answer", self._flight, octets)
        if plain is None or len(plain) < ANSWER.size:
            return None
        salt, outcome, first, seen = ANSWER.unpack(plain[: ANSWER.size])
        if outcome >= len(OUTCOMES):
            return None
        if packet.data[:SALT] == self.ship:
            self.seen = max(self.seen, seen)
        reason = plain[ANSWER.size :].decode("utf-8", "replace")
        was = OUTCOMES[first] if first < len(OUTCOMES) else ""
        return Answer(int.from_bytes(salt, "big"), OUTCOMES[outcome], reason, was)


class Opener:
    """The ship's end. ``memory`` is a file: see ``replay_memory.py``; ``utc`` is the ship's own clock [ns].

    ``ship`` names this run of it. It is drawn anew at each start, so that a command for an earlier run, or
    for another program that has the same key, opens nothing here.
    """

    def __init__(
        self, key: bytes, flight: str, clock: Clock, memory: Path | None = None,
        utc: Callable[[], int] = time.time_ns,
    ) -> None:  # fmt: skip
        self._key, self._flight, self._clock, self._utc = key, flight, clock, utc
        self._memory = ReplayMemory(key, memory)
        self._outcomes: dict[bytes, str] = {}
        self._repeats: dict[bytes, int] = {}
        self.ship = new_salt()
        self.seen = 0  # commands accepted so far
        # The station whose commands were accepted last, its last count, ``seen`` before its first of these.
        self._last: tuple[bytes, int, int] = (b"", 0, 0)

    def open(self, octets: bytes, now: float) -> Opened:
        """The command of a packet at the ship's time [s]; raises Refusal."""
        try:
            packet = unpack(octets, self._clock)
        except BadPacket as error:
            raise Refusal("malformed", str(error)) from None
        if packet.apid != COMMAND_APID or not packet.command:
            raise Refusal("malformed", "not a packet of commands")
        if len(packet.data) < 2 * SALT + COMMAND.size + TAG:
            raise Refusal("malformed", "too short for a sealed command")
        ship, salt = packet.data[:SALT], packet.data[SALT : 2 * SALT]
        if ship != self.ship:
            raise Refusal("forged", "it is not sealed for this run of this ship")
        plain = _unsealed(self._key, "command", self._flight, octets)
        if plain is None:
            raise Refusal("forged", "it is not sealed with this flight's key")
        # From here on the sender had the key. The command is used up, whatever becomes of it.
        issued, session, count, seen, valid = COMMAND.unpack(plain[: COMMAND.size])
        self._use_up(salt, issued)
        age = (self._utc() - issued) / BILLION
        if age > min(valid, MOST_VALID) + SKEW:
            raise Refusal("expired", f"it was issued {age:.0f} s ago and valid for {valid} s", salt)
        if age < -SKEW:
            raise Refusal("expired", f"the clock of its station is {-age:.0f} s ahead of the ship's", salt)
        if not abs(packet.time - now) <= WINDOW:
            raise Refusal("stale", f"it is of {packet.time:.0f} s, and it is {now:.0f} s", salt)
        if not self._in_order(session, count, seen):
            raise Refusal("overtaken", "another command was accepted after it was issued", salt)
        try:
            return Opened(salt, session, count, decode(plain[COMMAND.size :]))
        except NoCommand as error:
            raise Refusal("malformed", str(error), salt) from None

    def accept(self, opened: Opened) -> None:
        """Count a command that is accepted: what was issued before without knowing of it is overtaken."""
        session, _, before = self._last
        before = before if session == opened.session else self.seen
        self._last = opened.session, opened.count, before
        self.seen += 1

    def _in_order(self, session: bytes, count: int, seen: int) -> bool:
        last, newest, before = self._last
        if session == last:
            return count > newest and seen >= before
        return seen == self.seen

    def _use_up(self, salt: bytes, issued: int) -> None:
        if self._memory.used(salt, issued):
            self._repeats[salt] = self._repeats.get(salt, 0) + 1
            if len(self._repeats) > MOST_REMEMBERED:
                del self._repeats[next(iter(self._repeats))]
            if self._repeats.get(salt, 0) > MOST_REPEATS:
                raise Refusal("replayed", "it has been sent again and again")  # and is answered no more
            first = self._outcomes.get(salt, "")
            reason = f"it was {first} before" if first else "it has been used, or was issued too long ago"
            raise Refusal("replayed", reason, salt, first)
        expired_by = self._utc() - int((MOST_VALID + 2 * SKEW) * BILLION)
        try:
            self._memory.use(salt, issued, expired_by)
        except MemoryNotWrittenError as error:
            reason = f"the ship's memory of used commands cannot be written ({error.strerror}): none is taken"
            raise Refusal("refused", reason, salt) from None

    def answer(
        self, salt: bytes, outcome: str, reason: str, now: float, count: int, first: str = ""
    ) -> bytes:
        """The sealed answer to a command at the ship's time [s]; ``count`` numbers the packet."""
        if not first:
            self._outcomes[salt] = outcome
            if len(self._outcomes) > MOST_REMEMBERED:
                del self._outcomes[next(iter(self._outcomes))]
        was = OUTCOMES.index(first) if first else NO_OUTCOME
        plain = ANSWER.pack(salt, OUTCOMES.index(outcome), was, self.seen)
        return self._down(ACKNOWLEDGE_APID, "answer", plain + reason.encode()[:LONGEST_REASON], now, count)

    def beacon(self, now: float, count: int = 0) -> bytes:
        """The ship's clocks at its time [s], sealed; ``count`` numbers the packet."""
        return self._down(BEACON_APID, "beacon", BEACON.pack(self._utc(), self.seen), now, count)

    def _down(self, apid: int, purpose: str, plain: bytes, now: float, count: int) -> bytes:
        salt = self.ship + new_salt()
        packet = Packet(apid, count, now, salt)
        return _sealed_packet(self._key, purpose, self._flight, self._clock, packet, salt, plain)


__all__ = [
    "MOST_VALID", "OUTCOMES", "SKEW", "VALID", "WINDOW", "Answer", "Beacon", "Opened", "Opener", "Refusal",
    "Sealer",
]  # fmt: skip
