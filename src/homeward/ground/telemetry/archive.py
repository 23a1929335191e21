"""The archive: every octet that reached the ground, as it came, and what is read out of it.

    received.bin     octets in the order of arrival
    arrivals.csv     a line a packet: offset, length, APID, sequence count, time sent, time received
    about.json       what is flying, the dictionary's fingerprint and, at the end, how much was sent

Nothing is corrected in these files. Duplicates and what came late are sorted out when they are read, and what
never came is told as a gap: it is neither filled in nor closed up.
"""

import bisect
import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.telemetry.arrival_order import HALF, Arrival, ArrivalOrder, News
from homeward.ground.telemetry.dictionary import Group
from homeward.ground.telemetry.flight_description import dictionary_of, read_about
from homeward.ground.telemetry.packets import Splitter, unpack_values
from homeward.io.cuc_time import Clock
from homeward.io.space_packet import COUNTS, BadPacket, Packet, unpack

FILES = ("received.bin", "arrivals.csv", "about.json")


@dataclasses.dataclass(frozen=True)
class Gap:
    """Packets of a group that never came: how many, and the times [s] of the packets on either side.

    ``after`` or ``before`` is not a number where there is none on that side.
    """

    group: str
    missing: int
    after: float
    before: float


@dataclasses.dataclass(frozen=True)
class Received:
    """What an archive holds: a table a group, with ``sequence`` and ``missing_before``; and the gaps.

    ``sequence`` does not wrap. ``misdated`` are packets whose time fits those of no others: in no table.
    """

    about: dict[str, Any]
    tables: dict[str, dict[str, np.ndarray]]
    gaps: list[Gap]
    packets: int
    duplicates: int
    skipped: int
    misdated: int = 0


class Archive:
    """Takes in octets; ``take`` returns the packets that have become whole with them.

    Files hold whole packets and whole lines at any time: what a full disk took in part is cut off again.
    ``take`` and ``about`` raise OSError where the disk does not take it.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any((folder / name).exists() for name in FILES):
                raise InputError(f"--out {folder}: holds an archive already; name another folder")
            self._octets = _new_file(folder / FILES[0])
            self._index = _new_file(folder / FILES[1])
            self._offset = self._lines = 0
            self._line("offset,octets,apid,sequence,sent_s,received_unix_s\n")
        except OSError as error:
            raise InputError(f"--out {folder}: cannot be written ({error.strerror})") from None
        self.folder = folder
        self.packets = 0

    def about(self, about: dict[str, Any]) -> None:
        """Keep what the sender says of the flight."""
        self.clock = Clock.of(Epoch.from_iso(about["epoch_utc"]))
        text = json.dumps(about, indent=2, ensure_ascii=False)
        # Put in its place when whole: whoever reads meanwhile, or a full disk, finds the one before.
        new = self.folder / f"{FILES[2]}.new"
        try:
            with open(new, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.folder / FILES[2])
        except OSError:
            new.unlink(missing_ok=True)
            raise

    def take(self, octets: bytes, received: float) -> Packet | None:
        """Keep the octets of one packet, received at a time [s of Unix]; returns it taken apart."""
        _append(self._octets, octets, self._offset)
        try:
            packet = unpack(octets, self.clock)
        except BadPacket:
            self._offset += len(octets)
            return None
        where = f"{self._offset},{len(octets)},{packet.apid},{packet.sequence}"
        self._line(f"{where},{packet.time!r},{received!r}\n")
        self._offset += len(octets)
        self.packets += 1
        return packet

    def flush(self) -> None:
        """Nothing is held back: every packet is with the system when ``take`` returns."""

    def close(self) -> None:
        """End of the reception: both files are brought to the disk."""
        for handle in (self._octets, self._index):
            if handle >= 0:
                try:
                    os.fsync(handle)
                except OSError:
                    pass
                finally:
                    os.close(handle)
        self._octets = self._index = -1

    def _line(self, line: str) -> None:
        text = line.encode()
        _append(self._index, text, self._lines)
        self._lines += len(text)


def _new_file(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)


def _append(handle: int, octets: bytes, place: int) -> None:
    """Write at a place, the end of what is whole; cut it off again where it did not all go down."""
    done = 0
    try:
        while done < len(octets):
            done += os.pwrite(handle, octets[done:], place + done)
    except OSError:
        os.ftruncate(handle, place)
        raise


def read_archive(folder: str | Path) -> Received:
    """Read an archive, also one that is being written; raises InputError where it is none."""
    place = Path(folder)
    try:
        about = (place / FILES[2]).read_bytes()
        octets = (place / FILES[0]).read_bytes()
    except OSError:
        raise InputError(f"{place}: expected an archive of `homeward listen`") from None
    try:
        return read_octets(octets, read_about(about))
    except InputError as error:
        raise InputError(f"{place / FILES[2]}: {error}") from None


def read_octets(octets: bytes, about: dict[str, Any]) -> Received:
    """Tables and gaps out of the octets of an archive."""
    dictionary, sent, first = dictionary_of(about), about.get("sent", {}), about.get("first", {})
    clock = Clock.of(Epoch.from_iso(about["epoch_utc"]))
    splitter, order = Splitter(dictionary), ArrivalOrder(first)
    rows: dict[str, list[News]] = {g.name: [] for g in dictionary.groups}
    late: list[Arrival] = []
    packets = 0
    for packet in _packets(splitter, octets, clock):
        group = dictionary.by_apid[packet.apid]
        packets += 1
        arrival = Arrival(group.name, packet.sequence, packet.time, unpack_values(group, packet.data))
        news, old = order.take(arrival)
        late += old
        for item in news:
            rows[item.arrival.group].append(item)
    for item in order.finish()[0]:
        rows[item.arrival.group].append(item)
    duplicates, misdated = 0, order.misdated
    for name in rows:
        rows[name].sort(key=lambda n: n.count)
    for arrival in sorted(late, key=lambda a: a.time):
        fitted = _insert(rows[arrival.group], arrival)
        duplicates += fitted == "duplicate"
        misdated += fitted == "misdated"
    tables: dict[str, dict[str, np.ndarray]] = {}
    gaps: list[Gap] = []
    for group in dictionary.groups:
        tables[group.name], found = _table(group, rows[group.name], first.get(group.name))
        gaps += found
        total = sent.get(group.name, 0)
        never = total - (rows[group.name][-1].count + 1 if rows[group.name] else first.get(group.name, 0))
        if rows[group.name] and group.name not in first:
            never %= COUNTS  # at which turn of the count this listener joined is not known
        if total and never > 0:  # told by the sender at its end
            last = rows[group.name][-1].arrival.time if rows[group.name] else float("nan")
            gaps.append(Gap(group.name, never, last, float("nan")))
    return Received(about, tables, gaps, packets, duplicates, splitter.skipped, misdated)


def _table(group: Group, rows: list[News], first: int | None) -> tuple[dict[str, np.ndarray], list[Gap]]:
    """The rows of a group as columns with ``sequence`` and ``missing_before``, and its gaps."""
    counts = np.asarray([n.count for n in rows], int)
    start = (counts[0] if len(counts) else 0) if first is None else first
    missing = np.maximum(np.diff(counts, prepend=start - 1) - 1, 0)
    values = np.asarray([n.arrival.values for n in rows], float).reshape(len(rows), len(group.names))
    times = [n.arrival.time for n in rows]
    # A group without a time of its own has that of its packets.
    table = {"time_s": np.asarray(times, float)} | dict(zip(group.names, values.T, strict=True))
    table |= {"sequence": counts, "missing_before": missing}
    gaps = [
        Gap(group.name, int(missing[k]), times[k - 1] if k else float("nan"), times[k])
        for k in np.flatnonzero(missing)
    ]
    return table, gaps


def _insert(rows: list[News], item: Arrival) -> str:
    """Put what came late between the rows that it belongs between, by its count and its time."""
    place = bisect.bisect_right(rows, item.time, key=lambda n: n.arrival.time)
    for near in rows[max(place - 2, 0) : place + 1]:
        if near.arrival.sequence == item.sequence and near.arrival.time == item.time:
            return "duplicate"
    before = rows[place - 1] if place else None
    after = rows[place] if place < len(rows) else None
    instant = before is not None and before.arrival.time == item.time
    if before is not None and instant and 0 < (before.count - item.sequence) % COUNTS < HALF:
        place, before, after = place - 1, rows[place - 2] if place > 1 else None, before
    if before is not None:
        count = before.count + (item.sequence - before.count) % COUNTS
        if count == before.count or (after is not None and count >= after.count):
            return "misdated"
    elif after is not None:
        count = after.count - (after.count - item.sequence) % COUNTS
        if count >= after.count or after.count - count > HALF:
            return "misdated"
    else:
        count = item.sequence
    rows.insert(place, News(item, count, 0, float("nan")))
    return "late"


def _packets(splitter: Splitter, octets: bytes, clock: Clock) -> Iterator[Packet]:
    for whole in splitter.feed(octets):
        try:
            yield unpack(whole, clock)
        except BadPacket:
            splitter.skipped += len(whole)
    splitter.finish()
