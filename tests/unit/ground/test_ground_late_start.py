"""Streams joined late, at any count, and packets whose date is false: no false gap, nothing hidden."""

import json
import threading

import numpy as np
import pytest
from ground_flight import record

from homeward.earth.time import Epoch
from homeward.ground.flight_server import Stream, serve
from homeward.ground.telemetry.archive import read_archive, read_octets
from homeward.ground.telemetry.arrival_order import BEHIND, LEAP, Arrival, ArrivalOrder
from homeward.ground.telemetry.client import Listener, listen, write_received
from homeward.ground.telemetry.dictionary import ABOUT_APID
from homeward.ground.telemetry.link import deliver, sent_packets
from homeward.io.cuc_time import FRACTION, Clock
from homeward.io.space_packet import COUNTS, Packet, pack
from homeward.scenario.schema.ground import Link

CLEAR = Link(through_blackout=True)


class Rows(Listener):
    def __init__(self, folder=None):
        super().__init__(folder)
        self.rows = []

    def told(self, group, when, row):
        self.rows.append((group, when))

    def times(self, group):
        return [when for name, when in self.rows if name == group]


def heard_of(octets, folder=None, **about):
    heard = Rows(folder)
    told = json.dumps(record().about() | about).encode()
    heard.feed(pack(Packet(ABOUT_APID, 0, 0.0, told), record().clock))
    for one in octets:
        heard.feed(one)
    heard.close()
    return heard


def numbered(first, count, step=1.0, start=0.0, group=0):
    """Packets of one group from a count on."""
    made = record().dictionary.groups[group]
    data = bytes(made.format.size)
    return [pack(Packet(made.apid, first + k, start + step * k, data), record().clock) for k in range(count)]


def gaps(heard):
    return [e.text for e in heard.monitor.log if e.name == "gap"]


@pytest.mark.parametrize("first", [0, 1, 8191, 8192, 13731, 16383])
def test_a_stream_may_be_joined_at_any_count(first):
    octets = numbered(first, 50)
    heard = heard_of(octets)
    assert len(heard.times("flight")) == 50 and gaps(heard) == []
    got = read_octets(b"".join(octets), record().about())
    assert len(got.tables["flight"]["time_s"]) == 50 and got.gaps == []


def test_a_stream_from_a_late_start_has_no_false_gap(tmp_path):
    flight = record()
    start = float(flight.tables["flight"]["time_s"][200])
    stream = Stream(flight, CLEAR, 0.0, start=start)
    ready, opened = [], threading.Event()
    threading.Thread(
        target=serve, args=(stream, "127.0.0.1", 0, lambda p: (ready.append(p), opened.set())), daemon=True
    ).start()
    assert opened.wait(20.0)
    heard = Rows(tmp_path / "a")
    assert listen(heard, "127.0.0.1", ready[0]) == ""
    heard.close()
    table = flight.tables["flight"]["time_s"]
    np.testing.assert_allclose(heard.times("flight"), table[table >= start], rtol=0, atol=1e-6)
    told = write_received(tmp_path / "a")
    assert told["gaps"] == [] and told["missing"] == 0 and gaps(heard) == []
    assert read_archive(tmp_path / "a").tables["flight"]["sequence"][0] == 200


def test_what_is_lost_before_the_first_arrival_is_a_gap_only_where_the_sender_tells_where_it_began():
    octets = numbered(205, 20)
    first = {"flight": 200}
    (gap,) = gaps(heard_of(octets, first=first))
    assert gap == "flight: 5 missing before 0.0 s"
    (found,) = read_octets(b"".join(octets), record().about() | {"first": first}).gaps
    assert (found.missing, found.before) == (5, 0.0) and np.isnan(found.after)
    assert gaps(heard_of(octets)) == []


def test_a_listener_that_joins_late_is_told_where_its_stream_begins(monkeypatch):
    flight = record()
    stream = Stream(flight, CLEAR, 1.0)
    when = float(flight.tables["flight"]["time_s"][300]) + 1e-3
    stream.begin()
    monkeypatch.setattr(stream, "now", lambda: when)
    index, joins = stream.join()
    heard = Rows()
    heard.feed(stream.about(joins=joins))
    for delivery in stream.deliveries[index:]:
        heard.feed(delivery.octets)
    heard.feed(stream.about(ended=True))
    heard.close()
    assert heard.about["first"]["flight"] == 301 and gaps(heard) == []
    # One that was under way when it joined comes as well.
    assert len(heard.times("flight")) - (len(flight.tables["flight"]["time_s"]) - 301) in (0, 1)


def test_a_count_that_turns_and_turns_again_within_a_gap():
    octets = [*numbered(0, 100), *numbered(2 * COUNTS + 150, 100, start=2 * COUNTS + 150.0)]
    heard = heard_of(octets)
    (gap,) = gaps(heard)
    assert gap.startswith(f"flight: {2 * COUNTS + 50} missing between 99.0 and")
    got = read_octets(b"".join(octets), record().about())
    assert [g.missing for g in got.gaps] == [2 * COUNTS + 50]
    assert got.tables["flight"]["sequence"][-1] == 2 * COUNTS + 249


def dated(octets, when):
    return octets[:6] + record().clock.encode(when) + octets[14:-2]


def check(body):
    import binascii

    return body + binascii.crc_hqx(body, 0xFFFF).to_bytes(2, "big")


@pytest.mark.parametrize("when", [1e2, 1e4, 1e6, 1e8, -1e4, -1e7])
@pytest.mark.parametrize("place", [0, 1, 50, 99])
def test_one_packet_with_a_false_date_hides_no_other(when, place):
    octets = numbered(7, 100)
    octets[place] = check(dated(octets[place], float(place) + when))
    heard = heard_of(octets)
    right = [float(k) for k in range(100) if k != place]
    shown = heard.times("flight")
    # One that stands beside it at the very start may have nothing to be believed by.
    assert set(right) <= set(shown) | {0.0, 1.0} and len(shown) >= 98
    assert all(0.0 <= t < 100.0 for t in shown)
    got = read_octets(b"".join(octets), record().about())
    counts = got.tables["flight"]["sequence"] - 7
    assert got.misdated >= 1 and set(counts.tolist()) <= {int(k) for k in right} and len(counts) >= 98


def test_a_count_that_is_false_hides_no_other():
    octets = numbered(7, 100)
    octets[50] = numbered(7 + 9000, 1, start=50.0)[0]
    assert len(heard_of(octets).times("flight")) == 100


def test_after_a_long_silence_it_goes_on_with_nothing_lost():
    octets = [*numbered(0, 30), *numbered(30, 30, start=5000.0), *numbered(60, 30, start=9000.0, step=60.0)]
    heard = heard_of(octets)
    assert len(heard.times("flight")) == 90 and gaps(heard) == [] and heard.misdated == 0
    assert len(read_octets(b"".join(octets), record().about()).tables["flight"]["time_s"]) == 90


def test_two_false_dates_in_a_row_are_recovered_from():
    order, shown = ArrivalOrder(), []
    times = [0.0, 1.0, 2.0, 1e6, 1e6 + 1.0, *(3.0 + k for k in range(3 * BEHIND))]
    for k, when in enumerate(times):
        shown += [n.arrival.time for n in order.take(Arrival("flight", k, when, ()))[0]]
    assert shown[-1] == times[-1] and shown[:3] == [0.0, 1.0, 2.0]
    assert len(shown) > 2 * BEHIND and LEAP < 1e6


def test_rows_that_overtake_each_other_are_put_in_order():
    flight = record()
    octets = [
        d.octets for d in deliver(sent_packets(flight), Link(jitter_s=4.0, through_blackout=True, seed=3))
    ]
    got = read_octets(b"".join(octets), flight.about())
    assert got.misdated == 0 and got.duplicates == 0 and got.gaps == []
    for group in flight.dictionary.groups:
        times = np.asarray(flight.tables[group.name]["time_s"], float)
        np.testing.assert_allclose(got.tables[group.name]["time_s"], times, rtol=0, atol=1e-6)


def test_a_leap_second_is_a_second_of_the_time_code():
    before, at, after = (
        Epoch.from_iso(f"{text}Z")
        for text in ("2016-12-31T23:59:59", "2016-12-31T23:59:60", "2017-01-01T00:00:00")
    )
    clock = Clock.of(before)
    assert [Clock.of(e).zero - clock.zero for e in (at, after)] == [FRACTION, 2 * FRACTION]
    for seconds, epoch in ((1.0, at), (2.0, after)):
        assert clock.encode(seconds) == Clock.of(epoch).encode(0.0)
    assert Clock.of(at).decode(clock.encode(0.0)) == -1.0
    # 59 years and 15 leap days since 1958, and TAI - UTC = 37 s from then on (IERS Bulletin C 52).
    assert int.from_bytes(clock.encode(2.0)[1:5], "big") == (59 * 365 + 15) * 86400 + 37


def test_two_rows_of_one_instant_and_a_group_that_pauses_are_no_gap():
    """As in a real return: a leg begins nanoseconds after the last row, a group rests in a coast."""
    order = ArrivalOrder()
    times = [0.0, 1.0, 1.0 + 4e-9, 2.0, 3.0]
    found = [order.take(Arrival("accuracy", k, t, ())) for k, t in enumerate(times)]
    for k in range(3000):  # the other group goes on at its own spacing
        order.take(Arrival("flight", k % COUNTS, 3.0 + 10.0 * k, ()))
    found += [order.take(Arrival("accuracy", 5 + k, 30001.0 + k, ())) for k in range(3)]
    news = [item for some, _ in found for item in some]
    assert [n.missing for n in news] == [0] * 8 and [n.count for n in news] == list(range(8))
