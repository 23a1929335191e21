"""The trajectory for other programs: OEM, CZML, KML."""

import dataclasses
import json
from xml.etree import ElementTree

import numpy as np
import pytest
from synthetic_flight import synthetic_flight

from homeward.earth.time import Epoch
from homeward.io.oem import read_oem
from homeward.output.files.czml import write_czml
from homeward.output.files.kml import write_kml
from homeward.output.files.oem import leg_rows, write_oem
from homeward.output.returns.timeline import clock
from homeward.output.views.return_view import FlightView, local_km, parse_utc, utc_stamps

KML = "{http://www.opengis.net/kml/2.2}"
GX = "{http://www.google.com/kml/ext/2.2}"
WRITTEN_DIGITS_KM = 1e-9  # positions are written to a micrometre


@pytest.fixture(scope="module")
def flight():
    return synthetic_flight()


@pytest.fixture(scope="module")
def across_the_date_line():
    return synthetic_flight(site=(12.0, 179.8))


def test_oem_has_a_segment_for_each_leg_and_rising_times(tmp_path, flight):
    facts, history, legs, _ = flight
    write_oem(tmp_path / "t.oem", facts, history, legs)
    lines = (tmp_path / "t.oem").read_text().splitlines()
    assert lines[0] == "CCSDS_OEM_VERS = 2.0"
    assert lines.count("META_START") == len(legs)
    assert "REF_FRAME = GCRF" in lines and "TIME_SYSTEM = UTC" in lines
    states = [line.split() for line in lines if line[:4].isdigit()]
    assert all(len(s) == 7 for s in states)
    first = np.array([float(x) for x in states[0][1:4]])
    assert np.abs(first - history["r_BI_I"][0] / 1e3).max() <= WRITTEN_DIGITS_KM
    for _, rows in leg_rows(history, legs):
        assert (np.diff(history["time"][rows]) > 0).all()


def test_oem_leaves_out_what_is_no_number_and_repeats_no_time(tmp_path, flight):
    facts, history, legs, _ = flight
    broken = {name: np.repeat(values[-300:], 2, axis=0) for name, values in history.items()}
    broken["r_BI_I"] = broken["r_BI_I"].copy()
    broken["r_BI_I"][10] = np.nan
    write_oem(tmp_path / "t.oem", facts, broken, legs)
    text = (tmp_path / "t.oem").read_text()
    stamps = [line.split()[0] for line in text.splitlines() if line[:4].isdigit()]
    assert "nan" not in text and stamps == sorted(set(stamps))


def test_oem_is_read_by_the_project_s_own_reader(tmp_path, flight):
    facts, history, legs, _ = flight
    write_oem(tmp_path / "t.oem", facts, history, legs)
    segments = read_oem(tmp_path / "t.oem").segments
    assert [s.comments[0] for s in segments] == [f"leg: {leg['name']}" for leg in legs]
    for segment, (_, rows) in zip(segments, leg_rows(history, legs), strict=True):
        assert np.allclose(segment.t, history["time"][rows] - history["time"][rows[0]], rtol=0.0, atol=2e-6)
        assert np.allclose(segment.r, history["r_BI_I"][rows], rtol=0.0, atol=1e-6)
        assert np.allclose(segment.v, history["v_BI_I"][rows], rtol=0.0, atol=1e-8)


@pytest.mark.parametrize("which", ["flight", "across_the_date_line"])
def test_kml_is_well_formed_and_longitude_comes_first(tmp_path, which, request):
    facts, history, legs, summary = request.getfixturevalue(which)
    write_kml(tmp_path / "t.kml", FlightView(facts, history, legs, summary))
    root = ElementTree.parse(tmp_path / "t.kml").getroot()
    pins = {p.findtext(f"{KML}name"): p for p in root.iter(f"{KML}Placemark")}
    where = pins[facts.site_name].findtext(f"{KML}Point/{KML}coordinates")
    longitude, latitude, _ = map(float, where.split(","))
    assert (longitude, latitude) == (facts.site_longitude_deg, facts.site_latitude_deg)
    for line in root.iter(f"{KML}LineString"):
        assert line.findtext(f"{KML}altitudeMode") == "absolute"
        points = np.array(
            [[float(x) for x in p.split(",")] for p in line.findtext(f"{KML}coordinates").split()]
        )
        assert np.abs(points[:, 0]).max() <= 180.0 and np.abs(points[:, 1]).max() <= 90.0
        assert np.abs(np.diff(points[:, 0])).max() < 180.0  # no line jumps the date line
    track = next(root.iter(f"{GX}Track"))
    assert len(track.findall(f"{KML}when")) == len(track.findall(f"{GX}coord")) > 100


def test_czml_is_a_document_with_a_clock_and_a_moving_capsule(tmp_path, flight):
    view = FlightView(*flight)
    write_czml(tmp_path / "t.czml", view)
    packets = json.loads((tmp_path / "t.czml").read_text())
    assert packets[0]["id"] == "document" and packets[0]["version"] == "1.0"
    assert packets[0]["clock"]["interval"].startswith("2023-06-03T17:00:00")
    by_id = {p["id"]: p for p in packets}
    assert set(by_id) == {"document", "capsule", "site", "aim", "opening", "touchdown"}
    samples = np.array(by_id["capsule"]["position"]["cartographicDegrees"]).reshape(-1, 4)
    assert (np.diff(samples[:, 0]) > 0).all()
    assert np.allclose(samples[0, 1:], [np.degrees(view["longitude"][0]), np.degrees(view["latitude"][0]),
                                        view["altitude"][0]])  # fmt: skip
    assert {"path", "point", "label"} <= set(by_id["capsule"])


def test_places_that_do_not_exist_are_left_out(tmp_path):
    view = FlightView(*synthetic_flight(stop_at_interface=True))
    write_czml(tmp_path / "t.czml", view)
    ids = [p["id"] for p in json.loads((tmp_path / "t.czml").read_text())]
    assert "touchdown" not in ids and "opening" not in ids


def test_stamps_are_utc_whatever_offset_the_epoch_is_written_in():
    seconds = np.array([0.0, 1.5])
    told = ["2023-06-03T17:00:00.000000", "2023-06-03T17:00:01.500000"]
    assert utc_stamps("2023-06-03T17:00:00Z", seconds).tolist() == told
    assert utc_stamps("2023-06-04T01:00:00+08:00", seconds).tolist() == told


@pytest.mark.parametrize("place", [(0.7, 1.7), (1.55, -3.1), (-0.2, 3.14159)])
def test_local_kilometres_have_no_seam(place):
    """One arc-minute of latitude is a nautical mile: 1,843 to 1,862 m over the ellipsoid."""
    east, north = local_km(np.array([place[0] + np.radians(1 / 60)]), np.array([place[1]]), *place)
    assert 1.842 < north[0] < 1.862 and abs(east[0]) < 1e-9
    east, _ = local_km(np.array([place[0]]), np.array([place[1] + 1e-4 - 2 * np.pi]), *place)
    assert 0.0 < east[0] < 0.65


# ---------------------------------------------------------------------------------------- leap seconds


@pytest.mark.parametrize("epoch", ["2016-12-31T23:50:00Z", "2016-12-31T23:59:60.5Z"])
def test_leap_seconds_are_in_every_stamp_that_leaves(tmp_path, flight, epoch):
    """The files read back are the seconds of the record, over the leap second of 2016 and from within it."""
    facts, history, legs, summary = flight
    facts = dataclasses.replace(facts, epoch_utc=epoch)
    view = FlightView(facts, history, legs, summary)
    write_oem(tmp_path / "t.oem", facts, history, legs)
    start = Epoch.from_iso(epoch)
    for segment, (_, rows) in zip(
        read_oem(tmp_path / "t.oem").segments, leg_rows(history, legs), strict=True
    ):
        apart = history["time"][rows] - (segment.t + (segment.epoch - start))
        assert np.abs(apart).max() < 2e-6  # stamps are written to a microsecond
    write_czml(tmp_path / "t.czml", view)
    packets = {p["id"]: p for p in json.loads((tmp_path / "t.czml").read_text())}
    begin, end = packets["capsule"]["availability"].split("/")
    assert Epoch.from_iso(end) - start == pytest.approx(history["time"][-1], abs=2e-6)
    assert ":60" not in begin
    position = packets["capsule"]["position"]
    first = Epoch.from_iso(position["epoch"]).plus(position["cartographicDegrees"][0])
    assert first - start == pytest.approx(history["time"][0], abs=2e-6)
    write_kml(tmp_path / "t.kml", view)
    when = [e.text for e in ElementTree.parse(tmp_path / "t.kml").iter(f"{KML}when")]
    assert when == sorted(when) and not any(":60" in w for w in when)  # XML Schema has no second 60
    assert abs(Epoch.from_iso(when[-1]) - start - history["time"][-1]) < 2e-6


def test_pictures_take_an_epoch_within_a_leap_second(flight):
    facts, history, legs, summary = flight
    view = FlightView(dataclasses.replace(facts, epoch_utc="2016-12-31T23:59:60.5Z"), history, legs, summary)
    assert clock(view, 0.5) == "00:00:00" and clock(view, -1.5) == "23:59:59"
    assert parse_utc("2016-12-31T23:59:60.5Z").second == 59
