"""No octets whatever make a decoder of the ground do anything but say that they are no packet."""

import functools

from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.earth.time import Epoch
from homeward.ground.commands.authentication import Opener
from homeward.ground.commands.commands import NoCommand, Order, decode, encode
from homeward.ground.commands.onboard_executive import Executive, Situation
from homeward.ground.telemetry.archive import read_octets
from homeward.ground.telemetry.dictionary import RETURN, flight_dictionary
from homeward.ground.telemetry.packets import Splitter, unpack_values
from homeward.io.cuc_time import Clock
from homeward.io.space_packet import BadPacket, Packet, pack, unpack

EPOCH = "2023-06-03T17:00:00Z"
CLOCK = Clock.of(Epoch.from_iso(EPOCH))


@functools.cache
def dictionary():
    return flight_dictionary(RETURN, 4)


def packet(time: float, data: bytes, apid: int = 16, sequence: int = 0) -> bytes:
    return pack(Packet(apid, sequence, time, data), CLOCK)


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_octets_are_a_packet_or_are_refused(octets):
    try:
        found = unpack(octets, CLOCK)
    except BadPacket:
        return
    assert pack(found, CLOCK) == octets


@given(st.floats(0.0, 1e8), st.binary(min_size=0, max_size=300), st.integers(0, 2046), st.integers(0, 16383))
@settings(max_examples=100, deadline=None)
def test_what_is_packed_is_unpacked(time, data, apid, sequence):
    found = unpack(packet(time, data, apid, sequence), CLOCK)
    assert (found.apid, found.sequence, found.data) == (apid, sequence, data)
    assert abs(found.time - time) < 1e-6


@given(st.binary(min_size=1, max_size=60), st.integers(0, 79), st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_one_octet_changed_is_found(data, place, change):
    whole = bytearray(packet(1.0, data))
    whole[place % len(whole)] ^= change
    try:
        found = unpack(bytes(whole), CLOCK)
    except BadPacket:
        return
    raise AssertionError(f"taken for {found}")


@given(st.lists(st.binary(max_size=40), max_size=6), st.integers(1, 50), st.randoms())
@settings(max_examples=60, deadline=None)
def test_whole_packets_are_found_among_any_noise_however_they_arrive(noise, piece, random):
    data = bytes(dictionary().groups[0].format.size)
    good = [packet(float(k), data, sequence=k) for k in range(3)]
    # Noise that ends in what could be a header swallows nothing in the end: `finish` looks again.
    mixed = [*good, *noise]
    order = sorted(range(len(mixed)), key=lambda k: (random.random(), k))
    order = [*[k for k in order if k >= len(good)][: len(noise) // 2], 0, 1, 2]
    stream = b"".join(mixed[k] for k in order)
    splitter = Splitter(dictionary())
    found = [p for k in range(0, len(stream), piece) for p in splitter.feed(stream[k : k + piece])]
    splitter.finish()
    assert [p for p in found if p in good] == good
    assert splitter.skipped + sum(map(len, found)) == len(stream)


@given(st.binary(max_size=2000))
@settings(max_examples=60, deadline=None)
def test_an_archive_of_anything_can_be_read(octets):
    about = {
        "name": "x", "epoch_utc": EPOCH, "groups": [g.name for g in dictionary().groups], "thrusters": 4,
        "dictionary": dictionary().fingerprint,
    }  # fmt: skip
    good = packet(5.0, bytes(dictionary().groups[0].format.size))
    got = read_octets(octets + good, about)
    assert len(got.tables["flight"]["time_s"]) >= 1


@given(st.binary(max_size=500))
@settings(max_examples=60, deadline=None)
def test_values_of_any_octets_are_refused_or_read(data):
    group = dictionary().groups[0]
    try:
        values = unpack_values(group, data)
    except BadPacket:
        assert len(data) != group.format.size
        return
    assert len(values) == len(group.names)


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_octets_are_a_command_or_are_refused(octets):
    try:
        command = decode(octets)
    except NoCommand:
        return
    assert encode(command) == octets


@given(st.lists(st.binary(max_size=300), max_size=5), st.floats(0.0, 1e6))
@settings(max_examples=80, deadline=None)
def test_no_octets_from_below_make_a_ship_do_anything(pieces, now):
    ship = Executive(Opener(bytes(32), "flight", CLOCK), lambda: Situation(docking=True, executes=(Order,)))
    for piece in pieces:
        ship.uplink(piece, now)
        ship.uplink(packet(now, piece, apid=65), now, 1)
    assert not ship.take()
    assert all(entry.outcome in ("forged", "malformed") for entry in ship.log)
