"""The phase map: the station moved along its orbit, the nearest phase that serves, and how it is told."""

import json

import numpy as np
import pytest

import homeward as hw
from homeward.cli.app import main
from homeward.cli.tables.rendezvous_summary import served
from homeward.earth.constants import MU_EGM96
from homeward.earth.time import Epoch
from homeward.missions.phase_map import at_phase, nearest
from homeward.scenario.build.launch import insertion


def test_the_station_is_moved_along_its_own_orbit():
    told = hw.load("shenzhou-21").required_rendezvous()
    own = insertion(told, Epoch.from_iso(told.launch.time_utc), "x")
    for phase in (0.0, 1.0, 4.0):
        moved = at_phase(own, phase)
        assert np.cos(moved.phase - phase) == pytest.approx(1.0, abs=1e-12)
        assert moved.plane == pytest.approx(own.plane, abs=1e-9)
        energies = [0.5 * v @ v - MU_EGM96 / np.linalg.norm(r) for r, v in (own.station, moved.station)]
        assert energies[1] == pytest.approx(energies[0], rel=1e-12)
    same = at_phase(own, own.phase)
    np.testing.assert_allclose(same.station[0], own.station[0], rtol=1e-12)


def test_the_nearest_phase_lies_round_the_circle():
    phases = np.arange(0.0, 360.0, 45.0)
    serves = [True, False, False, False, True, False, False, False]
    assert nearest(phases, serves) == [0.0, 0.0, 0.0, 180.0, 180.0, 180.0, 0.0, 0.0]
    assert nearest(phases, [False] * 8) == [None] * 8


def test_phases_that_serve_are_told_as_spans():
    phases = [0.0, 90.0, 180.0, 270.0]
    assert served(phases, [60.0, None, None, 70.0]) == ["270 to 0"]
    assert served(phases, [60.0, None, 61.0, None]) == ["0", "180"]
    assert served(phases, [None, 1.0, 1.0, None]) == ["90 to 180"]
    assert served(phases, [1.0] * 4) == ["all"] and served(phases, [None] * 4) == []


def test_a_map_is_printed_and_written(tmp_path, capsys):
    words = ["opportunities", "one-revolution", "--kind", "launch", "--phase-map", "90"]
    assert main([*words, "--plan", "6.5h", "--json", "--out", str(tmp_path / "map")]) == 0
    told = json.loads(capsys.readouterr().out)
    plan = told["plans"]["6.5h"]
    assert told["phases_deg"] == [0.0, 90.0, 180.0, 270.0] and told["own_phase_deg"] == pytest.approx(
        3.44, abs=0.01
    )
    assert plan["delta_v_m_s"][0] == pytest.approx(83.8, abs=1.0) and plan["delta_v_m_s"][1:] == [None] * 3
    assert plan["nearest_phase_deg"] == [0.0] * 4 and all(plan["why_not"][1:]) and not plan["why_not"][0]
    assert {p.name for p in (tmp_path / "map").iterdir()} == {"phase_map.json", "phase_map.png"}
    assert json.loads((tmp_path / "map" / "phase_map.json").read_text()) == told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--phase-map", "7"], "of which 360 is a multiple"),
        (["--phase-map", "nan"], "of which 360 is a multiple"),
        (["--phase-map", "0"], "of which 360 is a multiple"),
        (["--phase-map", "10", "--days", "3"], "no --days"),
        (["--out", "x"], "expected --phase-map"),
    ],
)
def test_what_makes_no_map_is_refused(words, said, capsys):
    assert main(["opportunities", "shenzhou-21", *words]) == 2
    assert said in capsys.readouterr().err
