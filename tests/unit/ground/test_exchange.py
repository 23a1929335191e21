"""A saved flight as CCSDS messages: states, attitudes, the closest approach; and one form into the other."""

import json

import numpy as np
import pytest
from exchange_folders import SHIP, STATION, made_folders
from scipy.optimize import minimize_scalar
from synthetic_flight import synthetic_flight

import homeward as hw
from homeward.cli.app import main
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.exchange.conjunction import closest_approach
from homeward.io.aem import read_aem
from homeward.io.cdm import read_cdm
from homeward.io.oem import read_oem
from homeward.io.opm import read_opm
from homeward.io.tdm import read_tdm
from homeward.output import save_flight


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return made_folders(tmp_path_factory.mktemp("exchange"))


def export(*words):
    assert main(["export", *map(str, words)]) == 0


def refused(capsys, *words):
    capsys.readouterr()
    assert main(["export", *map(str, words)]) == 2
    told = capsys.readouterr().err.strip().split("\n")[-1]
    return told.removeprefix("homeward: ")


@pytest.mark.parametrize("name", ["a.oem", "a.xml"])
def test_a_track_is_told_leg_by_leg(folders, tmp_path, name):
    export(folders / "return", "--to", "oem", "--out", tmp_path / name)
    assert (tmp_path / name).read_text().startswith("<?xml" if name == "a.xml" else "CCSDS")
    flight = hw.read(folders / "return")
    segments = read_oem(tmp_path / name).segments
    assert len(segments) == len(flight.legs)
    begin = segments[2].epoch - Epoch.from_iso(flight.facts.epoch_utc)
    assert begin == pytest.approx(flight.legs[2]["start"], abs=20.0)
    np.testing.assert_allclose(segments[2].r, SHIP(begin + segments[2].t)[0], rtol=0, atol=0.02)


def test_the_station_of_either_flight_is_known(folders, tmp_path):
    for kind in ("return", "pair"):
        export(folders / kind, "--to", "oem", "--of", "station", "--out", tmp_path / "s.oem")
        segment = read_oem(tmp_path / "s.oem").segments[0]
        begin = segment.epoch - Epoch.from_iso(hw.read(folders / kind).facts.epoch_utc)
        assert segment.object_name == "STATION"
        np.testing.assert_allclose(segment.r, STATION(begin + segment.t)[0], rtol=0, atol=0.02)


def test_a_state_of_a_time_is_the_recorded_one(folders, tmp_path):
    export(folders / "return", "--to", "opm", "--at", 5000, "--out", tmp_path / "a.opm", "--format", "xml")
    opm = read_opm(tmp_path / "a.opm")
    t = opm.epoch - Epoch.from_iso(hw.read(folders / "return").facts.epoch_utc)
    assert abs(t - 5000.0) <= 10.0 and opm.mass == pytest.approx(8000.0)
    np.testing.assert_allclose(np.concatenate([opm.r, opm.v]), np.concatenate(SHIP(t)), rtol=0, atol=0.01)


@pytest.mark.parametrize("kind", ["return", "pair"])
def test_attitude_is_the_record_s(folders, tmp_path, kind):
    export(folders / kind, "--to", "aem", "--out", tmp_path / "a.aem")
    flight = hw.read(folders / kind)
    record = flight.body if kind == "return" else flight.history
    time = np.asarray(record["time"])
    epoch, found = Epoch.from_iso(flight.facts.epoch_utc), 0
    for segment in read_aem(tmp_path / "a.aem").segments:
        rows = np.searchsorted(time, segment.epoch - epoch + segment.t - 1e-4)
        q = np.asarray(record["q_BI"])[rows]
        dot = np.abs(np.sum(q * segment.q_BA, axis=1)) / np.linalg.norm(q, axis=1)
        assert np.all(1.0 - dot < 1e-11) and np.all(segment.q_BA[:, 0] >= 0.0)
        np.testing.assert_allclose(segment.omega_BA_B, np.asarray(record["omega_BI_B"])[rows], atol=1e-9)
        found += len(segment.t)
    assert found > 100


def test_the_closest_approach_lies_between_the_rows(folders, tmp_path):
    """Two circles nearest to one another between two rows: the minimum of their formulas."""
    flight = hw.read(folders / "pair")
    begin, end = 100.0, 1400.0
    best = minimize_scalar(
        lambda t: float(np.linalg.norm(SHIP(t)[0] - STATION(t)[0])), bounds=(begin, end), method="bounded",
        options={"xatol": 1e-6},
    )  # fmt: skip
    assert begin + 50.0 < best.x < end - 50.0, "the case is one with a minimum inside"
    export(folders / "pair", "--to", "cdm", "--from", begin, "--until", end, "--out", tmp_path / "a.cdm")
    cdm = read_cdm(tmp_path / "a.cdm")
    # Flat at its least: a second there changes the distance by less than a millimetre.
    assert cdm.miss == pytest.approx(best.fun, abs=1e-2)
    assert cdm.tca - Epoch.from_iso(flight.facts.epoch_utc) == pytest.approx(best.x, abs=2.0)
    t = cdm.tca - Epoch.from_iso(flight.facts.epoch_utc)
    (r, v), away = SHIP(t), STATION(t)[0] - SHIP(t)[0]
    normal = np.cross(r, v)
    # On a circle the transverse axis is that of the velocity.
    wanted = np.array([away @ axis / np.linalg.norm(axis) for axis in (r, v, normal)])
    np.testing.assert_allclose(cdm.relative[:3], wanted, rtol=0, atol=0.05)
    assert wanted[0] > 0.0, "the station flies higher"
    # 1-sigma along the track 30 m, against the normal 20 m, down 10 m.
    sigma = np.sqrt(np.diag(cdm.objects[0].covariance))
    np.testing.assert_allclose(sigma, [10.0, 30.0, 20.0, 0.1, 0.3, 0.2], rtol=1e-3)
    assert not cdm.objects[1].covariance.any()


def test_a_return_is_looked_through_from_ten_minutes_after_the_undocking(folders, tmp_path):
    flight = hw.read(folders / "return")
    approach = closest_approach(flight)
    assert approach.window[0] == pytest.approx(float(flight.history["time"][0]) + 600.0)
    times = np.arange(*approach.window, 0.25)
    least = np.linalg.norm(SHIP(times)[0] - STATION(times)[0], axis=1).min()
    assert approach.distance == pytest.approx(least, abs=0.05)
    export(folders / "return", "--to", "cdm", "--out", tmp_path / "a.cdm", "--json")
    assert not read_cdm(tmp_path / "a.cdm").objects[0].covariance.any()


def test_tracking_data_are_those_of_track(folders, tmp_path, capsys):
    export(folders / "return", "--to", "tdm", "--seed", 3, "--out", tmp_path / "a.xml", "--json")
    told = json.loads(capsys.readouterr().out)
    assert main(["track", str(folders / "return"), "--seed", "3", "--out", str(tmp_path / "t")]) == 0
    one, two = read_tdm(tmp_path / "a.xml"), read_tdm(tmp_path / "t" / "tracking.tdm")
    assert [s.observations for s in one.segments] == [s.observations for s in two.segments]
    assert told["measurements"] > 50


@pytest.mark.parametrize("to", ["oem", "opm", "aem", "cdm"])
def test_keywords_become_xml_and_xml_keywords(folders, tmp_path, to):
    export(folders / "pair", "--to", to, "--out", tmp_path / "a.kvn")
    export(folders / "pair", "--to", to, "--out", tmp_path / "a.xml")
    export(tmp_path / "a.kvn", "--to", "xml", "--out", tmp_path / "b.xml")
    export(tmp_path / "a.xml", "--to", "kvn", "--out", tmp_path / "b.kvn")
    assert (tmp_path / "a.xml").read_text() == (tmp_path / "b.xml").read_text()

    def lines(name):
        return [line for line in (tmp_path / name).read_text().splitlines()[1:] if line]

    assert lines("b.kvn") == lines("a.kvn")


def test_an_orbit_in_xml_is_taken_wherever_one_is(folders, tmp_path, capsys):
    export(folders / "return", "--to", "opm", "--out", tmp_path / "a.xml")
    capsys.readouterr()
    words = ["propagate", str(tmp_path / "a.xml"), "--duration", "60", "--forces", "none", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    np.testing.assert_allclose(told["start"]["position_gcrf_m"], SHIP(0.0)[0], rtol=0, atol=0.02)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["return", "--to", "spam"], 'to "spam": expected c, fmu, oem'),
        (["return", "--to", "oem"], "--out: expected a file"),
        (["nowhere", "--to", "oem"], "expected the folder of a saved flight"),
        (["return", "--to", "oem", "--out", "x.oem", "--at", "3"], "--at: --to oem does not take it"),
        (["return", "--to", "oem", "--out", "x.oem", "--of", "moon"], "expected ship, station"),
        (["return", "--to", "oem", "--out", "x.oem", "--format", "json"], "expected kvn, xml"),
        (["return", "--to", "opm", "--out", "x.opm", "--at", "1e9"], "is recorded from 0.0 to"),
        (["pair", "--to", "cdm", "--out", "x.cdm", "--until", "1e9"], "knows both ship and station"),
        (["pair", "--to", "cdm", "--out", "x.cdm", "--from", "900", "--until", "800"], "times that rise"),
        (["return", "--to", "oem", "--out", "no/where/x.oem"], "cannot be written"),
        (["return/summary.json", "--to", "xml", "--out", "x.xml"], "expected a CCSDS message"),
        (["return", "--to", "oem", "--out", "x.oem", "--set", "a=1"], "--set: --to oem does not take it"),
        (["apollo-10", "--to", "c", "--out", "x", "--of", "ship"], "--of: --to c does not take it"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(folders, tmp_path, capsys, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    first = folders / words[0]
    assert told in refused(capsys, first if first.exists() else words[0], *words[1:])


def test_a_point_mass_and_an_older_folder_lack_what_is_said(tmp_path, capsys):
    save_flight(tmp_path / "point", *synthetic_flight(), pictures=())
    out = tmp_path / "x"
    assert "a point mass has no attitude" in refused(capsys, tmp_path / "point", "--to", "aem", "--out", out)
    assert "there is no station.oem" in refused(capsys, tmp_path / "point", "--to", "cdm", "--out", out)
    with pytest.raises(InputError, match="there is no station"):
        closest_approach(hw.read(tmp_path / "point"))
