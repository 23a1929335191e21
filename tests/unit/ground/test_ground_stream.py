"""A stream over TCP: archive, listeners that are slow, late or gone, ports that are taken."""

import json
import socket
import threading

import numpy as np
import pytest
from ground_flight import record

from homeward.cli.app import main
from homeward.errors import InputError
from homeward.ground.flight_server import Stream, serve
from homeward.ground.telemetry.archive import read_archive
from homeward.ground.telemetry.client import Listener, listen, write_received
from homeward.scenario.schema.ground import Cabin, Link

WAIT = 20.0  # s, for a thread that has nothing to do any more


def served(link: Link, speed: float = 0.0, cabin: Cabin | None = None, keep=False):
    """A sender in a thread: its port and the thread."""
    ready: list[int] = []
    opened = threading.Event()

    def tell(port: int) -> None:
        ready.append(port)
        opened.set()

    stream = Stream(record(cabin), link, speed)
    thread = threading.Thread(target=serve, args=(stream, "127.0.0.1", 0, tell, keep), daemon=True)
    thread.start()
    assert opened.wait(WAIT)
    return ready[0], thread, stream


def test_everything_that_arrived_is_in_the_archive_and_a_gap_is_told(tmp_path):
    link = Link(drop=0.05, duplicate=0.05, seed=2)
    port, thread, stream = served(link)
    heard = Listener(tmp_path / "archive")
    listen(heard, "127.0.0.1", port)
    heard.close()
    thread.join(WAIT)
    assert not thread.is_alive()
    octets = (tmp_path / "archive" / "received.bin").read_bytes()
    assert octets == b"".join(d.octets for d in stream.deliveries)
    told = write_received(tmp_path / "archive")
    sent = sum(stream.counts.values())
    assert told["packets"] - told["duplicates"] + told["missing"] == sent
    assert any(e.name == "gap" for e in heard.monitor.log)
    table = read_archive(tmp_path / "archive").tables["flight"]
    lines = (tmp_path / "archive" / "flight.csv").read_text().splitlines()
    assert len(lines) == len(table["time_s"]) + 1
    row = dict(zip(lines[0].split(","), lines[5].split(","), strict=True))
    assert float(row["altitude_m"]) == table["altitude_m"][4]
    with pytest.raises(InputError, match="holds an archive already"):
        port, thread, _ = served(link)
        listen(Listener(tmp_path / "archive"), "127.0.0.1", port)


@pytest.mark.parametrize("whole", [True, False])
def test_a_stream_that_broke_off_is_no_success(whole, tmp_path, capsys):
    if whole:
        port, thread, _ = served(Link(drop=0.05, seed=2))  # lost packets are gaps, and no end of the stream
    else:
        there = socket.create_server(("127.0.0.1", 0))
        port = there.getsockname()[1]
        stream = Stream(record(), Link(through_blackout=True))

        def hang_up():
            with there, there.accept()[0] as link:
                link.sendall(stream.about() + b"".join(d.octets for d in stream.deliveries[:100]))

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
    words = ["listen", "--port", str(port), "--out", str(tmp_path / "a"), "--json"]
    assert main(words) == (0 if whole else 3)
    thread.join(WAIT)
    told = capsys.readouterr()
    summary = json.loads(told.out)
    assert (summary["broke_off"] is None) == whole and ("the stream broke off" in told.err) != whole
    assert whole or summary["packets"] == 100
    assert (tmp_path / "a" / "flight.csv").exists() and (tmp_path / "a" / "events.json").exists()


def test_a_listener_that_leaves_harms_nobody_and_two_hear_the_same():
    # As fast as it goes, a sender is through with the one before the other comes: it has to stay.
    port, _, stream = served(Link(through_blackout=True), keep=True)
    with socket.create_connection(("127.0.0.1", port)) as rude:
        rude.recv(100)
    first, second = Listener(), Listener()
    other = threading.Thread(target=listen, args=(second, "127.0.0.1", port), daemon=True)
    other.start()
    listen(first, "127.0.0.1", port)
    other.join(WAIT)
    assert first.packets == second.packets == len(stream.deliveries)
    assert first.latest == second.latest


def test_a_sender_stays_for_others_when_its_only_listener_left():
    port, thread, stream = served(Link(through_blackout=True))
    with socket.create_connection(("127.0.0.1", port)) as rude:
        rude.recv(100)
    heard = Listener()
    listen(heard, "127.0.0.1", port)
    thread.join(WAIT)
    assert not thread.is_alive()
    assert heard.packets == len(stream.deliveries)


def test_limits_are_watched_on_the_way():
    flight = record()
    time = flight.tables["flight"]["time_s"]
    cabin = Cabin(leak_from_s=float(time[10]), leak_mm2=400.0, bus_fails_s=float(time[200]))
    port, thread, _ = served(Link(through_blackout=True), cabin=cabin)
    heard = Listener()
    listen(heard, "127.0.0.1", port)
    thread.join(WAIT)
    reds = {e.name: e.time for e in heard.monitor.log if e.after == "red"}
    assert reds["bus_a_v"] == pytest.approx(time[201], abs=0.01)
    assert reds["cabin_pressure_pa"] > time[10] and "bus_b_v" not in reds
    assert np.isfinite(heard.latest["cabin_pressure_pa"])


def test_a_port_that_is_taken_and_a_port_where_nobody_is(tmp_path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match="is taken; name another"):
            serve(Stream(record(), Link()), port=port)
    free = port
    assert main(["listen", "--port", str(free), "--out", str(tmp_path / "a")]) == 2
    assert "nobody sends telemetry there" in capsys.readouterr().err
    assert not (tmp_path / "a").exists()
    assert main(["listen"]) == 2 and main(["telemetry", str(tmp_path)]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2 and "--out" in told[0] and "telemetry.parquet" in told[1]


def test_somebody_else_s_server_is_refused():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()

        def answer() -> None:
            link, _ = other.accept()
            with link:
                link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 40)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        heard = Listener()
        with pytest.raises(InputError, match="does not send telemetry of Homeward"):
            listen(heard, "127.0.0.1", other.getsockname()[1])
        thread.join(WAIT)
    assert not heard.about and heard.packets == 0


def test_the_dictionary_on_the_command_line(tmp_path, capsys):
    assert main(["dictionary", "--json", "--xtce", str(tmp_path / "d.xml")]) == 0
    told = json.loads(capsys.readouterr().out)
    latitude = next(p for p in told["parameters"] if p["name"] == "latitude_deg")
    assert latitude["range"] == [-90.0, 90.0] and latitude["unit"] == "deg" and latitude["group"] == "flight"
    load = next(p for p in told["parameters"] if p["name"] == "load_factor_g")
    assert load["limits"]["high_red"] == 5.0
    assert (tmp_path / "d.xml").read_text().startswith("<?xml")
    assert main(["dictionary", "--xtce", str(tmp_path / "none" / "d.xml")]) == 2
