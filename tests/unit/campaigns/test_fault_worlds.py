"""Failures in dispersed worlds: each case has its own, whoever flies beside it, and is flown again alone."""

import json
import shlex

import jax
import numpy as np
import pytest
from rich.console import Console

import homeward as hw
from homeward.campaigns.faults.dispersed_returns import fly_dispersed, world_of
from homeward.campaigns.faults.fault_campaign import FaultMatrices, fault_matrices
from homeward.campaigns.faults.matrix import LOST, NOMINAL, Matrix, Row, cases_of, chosen
from homeward.campaigns.faults.worlds import RUNS, Case, moved_into, replay_words, run_of
from homeward.cli.app import main
from homeward.cli.tables.fault_matrix import show_faults
from homeward.errors import InputError
from homeward.planning.return_plan import equipment_counts, plan_return
from homeward.scenario.faults.catalogue import FAILURES, RETURN
from homeward.scenario.faults.schedule import EquipmentCounts, FaultEvent, strikes_of
from homeward.scenario.load import load, parse_settings

FLEET = EquipmentCounts(12, 12, 24, 4, 12)
LASTS = dict.fromkeys(RETURN, 100.0)
RETURN_FAILURES = [(f, f.return_legs) for f in FAILURES if f.return_legs]
WAYS = {(f.what, f.how): f for f in FAILURES}


def _case(what, how, number=0, leg="entry", time=30.5):
    return (FaultEvent(WAYS[what, how], number, leg, time),)


def test_the_world_of_a_case_is_its_own():
    runs = [run_of((c,)) for c in cases_of(RETURN_FAILURES, LASTS, FLEET, 0)]
    assert len(set(runs)) == len(runs) and all(0 <= r < RUNS for r in runs)
    assert run_of(_case("main", "fails")) == run_of(_case("main", "fails"))
    assert run_of(_case("main", "fails")) != run_of(_case("main", "fails", time=30.501))


def test_the_words_of_a_replay_say_the_same_failure():
    for case in (_case("capsule thruster", "on", 3), _case("satellite", "lost"), _case("gyro", "dead", 5)):
        words = shlex.split(replay_words("return", ("apollo-10",), Case(case, run_of(case)), 7))
        assert words[:3] == ["homeward", "return", "apollo-10"]
        assert words[-4:] == ["--seed", "7", "--run", str(run_of(case))]
        scenario = load("apollo-10", parse_settings([words[words.index("--set") + 1]]))
        (again,) = strikes_of(scenario, "return", RETURN, FLEET)
        assert (again.words, again.leg, again.time) == (case[0].words, case[0].leg, case[0].time)
    assert "--run" not in replay_words("return", ("apollo-10",), Case(case), 7)


def test_a_failure_later_than_its_leg_comes_at_the_same_share_of_it():
    (strike,) = moved_into(
        Case(_case("main", "fails", time=90.0), 5), {"entry": 100.0}, {"entry": 80.0}
    ).strikes
    assert strike.time == pytest.approx(72.0, abs=1e-3)


def test_so_many_cases_are_taken_evenly():
    cases = cases_of(RETURN_FAILURES, LASTS, FLEET, 0)
    some = chosen(cases, 0, 0, None, 10)
    assert len(some) == 10 and len({c[0].words for c in some}) >= 8
    assert chosen(cases[:3], 0, 0, None, 10) == [(c,) for c in cases[:3]]


def test_a_lost_case_tells_its_replay(tmp_path):
    lost, kept = _case("main", "fails"), _case("drogue", "fails")
    rows = [Row(lost, LOST, "why", run_of(lost)), Row(kept, NOMINAL, "why", run_of(kept))]
    matrix = Matrix("return", "apollo-10", 3, rows, {}, 1.0, world_seed=3)
    told = FaultMatrices(hw.load("apollo-10"), 3, [matrix], ("my file.toml", "--set", "site.altitude_m=3"))
    said = told.summary()
    assert said["world"] == "dispersed" and said["rows"][0]["run"] == run_of(lost)
    assert said["rows"][0]["replay"].startswith(
        "homeward return 'my file.toml' --set site.altitude_m=3 --set "
    )
    assert "replay" not in said["rows"][1]
    told.save(tmp_path)
    assert json.loads((tmp_path / "faults.json").read_text()) == said
    screen = Console(record=True, width=100)
    show_faults(screen, said)
    text = screen.export_text()
    assert "each in its own dispersed world" in text and said["rows"][0]["replay"] in text


@pytest.mark.parametrize(
    ("given", "told"),
    [({"most": 0}, "expected a whole number"), ({"most": True}, "expected a whole number"),
     ({"most": 3, "pairs": 2}, "no number of cases beside them")],
)  # fmt: skip
def test_numbers_of_cases_that_are_none_are_refused(given, told):
    with pytest.raises(InputError, match=told):
        fault_matrices(hw.load("apollo-10"), ["return"], **given)


def test_a_return_that_does_not_land_is_refused(capsys):
    assert main(["faults", "apollo-10", "--set", "return.legs.end=opening"]) == 2
    assert 'return.legs.end: expected "touchdown"' in capsys.readouterr().err


@pytest.mark.parametrize("words", [("--cases", "0"), ("--cases", "3", "--pairs", "2"), ("--cases", "x")])
def test_the_command_refuses_them_with_status_2(words, capsys):
    assert main(["faults", "apollo-10", *words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "--cases" in said.err and "Traceback" not in said.err


@pytest.fixture(scope="module")
def plan():
    """An entry from the interface to the sea."""
    return plan_return(load("apollo-10", {"simulation.lanes": "10"}), fidelity="six-dof")


@pytest.fixture(scope="module")
def ten(plan):
    """Ten cases of different failures early in the entry."""
    cases = [c for c in cases_of(RETURN_FAILURES, LASTS, equipment_counts(plan), 0) if c.leg == "entry"]
    return [Case((c,), run_of((c,))) for c in cases[:: len(cases) // 10][:10]]


def test_ten_worlds_are_drawn_as_they_are_alone(plan, ten):
    """Air, wind, ship and start of each case differ from the others', and are those of the case alone."""
    together = world_of(plan, 0, ten)
    masses = np.asarray(together[2].mass)
    assert len(set(masses)) == len(ten)
    alone = world_of(plan, 0, [ten[3]] * len(ten))
    for a, b in zip(jax.tree.leaves(together), jax.tree.leaves(alone), strict=True):
        if np.ndim(a) and np.shape(a)[0] == len(ten):
            assert np.array_equal(np.asarray(a)[3], np.asarray(b)[0])


@pytest.mark.slow
def test_ten_cases_end_as_they_do_alone(plan, ten):
    rows = fly_dispersed(plan, LASTS, ten, 0)
    assert [row.run for row in rows] == [case.run for case in ten]
    assert not any("not applicable" in row.reason for row in rows)
    assert len({row.reason for row in rows}) > 5
    assert fly_dispersed(plan, LASTS, ten[3:4], 0) == rows[3:4]
