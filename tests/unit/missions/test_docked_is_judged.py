"""A rendezvous that ended docked is still judged for how it came: corridor, hull, collision."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.astro.lvlh import from_lvlh, lvlh_quaternion
from homeward.campaigns.faults.matrix import DEGRADED, LOST, NOMINAL
from homeward.campaigns.faults.rendezvous_classes import judge
from homeward.earth.time import Epoch
from homeward.missions.approach_clearance import AT_PORT, approach_facts
from homeward.missions.rendezvous_outcome import limits_told, pair_succeeded
from homeward.planning.rendezvous_plan import RendezvousPlan
from homeward.scenario.build.launch import insertion
from homeward.scenario.build.rendezvous_world import build_hull

KEEP_OUT = 200.0


@pytest.fixture(scope="module")
def made():
    """What judging reads of a plan."""
    scenario = hw.load("shenzhou-15")
    told = scenario.required_rendezvous()
    lift_off = Epoch.from_iso(told.launch.time_utc)
    corridor = np.tan(np.radians(told.station.corridor_deg))
    plan = RendezvousPlan.__new__(RendezvousPlan)  # nothing is planned: that takes programs of its own
    plan.told, plan.inserted = told, insertion(told, lift_off, "x")
    plan.world = SimpleNamespace(hull=build_hull(scenario, told))
    plan.close = SimpleNamespace(corridor=corridor)
    return plan


def docked(**changed):
    """The numbers of one lane that docked well, by ``rendezvous_batch.figures``."""
    sound = {
        "captured": True, "inside": True, "collided": False, "failed": False, "closest": 250.0,
        "propellant": 300.0, "came": True, "closing": 0.07, "lateral": 0.01, "tries": 0, "time": 2e4,
    }  # fmt: skip
    return {k: np.array([v]) for k, v in (sound | changed).items()}


def test_a_docked_run_outside_the_corridor_is_no_success(made):
    assert pair_succeeded(made.told, docked())[0]
    assert not pair_succeeded(made.told, docked(closest=KEEP_OUT - 1.0))[0]
    assert not pair_succeeded(made.told, docked(collided=True))[0]


def test_a_docked_case_of_the_fault_matrix_is_judged_for_its_way(made):
    def classed(**changed):
        return judge(made, {k: v[0] for k, v in docked(**changed).items()})

    assert classed()[0] == NOMINAL
    kind, told = classed(closest=KEEP_OUT - 1.0)
    assert kind == DEGRADED and "beyond a limit on the way" in told
    assert classed(collided=True)[0] == LOST
    assert classed(inside=False)[0] == LOST


def came(made, port, up=0.0):
    """Facts of one moment: the ship's port at a place [m] of the station's port, its centre ``up`` [m]."""
    r_T, v_T = (jnp.asarray(x) for x in made.inserted.station)
    r, v = from_lvlh(r_T, v_T, jnp.array([0.0, 0.0, -up]), jnp.zeros(3))
    q = np.asarray(lvlh_quaternion(r_T, v_T))
    rows = {
        "position_L": np.array([[0.0, 0.0, -max(up, 20.0)]]), "port_position": np.array([port]),
        "time": np.zeros(1), "r_TI_I": np.asarray(r_T)[None], "v_TI_I": np.asarray(v_T)[None],
        "r_BI_I": np.asarray(r)[None], "v_BI_I": np.asarray(v)[None], "q_BI": q[None],
    }  # fmt: skip
    return approach_facts(made, rows)


def kept(made, facts):
    summary = {"contact": None, "collided": False, "propellant_kg": 300.0, "approach": facts}
    return {row["quantity"]: row["kept"] for row in limits_told(made.told, summary)}


def test_the_share_of_the_corridor_is_that_of_its_cone(made):
    slope = np.tan(np.radians(made.told.station.corridor_deg))
    facts = came(made, [50.0, 0.0, AT_PORT + 50.0 * slope], up=30.0)
    assert facts["corridor_share"] == pytest.approx(1.0, rel=1e-9)
    assert kept(made, facts)["approach.corridor_share"]
    wide = came(made, [50.0, 0.0, AT_PORT + 51.0 * slope], up=30.0)
    assert not kept(made, wide)["approach.corridor_share"]


def test_the_hull_is_judged_against_the_outline_of_the_station(made):
    station, ship = made.told.station, made.told.ship
    touching = station.half_size_m[2] + ship.radius_m
    clear = came(made, [50.0, 0.0, 0.0], up=touching + 1.0)
    # The station stands 0.2 deg off its axes, the ship along the track: some centimetres over its length.
    assert clear["min_clearance_m"] == pytest.approx(1.0, abs=0.1)
    assert kept(made, clear)["approach.min_clearance_m"]
    through = came(made, [50.0, 0.0, 0.0], up=touching - 0.5)
    assert through["min_clearance_m"] < 0.0 and not kept(made, through)["approach.min_clearance_m"]


def test_a_flight_that_stays_outside_has_nothing_to_judge(made):
    rows = {"position_L": np.array([[300.0, 0.0, 0.0]]), "port_position": np.array([[290.0, 0.0, 0.0]])}
    assert approach_facts(made, rows) is None
    assert "approach.corridor_share" not in kept(made, None)
