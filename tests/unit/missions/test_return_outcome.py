"""What a return is judged by: every limit, the parachute, and numbers beyond physics."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.campaigns.store.columns import RETURN
from homeward.earth.constants import G0
from homeward.missions.failure_text import failure_told
from homeward.missions.implausible_values import BOUNDS, implausible, likely_keys
from homeward.missions.return_outcome import AS_PLANNED, EXCEEDED, FAILED, limits_told, outcome_of, succeeded
from homeward.missions.return_summary import judged
from homeward.planning.return_plan import ReturnPlan
from homeward.scenario.return_limits import ReturnLimits, return_limits
from homeward.scenario.schema.truth import Limits
from homeward.sim.point_mass.tick import felt_under_canopy
from homeward.world.dynamics.point_mass import as_fast_as_ships, physical
from homeward.world.state import initial_truth

SOUND = {
    "failed": False, "failed_time": np.nan, "arrived": True, "canopy_open": True, "tumbled": False,
    "interface_speed": 7850.0, "interface_flight_path_angle": -0.028, "peak_load": 3.9, "peak_heat_rate": 6e5,
    "peak_dynamic_pressure": 1.8e4, "heat_load": 1.2e8, "open_speed": 190.0, "open_altitude": 1e4,
    "open_miss": 50.0, "peak_opening_load": 5.8, "peak_landing_load": 5.2, "peak_crew_load": 5.8,
    "touchdown_vertical_speed": 2.5, "touchdown_miss": 400.0, "touchdown_time": 1000.0, "propellant": 260.0,
    "touchdown_horizontal_speed": 6.0, "touchdown_tilt": 0.1, "touchdown_crew_dose": 0.3,
    "touchdown_tip_over": 0.5, "canopy_load_drogue": 5e4, "canopy_load_main": 6e4,
}  # fmt: skip
NEAR = {"spans": [("entry", 0.0, 500.0), ("touchdown", 500.0, 1000.0)]}


def lanes(**changes) -> dict[str, np.ndarray]:
    return {k: np.array([v]) for k, v in (SOUND | changes).items()}


def plan_of(scenario) -> ReturnPlan:
    """As much of a plan as judging asks for."""
    made = object.__new__(ReturnPlan)
    object.__setattr__(made, "scenario", scenario)
    return made


@pytest.fixture(scope="module")
def scenario():
    return hw.load("shenzhou-15")


@pytest.mark.parametrize(
    "changes",
    [
        {"touchdown_vertical_speed": 110.7, "touchdown_miss": 0.0},
        {"touchdown_vertical_speed": 3.01},
        {"touchdown_miss": 10_001.0},
        {"peak_load": 5.01},
        {"peak_opening_load": 10.1},
        {"peak_landing_load": 10.1},
        {"peak_heat_rate": 1.21e6},
        {"peak_dynamic_pressure": 2.51e4},
        {"canopy_open": False},
        {"arrived": False},
        {"failed": True},
        {"tumbled": True},
        {"peak_load": np.nan},
    ],
)
def test_no_success_beyond_any_limit(scenario, changes):
    limits = return_limits(scenario)
    assert succeeded(limits, lanes(), True)[0]
    n = lanes(**changes)
    assert not succeeded(limits, n, True)[0]
    told = limits_told(limits, n, True, 0)
    if not changes.keys() & {"arrived", "failed"}:
        assert sum(not row["kept"] for row in told) == 1
        assert outcome_of({"limits": told, "success": False}) == EXCEEDED


def test_a_flight_that_ends_at_the_opening_has_to_open_near_its_aim(scenario):
    limits = return_limits(scenario)
    assert succeeded(limits, lanes(touchdown_vertical_speed=190.0, canopy_open=False), False)[0]
    assert not succeeded(limits, lanes(open_miss=10_001.0), False)[0]


def test_the_fall_back_bears_ten_g_and_the_pressure_that_goes_with_it_and_may_land_anywhere(scenario):
    rolling = return_limits(scenario, "ballistic")
    assert rolling.load == 10.0 and rolling.dynamic_pressure == pytest.approx(5e4) and not rolling.steered
    assert succeeded(rolling, lanes(peak_load=9.0, touchdown_miss=6e5, peak_dynamic_pressure=4.4e4), True)[0]
    assert not succeeded(rolling, lanes(peak_load=9.0, touchdown_vertical_speed=110.7), True)[0]


def test_every_limit_of_a_scenario_judges_something(scenario):
    """A limit that somebody adds to the scenario must reach the judgement."""
    assert len(Limits.model_fields) + 1 == len(dataclasses.fields(ReturnLimits))  # and the miss
    for key in Limits.model_fields:
        tight = scenario.truth.limits.model_copy(update={key: 1e-3})
        truth = scenario.truth.model_copy(update={"limits": tight})
        assert not succeeded(return_limits(scenario.model_copy(update={"truth": truth})), lanes(), True)[0], (
            key
        )


def test_what_success_goes_by_is_a_column_of_campaigns():
    assert {"peak_load", "peak_opening_load", "peak_landing_load", "peak_crew_load"} <= {
        s.key for s in RETURN
    }


@pytest.mark.parametrize("name", list(BOUNDS))
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 9e22])
def test_a_number_beyond_physics_is_a_failed_run_named_by_leg_and_time(scenario, name, value):
    n = judged(plan_of(scenario), lanes(**{name: value}), "predictive", True)
    assert n["failed"][0] and not n["success"][0] and list(BOUNDS)[n["implausible"][0]] == name
    told = failure_told(plan_of(scenario), {k: v[0] for k, v in n.items()}, NEAR["spans"])
    assert told is not None and told["not_finite"] and name in told["reason"]
    assert told["leg"] in ("entry", "touchdown") and told["time_s"] in (500.0, 1000.0)
    assert outcome_of({"failure": told}) == FAILED


def test_a_sound_flight_is_as_planned(scenario):
    n = judged(plan_of(scenario), lanes(), "predictive", True)
    assert n["success"][0] and n["implausible"][0] == -1 and implausible(lanes())[0] == -1
    assert (
        outcome_of({"limits": limits_told(return_limits(scenario), n, True, 0), "success": True})
        == AS_PLANNED
    )


def test_the_key_behind_is_the_one_that_is_far_from_its_usual_value(scenario):
    assert likely_keys(scenario, "touchdown") == []
    light = hw.load("shenzhou-15", {"truth.capsule.mass_kg": "320"})
    assert likely_keys(light, "descent")[0] == "truth.capsule.mass_kg"
    huge = hw.load("shenzhou-15", {"truth.parachute.main_area_m2": "90000"})
    assert likely_keys(huge, "descent")[0] == "truth.parachute.main_area_m2"


def test_a_load_under_the_canopy_is_the_openings_or_the_rockets():
    so_far = initial_truth(0.0, jnp.zeros(3), jnp.zeros(3), 1.0).extremes
    force = (jnp.asarray(0.0), jnp.asarray(3.0 * G0), jnp.asarray(4.0 * G0))
    opened = felt_under_canopy(so_far, force, jnp.asarray(0.0))
    assert float(opened.opening_load) == pytest.approx(5.0) and float(opened.landing_load) == 0.0
    landed = felt_under_canopy(opened, tuple(0.5 * x for x in force), jnp.asarray(1e5))
    assert float(landed.opening_load) == pytest.approx(5.0)
    assert float(landed.landing_load) == pytest.approx(2.5) and float(landed.load) == 0.0


@pytest.mark.parametrize(
    ("speed", "load", "sound"),
    [(1.2e4, 20.0, True), (2e5, 1.0, False), (100.0, 2e3, False), (np.nan, 1.0, False), (1.0, np.inf, False)],
)
def test_what_no_ship_can_have_is_not_physical(speed, load, sound):
    zero = jnp.asarray(0.0)
    v, a = (jnp.asarray(speed), zero, zero), (zero, jnp.asarray(load * G0), zero)
    assert bool(physical(v, a)) is sound
    assert bool(as_fast_as_ships(jnp.asarray([speed, 0.0, 0.0]))) is bool(speed < 1e5)


@pytest.mark.slow
def test_no_parachute_is_no_success_and_a_capsule_too_light_is_told_of(scenario):
    """Flown, as a user would: status and words of both."""
    bare = {"truth.parachute.main_fails": "true", "truth.parachute.backup_area_m2": "0"}
    told = hw.fly(hw.load("shenzhou-15", bare), fidelity="point-mass").summary
    assert told["touchdown"]["vertical_speed_m_s"] > 100.0
    assert not told["success"] and told["outcome"] == EXCEEDED
    light = hw.fly(hw.load("shenzhou-15", {"truth.capsule.mass_kg": "320"}), fidelity="point-mass").summary
    assert light["failure"]["not_finite"] and "truth.capsule.mass_kg" in light["failure"]["reason"]
    assert light["failure"]["leg"] == "descent" and not light["success"]
