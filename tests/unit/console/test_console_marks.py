"""What the clocks count to, as flown and as foreseen, and the events of a rendezvous."""

import time

import numpy as np
import pytest
from console_folders import saved_pair
from ground_flight import record
from test_console_believed import Clock, flight_of

from homeward.console.desk import contact
from homeward.console.flight import Flight
from homeward.console.flight_events import Watcher
from homeward.console.marks import crossing, marks_of, propagate, velocity, windows
from homeward.console.places import fixed, geodetic
from homeward.console.reading import read_flight
from homeward.console.setting import setting_of
from homeward.console.silence import at, silences
from homeward.earth.constants import ROTATION_RATE, WGS84_A

MU, J2 = 3.986004418e14, 1.08262668e-3
RADIUS = WGS84_A + 400e3
#: Of a circular orbit above the equator, where the oblate Earth pulls a little more [m/s].
SPEED = np.sqrt(MU / RADIUS * (1.0 + 1.5 * J2 * (WGS84_A / RADIUS) ** 2))
START = np.array([RADIUS, 0.0, 0.0]), np.array([0.0, SPEED - ROTATION_RATE * RADIUS, 0.0])
LEANING = np.array([RADIUS, 0.0, 0.0]), np.array([0.0, 0.75 * SPEED - ROTATION_RATE * RADIUS, 0.66 * SPEED])


def test_places_and_their_way_back_agree():
    place = np.array([41.6, -89.9, 0.0]), np.array([100.1, -179.5, 0.0]), np.array([1000.0, 4e5, -50.0])
    np.testing.assert_allclose(np.array(geodetic(fixed(*place))), np.array(place), atol=1e-5)


def test_a_circular_orbit_comes_back_after_a_revolution():
    period = 2.0 * np.pi * RADIUS / SPEED
    times, path = propagate(0.0, *START, period)
    around = np.unwrap(np.arctan2(path[:, 1], path[:, 0])) + ROTATION_RATE * times
    assert np.interp(2.0 * np.pi, around, times) == pytest.approx(period, abs=0.01)
    assert np.ptp(np.linalg.norm(path, axis=1)) < 1.0


def test_a_burn_against_the_velocity_brings_the_ship_down():
    times, path = propagate(0.0, *START, 6000.0, [100.0, 120.0])
    assert 100.0 in times
    entry = crossing(times, geodetic(path)[2], 120e3)
    assert entry is not None and 1000.0 < entry < 3000.0
    times, path = propagate(0.0, *START, 6000.0)
    assert crossing(times, geodetic(path)[2], 120e3) is None


def test_a_velocity_is_that_of_the_parabola():
    t = np.array([0.0, 4.0, 10.0])
    r = np.stack([3.0 * t**2 + t, 0.0 * t, -(t**2)], axis=1)
    np.testing.assert_allclose(velocity(t, r), [61.0, 0.0, -20.0])


def test_the_marks_of_a_saved_flight_are_those_of_its_rows():
    flight = flight_of()
    told = marks_of(flight)
    legs = {leg["name"]: leg for leg in record().legs}
    assert [b[0] for b in told["burns"]] == [legs["deorbit burn"]["start"]]
    assert told["interface"] == [legs["entry"]["start"], False]
    (dark,) = told["dark"]
    assert dark[:2] == list(flight.silences()[0][:2]) and not dark[2]
    assert told["windows"] and all(start <= end for start, end, _ in told["windows"])


@pytest.mark.parametrize("now", [1500.0, 5400.0])  # before the burn, and after it
def test_what_is_foreseen_gets_true(now):
    burn = [4000.0, 120.0]
    times, path = propagate(0.0, *LEANING, 9000.0, burn)
    latitude, longitude, altitude = geodetic(path)
    flight = Flight("made-up", "return", record().epoch, ["latitude_deg", "longitude_deg", "altitude_m"],
                    setting_of("", "shenzhou-15"))  # fmt: skip
    flight.feed, flight.live, flight.burn = Clock(), True, burn
    flight.feed.time = now
    flown = times <= now
    flight.take(times[flown], {"latitude_deg": latitude[flown], "longitude_deg": longitude[flown],
                               "altitude_m": altitude[flown]})  # fmt: skip
    began = time.monotonic()
    told = marks_of(flight)
    assert time.monotonic() - began < 2.0  # meanwhile every viewer waits
    assert ([text for _, text in told["burns"]] == ["burn of 120.0 m/s"]) == (now < burn[0])
    entry = crossing(times, altitude, 120e3)
    assert told["interface"][1] and told["interface"][0] == pytest.approx(entry, abs=10.0)
    assert told["dark"][-1][0] > entry and told["dark"][-1][2]
    real = windows(flight.network, times[altitude > 100e3], path[altitude > 100e3])
    ahead = [w for w in real if w[0] > now + 15.0]
    assert ahead or now > burn[0]
    for start, end, name in ahead:
        found = next(w for w in told["windows"] if w[2] == name and abs(w[0] - start) < 31.0)
        assert end > entry - 60.0 or abs(found[1] - end) < 31.0


@pytest.mark.parametrize("gap", [False, True])
def test_silences_are_black_outs_and_gaps(gap):
    time = np.concatenate([np.arange(0.0, 100.0), np.arange(160.0 if gap else 100.0, 300.0)])
    dark = (time > 200.0) & (time < 250.0)
    told = silences(time, dark)
    assert (200.0, 250.0, "black-out") in told and ((99.0, 160.0, "gap") in told) == gap
    assert len(told) == 1 + gap
    assert at(told, 220.0) == (200.0, 250.0, "black-out") and at(told, 200.0) is None
    assert silences(np.arange(0.0, 1000.0, 10.0), None) == []
    assert silences(time[:50], time[:50] > 40.0) == [(40.0, np.inf, "black-out")]


def test_burns_of_a_rendezvous_are_found_in_its_rows_however_they_come():
    time = np.arange(0.0, 600.0, 10.0)
    gained = np.interp(time, [100.0, 130.0, 400.0, 410.0], [0.0, 45.0, 45.0, 54.2])
    whole: list[tuple[float, str, str]] = []
    for step in (len(time), 7, 1):
        said = []
        watcher = Watcher("rendezvous", lambda *told, said=said: said.append(told))
        for k in range(0, len(time), step):
            watcher.rows(time[k : k + step], {"delta_v_m_s": gained[k : k + step]})
        watcher.finish("homing", None, None)
        whole = whole or said
        assert said == whole
    assert [(t, text) for t, _, text in whole] == [(100.0, "burn: 45.00 m/s"), (400.0, "burn: 9.20 m/s")]
    watcher.burns = [(402.0, 9.2, "homing")]
    assert watcher.named({"t": 400.0, "text": "burn: 9.20 m/s"})["text"] == "homing: 9.20 m/s"


def test_the_contact_of_a_saved_rendezvous_is_in_its_log(tmp_path):
    events = read_flight(saved_pair(tmp_path)).events
    assert [e["text"] for e in events if e["what"] == "contact"] == ["contact at 0.074 m/s"]


def test_a_black_out_that_was_foreseen_is_the_reason_of_a_silence():
    flight = flight_of()
    flight.rows.cut(flight.silences()[0][0])  # nothing has come since
    flight.feed, flight.live = Clock(), True
    last = flight.end
    flight.feed.time = last + 30.0
    flight.received = time.monotonic() - 60.0
    assert contact(flight, last + 30.0)["why"] == "no telemetry comes"
    before = {"dark": [[last + 20.0, None, True]]}
    flight._marks = marks_of(flight, before)
    flight._marked = time.monotonic() + 1e6
    assert flight.marks()["dark"] == before["dark"]
    assert contact(flight, last + 30.0) == {"since": last, "why": "black-out"}
    flight.feed.time = last + 3000.0
    assert marks_of(flight, before)["dark"] == []


def test_a_fast_flight_is_silent_within_seconds():
    flight = flight_of()
    flight.feed, flight.live = Clock(), True
    flight.feed.time = flight.end
    flight.received = time.monotonic() - 3.0
    flight._spacing = 0.0
    assert not flight.quiet()
    flight.feed.time = flight.end + 300.0
    assert flight.quiet()
