"""Commands over loopback: false senders, forgers, relays and hang-ups between an operator and his flight."""

import contextlib
import json
import select
import socket
import threading
import time

import pytest
from ground_flight import record

from homeward.errors import InputError
from homeward.ground.commands.authentication import Opener, Sealer
from homeward.ground.commands.commands import Order
from homeward.ground.commands.onboard_executive import Executive, Situation
from homeward.ground.commands.uplink import check_flight, flight_word, send
from homeward.ground.flight_server import Stream, serve
from homeward.ground.telemetry.dictionary import ACKNOWLEDGE_APID, BEACON_APID, COMMAND_APID
from homeward.ground.telemetry.packets import Splitter
from homeward.io.space_packet import Packet, pack
from homeward.scenario.schema.ground import Link

KEY, OTHER = bytes(range(32)), bytes(32)
DOCKING = Situation(docking=True, executes=(Order,))
FLIGHT = flight_word(record().about())


@pytest.fixture
def flown():
    """A flight that takes commands: its port and its executive."""
    told = record()
    ship = Executive(Opener(KEY, FLIGHT, told.clock), lambda: DOCKING)
    stream = Stream(told, Link(through_blackout=True), 30.0, ship)
    ready, opened = [], threading.Event()

    def tell(port):
        ready.append(port)
        opened.set()

    threading.Thread(target=serve, args=(stream, "127.0.0.1", 0, tell), daemon=True).start()
    assert opened.wait(20.0)
    return ready[0], ship


@contextlib.contextmanager
def server(answer):
    """Somebody else's server; ``answer(link)`` is what it does with its one caller."""
    with socket.create_server(("127.0.0.1", 0)) as there:

        def serve_one():
            with contextlib.suppress(OSError), there.accept()[0] as link:
                answer(link)

        threading.Thread(target=serve_one, daemon=True).start()
        yield there.getsockname()[1]


@contextlib.contextmanager
def relay(port, down=lambda packet: packet, up=lambda octets: octets):
    """A relay before a flight that may change or keep back each packet down and all octets up."""

    def pass_on(link):
        with socket.create_connection(("127.0.0.1", port)) as flight:
            splitter = Splitter()
            while True:
                ready, _, _ = select.select([link, flight], [], [], 20.0)
                for one in ready:
                    octets = one.recv(65536)
                    if not octets:
                        return
                    if one is link:
                        flight.sendall(up(octets))
                    else:
                        link.sendall(b"".join(down(p) for p in splitter.feed(octets)))

    with server(pass_on) as there:
        yield there


def apid(packet):
    return (packet[0] & 7) << 8 | packet[1]


def test_a_command_goes_up_a_stream_and_its_answer_comes_down(flown):
    port, ship = flown
    answer = send(Order("HOLD"), KEY, "127.0.0.1", port, FLIGHT)
    assert (answer.outcome, answer.reason) == ("accepted", "")
    assert [c for _, c in ship.take()] == [Order("HOLD")]


def test_a_wrong_key_sends_nothing(flown, monkeypatch):
    port, ship = flown
    monkeypatch.setattr("homeward.ground.commands.uplink.GREETING", 2.0)
    with pytest.raises(InputError, match="not sealed with this key; nothing was sent"):
        send(Order("GO"), OTHER, "127.0.0.1", port, FLIGHT)
    assert ship.log == []


@pytest.mark.parametrize("change", [{"name": "another"}, {"epoch_utc": "2023-06-04T17:00:00.000000Z"}])
def test_a_sender_that_names_another_flight_or_time_gets_no_command(change):
    told = record().about() | change
    heard = []

    def answer(link):
        clock = record().clock
        link.sendall(pack(Packet(1, 0, 7200.0, json.dumps(told).encode()), clock))
        heard.append(link.recv(100))

    said = "and not .* as --flight says; nothing was sent"
    with server(answer) as port, pytest.raises(InputError, match=said):
        send(Order("ABORT"), KEY, "127.0.0.1", port, FLIGHT)
    assert heard in ([], [b""])


def test_the_time_that_a_relay_tells_is_not_believed(flown):
    """Two hours ahead by every packet's header: the command is of the ship's own time, or is not sent."""
    port, ship = flown
    clock, captured = record().clock, []

    def two_hours_ahead(packet):
        if apid(packet) in (BEACON_APID, ACKNOWLEDGE_APID):
            return packet
        found = Splitter()
        assert list(found.feed(packet)) == [packet]
        when = clock.decode(packet[6:14]) + 7200.0
        return pack(Packet(apid(packet), 0, when, packet[14:-2]), clock)

    def up(octets):
        captured.append(octets)
        return octets

    with relay(port, two_hours_ahead, up) as false:
        assert send(Order("ABORT"), KEY, "127.0.0.1", false, FLIGHT).outcome == "accepted"
    ship.take()
    (packet,) = captured
    later = clock.decode(packet[6:14]) + 7200.0
    ship.uplink(packet, later)
    ship.uplink(packet[:6] + clock.encode(later) + packet[14:], later)
    assert ship.take() == []


def test_a_relay_can_neither_invent_nor_withhold_an_acknowledgement(flown):
    port, ship = flown

    def swallow(octets):
        return b""

    invented = []

    def invent(packet):
        clock = record().clock
        other = Executive(Opener(OTHER, FLIGHT, clock), lambda: DOCKING)
        _, mine = Sealer(OTHER, FLIGHT, clock, other.ship).seal(Order("ABORT"), 0.0)
        invented.append(other.uplink(mine, 0.0)[0])
        false = pack(Packet(ACKNOWLEDGE_APID, 0, 0.0, bytes(8) + b"\0accepted"), clock)
        return packet + false + invented[-1]

    with (
        relay(port, invent, swallow) as false,
        pytest.raises(InputError, match="whether it acts is not known"),
    ):
        send(Order("ABORT"), KEY, "127.0.0.1", false, FLIGHT, patience=1.0)
    assert invented and ship.take() == []

    def keep_back(packet):
        return b"" if apid(packet) == ACKNOWLEDGE_APID else packet

    with relay(port, keep_back) as false, pytest.raises(InputError, match="whether it acts is not known"):
        send(Order("HOLD"), KEY, "127.0.0.1", false, FLIGHT, patience=1.0)
    assert [c for _, c in ship.take()] == [Order("HOLD")]


def test_the_ship_s_answer_to_another_command_is_no_answer_to_this_one(flown):
    port, ship = flown
    _, other = Sealer(KEY, FLIGHT, record().clock, ship.ship).seal(Order("GO"), -1e5)
    (stale,) = ship.uplink(other, 0.0)
    with relay(port, lambda packet: packet + stale) as false:
        assert send(Order("HOLD"), KEY, "127.0.0.1", false, FLIGHT).outcome == "accepted"


def test_an_answer_that_was_lost_is_told_when_the_command_is_repeated_by_a_relay(flown):
    port, _ = flown
    first = []

    def lose_one(packet):
        if apid(packet) == ACKNOWLEDGE_APID and not first:
            first.append(packet)
            return b""
        return packet

    with relay(port, lose_one, lambda octets: octets + octets) as false:
        answer = send(Order("HOLD"), KEY, "127.0.0.1", false, FLIGHT)
    assert (answer.outcome, answer.first) == ("replayed", "accepted")


def test_forged_packets_that_flow_keep_nobody_from_commanding(flown):
    port, ship = flown
    clock, stop = record().clock, threading.Event()
    forged = pack(Packet(COMMAND_APID, 0, 0.0, ship.ship + bytes(80), command=True), clock)

    def flood():
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.settimeout(0.2)
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    link.sendall(forged * 100)
                with contextlib.suppress(TimeoutError):
                    link.recv(1 << 20)

    flooders = [threading.Thread(target=flood, daemon=True) for _ in range(3)]
    for one in flooders:
        one.start()
    time.sleep(0.5)
    try:
        for _ in range(3):
            assert send(Order("HOLD"), KEY, "127.0.0.1", port, FLIGHT).outcome == "accepted"
    finally:
        stop.set()
        for one in flooders:
            one.join(10.0)
    assert len(ship.take()) == 3 and "forged" in {entry.outcome for entry in ship.log}


def test_half_a_packet_and_a_hang_up_swallow_nothing(flown):
    port, ship = flown
    head = pack(Packet(COMMAND_APID, 0, 0.0, bytes(900), command=True), record().clock)[:40]
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.sendall(head)
            link.recv(10)
    assert send(Order("HOLD"), KEY, "127.0.0.1", port, FLIGHT).outcome == "accepted"
    # And by one that stays on the line before the honest one's octets.
    with relay(port, up=lambda octets: head + octets) as false:
        assert send(Order("GO"), KEY, "127.0.0.1", false, FLIGHT).outcome == "accepted"
    assert len(ship.take()) == 2 and len(ship._splitters) <= 2


def test_a_flight_is_named_with_its_epoch_in_any_form_of_the_date():
    assert check_flight("shenzhou-15@2023-06-03T21:29:50Z") == "shenzhou-15@2023-06-03T21:29:50.000000Z"
    assert check_flight("a@b@2023-154T21:29:50Z") == check_flight("a@b@2023-06-03T21:29:50.0Z")
    for text in ("", "shenzhou-15", "@2023-06-03T21:29:50Z", "shenzhou-15@today"):
        with pytest.raises(InputError, match="NAME@EPOCH"):
            check_flight(text)


def test_in_a_black_out_nothing_goes_up(monkeypatch):
    told = record()
    ship = Executive(Opener(KEY, FLIGHT, told.clock), lambda: DOCKING)
    stream = Stream(told, Link(), 1.0, ship)
    assert not stream.dark()
    start, end = stream._dark[0]
    monkeypatch.setattr(stream, "now", lambda: 0.5 * (start + end))
    assert stream.dark()
    assert not Stream(told, Link(through_blackout=True), 1.0, ship)._dark
