"""``homeward arena``: its words, its table, and what it refuses before anything is flown."""

import json

import numpy as np
import pytest
from test_arena_scores import flown

import homeward
from homeward.campaigns.arena.arena import LAWS, Arena
from homeward.campaigns.arena.entrants import entrants_of
from homeward.cli.app import main

NAN = """
import equinox as eqx
import jax.numpy as jnp
from homeward.flight.interfaces import AbstractEntryGuidance, bank_only

class Lost(AbstractEntryGuidance):
    def init(self, target):
        return ()

    def step(self, state, navigation, target):
        return state, bank_only(navigation.bank * jnp.nan)
"""


@pytest.fixture
def called(monkeypatch):
    """The calls of ``homeward.arena``, which flies nothing here."""
    calls = []

    def fly(scenario, laws, *, flights, runs, seed, first, progress, called, bound):
        calls.append((scenario.name, tuple(laws), flights, runs, seed, first))
        entrants = entrants_of(laws)
        good = {e.name: flown([0.1, 0.2, 0.3, 4.0] if k else [0.1] * 4) for k, e in enumerate(entrants)}
        none = np.zeros(4, bool)
        return Arena(
            scenario, flights, seed, first + np.arange(4), [""] * 4, none, entrants, good, 2.0, called
        )

    monkeypatch.setattr(homeward, "arena", fly, raising=False)
    return calls


def test_json_and_files(called, capsys, tmp_path):
    out = tmp_path / "a"
    words = ["--laws", "predictive,reference", "--runs", "4", "--seed", "3", "--json", "--out", str(out)]
    assert main(["arena", "shenzhou-15", "--set", "dispersed", "--set", "truth.limits.load_g=5", *words]) == 0
    told = json.loads(capsys.readouterr().out)
    assert called == [("shenzhou-15", ("predictive", "reference"), "dispersed", 4, 3, 0)]
    assert told["set"] == "dispersed" and list(told["laws"]) == ["predictive", "reference"]
    lost = told["laws"]["reference"]["lost"]
    assert len(lost) == 1 and "--set truth.limits.load_g=5 --set dispersed" in lost[0]["replay"]
    assert {p.name for p in out.iterdir()} == {"arena.json", "arena.csv", "arena.png"}
    rows = (out / "arena.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 4 and rows[0].startswith("law,run,")
    assert json.loads((out / "arena.json").read_text()) == told


def test_without_words_every_law_flies_the_sets_own_scenario(called, capsys):
    assert main(["arena", "--set", "skip", "--run", "17"]) == 0
    assert called == [("artemis-1", LAWS, "skip", 1, 0, 17)]
    told = capsys.readouterr().out
    assert "reference-2005" in told and "in reach" in told and "--run" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--laws", "nobody"], "nobody"), (["--laws", "predictve"], "did you mean predictive"),
        (["--laws", ""], "expected"), (["--laws", "reference,reference"], "twice"),
        (["--laws", "none.py:Law"], "no such file"), (["--set", "everything"], "everything"),
        (["--set", "skip", "--set", "lunar"], "one set"), (["--runs", "0"], "runs"),
        (["--seed", "-1"], "seed"), (["--bound", "some"], "needed, all, none"),
        (["no-such-thing"], "no-such-thing"), (["--out", " "], "--out"),
        (["--set", "flight.guidance.reference_gain=-1"], "reference_gain"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(called, capsys, arguments, words):
    assert main(["arena", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and len(captured.err.strip().splitlines()) == 1 and words in captured.err
    assert called == []


def test_a_law_that_breaks_the_contract_is_not_flown(called, capsys, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(NAN, encoding="utf-8")
    assert main(["arena", "--laws", f"{mine}:Nobody"]) == 2
    assert "no class of this name" in capsys.readouterr().err
    assert main(["arena", "--laws", f"predictive,{mine}:Lost"]) == 2
    captured = capsys.readouterr()
    assert len(captured.err.strip().splitlines()) == 1 and "--laws" in captured.err
    assert "finite" in captured.err and called == []


@pytest.mark.parametrize(
    ("scenario", "name", "words"),
    [("apollo-10", "orbit-changes", "no orbit to change"), ("shenzhou-15", "skip", "expected interface"),
     ("shenzhou-15", "lunar", "expected interface")],
)  # fmt: skip
def test_a_set_that_a_scenario_cannot_fly_is_refused(capsys, scenario, name, words):
    assert main(["arena", scenario, "--set", name, "--runs", "1"]) == 2
    captured = capsys.readouterr()
    assert words in captured.err and len(captured.err.strip().splitlines()[-1:]) == 1
