"""A stream of telemetry in the console: its rows as they come, its gaps, commands up the same connection."""

import errno
import socket
import threading
import time

import numpy as np
import pytest
from ground_flight import record

from homeward.cli.app import main
from homeward.console.desk import contact
from homeward.console.flight import Flight
from homeward.console.stream import StreamFeed
from homeward.errors import InputError
from homeward.ground.commands.authentication import Opener
from homeward.ground.commands.onboard_executive import Executive, Situation
from homeward.ground.commands.uplink import flight_word
from homeward.ground.flight_server import Stream, serve
from homeward.ground.telemetry.archive import Archive
from homeward.ground.telemetry.dictionary import ABOUT_APID
from homeward.ground.telemetry.link import sent_packets
from homeward.io.space_packet import Packet, pack, unpack
from homeward.scenario.schema.ground import Link

KEY = bytes(range(32))
WAIT = 20.0  # s, for a thread that has nothing to do any more


def sender(link, speed=0.0, ship=None):
    """A sender in a thread: its port and its stream."""
    ready, opened = [], threading.Event()
    stream = Stream(record(), link, speed, ship)

    def tell(port):
        ready.append(port)
        opened.set()

    threading.Thread(target=serve, args=(stream, "127.0.0.1", 0, tell), daemon=True).start()
    assert opened.wait(WAIT)
    return ready[0], stream


def until(true):
    end = time.monotonic() + WAIT
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_what_is_shown_is_what_was_sent_and_every_octet_is_kept(tmp_path):
    port, stream = sender(Link(through_blackout=True))
    flight = StreamFeed("127.0.0.1", port, None, None, tmp_path).flight
    until(lambda: not flight.live)
    table = record().tables["flight"]
    np.testing.assert_array_equal(flight.rows.time, table["time_s"])
    believed = table["altitude_m"] - table["navigation_position_error_down_m"]
    np.testing.assert_allclose(flight.rows.column("altitude_m"), believed, rtol=1e-12)
    assert np.isfinite(flight.rows.column("cabin_pressure_pa")).sum() >= len(table["time_s"]) - 1
    assert [leg.name for leg in flight.legs] == [leg["name"] for leg in record().legs]
    assert (tmp_path / "received.bin").read_bytes() == b"".join(d.octets for d in stream.deliveries)
    assert flight.note == "" and flight.events[-1]["text"] == "end of the stream"


def test_a_gap_is_told_and_nothing_is_filled_in():
    port, stream = sender(Link(drop=0.2, seed=3))
    flight = StreamFeed("127.0.0.1", port, None, None).flight
    until(lambda: not flight.live)
    assert len(flight.rows) < len(record().tables["flight"]["time_s"])
    assert any(e["what"] == "gap" for e in flight.events)
    assert len(stream.deliveries) > len(flight.rows)


def test_commands_go_up_sealed_and_are_answered_and_without_a_key_none_does():
    opener = Opener(KEY, flight_word(record().about()), record().clock)
    ship = Executive(opener, Situation)
    port, _ = sender(Link(through_blackout=True), 300.0, ship)
    named = [flight_word(record().about())]
    with pytest.raises(InputError, match="--flight names the flights"):
        StreamFeed("127.0.0.1", port, KEY, None, flights=["another@2023-06-03T17:00:00.000000Z"])
    mine = StreamFeed("127.0.0.1", port, KEY, None, flights=named)
    other = StreamFeed("127.0.0.1", port, bytes(32), None, flights=named)
    deaf = StreamFeed("127.0.0.1", port, None, None)
    until(lambda: len(mine.flight.rows) > 2)
    for feed in (mine, other, deaf):
        feed.command("hold")
        feed.command("nonsense")
    until(lambda: mine.answers[0]["outcome"] == "refused")
    assert "cannot carry out" in mine.answers[0]["reason"]
    assert mine.answers[1]["outcome"] == "no command"
    assert other.answers[0]["outcome"] == "no command" and "this key" in other.answers[0]["reason"]
    assert [entry.outcome for entry in ship.log] == ["refused"]
    assert deaf.answers[0]["outcome"] == "no command" and "--key" in deaf.answers[0]["reason"]
    for feed in (mine, other, deaf):
        feed.stop()
        until(lambda feed=feed: not feed.flight.live)
        assert "broke off" in feed.flight.note


def test_who_sends_something_else_or_nothing_is_told_so(capsys):
    with pytest.raises(InputError, match="nobody sends telemetry there"):
        StreamFeed("127.0.0.1", 1, None, None)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]

        def talk():
            with stranger.accept()[0] as link:
                link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 50)

        threading.Thread(target=talk, daemon=True).start()
        with pytest.raises(InputError, match="does not send telemetry of Homeward"):
            StreamFeed("127.0.0.1", port, None, None)
    for text in ("nowhere", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:1"):
        assert main(["console", "--listen", text]) == 2
    assert "expected HOST:PORT" in capsys.readouterr().err


class Raw:
    """A sender of any octets: a greeting, then what the test hands over."""

    def __init__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.told = record()
        self.sent = [octets for _, octets in sent_packets(self.told)]
        self.link = None
        threading.Thread(target=self._greet, daemon=True).start()

    def _greet(self):
        link = self.server.accept()[0]
        link.sendall(Stream(self.told, Link(through_blackout=True)).about())
        self.link = link

    def send(self, *octets):
        until(lambda: self.link is not None)
        self.link.sendall(b"".join(octets))

    def close(self):
        if self.link is not None:
            self.link.close()
        self.server.close()


@pytest.fixture
def raw():
    made = Raw()
    yield made
    made.close()


def about_packet(told, text):
    return pack(Packet(ABOUT_APID, 1, 0.0, text), told.clock)


def test_a_packet_that_the_decoder_stumbles_over_costs_nothing_behind_it(raw, monkeypatch):
    feed = StreamFeed("127.0.0.1", raw.port, None, None)
    flight = feed.flight
    # Whatever the decoder makes of this one: the reader must outlive a decoder that fails on it.
    deep = about_packet(raw.told, b"[" * 60_000)
    stumbled = []
    whole = type(feed._heard).feed

    def feed_it(self, octets):
        if deep in octets and not stumbled:
            stumbled.append(1)
            raise RecursionError("maximum recursion depth exceeded")
        return whole(self, octets)

    monkeypatch.setattr(type(feed._heard), "feed", feed_it)
    raw.send(*raw.sent[:40])
    until(lambda: len(flight.rows) > 8)
    raw.send(deep)
    until(lambda: any(e["what"] == "reader" for e in flight.events))
    assert "RecursionError" in flight.events[-1]["text"]
    before = len(flight.rows)
    raw.send(deep, *raw.sent[40:400])
    until(lambda: len(flight.rows) > before + 50)
    assert flight.live and flight.fault == "" and feed.alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_reader_that_has_gone_is_seen_and_started_again(raw, monkeypatch):
    feed = StreamFeed("127.0.0.1", raw.port, None, None)
    whole, gone = type(feed._heard).feed, []

    def end(self, octets):
        if not gone:
            gone.append(1)
            raise SystemExit  # ends the thread without a word
        return whole(self, octets)

    monkeypatch.setattr(type(feed._heard), "feed", end)
    raw.send(*raw.sent[:40])
    until(lambda: not feed._reader._thread.is_alive())
    assert not feed.alive()
    until(feed.alive)
    assert any("its thread had gone" in e["text"] for e in feed.flight.events if e["what"] == "reader")
    raw.send(*raw.sent[40:200])
    until(lambda: len(feed.flight.rows) > 20)
    until(lambda: contact(feed.flight, feed.flight.end) is None)
    feed.flight.fault = "the reader failed"  # until rows come again
    assert contact(feed.flight, feed.flight.end)["why"] == "the reader failed"


def test_a_packet_dated_far_ahead_hides_none_of_those_behind_it(raw):
    feed = StreamFeed("127.0.0.1", raw.port, None, None)
    flight, table = feed.flight, raw.told.tables["flight"]
    raw.send(*raw.sent[:100])
    until(lambda: len(flight.rows) > 20)
    group = next(g for g in raw.told.dictionary.groups if g.name == "flight")
    false = next(o for o in raw.sent if unpack(o, raw.told.clock).apid == group.apid)
    false = unpack(false, raw.told.clock)
    raw.send(pack(Packet(false.apid, false.sequence + 40, 5e8, false.data), raw.told.clock))
    raw.send(*raw.sent[100:1500])
    last = max(unpack(o, raw.told.clock).time for o in raw.sent[:1500])
    until(lambda: len(flight.rows) > 400 and abs(flight.end - last) < 10.0)
    shown = np.isin(table["time_s"], flight.rows.time)
    assert flight.rows.time[-1] < 1e6 and shown[table["time_s"] < last].mean() > 0.9


def test_an_archive_that_the_disk_takes_no_more_of_ends_and_the_display_goes_on(raw, tmp_path, monkeypatch):
    feed = StreamFeed("127.0.0.1", raw.port, None, None, tmp_path)
    flight = feed.flight
    raw.send(*raw.sent[:100])
    until(lambda: len(flight.rows) > 20)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Archive, "take", full)
    raw.send(*raw.sent[100:800])
    until(lambda: len(flight.rows) > 200 and any(e["what"] == "archive" for e in flight.events))
    assert flight.live
    (event,) = [e for e in flight.events if e["what"] == "archive"]
    assert "No space left" in event["text"] and event["level"] == "yellow"


def test_garbage_and_silence_are_told_and_the_clock_runs_on(raw, monkeypatch):
    monkeypatch.setattr("homeward.console.flight.QUIET", 0.3)
    feed = StreamFeed("127.0.0.1", raw.port, None, None)
    flight = feed.flight
    for k in range(0, 90, 6):  # rows come steadily: the pace of the flight is known
        raw.send(*raw.sent[k : k + 6])
        time.sleep(0.2)
    until(lambda: len(flight.rows) > 15)
    raw.send(bytes(range(256)) * 400)
    until(lambda: contact(flight, feed.now()) is not None)
    quiet = contact(flight, feed.now())
    assert quiet["why"] == "no telemetry comes" and quiet["since"] == flight.end
    first = feed.now()
    time.sleep(0.3)
    assert feed.now() > first > flight.end


def test_live_and_saved_logs_list_the_same_events(raw):
    feed = StreamFeed("127.0.0.1", raw.port, None, None)
    for k in range(0, len(raw.sent), 300):
        raw.send(*raw.sent[k : k + 300])
    raw.close()
    until(lambda: not feed.flight.live)
    told, table = raw.told, raw.told.tables["flight"]
    saved = Flight("made-up", "return", told.epoch, list(feed.flight.rows.names), feed.flight.setting)
    for leg in told.legs:
        saved.enter(str(leg["name"]), float(leg["start"]), float(leg["end"]))
    saved.take(table["time_s"], table)
    saved.finish()
    kinds = ("burn", "separation", "jettison", "interface", "radio", "parachute", "touchdown")
    live, kept = (
        sorted((e["what"], e["text"]) for e in f.events if e["what"] in kinds) for f in (feed.flight, saved)
    )
    assert live == kept
    assert {"burn", "interface", "parachute", "touchdown", "radio"} <= {what for what, _ in kept}
    times = [sorted(e["t"] for e in f.events if e["what"] in kinds) for f in (feed.flight, saved)]
    np.testing.assert_allclose(*times, atol=61.0)  # a leg begins with its first row
