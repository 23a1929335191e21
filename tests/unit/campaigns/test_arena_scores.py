"""What an arena makes of flights: who was in reach, what a law landed, what a failed flight counts as."""

import numpy as np
import pytest

from homeward.campaigns.arena.arena import Arena
from homeward.campaigns.arena.entrants import entrants_of
from homeward.campaigns.arena.flown import bank_activity
from homeward.campaigns.arena.scores import Flown, inside, landed, why_lost
from homeward.errors import InputError
from homeward.scenario import load

RUNS = 4


def flown(miss_km, load=None, heat=None, failed=None, above=None):
    zero = np.zeros(RUNS)
    return Flown(
        {
            "failed": zero.astype(bool) if failed is None else np.asarray(failed, bool),
            "open_miss": 1e3 * np.asarray(miss_km, float), "opened_above": zero if above is None else above,
            "peak_load": 4.0 + zero if load is None else np.asarray(load, float),
            "peak_heat_rate": 6e5 + zero if heat is None else np.asarray(heat, float),
            "heat_load": 1e8 + zero, "peak_dynamic_pressure": 1e4 + zero, "bank_reversals": 3.0 + zero,
            "roll": np.pi + zero, "roll_propellant": 2.0 + zero,
        },
        1e-5,
    )  # fmt: skip


def arena_of(**laws):
    scenario = load("shenzhou-15")
    entrants = entrants_of([name.replace("_", "-") for name in laws])
    named = {e.name: f for e, f in zip(entrants, laws.values(), strict=True)}
    return Arena(
        scenario,
        "dispersed",
        7,
        10 + np.arange(RUNS),
        [""] * RUNS,
        np.zeros(RUNS, bool),
        entrants,
        named,
        1.0,
    )


def test_a_landing_of_one_law_puts_a_run_in_reach_for_all():
    result = arena_of(
        predictive=flown([0.1, 0.4, 3.0, 9.0]),
        reference=flown([0.7, 5.0, 0.2, 0.1], load=[4.0, 4.0, 4.9, 5.1]),
    )
    # The last run is within 0.1 km over the load limit of 5 g: that proves nothing.
    assert result.reachable.tolist() == [True, True, True, False]
    told = result.summary
    assert told["reachable"] == 3 and told["runs"] == 4 and told["first_run"] == 10
    one, two = told["laws"]["predictive"], told["laws"]["reference"]
    assert one["runs"] == two["runs"] == 3
    assert one["landed_0_5_km"]["count"] == 2 and two["landed_0_5_km"]["count"] == 1
    assert two["landed_1_km"]["count"] == 2 and two["landed_2_km"]["count"] == 2
    assert one["miss_km"] == {"p50": 0.4, "p99": 3.0, "p99_7": 3.0, "most": 3.0}
    assert one["bank"]["roll_deg"] == pytest.approx(180.0) and one["cycle_us"] == pytest.approx(10.0)


def test_the_bound_puts_a_run_in_reach_that_no_law_landed():
    result = arena_of(predictive=flown([0.1, 4.0, 9.0, 9.0]))
    result.bound = np.array(
        [np.nan, 30.0, 700.0, np.inf]
    )  # m; not asked, reached, beyond half a kilometre, none
    assert result.reachable.tolist() == [True, True, False, False]
    told = result.summary
    assert told["laws"]["predictive"]["runs"] == 2 and told["laws"]["predictive"]["lost"][0]["run"] == 11
    bound = told["bound"]
    assert bound["asked"] == 3 and bound["reached"] == 1 and bound["reached_by_no_law"] == 1
    assert bound["most_of_those_reached_km"] == 0.03
    assert [(r["run"], r["least_miss_km"]) for r in bound["out_of_reach"]] == [(12, 0.7), (13, None)]


def test_what_a_law_lost_comes_with_its_command_the_worst_first():
    result = arena_of(predictive=flown([0.1, 0.1, 0.1, 0.1]), reference=flown([0.1, 2.0, 30.0, 0.2]))
    lost = result.summary["laws"]["reference"]["lost"]
    assert [row["run"] for row in lost] == [12, 11]
    assert lost[0]["why"] == "missed by 30.00 km"
    words = "homeward arena shenzhou-15 --set dispersed --laws reference --seed 7 --run 12"
    assert lost[0]["replay"] == words
    assert result.summary["laws"]["predictive"]["lost"] == []


def test_a_failed_flight_is_infinitely_far_and_in_no_mean():
    bad = flown(
        [0.1, 0.1, 0.1, 0.1], failed=[False, True, False, False], above=np.array([0.0, 0.0, 3e4, 0.0])
    )
    assert np.isinf(bad.miss).tolist() == [False, True, True, False]
    result = arena_of(predictive=flown([0.1] * 4), reference=bad)
    row = result.summary["laws"]["reference"]
    assert row["failed"] == 2 and row["miss_km"]["most"] is None and row["miss_km"]["p50"] == 0.1
    assert row["landed_2_km"]["count"] == 2
    assert row["of_limit"]["load"]["p99_7"] is None
    s = result.scenario
    assert why_lost(s, bad, 1) == "failed in the air"
    assert why_lost(s, bad, 2) == "never came to the opening altitude"


@pytest.mark.parametrize(
    ("change", "word"),
    [({"load": [5.01, 4.0, 4.0, 4.0]}, "load"), ({"heat": [1.3e6, 6e5, 6e5, 6e5]}, "heat rate")],
)
def test_every_limit_counts(change, word):
    s, f = load("shenzhou-15"), flown([0.1] * 4, **change)
    assert inside(s, f).tolist() == [False, True, True, True]
    assert landed(s, f, 500.0).tolist() == [False, True, True, True]
    assert word in why_lost(s, f, 0)


class Rows:
    """Telemetry of two lanes: a roll of 90 deg and back at 10 deg/s; the second stands after the first."""

    time = np.tile(np.arange(19.0), (2, 1))
    bank = np.radians(np.tile(10.0 * np.concatenate([np.arange(10.0), np.arange(8.0, -1.0, -1.0)]), (2, 1)))


def test_roll_and_its_propellant_are_those_of_the_bank_flown():
    s = load("shenzhou-15")
    told = bank_activity(Rows, np.array([100.0, 9.5]), s)
    np.testing.assert_allclose(np.degrees(told["roll"]), [180.0, 90.0])
    # From rest to 10 deg/s, to -10 deg/s, to rest: 40 deg/s in all; the second lane 20.
    impulse = s.truth.capsule.inertia_kg_m2[0] * np.radians([40.0, 20.0]) / (0.5 * s.truth.capsule.diameter_m)
    flow = s.truth.capsule.thrusters.specific_impulse_s * 9.80665
    np.testing.assert_allclose(told["roll_propellant"], impulse / flow, rtol=1e-12)


def test_the_bank_turns_the_shorter_way_past_half_a_turn():
    class Through:
        time = np.arange(3.0)[None]
        bank = np.radians([[170.0, -170.0, 170.0]])

    told = bank_activity(Through, np.array([9.0]), load("shenzhou-15"))
    np.testing.assert_allclose(np.degrees(told["roll"]), [40.0])


def test_laws_are_words_or_files(tmp_path):
    assert [e.name for e in entrants_of(["reference-2005", "predictive"])] == ["reference-2005", "predictive"]
    assert entrants_of(["reference-2005"])[0].dated and not entrants_of(["reference"])[0].dated
    mine = tmp_path / "mine.py"
    mine.write_text("class predictive: pass\n", encoding="utf-8")
    # A class of the name of a word is told apart from it.
    both = entrants_of(["predictive", f"{mine}:predictive"])
    assert [e.name for e in both] == ["predictive", "predictive'"]
    for words, said in (
        (["predictve"], "did you mean predictive"), (["ballistic"], "expected"), ([], "at least one"),
        (["predictive", "predictive"], "twice"), ([f"{mine}:Nobody"], "no class of this name"),
        ([f"{tmp_path}/none.py:Law"], "no such file"), ([""], "expected"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=said):
            entrants_of(words)
