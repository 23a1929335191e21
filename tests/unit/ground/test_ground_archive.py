"""Archives that are whole, torn off or spoilt: what the console opens, and what it says of the rest."""

import json

import numpy as np
import pytest
from ground_flight import record_with_accuracy

from homeward.cli.app import main
from homeward.console.reading import read_flight
from homeward.errors import InputError
from homeward.ground.flight_server import Stream
from homeward.ground.telemetry.archive import FILES, read_archive
from homeward.ground.telemetry.client import Listener
from homeward.ground.telemetry.link import deliver, sent_packets
from homeward.io.space_packet import Packet, pack
from homeward.scenario.schema.ground import Link

CLEAR = Link(through_blackout=True)


@pytest.fixture
def archive(tmp_path):
    """What a listener wrote of a flight with an accuracy of navigation."""
    flight, place = record_with_accuracy(), tmp_path / "archive"
    heard = Listener(place)
    stream = Stream(flight, CLEAR)
    heard.feed(stream.about())
    for delivery in deliver(sent_packets(flight), CLEAR):
        heard.feed(delivery.octets)
    heard.feed(stream.about(ended=True))
    heard.close()
    return place


def test_a_group_without_a_time_of_its_own_is_shown_at_that_of_its_packets(archive):
    flight, got = record_with_accuracy(), read_archive(archive)
    assert not got.gaps
    np.testing.assert_allclose(
        got.tables["accuracy"]["time_s"], flight.tables["accuracy"]["time_s"], rtol=0, atol=1e-7
    )
    shown = read_flight(archive)
    name = next(n for n in flight.tables["accuracy"] if n in shown.rows.place and n != "time_s")
    np.testing.assert_array_equal(shown.rows.column(name), flight.tables["accuracy"][name])


def test_one_that_was_torn_off_is_shown_as_far_as_it_goes(archive):
    octets = (archive / FILES[0]).read_bytes()
    whole = len(read_flight(archive).rows)
    (archive / FILES[0]).write_bytes(octets[: len(octets) // 2 + 1])
    shown = read_flight(archive)
    assert 0 < len(shown.rows) < whole
    assert (archive / FILES[0]).read_bytes() == octets[: len(octets) // 2 + 1]


@pytest.mark.parametrize(
    ("key", "value"),
    [("name", None), ("legs", 5), ("thrusters", 10**6), ("thrusters", -1), ("groups", [["flight"]]),
     ("epoch_utc", 7), ("dictionary", "another")],
)  # fmt: skip
def test_a_spoilt_description_is_one_sentence(archive, capsys, key, value):
    file = archive / FILES[2]
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: value}))
    with pytest.raises(InputError, match="the sender"):
        read_flight(archive)
    assert main(["console", str(archive), "--port", "0"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) <= 2


@pytest.mark.parametrize("sent", [7, [1], {"flight": "many"}, None])
def test_an_end_that_makes_no_sense_is_left_alone(archive, sent):
    file = archive / FILES[2]
    file.write_text(json.dumps(json.loads(file.read_text()) | {"sent": sent}))
    assert not read_archive(archive).gaps


@pytest.mark.parametrize("data", [b"5", b"[]", b'{"sent": 5}', b"{", b'"sent"'])
def test_a_listener_goes_on_after_such_an_end(data):
    flight, heard = record_with_accuracy(), Listener()
    heard.feed(Stream(flight, CLEAR).about())
    heard.feed(pack(Packet(1, 1, 0.0, data), flight.clock))
    for delivery in deliver(sent_packets(flight), CLEAR)[:20]:
        heard.feed(delivery.octets)
    assert heard.packets == 20 and "sent" not in heard.about
