"""The matrix of failures: its cases, its classes, how it is told."""

import json

import numpy as np
import pytest
from rich.console import Console

import homeward as hw
from homeward.campaigns.faults.fault_campaign import FaultMatrices
from homeward.campaigns.faults.matrix import (
    ABORTED,
    DEGRADED,
    LOST,
    NOMINAL,
    Matrix,
    Row,
    cases_of,
    instants,
    pairs_of,
)
from homeward.campaigns.faults.return_classes import judge
from homeward.cli.tables.fault_matrix import show_faults
from homeward.scenario.faults.catalogue import FAILURES, RETURN
from homeward.scenario.faults.schedule import EquipmentCounts

FLEET = EquipmentCounts(12, 12, 24, 4, 12)
LASTS = dict.fromkeys(RETURN, 100.0)
SOUND = {
    "came": True, "failed": False, "failed_time": 0.0, "peak_load": 4.0, "touchdown_vertical_speed": 2.0,
    "touchdown_miss": 100.0, "peak_heat_rate": 6e5, "peak_dynamic_pressure": 1.8e4, "canopy_open": True,
    "arrived": True, "peak_opening_load": 6.0, "peak_landing_load": 5.0,
}  # fmt: skip


@pytest.fixture(scope="module")
def cases():
    return cases_of([(f, f.return_legs) for f in FAILURES if f.return_legs], LASTS, FLEET, 0)


def test_every_failure_strikes_each_of_its_legs_five_times(cases):
    assert len(cases) > 1000
    seen: dict[tuple[str, str], int] = {}
    for c in cases:
        assert c.leg in c.failure.return_legs and 0.0 <= c.time <= LASTS[c.leg]
        seen[c.words, c.leg] = seen.get((c.words, c.leg), 0) + 1
    assert set(seen.values()) == {5}
    assert sum(words.startswith("engine ") for words, _ in seen) == 4


def test_the_instants_are_the_seeds_and_no_other_failures():
    one = instants(3, "star blind", "entry", 600.0)
    assert np.array_equal(one, instants(3, "star blind", "entry", 600.0))
    assert not np.array_equal(one, instants(4, "star blind", "entry", 600.0))
    assert not np.array_equal(one, instants(3, "clock fast", "entry", 600.0))


def test_pairs_are_of_two_failures_in_one_leg(cases):
    for a, b in pairs_of(cases, 0, 50):
        assert a.leg == b.leg and a.failure.what != b.failure.what and a.time <= b.time


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, NOMINAL),
        ({"touchdown_miss": 2e4}, DEGRADED),
        ({"peak_load": 5.9}, DEGRADED),
        ({"touchdown_vertical_speed": 7.9}, DEGRADED),
        ({"peak_load": 6.1}, LOST),
        ({"touchdown_miss": 5.1e4}, LOST),
        ({"touchdown_vertical_speed": 8.1}, LOST),
        ({"touchdown_miss": np.nan}, LOST),
        ({"failed": True}, LOST),
        ({"canopy_open": False}, LOST),
        ({"tumbled": True}, LOST),
        ({"peak_opening_load": 11.0}, DEGRADED),
        ({"peak_opening_load": 30.0}, LOST),
        ({"peak_landing_load": 30.0}, LOST),
        ({"peak_heat_rate": 1.3e6}, DEGRADED),
        ({"peak_heat_rate": 3e6}, LOST),
        ({"peak_dynamic_pressure": 2.7e4}, DEGRADED),
        ({"peak_dynamic_pressure": 6e4}, LOST),
        ({"came": False}, LOST),
        ({"peak_load": 9.0, "touchdown_miss": 3e5, "prediction_off": 2e4}, ABORTED),
        ({"peak_load": 9.0, "touchdown_miss": 3e5, "prediction_off": 4e4}, LOST),
        ({"peak_load": 9.0, "touchdown_miss": 7e5, "prediction_off": 2e4}, LOST),
        ({"peak_load": 10.1, "touchdown_miss": 3e5, "prediction_off": 2e4}, LOST),
    ],
)
def test_a_class_is_what_its_limits_say(changes, outcome):
    assert judge(hw.load("shenzhou-15"), {**SOUND, **changes})[0] == outcome


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"peak_load": 9.5, "touchdown_vertical_speed": 11.1}, NOMINAL),
        ({"peak_load": 9.5, "touchdown_vertical_speed": 9.0, "touchdown_miss": 13e3}, DEGRADED),
        ({"peak_load": 9.5, "touchdown_vertical_speed": 12.8}, LOST),
        ({"peak_load": 10.1, "touchdown_vertical_speed": 9.0}, LOST),
    ],
)
def test_a_ship_built_for_more_is_judged_by_what_it_is_built_for(changes, outcome):
    assert judge(hw.load("apollo-10"), {**SOUND, **changes})[0] == outcome


def test_it_is_told_as_json_as_a_table_and_as_a_picture(cases, tmp_path):
    rows = [Row((c,), (NOMINAL, LOST)[k % 7 == 0], "why") for k, c in enumerate(cases[::25])]
    told = FaultMatrices(hw.load("shenzhou-15"), 0, [Matrix("return", "shenzhou-15", 0, rows, {}, 1.0)])
    told.save(tmp_path)
    read = json.loads((tmp_path / "faults.json").read_text())
    assert read["cases"] == len(rows) == sum(read["counts"].values())
    common = {"what", "fault", "when", "leg", "run", "outcome", "reason"}
    assert [set(r) for r in read["rows"][:2]] == [common | {"replay"}, common]
    assert (tmp_path / "faults_return.png").stat().st_size > 10_000
    screen = Console(record=True, width=120)
    show_faults(screen, told.summary())
    text = screen.export_text()
    assert "stack thruster off" in text and f"{len(rows)} cases" in text
