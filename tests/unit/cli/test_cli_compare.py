"""``homeward compare-guidance``: its numbers, its pictures, and what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest

import homeward
from homeward.campaigns.analysis.compare_guidance import Comparison
from homeward.campaigns.execution.return_batch import Flights
from homeward.cli.app import main
from homeward.scenario import load


def flights(scenario, misses):
    runs = len(misses)
    numbers = {
        "failed": ~np.isfinite(misses), "open_miss": 1e3 * np.asarray(misses),
        "peak_load": np.linspace(3.5, 5.5, runs), "touchdown_latitude": np.radians(np.full(runs, 41.61)),
        "touchdown_longitude": np.radians(np.full(runs, 100.11)),
    }  # fmt: skip
    return Flights(scenario, 7, np.arange(runs), numbers, 0.0)


@pytest.fixture
def compared(monkeypatch):
    """The calls of ``homeward.compare_guidance``, which flies nothing here."""
    calls = []

    def compare(scenario, *, runs, seed, progress):
        calls.append((scenario.name, runs, seed))
        progress("predictive, dispersed", 0.25)
        good, bad = np.linspace(0.01, 0.1, 20), np.append(np.linspace(0.2, 9.0, 19), np.inf)
        pair = {"predictive": flights(scenario, good), "reference": flights(scenario, bad)}
        return Comparison(scenario, seed, runs, pair, pair, np.array([3, 4]), 1.5)

    monkeypatch.setattr(homeward, "compare_guidance", compare, raising=False)
    return calls


def test_json_and_files(compared, capsys, tmp_path: Path):
    out = tmp_path / "c"
    assert main(["compare-guidance", "--runs", "20", "--seed", "7", "--json", "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert compared == [("shenzhou-15", 20, 7)]
    assert told["runs"] == 20 and told["seed"] == 7 and told["wall_s"] == 1.5
    assert told["dispersed"]["unreachable"] == 0 and told["large_changes"]["unreachable"] == 2
    first, second = told["dispersed"]["reference"], told["dispersed"]["predictive"]
    assert first["p99_7"] is None and first["failed"] == 1  # a failed run is infinitely bad
    assert second["p10"] == pytest.approx(0.01 + 0.09 / 19) and second["failed"] == 0
    assert second["over_load"] == 5
    assert "was better than the best of the first" in told["answer"]
    names = {path.name for path in out.iterdir()}
    assert names == {"comparison.json", "comparison.csv", "comparison.png", "openings.png"}
    assert len((out / "comparison.csv").read_text().splitlines()) == 1 + 4 * 20


def test_the_table_answers_in_a_sentence(compared, capsys):
    assert main(["compare-guidance", "soyuz-like", "--runs", "20"]) == 0
    told = capsys.readouterr().out
    assert compared == [("soyuz-like", 20, 0)]
    assert "p99.7" in told and "failed" in told and "The worst of the second generation" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--runs", "0"], "runs"), (["--runs", "many"], "runs"), (["--seed", "-1"], "seed"),
        (["no-such-thing"], "no-such-thing"), (["--out", " "], "--out"),
        (["--set", "flight.guidance.reference_gain=-1"], "reference_gain"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(compared, capsys, arguments, words):
    assert main(["compare-guidance", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.strip().splitlines()) == 1 and words in captured.err
    assert compared == []


def test_a_start_at_the_interface_is_refused(capsys):
    assert main(["compare-guidance", "apollo-10", "--runs", "1"]) == 2
    assert "return.legs.start" in capsys.readouterr().err


def test_the_answer_says_how_far_it_holds():
    s = load("shenzhou-15")
    near, wide = flights(s, np.linspace(0.01, 0.1, 20)), flights(s, np.linspace(0.02, 5.0, 20))
    result = Comparison(
        s, 0, 20, {"predictive": near, "reference": wide}, {"predictive": wide, "reference": near},
        np.array([], int), 0.0,
    )  # fmt: skip
    assert "dispersed flights was better" in result.answer or "better than its median" in result.answer
    assert "nor than its worst" in result.answer
