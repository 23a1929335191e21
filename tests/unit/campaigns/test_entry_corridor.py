"""The entry corridor: ends told apart, edges where they were put, bad input refused."""

import numpy as np
import pytest

from homeward.campaigns.analysis.entry_corridor import ENDS, EntryCorridor, ends_of, entry_corridor
from homeward.cli.app import main
from homeward.errors import InputError
from homeward.output.campaigns.distributions import png
from homeward.output.campaigns.entry_corridor import entry_corridor_picture
from homeward.scenario import load

LANDS, MISSES, LOAD, HEAT, SKIPS = range(5)


def made(edges, runs=6000, low=-8.0, high=-4.0):
    """Entries that end as the first edge (angle, end) says that they lie below, else skip out."""
    angle = np.linspace(low, high, runs)
    end = np.full(runs, SKIPS)
    for below, kind in reversed(edges):
        end = np.where(angle < below, kind, end)
    scenario = load("apollo-10")
    span = (np.radians(low), np.radians(high))
    nothing = np.full(runs, 5.0)
    return EntryCorridor(scenario, 0, np.radians(-6.0), span, np.radians(angle), end, nothing, nothing)


def test_edges_are_found_where_they_were_put_with_what_ends_the_others():
    found = made([(-7.1, LOAD), (-6.4, MISSES), (-5.3, LANDS)])
    step = 4.0 / len(found.bins())
    landing, survival = found.edges(("lands",)), found.edges(("lands", "misses"))
    assert landing is not None and survival is not None
    for told, steep, by in ((landing, -6.4, "misses"), (survival, -7.1, "load")):
        assert abs(told["steep"]["angle_deg"] - steep) < step and told["steep"]["by"] == by
        assert abs(told["shallow"]["angle_deg"] - -5.3) < step and told["shallow"]["by"] == "skips out"
    assert abs(landing["width_deg"] - 1.1) < 2 * step
    told = found.told()
    assert sum(told["ends"].values()) == told["runs"] == sum(r["runs"] for r in told["bins"])
    row = next(r for r in told["bins"] if r["landed"] == r["runs"])
    # All of n: the lower end of Clopper and Pearson's interval is 0.025^(1/n).
    assert row["share_low"] == pytest.approx(0.025 ** (1 / row["runs"])) and row["share_high"] == 1.0
    shot = entry_corridor_picture(told, found.angle, found.end, found.load, ENDS)
    assert png(shot)[:4] == b"\x89PNG"


def test_an_edge_that_was_not_flown_is_none_and_no_corridor_is_none():
    landing = made([(-5.3, LANDS)]).edges(("lands",))
    assert landing is not None and landing["steep"] is None and landing["width_deg"] is None
    assert landing["shallow"] is not None
    assert made([(-3.0, LOAD)]).edges(("lands",)) is None


def test_an_entry_ends_as_the_first_that_holds():
    scenario = load("apollo-10")
    limits, height = scenario.truth.limits, scenario.return_.legs.opening_altitude_m
    fine = {
        "failed": False, "peak_load": 8.0, "peak_heat_rate": 1e6, "open_altitude": height, "open_miss": 9e3,
    }  # fmt: skip
    cases = [
        ({}, LANDS), ({"open_miss": 1.1e4}, MISSES), ({"peak_heat_rate": limits.heat_rate_w_m2 + 1}, HEAT),
        ({"peak_load": limits.load_g + 0.1, "open_miss": 1e6}, LOAD), ({"open_altitude": 8e4}, SKIPS),
        ({"failed": True, "peak_load": 99.0}, SKIPS),
    ]  # fmt: skip
    n = {k: np.array([(fine | c)[k] for c, _ in cases]) for k in fine}
    assert ends_of(scenario, n).tolist() == [kind for _, kind in cases]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--runs", "0"], "runs: expected a whole number of at least 100"),
        (["--angles=-5"], "expected two angles in degrees"),
        (["--angles=-5,-8"], "the steeper one first"),
        (["--out", "x.txt"], "ends in .png"),
        (["--cores", "0"], "--cores: expected"),
        (["--set", "dispersion.interface_angle_deg=-1"], "interface_angle_deg"),
    ],
)
def test_what_is_no_corridor_is_refused(capsys, arguments, words):
    assert main(["corridor", "apollo-10", *arguments]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert words in said[-1]


def test_a_scenario_without_a_return_has_none():
    with pytest.raises(InputError, match="return"):
        entry_corridor(load("tianzhou-5"))


@pytest.mark.slow
def test_the_corridor_of_a_lunar_return_is_bounded_by_load_and_skipping_out():
    """The angle that Apollo 10 flew lies inside; a tenth of a degree is its planned 3-sigma."""
    found = entry_corridor(load("apollo-10"), 640, angles=(-7.1, -6.1))
    landing = found.edges(("lands",))
    assert landing is not None
    assert landing["steep"]["by"] == "load" and landing["shallow"]["by"] == "skips out"
    assert landing["steep"]["angle_deg"] < -6.72 and landing["shallow"]["angle_deg"] > -6.52
    again = entry_corridor(load("apollo-10"), 640, angles=(-7.1, -6.1), cores=1)
    assert np.array_equal(again.angle, found.angle) and np.array_equal(again.end, found.end)
