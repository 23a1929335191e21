"""The page of what single models change: figures of runs with the same draws, and campaigns flown once."""

import json

import numpy as np
import pytest

from homeward.campaigns.analysis.model_changes import (
    CHANGES,
    OF_A_RETURN,
    RETURN,
    Change,
    flown,
    main,
    quantities,
    row_of,
    write_page,
)
from homeward.scenario import load

TWO = (
    Change("One model", "models/one.md", RETURN, {"truth.one": "on"}, {}),
    Change("Another", "models/two.md", RETURN, {"truth.two": "on"}, {}),
)


def made(asked, shift):
    def fly(scenario, settings, runs, seed):
        asked.append(settings)
        base = np.random.default_rng(seed).normal(10.0, 1.0, runs) + shift * len(settings)
        figures = {q.name: [float("inf"), *base[1:].tolist()] for q in quantities(scenario)}
        return {"success": runs - 1, "lost": 1, "figures": figures}

    return fly


def test_each_campaign_is_flown_once_and_kept(tmp_path):
    asked = []
    page = write_page(tmp_path / "build", tmp_path / "docs", 200, 3, TWO, made(asked, 0.5))
    assert asked == [{}, {"truth.one": "on"}, {"truth.two": "on"}]
    again = write_page(tmp_path / "build", tmp_path / "docs", 200, 3, TWO, made(asked, 9.0))
    assert len(asked) == 3 and again.read_text() == page.read_text()
    # Another number of runs is another campaign.
    write_page(tmp_path / "build", tmp_path / "docs", 100, 3, TWO[:1], made(asked, 0.5))
    assert len(asked) == 5


def test_differences_are_those_of_runs_with_the_same_draws(tmp_path):
    page = write_page(tmp_path / "build", tmp_path / "docs", 200, 3, TWO, made([], 0.5))
    data = json.loads((tmp_path / "docs/data/what_changed.json").read_text())
    row = data[0]["rows"][0]
    assert row["median_change"] == pytest.approx(0.5) and row["change_p99"] == pytest.approx(0.5)
    # One lost run of 200 does not reach the 99th percentile, three of them do.
    assert np.isfinite(row["off"][1])
    assert "Successes: 199 off, 199 on; lost: 1 and 1." in page.read_text()


def test_lost_runs_count_as_infinitely_bad():
    q = OF_A_RETURN[0]
    off = {"figures": {q.name: [1.0] * 97 + [np.inf] * 3}}
    on = {"figures": {q.name: [2.0] * 100}}
    row = row_of(q, off, on)
    assert np.isinf(row["off"][1]) and row["on"][1] == 2.0 and row["median_change"] == 1.0


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.title)
def test_the_keys_are_keys_and_differ(change):
    assert load(change.scenario, change.on) != load(change.scenario, change.off)


def test_the_words_of_the_command(capsys):
    assert main([]) == 2 and main(["a", "b", "many"]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.slow
def test_the_figures_are_those_of_the_campaign():
    told = flown(RETURN, {}, 16, 0)
    assert told["lost"] == 0 and told["success"] >= 15
    assert all(len(x) == 16 and np.all(np.isfinite(x)) for x in told["figures"].values())
