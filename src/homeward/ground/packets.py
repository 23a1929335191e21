"""CCSDS Space Packets (133.0-B-2): numbers into octets and back; a stream of octets into packets.

A packet: primary header (6 octets), time code (8), the group's values, and a CRC-16 (polynomial 0x1021, start
0xFFFF) over all before it. What arrives is other people's until the check has passed: no octets make
these functions raise anything but ``BadPacket``.
"""

import binascii
import dataclasses
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from spacepackets.ccsds.spacepacket import PacketType, SpacePacketHeader

from homeward.ground.dictionary import Dictionary, Group
from homeward.ground.timecode import OCTETS, Clock

HEADER = 6
CHECK = 2
COUNTS = 1 << 14  # sequence counts before they start anew
LONGEST = HEADER + 65536


def _check(octets: bytes) -> int:
    return binascii.crc_hqx(octets, 0xFFFF)


class BadPacket(Exception):  # noqa: N818
    """What arrived is no packet of ours; one sentence says why."""


@dataclasses.dataclass(frozen=True)
class Packet:
    """A packet taken apart: time [s since the epoch], and the user data between time code and check."""

    apid: int
    sequence: int
    time: float
    data: bytes
    command: bool = False


def pack(packet: Packet, clock: Clock) -> bytes:
    """The octets of a packet."""
    length = OCTETS + len(packet.data) + CHECK
    kind = PacketType.TC if packet.command else PacketType.TM
    header = SpacePacketHeader(kind, packet.apid, packet.sequence % COUNTS, length - 1, sec_header_flag=True)
    body = bytes(header.pack()) + clock.encode(packet.time) + packet.data
    return body + struct.pack(">H", _check(body))


def unpack(octets: bytes, clock: Clock) -> Packet:
    """A packet from its octets, checked; raises BadPacket."""
    if len(octets) < HEADER + OCTETS + CHECK:
        raise BadPacket("shorter than a header, a time and a check")
    header = SpacePacketHeader.unpack(octets[:HEADER])
    if header.ccsds_version != 0 or not header.sec_header_flag:
        raise BadPacket("not a space packet with a time")
    if header.packet_len != len(octets):
        raise BadPacket("its length is not the one it tells")
    if _check(octets[:-CHECK]) != struct.unpack(">H", octets[-CHECK:])[0]:
        raise BadPacket("its check does not come out")
    try:
        time = clock.decode(octets[HEADER : HEADER + OCTETS])
    except ValueError as error:
        raise BadPacket(str(error)) from None
    command = header.packet_type == PacketType.TC
    data = octets[HEADER + OCTETS : -CHECK]
    return Packet(header.apid, header.seq_count, time, bytes(data), command)


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
    """Octets of a connection into packets, however they arrive.

    What is no packet is passed over octet by octet, up to where one begins again, and counted in ``skipped``.
    Nor is one that tells more octets than ``longest``: a receiver does not wait for what cannot come.
    """

    def __init__(
        self, dictionary: Dictionary | None = None, others: Sequence[int] = (), longest: int = LONGEST
    ) -> None:
        self._longest = longest
        self._rest = bytearray()
        self._known: set[int] | None = None
        if dictionary is not None:
            self.know(dictionary, others)
        self.skipped = 0

    def know(self, dictionary: Dictionary, others: Sequence[int] = ()) -> None:
        """From now on only these APIDs begin a packet."""
        self._known = {*dictionary.by_apid, *others}

    def feed(self, octets: bytes) -> Iterator[bytes]:
        """The whole packets that are there now."""
        self._rest += octets
        while len(self._rest) >= HEADER:
            head = SpacePacketHeader.unpack(bytes(self._rest[:HEADER]))
            sane = head.ccsds_version == 0 and head.sec_header_flag and head.packet_len <= self._longest
            if not sane or (self._known is not None and head.apid not in self._known):
                self._pass_over()
                continue
            if len(self._rest) < head.packet_len:
                return
            whole = bytes(self._rest[: head.packet_len])
            if _check(whole[:-CHECK]) != int.from_bytes(whole[-CHECK:], "big"):
                self._pass_over()
                continue
            del self._rest[: head.packet_len]
            yield whole

    def finish(self) -> Iterator[bytes]:
        """What is whole in the rest, when the connection has ended."""
        while len(self._rest) >= HEADER:
            self._pass_over()
            yield from self.feed(b"")
        self.skipped += len(self._rest)
        self._rest.clear()

    def _pass_over(self) -> None:
        del self._rest[0]
        self.skipped += 1
