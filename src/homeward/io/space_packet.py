"""CCSDS Space Packets (133.0-B-2) with a time code and a check.

A packet: primary header (6 octets), time code (8), user data, and a CRC-16 (polynomial 0x1021, start 0xFFFF)
over all before it. What arrives is other people's until the check has passed: no octets make these functions
raise anything but ``BadPacket``.
"""

import binascii
import dataclasses
import struct

from spacepackets.ccsds.spacepacket import PacketType, SpacePacketHeader

from homeward.io.cuc_time import OCTETS, Clock

HEADER = 6
CHECK = 2
COUNTS = 1 << 14  # sequence counts before they start anew
SHORTEST = HEADER + OCTETS + CHECK
LONGEST = HEADER + 65536


def crc16(octets: bytes) -> int:
    """The check of a packet's octets."""
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
    return body + struct.pack(">H", crc16(body))


def unpack(octets: bytes, clock: Clock) -> Packet:
    """A packet from its octets, checked; raises BadPacket."""
    if len(octets) < HEADER + OCTETS + CHECK:
        raise BadPacket("shorter than a header, a time and a check")
    header = SpacePacketHeader.unpack(octets[:HEADER])
    if header.ccsds_version != 0 or not header.sec_header_flag:
        raise BadPacket("not a space packet with a time")
    if header.packet_len != len(octets):
        raise BadPacket("its length is not the one it tells")
    if crc16(octets[:-CHECK]) != struct.unpack(">H", octets[-CHECK:])[0]:
        raise BadPacket("its check does not come out")
    try:
        time = clock.decode(octets[HEADER : HEADER + OCTETS])
    except ValueError as error:
        raise BadPacket(str(error)) from None
    command = header.packet_type == PacketType.TC
    data = octets[HEADER + OCTETS : -CHECK]
    return Packet(header.apid, header.seq_count, time, bytes(data), command)
