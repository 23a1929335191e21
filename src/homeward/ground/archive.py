"""The archive: every octet that reached the ground, as it came, and what is read out of it.

    received.bin     octets in the order of arrival
    arrivals.csv     a line a packet: offset, length, APID, sequence count, time sent, time received
    about.json       what is flying, the dictionary's fingerprint and, at the end, how much was sent

Nothing is corrected in these files. Duplicates and what came late are sorted out when they are read, and what
never came is told as a gap: it is neither filled in nor closed up.
"""

import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.dictionary import APIDS, Dictionary, flight_dictionary
from homeward.ground.packets import COUNTS, BadPacket, Packet, Splitter, unpack, unpack_values
from homeward.ground.timecode import Clock

Values = tuple[float | int, ...]
MOST_THRUSTERS = 256
FILES = ("received.bin", "arrivals.csv", "about.json")


@dataclasses.dataclass(frozen=True)
class Gap:
    """Packets of a group that never came: how many, and the times [s] of the packets on either side."""

    group: str
    missing: int
    after: float
    before: float


@dataclasses.dataclass(frozen=True)
class Received:
    """What an archive holds: a table a group, with ``sequence`` and ``missing_before``; and the gaps."""

    about: dict[str, Any]
    tables: dict[str, dict[str, np.ndarray]]
    gaps: list[Gap]
    packets: int
    duplicates: int
    skipped: int


def dictionary_of(about: dict[str, Any]) -> Dictionary:
    """The dictionary that a sender tells of.

    Raises InputError where it is not one of this program's, or where it is not told what flies.
    """
    words = {name: message for message, (name, _, _) in APIDS.items()}
    try:
        if not (isinstance(about["name"], str) and isinstance(about.get("legs", []), list)):
            raise TypeError("name, legs")
        if not 0 <= int(about["thrusters"]) <= MOST_THRUSTERS:
            raise ValueError("thrusters")
        groups = [words[g] for g in about["groups"] if g != "cabin"]
        made = flight_dictionary(tuple(groups), int(about["thrusters"]))
        Epoch.from_iso(about["epoch_utc"])
    except (KeyError, TypeError, ValueError, InputError):
        raise InputError("the sender does not tell which flight and which dictionary it sends") from None
    if made.fingerprint != about.get("dictionary"):
        raise InputError("the sender's dictionary is another one: use the same version at both ends")
    return made


def sent_of(told: Any) -> dict[str, int]:
    """How many packets of each group the sender has sent, as it tells at its end; empty where it does not."""
    sent = told.get("sent") if isinstance(told, dict) else None
    if not isinstance(sent, dict):
        return {}
    return {str(g): n for g, n in sent.items() if isinstance(n, int) and not isinstance(n, bool)}


class Archive:
    """Takes in octets; ``take`` returns the packets that have become whole with them."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any((folder / name).exists() for name in FILES):
                raise InputError(f"--out {folder}: holds an archive already; name another folder")
            self._octets: BinaryIO = open(folder / FILES[0], "xb")  # noqa: SIM115
            self._index = open(folder / FILES[1], "x", encoding="utf-8")  # noqa: SIM115
        except OSError as error:
            raise InputError(f"--out {folder}: cannot be written ({error.strerror})") from None
        self._index.write("offset,octets,apid,sequence,sent_s,received_unix_s\n")
        self.folder = folder
        self._offset = 0

    def about(self, about: dict[str, Any]) -> None:
        """Keep what the sender says of the flight."""
        self.clock = Clock.of(Epoch.from_iso(about["epoch_utc"]))
        text = json.dumps(about, indent=2, ensure_ascii=False)
        # Put in its place when whole: whoever reads meanwhile, or a full disk, finds the one before.
        new = self.folder / f"{FILES[2]}.new"
        new.write_text(text + "\n", encoding="utf-8")
        new.replace(self.folder / FILES[2])

    def take(self, octets: bytes, received: float) -> Packet | None:
        """Keep the octets of one packet, received at a time [s of Unix]; returns it taken apart."""
        self._octets.write(octets)
        offset, self._offset = self._offset, self._offset + len(octets)
        try:
            packet = unpack(octets, self.clock)
        except BadPacket:
            return None
        told = f"{offset},{len(octets)},{packet.apid},{packet.sequence},{packet.time!r},{received!r}\n"
        self._index.write(told)
        return packet

    def flush(self) -> None:
        """See to it that what was received outlives this program."""
        self._octets.flush()
        self._index.flush()

    def close(self) -> None:
        """End of the reception."""
        self._octets.close()
        self._index.close()


def read_archive(folder: str | Path) -> Received:
    """Read an archive, also one that is being written; raises InputError where it is none."""
    place = Path(folder)
    try:
        about = json.loads((place / FILES[2]).read_text(encoding="utf-8"))
        octets = (place / FILES[0]).read_bytes()
    except (OSError, ValueError):
        raise InputError(f"{place}: expected an archive of `homeward listen`") from None
    return read_octets(octets, about)


def read_octets(octets: bytes, about: dict[str, Any]) -> Received:
    """Tables and gaps out of the octets of an archive."""
    dictionary, sent = dictionary_of(about), sent_of(about)
    clock = Clock.of(Epoch.from_iso(about["epoch_utc"]))
    splitter = Splitter(dictionary)
    rows: dict[str, dict[int, tuple[float, tuple[float | int, ...]]]] = {
        g.name: {} for g in dictionary.groups
    }
    newest = {g.name: 0 for g in dictionary.groups}
    packets = duplicates = spoilt = 0
    for packet in _packets(splitter, io.BytesIO(octets), clock):
        group = dictionary.by_apid[packet.apid]
        try:
            values = unpack_values(group, packet.data)
        except BadPacket:
            spoilt += 1
            continue
        packets += 1
        # The whole count nearest to the newest one: packets overtake each other, but not by half a turn.
        turn = (packet.sequence - newest[group.name] + COUNTS // 2) % COUNTS - COUNTS // 2
        count = newest[group.name] + turn
        newest[group.name] = max(newest[group.name], count)
        if count in rows[group.name]:
            duplicates += 1
        rows[group.name].setdefault(count, (packet.time, values))
    tables: dict[str, dict[str, np.ndarray]] = {}
    gaps: list[Gap] = []
    for group in dictionary.groups:
        found = sorted(rows[group.name].items())
        counts = np.asarray([count for count, _ in found], int)
        missing = np.diff(counts, prepend=-1) - 1
        data = np.asarray([values for _, (_, values) in found], float).reshape(len(found), len(group.names))
        times = [time for _, (time, _) in found]
        # A group without a time of its own has that of its packets.
        tables[group.name] = {"time_s": np.asarray(times, float)} | dict(
            zip(group.names, data.T, strict=True)
        )
        tables[group.name] |= {"sequence": counts, "missing_before": missing}
        for k in np.flatnonzero(missing):
            before = times[k - 1] if k else float("nan")
            gaps.append(Gap(group.name, int(missing[k]), before, times[k]))
        never = sent.get(group.name, 0) - (int(counts[-1]) + 1 if found else 0)
        if never > 0:  # told by the sender at its end
            gaps.append(Gap(group.name, never, times[-1] if times else float("nan"), float("nan")))
    return Received(about, tables, gaps, packets, duplicates, splitter.skipped + spoilt)


def _packets(splitter: Splitter, source: io.BytesIO, clock: Clock) -> Iterator[Packet]:
    for whole in (*splitter.feed(source.read()), *splitter.finish()):
        try:
            yield unpack(whole, clock)
        except BadPacket:
            splitter.skipped += len(whole)
