"""The abort map of a rendezvous that nobody flew: what it holds, what it refuses, and how it is told."""

import csv
import json

import numpy as np
import pytest
from abort_flights import AT, two_legs
from test_cli import Capture, refused

import homeward as hw
from homeward.cli.app import main
from homeward.earth.land import on_land, shore_distance
from homeward.missions.abort_map import abort_map
from homeward.missions.return_from_rendezvous import homebound
from homeward.planning.abort_landings import SHORE, Moments
from homeward.planning.deorbit_planner import ORBIT_LEAD
from homeward.planning.return_plan import list_opportunities

TRACES_AS_WRITTEN = True  # what is replaced here is no part of a program

MINUTES = 40
STEP = 300.0


@pytest.fixture(scope="module")
def scenario():
    return hw.load("shenzhou-15")


@pytest.fixture(scope="module")
def flight(scenario):
    return two_legs(scenario, MINUTES)


@pytest.fixture(scope="module")
def found(scenario, flight):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("homeward.missions.rendezvous_flight.rendezvous", lambda *_, **__: flight)
        return abort_map(scenario, STEP, docked_hours=1.0, docked_step=1800.0, days=1.0)


def test_every_moment_has_a_row(found):
    rows = found["rows"]
    assert [r["time_s"] for r in rows if r["leg"] != "docked"] == list(np.arange(0.0, 60.0 * MINUTES, STEP))
    assert [r["from"] for r in rows[:2]] == ["far guidance@0", "far guidance@300"]
    homing = next(r for r in rows if r["leg"] == "homing")
    assert homing["time_s"] == AT and homing["from"] == "homing@0"
    assert homing["propellant_kg"] < rows[0]["propellant_kg"]
    docked = [r for r in rows if r["leg"] == "docked"]
    assert [r["from"] for r in docked] == ["docked@0", "docked@1800", "docked@3600"]
    for row in rows:
        assert set(row["landings"]) == {"site", "backup 1", "land", "sea"}


def test_land_is_land_and_sea_is_sea(found):
    for name, wanted in (("land", True), ("sea", False)):
        ways = [r["landings"][name] for r in found["rows"] if r["landings"][name]]
        assert len(ways) >= len(found["rows"]) - 1
        lat, lon = (np.array([w[key] for w in ways]) for key in ("latitude_deg", "longitude_deg"))
        assert (on_land(lat, lon) == wanted).all()
        # Chosen on a line between solved burns, told of the burn itself: some kilometres apart.
        assert (shore_distance(lat, lon) > SHORE - 10e3).all()


def test_the_earliest_is_told_and_nothing_burns_before_it_is_ready(found):
    for row in found["rows"]:
        ways = {name: w for name, w in row["landings"].items() if w is not None}
        assert row["earliest"] == min(ways, key=lambda name: ways[name]["landing_s"])
        lead = ORBIT_LEAD if row["leg"] != "docked" else found["docked_prepare_s"] + 5000.0
        for way in ways.values():
            assert way["burn_s"] - row["time_s"] >= lead
            assert way["landing_s"] - way["burn_s"] > 1500.0
            assert way["delta_v_left_m_s"] > 0.0 and way["inside_limits"]
            assert 2.0 < way["load_g"] < found["load_limit_g"] < way["ballistic_load_g"] < 10.0


def test_moments_of_one_arc_share_their_burn(found):
    rows = [r for r in found["rows"] if r["leg"] == "far guidance"]
    burns = {round(r["landings"]["site"]["burn_s"], 3) for r in rows if r["landings"]["site"]}
    assert len(burns) == 1
    many = Moments(
        np.arange(4.0), np.zeros((4, 3)), np.zeros((4, 3)), np.array([0.0, 0.0, 5.0, 5.0]), np.ones(4), 0.0
    )
    assert many.arcs() == [(0, 2), (2, 4)]


def test_the_site_is_landed_at_by_the_first_opportunity_of_the_return_from_there(scenario, flight, found):
    row = next(r for r in found["rows"] if r["leg"] == "homing")
    k = int(np.flatnonzero(flight.history.rows["time"] == row["time_s"])[0])
    rows, epoch = flight.history.rows, flight.plan.inserted.epoch.plus(row["time_s"])
    alone = homebound(scenario, epoch, rows["r_BI_I"][k], rows["v_BI_I"][k], row["propellant_kg"], [])
    _, chances = list_opportunities(alone, 1.0)
    first = next(o for o in chances if o.feasible)
    way = row["landings"]["site"]
    assert row["time_s"] + first.burn == pytest.approx(way["burn_s"], abs=2.0)
    assert first.delta_v == pytest.approx(way["delta_v_m_s"], abs=0.5)


def test_files_and_table(scenario, flight, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("homeward.missions.rendezvous_flight.rendezvous", lambda *_, **__: flight)
    out = tmp_path / "map"
    words = ["aborts", "shenzhou-15", "--step", "1200", "--days", "1", "--out", str(out)]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "Siziwang" in told and "far guidance@1200" in told
    assert sorted(p.name for p in out.iterdir()) == [
        "aborts.csv", "aborts.json", "aborts_map.png", "aborts_timeline.png",
    ]  # fmt: skip
    rows = json.loads((out / "aborts.json").read_text())["rows"]
    lines = list(csv.DictReader((out / "aborts.csv").open()))
    assert len(lines) == sum(way is not None for row in rows for way in row["landings"].values())
    assert {line["class"] for line in lines} <= {"site", "backup 1", "land", "sea"}
    assert main([*words[:-2], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == rows


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["shenzhou-15", "--step", "1"], "--step 1: expected from 10 to 86400 s"),
        (["shenzhou-15", "--docked", "1000"], "--docked 1000: expected from 0 to 720 h"),
        (["shenzhou-15", "--days", "0"], "--days 0: expected from 0.1 to 60 days"),
        (["shenzhou-21"], "this scenario holds no return"),
        (["shenzhou-21-return"], "this scenario holds no rendezvous"),
    ],
)
def test_what_is_refused(words, sentence, capsys: Capture):
    assert sentence in refused(capsys, "aborts", *words)
