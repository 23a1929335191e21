"""``show``, ``plot``, ``compare`` of saved flights, ``sweep``, and the options of what is written."""

import json

import numpy as np
import pytest
from synthetic_flight import synthetic_flight
from synthetic_pair import synthetic_pair

import homeward
from homeward.campaigns.analysis import sweep as sweeping
from homeward.campaigns.faults.fault_campaign import fault_matrices
from homeward.campaigns.faults.matrix import Matrix
from homeward.cli.app import main
from homeward.errors import Infeasible, InputError
from homeward.output import save_flight
from homeward.output.save_rendezvous import save_rendezvous
from homeward.scenario.faults.catalogue import FAILURES, fault_kinds
from homeward.scenario.faults.schedule import FaultEvent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("saved") / "one"
    save_flight(place, *synthetic_flight(), pictures=())
    return place


@pytest.fixture(scope="module")
def pair_folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("saved") / "pair"
    save_rendezvous(place, *synthetic_pair(), pictures=())
    return place


def test_a_saved_summary_is_shown_again(folder, capsys):
    assert main(["show", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "Dongfeng" in shown and "touchdown" in shown
    assert main(["show", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((folder / "summary.json").read_text())


def test_a_saved_rendezvous_is_shown_again(pair_folder, capsys):
    assert main(["show", str(pair_folder)]) == 0
    assert "port" in capsys.readouterr().out


def test_what_is_required_and_not_met_is_status_4(folder, tmp_path, capsys):
    assert main(["show", str(folder), "--require", "success"]) == 0
    facts, history, legs, summary = synthetic_flight()
    over = [{"name": "entry load", "flown": 6.0, "limit": 5.0, "unit": "g", "kept": False}]
    save_flight(tmp_path, facts, history, legs, summary | {"success": False, "limits": over}, pictures=())
    capsys.readouterr()
    assert main(["show", str(tmp_path), "--require", "success"]) == 4
    told = capsys.readouterr()
    assert told.err.count("\n") == 1 and "limits exceeded: entry load" in told.err
    assert main(["show", str(folder), "--require", "luck"]) == 2
    assert "expected success" in capsys.readouterr().err


def test_columns_of_a_flight_are_drawn(folder, tmp_path, capsys):
    file = tmp_path / "a.png"
    words = ["plot", str(folder), "--y", "load_g", "--y", "altitude", "--x", "time", "--out", str(file)]
    assert main(words) == 0
    assert file.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--y", "altitud"], "did you mean altitude_m?"),
        (["--y", "altitude", "--x", "spam"], '--x "spam": expected a column'),
        (["--y", "altitude", "--table", "body"], 'table="body": expected telemetry'),
        (["--y", "altitude", "--out", "x.gif"], "ends in .png, .svg, .pdf"),
    ],
)
def test_a_column_that_is_not_there_is_refused(folder, capsys, words, told):
    assert main(["plot", str(folder), *words]) == 2
    assert told in capsys.readouterr().err


def test_two_flights_are_compared_in_one_picture(folder, tmp_path, capsys):
    other, file = tmp_path / "two", tmp_path / "both.png"
    save_flight(other, *synthetic_flight(speed=7500.0), pictures=())
    assert main(["compare", str(folder), str(other), "--out", str(file)]) == 0
    assert file.stat().st_size > 10_000
    assert "touchdown miss" in capsys.readouterr().out


def test_flights_of_two_kinds_are_not_compared(folder, pair_folder, capsys):
    assert main(["compare", str(folder), str(pair_folder)]) == 2
    assert "not a return and a rendezvous" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "values"), [("a.b=1:3:3", [1.0, 2.0, 3.0]), ("a.b=5,7", [5.0, 7.0]), ("a=-1:1:2", [-1.0, 1.0])]
)
def test_a_range_is_read(text, values):
    assert sweeping.parse_over(text)[1] == values


@pytest.mark.parametrize("text", ["a", "a=1:2", "a=1:2:1", "a=x:2:3", "=1:2:3", "a=1:2:9999"])
def test_a_range_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="expected KEY=from:to:count"):
        sweeping.parse_over(text)


@pytest.fixture
def flown(monkeypatch):
    """Campaigns that fly nothing: the miss is twice the mass; heavier than 3000 kg cannot be flown."""
    calls = []

    class Done:
        def __init__(self, mass):
            self.summary = {
                "runs": 4, "failed": 0, "success": 4, "metrics": {"open_miss_km": {"p50": 2.0 * mass}},
            }  # fmt: skip

    def campaign(scenario, runs, **options):
        calls.append((scenario.truth.capsule.mass_kg, runs, options))
        if calls[-1][0] > 3000.0:
            raise Infeasible("too heavy")
        return Done(calls[-1][0])

    monkeypatch.setattr(sweeping, "campaign", campaign)
    return calls


def test_a_sweep_flies_every_point_with_the_same_draws(flown, tmp_path, capsys):
    out = tmp_path / "sweep"
    words = [
        "sweep",
        "shenzhou-15",
        "--over",
        "truth.capsule.mass_kg=2900:3100:3",
        "--runs",
        "4",
        "--seed",
        "3",
    ]
    assert main([*words, "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["values"] == [5800.0, 6000.0, None]
    assert [c[0] for c in flown] == [2900.0, 3000.0, 3100.0] and {c[2]["seed"] for c in flown} == {3}
    assert [c[2]["out"].name for c in flown] == ["point-000", "point-001", "point-002"]
    assert told["points"][2]["infeasible"] == "too heavy"
    assert sorted(p.name for p in out.iterdir()) == ["sweep.json", "sweep.png"]
    assert main(["show", str(out)]) == 2  # what it holds is told
    assert "it holds a sweep" in capsys.readouterr().err


def test_a_grid_is_flown_last_key_fastest(flown):
    found = homeward.sweep(
        "shenzhou-15",
        {"truth.capsule.mass_kg": [2800.0, 2900.0], "truth.capsule.diameter_m": [2.4, 2.5, 2.6]},
    )
    assert [c[0] for c in flown] == [2800.0] * 3 + [2900.0] * 3
    assert np.allclose(found.values("open_miss_km"), [5600.0] * 3 + [5800.0] * 3)
    assert found.plot().axes
    with pytest.raises(InputError, match="did you mean open_miss_km"):
        found.values("p50(open_mis_km)")


def test_a_key_of_a_sweep_is_checked_before_anything_is_flown(flown, capsys):
    assert main(["sweep", "shenzhou-15", "--over", "truth.capsule.mas_kg=1:2:2"]) == 2
    assert "mass_kg" in capsys.readouterr().err and not flown


@pytest.mark.parametrize(
    ("word", "half", "kinds"),
    [("gnss", "return", {"satellite"}), ("imu", "rendezvous", {"gyro", "accelerometer"}),
     ("lidar", "return", set()), ("lidar", "rendezvous", {"lidar"})],
)  # fmt: skip
def test_a_kind_of_fault_is_known_by_the_field_s_name(word, half, kinds):
    assert fault_kinds(word, half) == kinds


def test_one_kind_of_fault_is_flown_alone(monkeypatch):
    from homeward.campaigns.faults import fault_campaign

    asked = []

    def fly(scenario, seed, **options):
        asked.append(options["only"])
        return Matrix("return", "one", 0, [], {}, 0.0)

    monkeypatch.setattr(fault_campaign, "return_faults", fly)
    fault_matrices(homeward.load("shenzhou-15"), ["return"], fault="gnss")

    struck = {f.what: FaultEvent(f, 0, "entry", 0.0) for f in FAILURES}
    assert [what for what, case in struck.items() if asked[0](case)] == ["satellite"]


def test_a_fault_that_there_is_none_of_is_refused(capsys):
    assert main(["faults", "apollo-10", "--what", "lidar"]) == 2
    assert "lidar" in capsys.readouterr().err
    assert main(["faults", "apollo-10", "--what", "gns"]) == 2
    assert "did you mean gnss" in capsys.readouterr().err


def test_short_help_and_completion(capsys):
    assert main(["plot", "-h"]) == 0
    assert "--y" in capsys.readouterr().out


def test_a_tour_explains_each_picture(monkeypatch, tmp_path, capsys):
    facts, history, legs, summary = synthetic_flight()

    class Flown:
        def __init__(self):
            self.summary = summary | {"scenario": "<b>one</b>"}

        def save(self, folder, progress=None, pictures=()):
            save_flight(folder, facts, history, legs, summary, pictures=pictures[:1])

    monkeypatch.setattr(homeward, "fly", lambda *a, **k: Flown(), raising=False)
    assert main(["tour", "--out", str(tmp_path / "tour")]) == 0
    assert (tmp_path / "tour" / "tour.html").resolve().as_uri() in capsys.readouterr().out
    page = (tmp_path / "tour" / "tour.html").read_text()
    assert 'src="overview.png"' in page and 'src="bank.png"' not in page
    assert "&lt;b&gt;one" in page and "<b>one" not in page and "<script" not in page


def test_a_tour_s_pictures_are_those_of_a_point_mass():
    from homeward.output.returns.figures import PICTURES, TURNING
    from homeward.output.tour_page import EXPLAINED

    assert set(EXPLAINED) == set(PICTURES) - set(TURNING)
