"""What a return that turns must show: nominal, dispersed, beside the point mass, and its filter's honesty.

Percentiles are order statistics; a failed run counts as infinitely bad. For any seed: three are flown.
"""

import numpy as np
import pytest

import homeward as hw
from homeward.campaigns.execution.return_batch import fly_many
from homeward.planning.return_plan import plan_return
from homeward.sim import lanes
from homeward.world.actuators.parachute import DROGUE

RUNS, SEEDS = 100, [1, 2, 3]

# The limits of the project's plan for a ship that turns.
OPEN, TOUCHDOWN, LOAD, TOUCHDOWN_SPEED = 1.0, 3.0, 4.5, 3.0  # km, km, g, m/s: nominal
OFF_TRIM, OFF_BANK = 3.0, 5.0  # deg: after 0.2 g; outside reversals
OPEN_P99 = 1.5e3  # m, dispersed
PAIRED = 300.0  # m at opening, against the point mass with the same navigation
MEDIANS = 0.2  # of each other, both with the same navigation
INSIDE = 0.99  # of the time within three sigma
PROGRAMS = 6
REACQUIRED = 50.0  # m, three sigma at the opening


@pytest.fixture(scope="module")
def flown():
    """The nominal flight, and how many programs of a leg it had to compile."""
    before = _compiled()
    flight = hw.fly(hw.load("shenzhou-15"))
    return flight, _compiled() - before


def _compiled():
    return len(lanes._chunk._ready)


@pytest.fixture(scope="module")
def flight(flown):
    return flown[0]


def test_a_return_compiles_a_program_a_kind_of_leg(flown):
    """Drift, orbit, air and canopy of the ship; as points, the coast and the fall of the modules it leaves.

    The modules' coast was the ship's own program as long as the ship drifted without its filter.
    """
    assert flown[1] <= PROGRAMS


def test_the_nominal_return_lands_as_planned(flight):
    told = flight.summary
    assert told["success"] and told["fidelity"] == "six-dof"
    assert told["parachute"]["open_miss_km"] <= OPEN
    assert told["touchdown"]["miss_km"] <= TOUCHDOWN
    assert told["entry"]["peak_load_g"] <= LOAD
    assert told["touchdown"]["vertical_speed_m_s"] <= TOUCHDOWN_SPEED


def test_the_capsule_flies_at_trim_and_at_the_bank_it_is_told(flight):
    told = flight.summary["attitude"]
    assert not told["tumbled"]
    assert told["angle_of_attack_error_deg_max"] <= OFF_TRIM
    assert told["bank_error_deg_max_outside_reversals"] <= OFF_BANK
    tank = flight.scenario.truth.capsule.thrusters.propellant_kg
    assert 0.0 < told["entry_thruster_propellant_kg"] < tank


def test_the_filter_knows_where_it_is_and_the_black_out_shows(flight):
    h = flight.history
    told = flight.summary["navigation"]
    assert told["position_error_at_parachute_m"] <= told["position_3sigma_at_parachute_m"] <= REACQUIRED
    sigma = np.linalg.norm(h["position_sigma"], axis=1)
    entry = next(leg for leg in flight.legs if leg["name"] == "entry")
    blind = h["blackout"] & (h["time"] > entry["start"])
    assert np.sum(blind) > 60  # s
    first, last = np.flatnonzero(blind)[[0, -1]]
    assert sigma[last] > 1.5 * sigma[first]
    assert sigma[last + 30] < 1.2 * sigma[first - 1]


def _pair(**changes):
    """One scenario flown at both fidelities with the same navigation and the same body."""
    s = hw.load("shenzhou-15", {"flight.navigation.law": "error-model", **changes})
    return hw.fly(s), hw.fly(s, fidelity="point-mass")


@pytest.mark.slow
def test_a_pair_of_nominal_flights_agrees():
    one, other = (flight.summary for flight in _pair())
    for key in ("aim_latitude_deg", "aim_longitude_deg"):
        assert one["parachute"][key] == pytest.approx(other["parachute"][key], abs=1e-9)
    # With one aim, the two openings are no farther apart than both misses together.
    assert 1e3 * (one["parachute"]["open_miss_km"] + other["parachute"]["open_miss_km"]) <= PAIRED
    assert one["entry"]["peak_load_g"] == pytest.approx(other["entry"]["peak_load_g"], rel=MEDIANS)


@pytest.fixture(scope="module")
def many():
    """Dispersed flights of three seeds, the filter flying."""
    s = hw.load("shenzhou-15", {"simulation.lanes": "100"})
    plan = plan_return(s, fidelity="six-dof")
    return {seed: fly_many(s, RUNS, seed, plan=plan, fidelity="six-dof") for seed in SEEDS}


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_hundred_dispersed_returns(many, seed):
    flights = many[seed]
    assert int(np.sum(flights.numbers["failed"])) == 0
    assert not np.any(flights.numbers["tumbled"])
    assert np.all(flights.numbers["parachute_stage"] >= DROGUE)
    assert flights.percentile("open_miss", 0.99) <= OPEN_P99
    assert flights.percentile("navigation_error_open", 0.99) <= REACQUIRED


@pytest.mark.slow
def test_medians_agree_with_the_point_mass():
    s = hw.load("shenzhou-15", {"flight.navigation.law": "error-model", "simulation.lanes": "100"})
    one, other = (fly_many(s, 300, SEEDS[0], fidelity=fidelity) for fidelity in ("six-dof", "point-mass"))
    for name in ("open_miss", "touchdown_miss", "peak_load", "heat_load", "propellant"):
        assert one.percentile(name, 0.5) == pytest.approx(other.percentile(name, 0.5), rel=MEDIANS), name
