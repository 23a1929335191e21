"""Leaving the station: no recontact from any port, and a bad departure is found out."""

import jax
import numpy as np
import pytest

from homeward.errors import Infeasible
from homeward.missions.departure_safety import KEEP_OUT, departure_from_station
from homeward.missions.return_flight import run_keys, spread_legs
from homeward.planning.return_plan import plan_return
from homeward.scenario import load
from homeward.sim.lanes import spread_flight, spread_world
from homeward.sim.mission import fly_mission


def leave(name="shenzhou-15", **settings):
    """The legs up to leaving the orbital module, and what is told of them."""
    # Ship and flight software alike: what is ordered is what its own data say.
    both = {key.replace("__", "."): str(value) for key, value in settings.items()}
    case = load(name, both | {key.replace("truth.", "onboard."): value for key, value in both.items()})
    plan = plan_return(case)
    world, flight = spread_world(plan.world, 1), spread_flight(plan.flight, 1)
    truth = jax.tree.map(lambda x: np.asarray(x)[None], plan.truth)
    last = next(k for k, leg in enumerate(plan.legs) if leg.name == "phasing coast")
    legs = spread_legs(plan.legs[: last + 1], 1)
    outcome = fly_mission(world, flight, truth, legs, run_keys(0, np.array([0])), True)
    return departure_from_station(plan, outcome)


@pytest.mark.parametrize("port", ["forward", "aft", "nadir"])
def test_every_port_is_left_safely(port):
    told = leave(truth__separation__port=port)
    assert told["safe"] and told["station_min_range_m"] > 2 * KEEP_OUT
    assert told["checked_revolutions"] == pytest.approx(2.0, abs=1e-6)


def test_the_soyuz_like_departure_is_safe():
    told = leave("soyuz-like")
    assert told["safe"] and told["checked_revolutions"] > 1.8


def test_a_departure_without_spring_and_burn_is_unsafe():
    told = leave(
        truth__separation__port="aft", truth__separation__undock_speed_m_s=0.0,
        truth__separation__departure_delta_v_m_s=0.0,
    )  # fmt: skip
    assert not told["safe"]


def test_a_radial_push_alone_comes_back_to_the_station():
    # Clohessy-Wiltshire: a radial impulse makes a closed ellipse, back at the port after one revolution.
    told = leave(truth__separation__port="nadir", truth__separation__departure_delta_v_m_s=0.0)
    assert not told["safe"]


@pytest.mark.parametrize("port", ["forward", "aft", "nadir"])
def test_a_ship_does_not_come_apart_inside_the_approach_ellipsoid(port):
    case = {"truth.separation.port": port, "onboard.separation.port": port}
    with pytest.raises(Infeasible, match=r"0\.[89] km .* approach ellipsoid; 1 is the first that serves"):
        plan_return(load("shenzhou-21-return", {**case, "flight.plan.return_revolutions": "0"}))
    plan_return(load("shenzhou-21-return", {**case, "flight.plan.return_revolutions": "1"}))


def test_a_limit_below_the_burn_is_told():
    with pytest.raises(Infeasible, match="allowed are 100 m/s"):
        plan_return(load("shenzhou-15", {"flight.plan.delta_v_limit_m_s": "100.0"}))
