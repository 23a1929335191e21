"""From lift-off to insertion: the plane through the site, the orbit reached, the windows."""

import dataclasses
import itertools

import numpy as np
import pytest

import homeward as hw
from homeward.earth.constants import MU_EGM96, WGS84_A
from homeward.earth.frames import earth_spin
from homeward.earth.time import Epoch
from homeward.errors import Infeasible, InputError
from homeward.io.oem import read_oem
from homeward.missions.launch_windows import crossings, launch_windows
from homeward.scenario.build.launch import insertion, phase_and_plane, plane_through, site_E, station_at

POLE = np.array([0.0, 0.0, 1.0])
HOUR_ALONG = 400.0  # m: what an hour of zonal gravity misses of the space station's own ephemeris
SIDEREAL_DAY = 86164.1  # s
OEM = "tests/published/data/iss_2022-01-17.oem.txt"


@pytest.fixture(scope="module")
def told():
    return hw.load("shenzhou-21").required_rendezvous()


def changed(told, **launch):
    return told.model_copy(update={"launch": told.launch.model_copy(update=launch)})


def lift_off(told, later=0.0):
    return Epoch.from_iso(told.launch.time_utc).plus(later)


def site_of(latitude, longitude):
    a, b = np.radians([latitude, longitude])
    return np.array([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)])


# ------------------------------------------------------------------------------------------ the plane


@pytest.mark.parametrize("north", [True, False])
@pytest.mark.parametrize(
    ("latitude", "inclination"), [(40.8, 41.5), (19.5, 41.5), (-30.0, 98.0), (0.0, 20.0)]
)
def test_the_plane_passes_over_the_site(latitude, inclination, north):
    site = site_of(latitude, 70.0)
    n = plane_through(site, POLE, np.radians(inclination), north, "here")
    assert np.linalg.norm(n) == pytest.approx(1.0, abs=1e-12)
    assert n @ site == pytest.approx(0.0, abs=1e-12)
    assert np.degrees(np.arccos(n[2])) == pytest.approx(inclination, abs=1e-9)
    assert bool(np.cross(n, site)[2] > 0.0) is north  # which way the ship goes there


def test_both_ways_are_one_at_the_highest_latitude():
    site = site_of(41.0, 10.0)
    two = [plane_through(site, POLE, np.radians(41.0) + 1e-12, north, "here") for north in (True, False)]
    np.testing.assert_allclose(*two, atol=1e-5)


def test_a_site_out_of_reach_is_told_in_a_sentence():
    with pytest.raises(Infeasible) as refused:
        plane_through(site_of(45.0, 0.0), POLE, np.radians(41.47), True, "my.toml: rendezvous")
    words = str(refused.value)
    assert words.startswith("my.toml: rendezvous.launch.latitude_deg: no orbit inclined by 41.47 deg")
    assert "45.00 deg" in words and "\n" not in words


def test_geodetic_latitude_becomes_geocentric(told):
    z = site_E(changed(told, latitude_deg=45.0, longitude_deg=0.0).launch)
    assert np.degrees(np.arcsin(z[2])) == pytest.approx(45.0 - 0.19242, abs=1e-4)
    assert np.linalg.norm(z) == pytest.approx(1.0)


# ------------------------------------------------------------------------------------------ insertion


@pytest.mark.parametrize("heading", ["north", "south"])
def test_the_orbit_reached_is_the_one_told(told, heading):
    told = changed(told, heading=heading, perigee_altitude_m=210e3, apogee_altitude_m=345e3, ascent_s=580.0)
    made = insertion(told, lift_off(told), "here")
    r, v = made.ship
    assert made.epoch.since(lift_off(told)) == pytest.approx(580.0, abs=1e-6)
    assert np.linalg.norm(r) == pytest.approx(WGS84_A + 210e3, abs=1e-3)  # at the perigee
    assert r @ v == pytest.approx(0.0, abs=1.0)
    energy = 0.5 * v @ v - MU_EGM96 / np.linalg.norm(r)
    assert -MU_EGM96 / energy - np.linalg.norm(r) == pytest.approx(WGS84_A + 345e3, abs=0.01)
    # Inclined as the station is.
    pole = earth_spin([lift_off(told)])[0][0][2]
    tilts = [np.arccos(np.cross(*s) @ pole / np.linalg.norm(np.cross(*s))) for s in (made.ship, made.station)]
    assert tilts[0] == pytest.approx(tilts[1], abs=1e-9)
    # 20 degrees on from over the site, which is in the plane, on the arc that goes north or south.
    C = earth_spin([lift_off(told)])[0][0]
    site, h = C.T @ site_E(told.launch), np.cross(r, v) / np.linalg.norm(np.cross(r, v))
    assert h @ site == pytest.approx(0.0, abs=1e-12)
    up = r / np.linalg.norm(r)
    assert np.degrees(np.arctan2(np.cross(site, up) @ h, site @ up)) == pytest.approx(20.0, abs=1e-9)
    assert bool(np.cross(h, site) @ pole > 0.0) is (heading == "north")


def test_phase_and_plane_by_construction():
    def state(angle, tilt):
        c, s = np.cos(angle), np.sin(angle)
        turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
        return 7e6 * turn @ np.array([c, s, 0.0]), 7.5e3 * turn @ np.array([-s, c, 0.0])

    for ahead in np.radians([0.0, 5.0, 120.0, 200.0, 359.0]):
        phase, plane = phase_and_plane(state(0.3, 0.7), state(0.3 + ahead, 0.7))
        assert np.angle(np.exp(1j * (phase - ahead))) == pytest.approx(0.0, abs=1e-9)
        assert 0.0 <= phase < 2.0 * np.pi + 1e-9
        assert plane == pytest.approx(0.0, abs=1e-9)
    for tilt in (1e-6, 0.01, 1.0):
        assert phase_and_plane(state(0.3, 0.7), state(0.5, 0.7 + tilt))[1] == pytest.approx(tilt, rel=1e-6)


def test_the_station_moves_on_while_the_launch_waits(told):
    """Four minutes later it is four minutes farther, and the site has turned by a degree."""
    one, later = (insertion(told, lift_off(told, s), "here") for s in (0.0, 240.0))
    period = 92.3 * 60.0
    assert np.degrees(later.phase - one.phase) == pytest.approx(360.0 * 240.0 / period, abs=1.5)
    # The station's node moves by some hundredths within a revolution.
    assert np.degrees(later.plane) == pytest.approx(1.003 * np.sin(np.radians(41.47)), abs=0.1)


# ------------------------------------------------------------------------------------------ windows


def test_windows_come_once_a_day_a_little_earlier(told):
    found = crossings(told, lift_off(told), 2.0 * 86400.0, "here")[:2]
    for epoch, made in found:
        assert np.degrees(made.plane) < 0.01
        # The least: to either side it is worse.
        for aside in (-60.0, 60.0):
            assert insertion(told, epoch.plus(aside), "here").plane > made.plane
    gaps = [b[0].since(a[0]) for a, b in itertools.pairwise(found)]
    # A sidereal day less what the node falls back in it: 6 deg at this height and tilt.
    assert gaps == pytest.approx([SIDEREAL_DAY * (1.0 - 6.0 / 360.0)], abs=60.0)


@pytest.mark.parametrize("hours", [6.5, 12.02, 23.4])
def test_no_window_is_doubled_lost_or_before_the_time_asked(told, hours):
    """Whatever time of day the search begins at: the same windows, those from then on."""
    first = lift_off(told)
    all_of_them = [e for e, _ in crossings(told, first, 2.0 * 86400.0, "here")]
    assert len(all_of_them) == 3  # 23.5 h apart
    start = first.plus(hours * 3600.0)
    found = [e for e, _ in crossings(told, start, 86400.0, "here")]
    wanted = [e for e in all_of_them if -1.0 <= e.since(start) < 86400.0]
    assert [e.since(w) for e, w in zip(found, wanted, strict=True)] == pytest.approx(
        [0.0] * len(wanted), abs=0.5
    )


def test_a_search_that_holds_no_window_says_when_the_next_comes():
    scenario = hw.load("shenzhou-21", {"rendezvous.launch.time_utc": "2026-09-20T06:00:00Z"})
    with pytest.raises(Infeasible, match=r"within 0.5 days .*; the next is on 2026-09-21T05:03:31Z"):
        launch_windows(scenario, days=0.5)


# ------------------------------------------------------------------------------------------ the station


def with_orbit(told, **orbit):
    cls = type(told.station.orbit)
    station = told.station.model_copy(update={"orbit": cls.model_validate(orbit)})
    return told.model_copy(update={"station": station})


def test_an_ephemeris_is_flown_on_from_its_last_row(told):
    segment = read_oem(OEM).segments[0]
    space = told.station.model_copy(update={"mass_kg": 420e3, "drag_area_m2": 1000.0})
    told = with_orbit(told.model_copy(update={"station": space}), oem_file=OEM)
    on_row = segment.epoch.plus(float(segment.t[3]))
    r, v = station_at(told, on_row, "here")
    # A second earlier it comes from the row before, an hour off; carried over that second by hand:
    r_before, v_before = station_at(told, on_row.plus(-1.0), "here")
    off = r_before + 0.5 * (v_before + v) - r
    assert 1.0 < np.linalg.norm(off) < HOUR_ALONG
    with pytest.raises((Infeasible, InputError)) as refused:
        station_at(told, segment.epoch.plus(float(segment.t[-1]) + 7200.0), "here")
    assert "\n" not in str(refused.value)


def test_windows_are_looked_for_where_an_ephemeris_tells(told):
    told = with_orbit(changed(told, heading="south"), oem_file=OEM)
    segment = read_oem(OEM).segments[0]
    last = segment.epoch.plus(float(segment.t[-1]))
    # What lies before the ephemeris begins and after it ends is not looked at.
    ((_, inserted),) = crossings(told, segment.epoch.plus(-43200.0), 3.0 * 86400.0, "here")
    assert 0.0 <= inserted.epoch.since(segment.epoch) <= last.since(segment.epoch)
    assert inserted.plane < np.radians(0.01)
    with pytest.raises(Infeasible, match="oem_file: the ephemeris runs from 2022-01-17T12:00:00Z"):
        crossings(told, last.plus(2.0 * 86400.0), 86400.0, "here")


def test_a_state_is_carried_there_and_back(told):
    epoch = lift_off(told)
    r, v = station_at(told, epoch, "here")
    own = {"epoch_utc": epoch.to_iso(), "position_m": list(r), "velocity_m_s": list(v), "frame": "gcrf"}
    fixed = with_orbit(told, state=own)
    np.testing.assert_allclose(station_at(fixed, epoch, "here")[0], r, atol=1.0)
    there = station_at(fixed, epoch.plus(3000.0), "here")
    back = dict(
        own, epoch_utc=epoch.plus(3000.0).to_iso(), position_m=list(there[0]), velocity_m_s=list(there[1])
    )
    again = station_at(with_orbit(told, state=back), epoch, "here")
    np.testing.assert_allclose(again[0], r, atol=2.0)
    # By another theory of the same orbit, half a revolution on.
    other = station_at(told, epoch.plus(3000.0), "here")
    assert 1.0 < np.linalg.norm(there[0] - other[0]) < 2000.0


def test_the_insertion_is_frozen(told):
    with pytest.raises(dataclasses.FrozenInstanceError):
        insertion(told, lift_off(told), "here").phase = 0.0
