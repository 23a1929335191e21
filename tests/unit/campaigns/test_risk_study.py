"""A risk study end to end over flights whose losses are known: strata, interval, files, resuming."""

import json
import math
import shlex

import numpy as np
import pytest
from rich.console import Console
from scipy.stats import norm

import homeward as hw
from homeward.campaigns.faults.matrix import ABORTED, LOST, NOMINAL, Row
from homeward.campaigns.risk import study as module
from homeward.campaigns.risk.flights import Flights
from homeward.campaigns.risk.half_study import row_read, row_told
from homeward.campaigns.risk.strata import NONE, PAIRS, case_of, strata_of, together
from homeward.campaigns.risk.study import risk
from homeward.cli.app import main
from homeward.cli.tables.risk import show_risk
from homeward.errors import InputError
from homeward.scenario.faults.catalogue import FAILURES, RETURN
from homeward.scenario.faults.schedule import EquipmentCounts, strikes_of
from homeward.scenario.load import load, parse_settings
from homeward.scenario.reliability.hazards import hazards

FLEET = EquipmentCounts(12, 12, 24, 4, 12)
LASTS = dict.fromkeys(RETURN, 100.0)
LEGS = {(f.what, f.how): f.return_legs for f in FAILURES if f.return_legs}
BETA = 2.0  # of the flights without a failure
SHARES = {"main fails": 0.4, "altimeter silent": 0.1}  # of each lost
RATES = (
    '{what="main",how="fails",per_demand=0.02,source="told"},'
    '{what="altimeter",per_demand=0.05,source="assumed"},'
    '{what="gyro",how="dead",per_hour=0.1,source="assumed"}'
)
FEW = {"reliability.shipped": "false", "reliability.rate": f"[{RATES}]"}


def _coin(case):
    """A number between 0 and 1 that is the case's own."""
    return np.random.default_rng(case.run).random()


def _flights(half="return"):
    """Flights that lose a known share of each kind, and have a plane for a limit without a failure."""

    def block(cases):
        rows = []
        for c in cases:
            share = sum(SHARES.get(s.words, 0.0) for s in c.strikes)
            end = LOST if _coin(c) < share else ABORTED if _coin(c) > 0.9 and c.strikes else NOMINAL
            rows.append(Row(c.strikes, end, "as told", c.run))
        return rows

    def margins(u, runs):
        return [(1.0 - float(x) / BETA, "a plane", float(x) > BETA) for x in u.sum(axis=1) / math.sqrt(30)]

    return Flights(half, 0, dict(LASTS), FLEET, LEGS, {"drag": (10,), "wind": (2, 10)}, 16, block, margins, 1)


@pytest.fixture
def flights(monkeypatch):
    flown = []

    def made(scenario, half, seed, tell, cores=None):
        f = _flights(half)
        fly, block = f.margins, f.block
        f.block = lambda cases: (flown.extend(cases), block(cases))[1]
        f.margins = lambda u, runs: (flown.extend(runs), fly(u, runs))[1]
        return f

    monkeypatch.setattr(module, "flights_of", made)
    return flown


def _truth(scenario):
    found = strata_of(hazards(scenario, "return", LASTS, FLEET, LEGS))
    one = {s.name: s.weight for s in found.strata}
    lost = sum(one[name] * share for name, share in SHARES.items())
    return one, lost + one[NONE] * float(norm.sf(BETA)), found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_joint_interval_holds_the_truth(flights, seed):
    scenario = load("shenzhou-15", FEW)
    weights, truth, _ = _truth(scenario)
    told = risk(scenario, "return", seed=seed, runs=1800, width=0.12)
    found = told.estimate()
    pair = weights[PAIRS]  # at most all of it
    assert found.low <= truth + pair and truth <= found.high
    assert told.flown <= 1800 + 20
    contributions = {c["name"]: c for c in told.summary()["halves"]["return"]["contributions"]}
    main_ = contributions["main fails"]["crew"]
    assert main_["low"] <= weights["main fails"] * 0.4 <= main_["high"]


def test_it_stops_where_it_was_told_to(flights):
    scenario = load("shenzhou-15", FEW)
    narrow = risk(scenario, "return", runs=4000, width=0.5)
    assert "0.5 was reached" in narrow.stopped and narrow.estimate().half_width <= 0.5
    spent = risk(scenario, "return", runs=200, width=0.01)
    assert spent.stopped == "200 flights were spent" and abs(spent.flown - 200) <= 8


def test_strata_and_what_is_not_flown_add_up_to_one():
    found = strata_of(hazards(load("shenzhou-15"), "return", LASTS, FLEET, LEGS))
    assert sum(s.weight for s in found.strata) + found.unflown == pytest.approx(1.0, abs=1e-12)
    one = {s.name: s.weight for s in found.strata}
    assert one["main fails"] == pytest.approx(math.exp(-found.expected) * 1.0005e-3, rel=1e-3)
    assert {"bus a", "landing set", NONE, PAIRS} < set(one)


def test_a_case_is_the_seeds_and_its_own():
    hazards_ = hazards(load("shenzhou-15"), "return", LASTS, FLEET, LEGS)
    strata = {s.name: s for s in strata_of(hazards_).strata}
    order = list(LASTS)

    def case(name, seed=0, index=0):
        return case_of("return", strata[name], hazards_, order, seed, index)

    assert case("gyro dead") == case("gyro dead") != case("gyro dead", index=1)
    assert case("gyro dead", seed=1).strikes != case("gyro dead").strikes
    assert case(NONE).strikes == () and case(NONE).run != case(NONE, index=1).run
    bus = case("bus a").strikes
    assert len(bus) == 4 and len({(s.leg, s.time) for s in bus}) == 1
    for index in range(60):
        pair = case(PAIRS, index=index).strikes
        assert 2 <= len(pair) <= 4
        places = [(order.index(s.leg), s.time) for s in pair]
        assert places == sorted(places)
        assert len({(s.failure.what, s.number) for s in pair}) == len(pair)
    numbers = {case("gyro dead", index=i).strikes[0].number for i in range(80)}
    assert numbers == set(range(6))


def test_what_cannot_come_together_is_no_pair():
    way = {(f.what, f.how): f for f in FAILURES}
    main_, torn = (way["main", "fails"], 0), (way["main", "torn"], 0)
    assert not together([main_], [torn])
    assert not together([(way["engines", "cut-off"], 0)], [(way["engine", "out"], 2)])
    assert together([(way["gyro", "dead"], 0)], [(way["gyro", "dead"], 1)])
    assert not together([(way["gyro", "dead"], k) for k in range(4)], [main_])


def test_a_study_that_was_broken_off_goes_on(flights, tmp_path):
    scenario = load("shenzhou-15", FEW)
    whole = risk(scenario, "return", runs=300, width=0.01, out=tmp_path / "a")
    before = len(flights)
    lines = (tmp_path / "a" / "risk_flights.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "risk_flights.jsonl").write_text("".join(lines[:40]) + lines[40][:25])
    flights.clear()
    again = risk(scenario, "return", runs=300, width=0.01, out=tmp_path / "b", resume=True)
    assert again.estimate() == whole.estimate() and 0 < len(flights) < before
    assert (tmp_path / "b" / "risk_flights.jsonl").read_text() == "".join(lines)
    with pytest.raises(InputError, match="begun with another seed"):
        risk(scenario, "return", runs=300, out=tmp_path / "b", resume=True, seed=1)
    with pytest.raises(InputError, match="no study to go on with"):
        risk(scenario, "return", runs=300, out=tmp_path / "c", resume=True)


def test_its_files_table_page_and_replays(flights, tmp_path):
    scenario = load("shenzhou-15", FEW)
    found = risk(scenario, "return", runs=400, width=0.05, target=0.5, out=tmp_path, called=("my file.toml",))
    told = found.summary()
    found.save(tmp_path)
    assert json.loads((tmp_path / "risk.json").read_text()) == told
    assert (tmp_path / "risk.png").stat().st_size > 10_000
    page = (tmp_path / "risk.html").read_text()
    assert "What to improve first" in page and "assumed" in page and "my file.toml" in page
    assert told["target"] == {"probability": 0.5, "verdict": "met"}
    screen = Console(record=True, width=150)
    show_risk(screen, told)
    text = screen.export_text()
    assert "P(loss of crew)" in text and "main fails" in text and "more failures than flown" in text
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_text() == page
    (tmp_path / "risk.json").write_text("[]")
    assert main(["report", str(tmp_path)]) == 2
    lost = told["lost"][0]
    words = shlex.split(lost["replay"])
    assert words[:3] == ["homeward", "return", "my file.toml"] and str(lost["run"]) in words
    same = load("shenzhou-15", parse_settings([words[words.index("--set") + 1]]))
    assert strikes_of(same, "return", RETURN, FLEET)


def test_sensitivities_follow_from_the_strata(flights):
    scenario = load("shenzhou-15", FEW)
    told = risk(scenario, "return", runs=1500, width=0.05).summary()
    rows = {r["hazard"]: r for r in told["sensitivity"]}
    main_ = rows["main fails"]
    assert main_["removed"] < main_["halved"] < main_["base"] < main_["doubled"]
    assert main_["base"] == pytest.approx(told["crew"]["estimate"])
    assert main_["base"] - main_["removed"] == pytest.approx(2 * (main_["base"] - main_["halved"]), rel=0.1)
    without = {r["without"]: r for r in told["redundancy"]}
    assert without["the backup parachute"]["change"] > 0.5 * 0.02


def test_a_mission_loses_either_half(flights):
    scenario = load("shenzhou-15", FEW)
    both = risk(scenario, "mission", runs=1000, width=0.01)
    halves = [risk(scenario, "return", runs=500, width=0.01).estimate()]
    assert both.estimate().value > 1.2 * halves[0].value
    told = both.summary()
    assert set(told["halves"]) == {"rendezvous", "return"}
    assert told["mission"]["estimate"] > told["crew"]["estimate"]


def test_a_limit_far_away_is_told_as_no_estimate(flights, monkeypatch):
    monkeypatch.setattr("test_risk_study.BETA", 40.0)
    few = dict(FEW) | {"reliability.rate": '[{what="main",per_demand=0.02,source="told"}]'}
    told = risk(load("shenzhou-15", few), "return", runs=3000, width=0.05).summary()
    d = told["halves"]["return"]["dispersion"]
    assert d["estimate"] is None and d["told"].startswith("no estimate") and 0.0 < d["below"] < 0.02


def test_a_row_is_kept_and_read():
    scenario = load("shenzhou-15")
    hazards_ = hazards(scenario, "return", LASTS, FLEET, LEGS)
    bus = next(s for s in strata_of(hazards_).strata if s.name == "bus a")
    case = case_of("return", bus, hazards_, list(LASTS), 0, 0)
    row = Row(case.strikes, LOST, "why", case.run)
    assert row_read(json.loads(json.dumps(row_told(row)))) == row


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--runs", "0"], "--runs"), (["--width", "0"], "--width"), (["--target", "2"], "--target"),
        (["--resume"], "--resume: expected --out"), (["--what", "launch"], '--what "launch"'),
        (["--set", 'reliability.rate=[{what="main",per_demand=-0.1,source="x"}]'], "of at least 0"),
        (["--set", 'reliability.rate=[{what="main",source="x"}]'], "expected one of per_hour, per_demand"),
        (["--set", 'reliability.rate=[{what="main",per_demand=0.1}]'], "this key is missing"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(words, told, capsys):
    assert main(["risk", "shenzhou-15", *words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and told in said.err and "Traceback" not in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("rate", '[{what="mian",per_demand=0.1,source="x"}]', "did you mean main"),
        ("rate", '[{what="main",how="burns",per_demand=0.1,source="x"}]', "main fails as fails, torn"),
        ("rate", '[{what="main",per_demand=0.1,source="x"},{what="main",per_demand=0.2,source="x"}]',
         "has a rate already"),
        ("rate", '[{what="gyro",per_hour=0.1,legs=["lunch"],source="x"}]', 'expected legs of .*not "lunch"'),
        ("rate", '[{what="gyro",per_hour=0.1,legs=["entry"],exposure_s=101.0,source="x"}]',
         "no more than the 100.0 s of entry"),
        ("group", '[{name="g",members=["gyro 0 dead","wing 1 off"],per_hour=1.0,source="x"}]',
         'members: expected what fails.*"wing 1 off"'),
        ("group", '[{name="g",members=["gyro 0 dead","gyro 9 dead"],per_hour=1.0,source="x"}]',
         "expected gyro 0 to 5"),
        ("group", '[{name="g",members=["gyro dead","main fails"],per_hour=1.0,source="x"}]',
         'expected "gyro N dead"'),
        ("group", '[{name="g",members=["main fails","main torn"],per_hour=1.0,source="x"}]',
         "each thing once"),
        ("group", '[{name="g",members=["main fails","gyro 0 dead"],beta=0.1,source="x"}]',
         "a rate per hour of every member"),
    ],
)  # fmt: skip
def test_rates_that_are_none_are_refused(key, value, told):
    with pytest.raises(InputError, match=told):
        hazards(load("shenzhou-15", {f"reliability.{key}": value}), "return", LASTS, FLEET, LEGS)


def test_no_rates_at_all_are_refused():
    with pytest.raises(InputError, match="expected the rate of at least one failure"):
        hazards(load("shenzhou-15", {"reliability.shipped": "false"}), "return", LASTS, FLEET, LEGS)


def test_a_rate_of_ones_own_replaces_the_shipped_one():
    few = {"reliability.rate": '[{what="main",per_demand=0.5,legs=["opening"],source="a test"}]'}
    told = {h.name: h for h in hazards(load("shenzhou-15", few), "return", LASTS, FLEET, LEGS)}
    assert told["main fails"].source == "a test" and told["main fails"].legs == (("descent", 100.0),)
    assert told["main fails"].expected == pytest.approx(math.log(2.0))
    assert told["gyro dead"].expected == pytest.approx(6 * 1e-5 * 600.0 / 3600.0)
    assert told["gyro batch"].expected == pytest.approx(0.05 * 2e-6 * 600.0 / 3600.0)
    for name in ("apollo-10", "shenzhou-16"):
        assert hw.load(name).reliability.shipped
