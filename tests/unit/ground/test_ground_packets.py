"""Packets: what a flight sent is what the ground reads, by our decoder and by another's."""

import io
import warnings

import numpy as np
import pytest
from ground_flight import record
from space_packet_parser import XtcePacketDefinition, ccsds_generator

from homeward.earth.time import FIRST_YEAR, LAST_YEAR, Epoch
from homeward.ground.telemetry.archive import read_octets
from homeward.ground.telemetry.dictionary import RENDEZVOUS, RETURN, flight_dictionary
from homeward.ground.telemetry.limits import flight_limits
from homeward.ground.telemetry.link import blackouts, deliver, sent_packets
from homeward.ground.telemetry.packets import Splitter
from homeward.ground.telemetry.xtce import write_xtce
from homeward.io.cuc_time import FRACTION, Clock
from homeward.io.space_packet import BadPacket, Packet, pack, unpack
from homeward.scenario.schema.ground import Link

CLEAR = Link(through_blackout=True)


def received(link: Link, dark=None):
    flight = record()
    octets = b"".join(d.octets for d in deliver(sent_packets(flight), link, dark))
    return read_octets(octets, flight.about())


def test_a_clear_link_brings_every_number_as_it_was():
    flight, got = record(), received(CLEAR)
    assert not got.gaps and not got.duplicates and not got.skipped
    for name, table in got.tables.items():
        for column in flight.dictionary.by_apid[
            next(g.apid for g in flight.dictionary.groups if g.name == name)
        ].names:
            np.testing.assert_array_equal(table[column], np.asarray(flight.tables[name][column], float))


def test_other_peoples_parser_reads_our_stream_from_our_xtce(tmp_path):
    flight = record()
    write_xtce(tmp_path / "d.xml", flight.dictionary, flight.name, flight_limits(5.0))
    definition = XtcePacketDefinition.from_xtce(tmp_path / "d.xml")
    sent = sent_packets(flight)[:: max(1, len(flight.tables["flight"]["time_s"]) // 60) | 1]
    seen = {g.name: 0 for g in flight.dictionary.groups}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it warns where a packet is longer than the definition
        for (time, _), octets in zip(
            sent, ccsds_generator(io.BytesIO(b"".join(o for _, o in sent))), strict=True
        ):
            told = definition.parse_bytes(octets)
            group = flight.dictionary.by_apid[int(told["PKT_APID"])]
            row = int(told["PKT_SEQUENCE"])
            ticks = int(told["TIME_SECONDS"]) * FRACTION + int(told["TIME_FRACTION"])
            assert abs((ticks - flight.clock.zero) / FRACTION - time) <= 1.0 / FRACTION
            for name in group.names:
                value = told[f"{group.name}_{name}"].raw_value
                np.testing.assert_array_equal(float(value), float(flight.tables[group.name][name][row]))
            seen[group.name] += 1
    assert all(n > 10 for n in seen.values())


@pytest.mark.parametrize("messages", [RETURN, RENDEZVOUS])
def test_every_dictionary_is_xtce_that_others_can_load(messages, tmp_path):
    made = flight_dictionary(messages, 16)
    write_xtce(tmp_path / "d.xml", made)
    definition = XtcePacketDefinition.from_xtce(tmp_path / "d.xml")
    assert {g.name for g in made.groups} <= set(definition.containers)
    names = [f"{g.name}_{n}" for g in made.groups for n in g.names]
    assert set(names) <= set(definition.parameters) and len(set(names)) == len(names)
    assert len({g.apid for g in made.groups}) == len(made.groups)


def test_what_the_link_loses_is_a_gap_and_what_it_doubles_counts_once():
    link = Link(drop=0.1, duplicate=0.2, delay_s=1.0, jitter_s=2.0, seed=4)
    flight = record()
    sent = sent_packets(flight)
    arrived = deliver(sent, link)
    got = received(link)
    unique = len({d.octets for d in arrived})
    assert got.duplicates == len(arrived) - unique > 0
    assert sum(len(t["sequence"]) for t in got.tables.values()) == unique
    lost = len(sent) - unique
    ends = sum(len(flight.tables[n]["time_s"]) - int(t["sequence"][-1]) - 1 for n, t in got.tables.items())
    assert sum(g.missing for g in got.gaps) + ends == lost > 0
    for table in got.tables.values():  # in order again, and the row after a gap says how long it was
        assert (np.diff(table["sequence"]) == table["missing_before"][1:] + 1).all()
        assert (np.diff(table["time_s"]) > 0).all()


def test_the_end_that_never_came_is_told_where_the_sender_tells_how_much_it_sent():
    flight = record()
    octets = b"".join(o for _, o in sent_packets(flight)[:-40])
    counts = {g.name: len(flight.tables[g.name]["time_s"]) for g in flight.dictionary.groups}
    got = read_octets(octets, flight.about() | {"sent": counts})
    assert sum(g.missing for g in got.gaps) == 40


def test_nothing_comes_through_a_blackout_unless_the_link_says_so():
    flight = record()
    dark = blackouts(flight)
    assert dark, "the made-up flight has a black-out"
    for start, end in dark:
        inside = [
            d for d in deliver(sent_packets(flight), Link(jitter_s=0.0), dark) if start <= d.time - 0.3 <= end
        ]
        assert not inside
    assert len(deliver(sent_packets(flight), CLEAR, dark)) == len(sent_packets(flight))


def test_the_sequence_count_goes_on_past_its_turn():
    flight = record()
    group = flight.dictionary.groups[0]
    data = bytes(group.format.size)
    packets = [pack(Packet(group.apid, k, float(k), data), flight.clock) for k in range(16380, 16384 + 5)]
    head = [pack(Packet(group.apid, k, float(k), data), flight.clock) for k in range(0, 16380, 60)]
    got = read_octets(b"".join([*head, *packets]), flight.about())
    assert got.tables[group.name]["sequence"][-1] == 16388 and not got.duplicates


def test_time_code_of_the_standard_s_epoch_and_of_today():
    clock = Clock.of(Epoch.from_iso("2023-06-03T17:00:00Z"))
    # TAI - UTC was 37 s; 23,895 days from 1958-01-01 to 2023-06-03.
    assert clock.encode(0.0) == bytes([0x1F]) + (23894 * 86400 + 17 * 3600 + 37).to_bytes(4, "big") + bytes(3)
    assert abs(clock.decode(clock.encode(12345.678)) - 12345.678) <= 0.5 / FRACTION
    with pytest.raises(ValueError, match="1958 to 2094"):
        clock.encode(3e9)
    # Every start that a scenario accepts has stamps for a month of flight.
    for text in (f"{FIRST_YEAR}-01-01T00:00:00Z", f"{LAST_YEAR}-12-31T23:59:59Z"):
        clock = Clock.of(Epoch.from_iso(text))
        assert abs(clock.decode(clock.encode(30 * 86400.0)) - 30 * 86400.0) <= 0.5 / FRACTION


def test_a_spoilt_packet_is_told_and_the_next_one_found():
    flight = record()
    one = [o for _, o in sent_packets(flight)[:4]]
    spoilt = bytearray(one[1])
    spoilt[40] ^= 1
    with pytest.raises(BadPacket, match="check"):
        unpack(bytes(spoilt), flight.clock)
    splitter = Splitter(flight.dictionary)
    stream = one[0] + b"noise" + bytes(spoilt) + one[2] + one[3][:20]
    found = [p for k in range(0, len(stream), 7) for p in splitter.feed(stream[k : k + 7])]
    splitter.finish()
    assert found == [one[0], one[2]]
    assert splitter.skipped == len(b"noise") + len(spoilt) + 20
