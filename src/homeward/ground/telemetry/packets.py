"""The dictionary's groups as space packets (``io.space_packet``); a stream of octets into packets.

What arrives is other people's until the check has passed: no octets make these functions raise anything but
``BadPacket``.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from homeward.ground.telemetry.dictionary import Dictionary, Group
from homeward.io.cuc_time import PREAMBLE, Clock
from homeward.io.space_packet import (
    CHECK,
    HEADER,
    LONGEST,
    SHORTEST,
    BadPacket,
    Packet,
    crc16,
    pack,
)

# Octets that may be checked in vain for packets longer than LONG: so many at once, and so many for each octet
# that arrives. A telemetry packet is shorter; an honest stream needs no credit at all.
LONG, CREDIT, CREDIT_RATE = 2048, 1 << 20, 16


def pack_values(group: Group, values: Sequence[Any]) -> bytes:
    """The values of a group, in order, as user data; what is not finite travels as it is."""
    told = [float(v) if p.kind == "number" else int(v) for p, v in zip(group.parameters, values, strict=True)]
    return group.format.pack(*told)


def unpack_values(group: Group, data: bytes) -> tuple[float | int, ...]:
    """The values of a group; raises BadPacket where the data is not of its length."""
    if len(data) != group.format.size:
        raise BadPacket(f"{group.name}: {len(data)} octets where {group.format.size} are expected")
    return group.format.unpack(data)


def group_packets(
    group: Group, table: dict[str, np.ndarray], clock: Clock, time: np.ndarray, first: int = 0
) -> list[bytes]:
    """The packets of a group's rows; ``table`` has a column for every parameter, each shape (n,)."""
    rows = zip(*(np.asarray(table[name]) for name in group.names), strict=True)
    return [
        pack(Packet(group.apid, first + k, float(t), pack_values(group, row)), clock)
        for k, (t, row) in enumerate(zip(time, rows, strict=True))
    ]


class Splitter:
    """Octets of a connection into packets, however they arrive, in time linear in their number.

    A packet may begin only where a plausible header stands: version, secondary header, unsegmented, the time
    code's preamble, and an APID with a length that this APID can have (a group of telemetry has exactly one).
    Every such place is checked once, when as many octets are there as it asks for, in the order in which they
    become complete: a header with a damaged length does not hold back the packets behind it. What belongs to
    no packet is counted in ``skipped`` as soon as that is certain.

    ``others`` are further APIDs, each with its greatest packet length [octets]. Without a dictionary every
    APID is taken, up to ``longest`` octets.
    """

    def __init__(
        self, dictionary: Dictionary | None = None, others: Mapping[int, int] | None = None,
        longest: int = LONGEST,
    ) -> None:  # fmt: skip
        self.skipped = 0
        self._rest = bytearray()
        self._base = self._scanned = 0  # offsets in the stream: of the first octet kept, of the first unread
        self._begun: dict[int, int] = {}  # where a packet may begin, and its end; in ascending order
        self._ends: list[tuple[int, int]] = []  # the same as a heap, by the end
        self._credit = CREDIT
        self._shortest, self._longest = np.full(2048, LONGEST + 1), np.full(2048, -1)
        if dictionary is None and others is None:
            self._shortest[:], self._longest[:] = SHORTEST, longest
        else:
            self.know(dictionary or Dictionary(()), others)

    def know(self, dictionary: Dictionary, others: Mapping[int, int] | None = None) -> None:
        """From now on only these APIDs begin a packet; what has not been taken yet is looked at again."""
        self._shortest[:], self._longest[:] = LONGEST + 1, -1
        for apid, longest in (others or {}).items():
            self._shortest[apid], self._longest[apid] = SHORTEST, longest
        for group in dictionary.groups:
            self._shortest[group.apid] = self._longest[group.apid] = SHORTEST + group.format.size
        self._begun.clear()
        self._ends.clear()
        self._scanned = self._base

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The packets that have become whole with these octets."""
        self._rest += octets
        self._credit = min(self._credit + CREDIT_RATE * len(octets), CREDIT)
        while True:
            self._look_for_headers()
            span = self._next_whole()
            if span is None:
                break
            start, end = span
            whole = bytes(self._rest[start - self._base : end - self._base])
            self._drop_until(start)
            del self._rest[: end - start]
            self._base, self._scanned = end, max(self._scanned, end)
            while self._begun and (first := next(iter(self._begun))) < end:
                del self._begun[first]
            yield whole
        self._drop_until(min(next(iter(self._begun), self._scanned), self._scanned))

    def finish(self) -> None:
        """The stream has ended: what is left belongs to no packet."""
        self._begun.clear()
        self._ends.clear()
        self._drop_until(self._base + len(self._rest))
        self._scanned = self._base

    def _look_for_headers(self) -> None:
        """Note every place from the first octet not looked at yet on at which a packet may begin."""
        first = self._scanned - self._base
        octets = np.frombuffer(bytes(self._rest[first:]), np.uint8)
        count = len(octets) - HEADER  # the time code's preamble is looked at as well
        if count <= 0:
            return
        plausible = (
            ((octets[:count] & 0xE8) == 0x08)
            & ((octets[2 : count + 2] & 0xC0) == 0xC0)
            & (octets[HEADER : count + HEADER] == PREAMBLE)
        )
        places = np.flatnonzero(plausible)
        wide = octets.astype(np.int64) if len(places) else octets
        apid = (wide[places] & 0x07) << 8 | wide[places + 1]
        length = (wide[places + 4] << 8 | wide[places + 5]) + HEADER + 1
        fits = (length >= self._shortest[apid]) & (length <= self._longest[apid])
        for place, size in zip(places[fits].tolist(), length[fits].tolist(), strict=True):
            start = self._scanned + place
            self._begun[start] = start + size
            heapq.heappush(self._ends, (start + size, start))
        self._scanned += count

    def _next_whole(self) -> tuple[int, int] | None:
        """Start and end of the next packet that is all there and whose check comes out."""
        there = self._base + len(self._rest)
        while self._ends and self._ends[0][0] <= there:
            end, start = heapq.heappop(self._ends)
            if self._begun.pop(start, None) is None:
                continue  # it lay within a packet that was whole
            cost = end - start
            if cost > LONG:  # headers that ask for long checks, one every few octets, are an attack
                if cost > self._credit:
                    continue
                self._credit -= cost
            octets = bytes(self._rest[start - self._base : end - self._base])
            if crc16(octets[:-CHECK]) == int.from_bytes(octets[-CHECK:], "big"):
                return start, end
        return None

    def _drop_until(self, place: int) -> None:
        """Pass over the octets before a place: they belong to no packet."""
        self.skipped += place - self._base
        del self._rest[: place - self._base]
        self._base = place
