"""Senders, clients and disks that do what they should not: decoder, listener and sender survive."""

import errno
import json
import os
import socket
import threading
import time

import numpy as np
import pytest
from ground_flight import record

from homeward.cli.app import main
from homeward.errors import InputError
from homeward.ground.flight_server import Stream, serve
from homeward.ground.telemetry.archive import read_archive, read_octets
from homeward.ground.telemetry.client import Listener, listen
from homeward.ground.telemetry.dictionary import ABOUT_APID
from homeward.ground.telemetry.flight_description import read_about
from homeward.ground.telemetry.link import deliver, sent_packets
from homeward.ground.telemetry.packets import Splitter
from homeward.io.space_packet import Packet, pack
from homeward.scenario.schema.ground import Link

CLEAR = Link(through_blackout=True)
MEGABYTE = 1_000_000


def packets(count=None):
    return [d.octets for d in deliver(sent_packets(record()), CLEAR)][:count]


def greeted(folder=None, **change):
    heard = Listener(folder)
    told = json.dumps(record().about() | change).encode()
    heard.feed(pack(Packet(ABOUT_APID, 0, 0.0, told), record().clock))
    return heard


def served(stream, keep=False):
    ready, opened = [], threading.Event()

    def tell(port):
        ready.append(port)
        opened.set()

    threading.Thread(target=serve, args=(stream, "127.0.0.1", 0, tell, keep), daemon=True).start()
    assert opened.wait(20.0)
    return ready[0]


@pytest.mark.parametrize("kind", ["zeros", "headers of a group", "headers of a description", "noise", "0x1f"])
def test_a_megabyte_of_anything_is_taken_apart_in_linear_time(kind):
    header = packets(1)[0][:7]
    octets = {
        "zeros": bytes(MEGABYTE),
        "headers of a group": header * (MEGABYTE // 7),
        "headers of a description": (bytes([0x08, 1, 0xC0, 0, 0x3F, 0xF0, 0x1F]) * (MEGABYTE // 7)),
        "noise": np.random.default_rng(1).bytes(MEGABYTE),
        "0x1f": b"\x1f" * MEGABYTE,
    }[kind]
    heard = greeted()
    began = time.process_time()
    for k in range(0, len(octets), 65536):
        heard.feed(octets[k : k + 65536])
    heard.feed(packets(1)[0])
    heard.close()
    assert time.process_time() - began < 4.0  # 0.6 s where nothing else runs; it was 21 s
    assert heard.skipped == len(octets) and heard.packets == 1


def test_the_same_packets_are_found_however_the_octets_arrive():
    good = packets(60)
    damaged = bytearray(good[20])
    damaged[4] ^= 0x40
    cut = good[30][: len(good[30]) // 2]
    stream = b"".join([*good[:20], bytes(damaged), *good[21:30], cut, *good[31:], b"\x08\x10\xc0"])
    right = [*good[:20], *good[21:30], *good[31:]]
    for piece in (1, 7, 300, len(stream)):
        splitter = Splitter(record().dictionary)
        found = [p for k in range(0, len(stream), piece) for p in splitter.feed(stream[k : k + piece])]
        splitter.finish()
        assert found == right
        assert splitter.skipped == len(stream) - sum(map(len, right))


@pytest.mark.parametrize("bit", range(16))
def test_a_flipped_bit_of_a_length_holds_no_packet_back(bit):
    good = packets(40)
    damaged = bytearray(good[5])
    damaged[4 + bit // 8] ^= 1 << bit % 8
    splitter = Splitter(record().dictionary)
    found = list(splitter.feed(b"".join([*good[:5], bytes(damaged), *good[6:8]])))
    assert found == [*good[:5], *good[6:8]]


def test_garbage_is_counted_at_once_and_the_packet_behind_it_is_found():
    heard = greeted()
    heard.feed(bytes(2 * MEGABYTE))
    assert heard.skipped >= 2 * MEGABYTE - 6
    heard.feed(packets(1)[0])
    assert heard.packets == 1 and heard.skipped == 2 * MEGABYTE
    # Also before it is known what is flying.
    early = Listener()
    early.feed(np.random.default_rng(2).bytes(MEGABYTE))
    early.feed(Stream(record(), CLEAR).about() + packets(1)[0])
    assert early.packets == 1 and early.skipped == MEGABYTE


def test_a_client_that_sends_without_end_stalls_nobody():
    port = served(Stream(record(), CLEAR, 0.0), keep=True)
    stop = threading.Event()

    def flood():
        with socket.create_connection(("127.0.0.1", port)) as link:
            link.settimeout(0.1)
            while not stop.is_set():
                try:
                    link.sendall(bytes(MEGABYTE))
                except OSError:
                    time.sleep(0.01)

    flooders = [threading.Thread(target=flood, daemon=True) for _ in range(4)]
    for one in flooders:
        one.start()
    time.sleep(0.3)
    heard = Listener()
    began = time.monotonic()
    try:
        assert listen(heard, "127.0.0.1", port) == ""
    finally:
        stop.set()
        for one in flooders:
            one.join(10.0)
    assert heard.packets == len(packets()) and time.monotonic() - began < 8.0  # it was 10 s and more


DEEP = b"[" * 60000
WRONG = [
    {"name": 5}, {"name": ""}, {"name": "x" * 5000}, {"name": "a\x1b[2Jb"}, {"legs": "leg"}, {"legs": [1]},
    {"legs": ["x"] * 10000}, {"thrusters": 1e30}, {"thrusters": True}, {"thrusters": 10**30}, {"groups": {}},
    {"groups": ["flight"] * 17}, {"groups": [["flight"]]}, {"epoch_utc": None}, {"epoch_utc": "9" * 5000},
]  # fmt: skip


@pytest.mark.parametrize("change", WRONG)
def test_a_description_of_wrong_types_or_sizes_is_refused(change):
    with pytest.raises(InputError, match="the sender"):
        read_about(json.dumps(record().about() | change))


@pytest.mark.parametrize("octets", [DEEP, b'{"name":' + DEEP, b"\xff\xfe", b"", b"NaN", b'{"a":' * 5000])
def test_a_description_that_is_no_json_or_too_deep_is_refused(octets):
    with pytest.raises(InputError, match="the sender"):
        read_about(octets)
    heard = greeted()
    heard.feed(pack(Packet(ABOUT_APID, 1, 0.0, octets), record().clock) + packets(1)[0])
    assert heard.packets == 1


@pytest.mark.parametrize("count", [10**30, -1, 1.5, True, "7", [1], None, float("inf")])
def test_counts_that_cannot_be_are_not_believed(count):
    for key in ("sent", "first"):
        told = read_about(json.dumps(record().about() | {key: {"flight": count}}))
        assert key not in told
    assert not read_octets(b"".join(packets()), told).gaps


def test_the_end_of_another_flight_is_not_the_end_of_this_one():
    heard = greeted()
    other = record().about() | {"name": "another", "sent": {"flight": 10**6}}
    heard.feed(pack(Packet(ABOUT_APID, 1, 0.0, json.dumps(other).encode()), record().clock))
    assert "sent" not in heard.about and heard.about["name"] == record().name


def test_a_full_disk_ends_the_archive_and_not_the_reception(tmp_path, monkeypatch):
    heard = greeted(tmp_path / "a")
    write, room = os.pwrite, [20000]

    def limited(handle, octets, place):
        if room[0] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = write(handle, octets[: max(room[0], 1)], place)
        room[0] -= done
        return done

    monkeypatch.setattr(os, "pwrite", limited)
    for octets in packets():
        heard.feed(octets)
    heard.close()
    monkeypatch.undo()
    assert heard.packets == len(packets()) and "No space" in heard.archive_error
    assert [e.text for e in heard.monitor.log if e.name == "archive"] != []
    kept = (tmp_path / "a" / "received.bin").read_bytes()
    lines = (tmp_path / "a" / "arrivals.csv").read_text().splitlines()
    assert kept == b"".join(packets())[: len(kept)] and 10000 < len(kept) <= 20000
    offset, length = (int(x) for x in lines[-1].split(",")[:2])
    assert abs(len(kept) - offset - length) <= max(map(len, packets()))
    assert read_archive(tmp_path / "a").packets >= len(lines) - 1


def test_a_full_disk_is_one_sentence_on_the_command_line(tmp_path, monkeypatch, capsys):
    port = served(Stream(record(), CLEAR, 0.0))
    write, calls = os.pwrite, [0]

    def limited(handle, octets, place):
        calls[0] += 1
        if calls[0] > 50:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, octets, place)

    monkeypatch.setattr(os, "pwrite", limited)
    assert main(["listen", "--port", str(port), "--out", str(tmp_path / "a")]) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert "cannot be written (No space left on device); the archive holds the" in told


@pytest.mark.parametrize("trickle", [False, True])
def test_a_sender_that_never_finishes_does_not_hang_the_listener(trickle, tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as there:
        done = threading.Event()

        def speak():
            with there.accept()[0] as link:
                link.sendall(Stream(record(), CLEAR).about() + packets(5)[0])
                while not done.wait(0.1):
                    if trickle:
                        link.sendall(b"\0")

        threading.Thread(target=speak, daemon=True).start()
        try:
            port = str(there.getsockname()[1])
            began = time.monotonic()
            assert main(["listen", "--port", port, "--out", str(tmp_path / "a"), "--patience", "1"]) == 3
            assert time.monotonic() - began < 20.0  # s: 1.3 where nothing else runs
        finally:
            done.set()
    told = capsys.readouterr()
    wanted = f"the stream broke off: the sender was silent for 1 s; {tmp_path / 'a'} holds what came before"
    assert wanted in told.err and "1 packets, " in told.out


def test_a_packet_of_another_length_than_its_group_s_is_no_packet():
    made = record().dictionary.groups[0]
    for size in (0, 8, made.format.size - 8, made.format.size + 8):
        heard = greeted()
        short = pack(Packet(made.apid, 0, 0.0, bytes(size)), record().clock)
        heard.feed(short + packets(1)[0])
        assert heard.packets == 1 and heard.skipped == len(short)


def test_a_long_packet_that_does_not_come_holds_back_none_behind_it():
    heard = greeted()
    heard.feed(bytes([0x08, ABOUT_APID, 0xC0, 0, 0x3F, 0xF0, 0x1F]) + b"".join(packets(10)))
    assert heard.packets == 10
