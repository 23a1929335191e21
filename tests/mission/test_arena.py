"""The arena flown: flights as elsewhere, alike for every law, and the same again from its command."""

import json
import shlex

import numpy as np
import pytest

from homeward.campaigns.analysis.large_orbit_changes import fly_large_changes
from homeward.campaigns.arena.arena import arena
from homeward.campaigns.arena.sets import course_of
from homeward.campaigns.arena.skip_entries import SKIPS
from homeward.campaigns.execution.return_batch import fly_many
from homeward.cli.app import main
from homeward.scenario import load
from homeward.scenario.user_models import with_law

pytestmark = pytest.mark.slow
LANES = 16
ROUNDED = 2.0  # m: a program that records may round otherwise
SHORT = {"return.legs.end": "opening", "simulation.lanes": str(LANES)}

NAN = """
import equinox as eqx
import jax.numpy as jnp
from homeward.flight.interfaces import AbstractEntryGuidance, bank_only

class Lost(AbstractEntryGuidance):
    \"\"\"Sound until 2 km/s over the ground, which the contract's test does not come to as low.\"\"\"

    def init(self, target):
        return ()

    def step(self, state, navigation, target):
        r = jnp.sqrt(jnp.sum(navigation.r_BE_E**2))
        low = r < 6_371_000.0 + 35e3
        return state, bank_only(jnp.where(low, jnp.nan, 1.0) + 0.0 * navigation.bank)
"""


def test_a_set_flies_what_is_flown_elsewhere_with_each_law():
    scenario = load("shenzhou-15", SHORT)
    result = arena(scenario, ["predictive", "reference"], runs=LANES, seed=5, bound="none")
    for law in ("predictive", "reference"):
        alone = fly_many(with_law(scenario, law), LANES, 5)
        np.testing.assert_allclose(result.flown[law].miss, alone.numbers["open_miss"], atol=ROUNDED)
        n = result.flown[law].numbers
        np.testing.assert_allclose(n["peak_load"], alone.numbers["peak_load"], atol=1e-3)
    changed = arena(scenario, ["predictive"], flights="orbit-changes", runs=LANES, seed=5, bound="none")
    alone = fly_large_changes(scenario, LANES, 5).every
    np.testing.assert_allclose(
        changed.flown["predictive"].miss, alone.numbers["open_miss"], rtol=1e-3, atol=ROUNDED
    )


def test_a_run_flown_again_is_the_same_flight_and_so_is_the_whole(tmp_path, capsys):
    words = ["arena", "shenzhou-15", "--set", f"simulation.lanes={LANES}", "--set", "dispersed", "--laws"]
    laws = "reference-2005,reference"
    rest = ["--seed", "9", "--bound", "none", "--json"]
    assert main([*words, laws, *rest, "--runs", str(LANES), "--out", str(tmp_path / "a")]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main([*words, laws, *rest, "--runs", str(LANES), "--out", str(tmp_path / "b")]) == 0
    rows = [(tmp_path / x / "arena.csv").read_text() for x in "ab"]
    assert rows[0] == rows[1]
    lost = first["laws"]["reference-2005"]["lost"][0]
    replay = shlex.split(lost["replay"])
    assert main([*replay[1:], "--bound", "none", "--out", str(tmp_path / "c")]) == 0
    alone = (tmp_path / "c" / "arena.csv").read_text().splitlines()
    assert len(alone) == 2
    told = next(r for r in rows[0].splitlines() if r.startswith(f"reference-2005,{lost['run']},"))
    # The same but for whether it was in reach, which the other law's flight had shown.
    assert alone[1].split(",")[4:] == told.split(",")[4:]


def test_a_law_whose_command_stops_being_a_number_has_failed_and_the_others_fly_on(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text(NAN, encoding="utf-8")
    scenario = load("shenzhou-15", SHORT)
    result = arena(scenario, [f"{mine}:Lost", "reference"], runs=LANES, seed=5, bound="none")
    told = result.summary["laws"]
    assert told["Lost"]["failed"] == result.summary["reachable"] > 0
    assert told["Lost"]["lost"][0]["why"] == "failed in the air" and told["reference"]["failed"] == 0


def test_skips_begin_at_their_angles_and_end_at_their_ranges():
    course = course_of(load("artemis-1", {"simulation.lanes": "8"}), "skip", 3)
    assert [p.scenario.site.name for p in course.plans] == [f"{s.range_km:,.0f} km ahead" for s in SKIPS]
    scenario = load("artemis-1", {"simulation.lanes": "8"})
    result = arena(scenario, ["predictive"], flights="skip", runs=8, seed=3, bound="none")
    assert result.groups[:4] == ["4,000 km", "5,900 km", "7,000 km", "10,000 km"]
    n = result.flown["predictive"].numbers
    assert np.sum(result.flown["predictive"].miss < 2e3) >= 7
    assert np.all(np.diff(n["duration"][:4]) > 60.0)  # the farther, the longer
