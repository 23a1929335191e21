"""The heat shield of a record: which rows count, what is told, and how the scenario's words change it."""

import numpy as np
import pytest
from pydantic import ValidationError

from homeward.missions.heat_shield import flown_rows, heat_shield_response, points_of
from homeward.scenario import load
from homeward.scenario.schema.heat_shield import HeatShield

LEGS = [{"name": "coast", "start": 0.0, "end": 50.0}, {"name": "entry", "start": 50.0, "end": 500.0}]


def record(peak: float = 6e5, seconds: int = 700) -> dict[str, np.ndarray]:
    """An entry from 50 s on, a bell of heating about 250 s, a canopy from 500 s; 6 km are passed at 600 s."""
    time = np.arange(0.0, float(seconds))
    speed = np.interp(time, [50.0, 300.0, 500.0, 700.0], [7.8e3, 5e3, 200.0, 60.0])
    return {
        "time": time, "speed": speed, "mach": speed / 300.0,
        "density": np.interp(time, [50.0, 500.0, 700.0], [1e-9, 0.4, 0.9]),
        "altitude": np.interp(time, [0.0, 50.0, 500.0, 600.0, 700.0], [3e5, 1.2e5, 1e4, 6e3, 5e3]),
        "parachute_stage": (time >= 500.0).astype(int),
        "heat_rate": peak * np.exp(-(((time - 250.0) / 80.0) ** 2)),
    }  # fmt: skip


def test_the_shield_is_followed_from_the_entry_until_it_is_dropped():
    rows = flown_rows(load("shenzhou-15"), record(), LEGS)
    assert (rows.start, rows.stop) == (50, 602)
    kept = load("shenzhou-15", {"truth.parachute.heat_shield_kg": "0.0"})
    assert flown_rows(kept, record(), LEGS).stop == 700


def test_a_record_that_breaks_off_or_has_no_entry_is_no_trouble():
    broken = record()
    broken["speed"][300:] = np.nan
    assert flown_rows(load("shenzhou-15"), broken, LEGS).stop == 300
    told, series = heat_shield_response(load("shenzhou-15"), broken, LEGS)
    assert np.isfinite(series["stagnation_face_k"]).all() and told["ends_s"] == 299.0
    assert heat_shield_response(load("shenzhou-15"), record(), LEGS[:1]) == ({}, {})


def test_the_stagnation_point_is_hottest_and_the_sides_are_coolest():
    told, series = heat_shield_response(load("shenzhou-15"), record(), LEGS)
    points = {p["name"]: p for p in told["points"]}
    assert next(iter(points)) == "stagnation" and len(points) == 6
    face = {name: p["peak_face_temperature_k"] for name, p in points.items()}
    assert max(face, key=face.__getitem__) == "stagnation"
    assert min(face, key=face.__getitem__) == "leeward side"
    assert points["windward rim"]["peak_heat_rate_w_m2"] > points["leeward rim"]["peak_heat_rate_w_m2"]
    assert points["stagnation"]["peak_heat_rate_w_m2"] == pytest.approx(6e5)
    for p in told["points"]:
        assert 290.0 <= p["back_face_temperature_k"] <= p["peak_face_temperature_k"]
        assert p["peak_face_temperature_k"] <= p["radiative_equilibrium_k"]
    assert told["within_limit"] is True and len(series) == 1 + 4 * 6


def test_a_thinner_ablator_and_a_lower_limit_are_told():
    changed = {"ablator.thickness_m": "0.008", "back_face_limit_k": "400", "ablation_temperature_k": "1200"}
    for key, value in (("density_kg_m3", 512), ("specific_heat_j_kg_k", 1600), ("conductivity_w_m_k", 0.24)):
        changed[f"ablator.{key}"] = str(value)
    words = {f"truth.heat_shield.{key}": value for key, value in changed.items()}
    thick, _ = heat_shield_response(load("shenzhou-15"), record(), LEGS)
    thin, _ = heat_shield_response(load("shenzhou-15", words), record(), LEGS)
    assert thin["peak_back_face_temperature_k"] > thick["peak_back_face_temperature_k"] + 50.0
    assert thin["within_limit"] is False and thin["points"][0]["recession_mm"] > 0.5


def test_points_of_a_scenario_take_the_place_of_the_default_ones():
    mine = HeatShield.model_validate({"point": [{"name": "hatch", "share": 0.3}]})
    scenario = load("shenzhou-15")
    truth = scenario.truth.model_copy(update={"heat_shield": mine})
    names, convective, radiative = points_of(scenario.model_copy(update={"truth": truth}))
    assert names == ["stagnation", "hatch"] and convective.tolist() == [1.0, 0.3] == radiative.tolist()


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([{"name": "hatch", "share": 0.3, "angle_deg": 3.0}], "either angle_deg or share"),
        ([{"name": "hatch"}], "either angle_deg or share"),
        ([{"name": "hatch", "share": 0.1}, {"name": "hatch", "share": 0.2}], "a name of its own"),
        ([{"name": "stagnation", "share": 0.1}], "a name of its own"),
        ([{"name": "<b>", "share": 0.1}], "pattern"),
    ],
)
def test_points_that_say_too_much_or_too_little_are_refused(points, words):
    with pytest.raises(ValidationError, match=words):
        HeatShield.model_validate({"point": points})


def test_the_fastest_flights_radiate():
    hot = record(4e6)
    hot["density"][:] = 1e-4
    hot["speed"] = hot["speed"] + 4500.0
    fast, _ = heat_shield_response(load("apollo-10"), hot, LEGS)
    hot["speed"] = hot["speed"] - 4500.0
    slow, _ = heat_shield_response(load("apollo-10"), hot, LEGS)
    # Of radiation a point at an angle loses otherwise than of convection.
    rim = [next(p for p in told["points"] if p["name"] == "leeward rim") for told in (fast, slow)]
    assert rim[0]["peak_heat_rate_w_m2"] != pytest.approx(rim[1]["peak_heat_rate_w_m2"], rel=1e-3)
