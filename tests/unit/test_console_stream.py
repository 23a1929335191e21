"""A stream of telemetry in the console: its rows as they come, its gaps, commands up the same connection."""

import socket
import threading
import time

import numpy as np
import pytest
from ground_flight import record

from homeward.cli import main
from homeward.console.stream import StreamFeed
from homeward.errors import InputError
from homeward.ground.executive import Executive, Situation
from homeward.ground.sealing import Opener
from homeward.ground.serve import Stream, serve
from homeward.ground.uplink import flight_word
from homeward.scenario.schema_ground import Link

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
    np.testing.assert_array_equal(flight.rows.column("altitude_m"), table["altitude_m"])
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
