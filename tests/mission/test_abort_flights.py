"""The abort map of the default rendezvous against flights: entries of the map flown to the ground.

| verifies | against |
|---|---|
| time and place of landing, delta-v and load of 100 entries of the map | flights to the ground, point mass |
| `return --from` gives the same flight as the map's row | a row under way and one docked |
| a ship whose satellite receiver failed in homing comes home | a flight that turns, 6 DOF |
"""

import json

import numpy as np
import pytest

import homeward as hw
from homeward.cli.app import main
from homeward.earth.time import Epoch
from homeward.missions import rendezvous_flight
from homeward.missions.abort_map import abort_map
from homeward.missions.return_from_rendezvous import docked_path, from_point, homebound
from homeward.planning.abort_landings import descent_time
from homeward.scenario.build.initial_state import initial_state
from homeward.scenario.schema.fault import Fault
from homeward.scenario.schema.scenario import Site

pytestmark = pytest.mark.slow

FLOWN, SEED = 100, 0
LATE = 60.0  # s between the landing told and flown: mostly the time under the drogue, which the wind decides
OPENS = 15.0  # s between the opening told and flown
BLIND = 100.0  # m, 1-sigma of a place that stars and inertial unit alone tell
MISS = 1.0  # km
DELTA_V = 4.0  # m/s: the departure burn, which the map leaves out of the orbit, raises or lowers it
LOAD = (-0.2, 0.7)  # g, flown over told: guidance steers, planning does not


@pytest.fixture(scope="module")
def scenario():
    return hw.load("shenzhou-15")


@pytest.fixture(scope="module")
def flight(scenario):
    return rendezvous_flight.rendezvous(scenario)


@pytest.fixture(scope="module")
def found(scenario, flight):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("homeward.missions.rendezvous_flight.rendezvous", lambda *_, **__: flight)
        return abort_map(scenario, 60.0, docked_hours=24.0)


def _start(scenario, flight, found, row):
    """The homebound scenario of a row of the map, as ``return --from`` makes it."""
    rows, epoch = flight.history.rows, flight.plan.inserted.epoch
    if row["leg"] != "docked":
        k = int(np.argmin(np.abs(rows["time"] - row["time_s"])))
        state = epoch.plus(float(rows["time"][k])), rows["r_BI_I"][k], rows["v_BI_I"][k]
        return homebound(scenario, *state, row["propellant_kg"], [])
    contact, tank = epoch.plus(found["docking_s"]), row["propellant_kg"]
    alone = homebound(scenario, contact, rows["r_BI_I"][-1], rows["v_BI_I"][-1], tank, [], docked=True)
    after = row["time_s"] - found["docking_s"] + found["docked_prepare_s"]
    r, v = docked_path(alone, np.array([after]))
    return homebound(scenario, contact.plus(after), r[0], v[0], tank, [], docked=True)


def _there(scenario, way, name):
    height = {"site": scenario.site, "backup 1": scenario.backup_site[0]}.get(name)
    place = {k: way[k] for k in ("latitude_deg", "longitude_deg")}
    return Site(name=name, altitude_m=0.0 if height is None else height.altitude_m, **place)


def test_a_hundred_entries_are_flown_to_the_ground(scenario, flight, found):
    entries = [
        (row, name) for row in found["rows"] for name, way in row["landings"].items() if way is not None
    ]
    rng = np.random.default_rng(SEED)
    # As many of each class of site, each spread over the whole map.
    names = sorted({name for _, name in entries})
    picks = []
    for name in names:
        mine = [e for e in entries if e[1] == name]
        picks += [mine[k] for k in rng.permutation(len(mine))[: FLOWN // len(names)]]
    assert len(picks) == FLOWN
    epoch, off = flight.plan.inserted.epoch, []
    for row, name in picks:
        way = row["landings"][name]
        start = _start(scenario, flight, found, row)
        start = start.model_copy(update={"landing_site": _there(scenario, way, name)})
        told = hw.fly(start, fidelity="point-mass").summary
        landed = Epoch.from_iso(told["epoch_utc"]).plus(told["legs"][-1]["end"]).since(epoch)
        off.append((
            landed - way["landing_s"], told["touchdown"]["miss_km"],
            told["deorbit"]["delta_v_m_s"] - way["delta_v_m_s"], told["entry"]["peak_load_g"] - way["load_g"],
            told["success"], row["from"], name,
        ))  # fmt: skip
        print(off[-1])
    late, miss, burn, load = (np.array([x[k] for x in off], float) for k in range(4))
    for told, x in (("landing, s", late), ("miss, km", miss), ("delta-v, m/s", burn), ("load, g", load)):
        print(f"{told}: mean {x.mean():.2f}, from {x.min():.2f} to {x.max():.2f}")
    assert all(x[4] for x in off)
    assert np.abs(late).max() < LATE and miss.max() < MISS and np.abs(burn).max() < DELTA_V
    assert load.min() > LOAD[0] and load.max() < LOAD[1]


@pytest.mark.parametrize("leg", ["homing", "docked"])
def test_return_from_flies_the_row(scenario, flight, found, leg, monkeypatch, capsys):
    row = [r for r in found["rows"] if r["leg"] == leg][3]
    at = float(row["from"].split("@")[1]) + (found["docked_prepare_s"] if leg == "docked" else 0.0)
    monkeypatch.setattr("homeward.missions.rendezvous_flight.rendezvous", lambda *_, **__: flight)
    words = ["return", "shenzhou-15", "--from", f"{leg}@{at:.0f}", "--fidelity", "point-mass", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    landed = Epoch.from_iso(told["epoch_utc"]).plus(told["legs"][-1]["end"])
    way = row["landings"]["site"]
    assert told["success"]
    assert abs(landed.since(flight.plan.inserted.epoch) - way["landing_s"]) < LATE
    if leg == "docked":
        assert told["departure"]["safe"]


@pytest.mark.parametrize("class_of", ["site", "sea"])
def test_a_ship_whose_receiver_failed_in_homing_comes_home(scenario, flight, found, class_of, monkeypatch):
    monkeypatch.setattr("homeward.missions.rendezvous_flight.rendezvous", lambda *_, **__: flight)
    row = next(r for r in found["rows"] if r["leg"] == "homing" and float(r["from"].split("@")[1]) > 900.0)
    way = row["landings"][class_of]
    broken = scenario.model_copy(update={"fault": (Fault(what="satellite", when="homing+600"),)})
    start = from_point(broken, row["from"])
    assert [f.what for f in start.fault] == ["satellite"]
    site = _there(scenario, way, class_of)
    start = start.model_copy(update={"landing_site": site})
    flown = hw.fly(start, fidelity="six-dof")
    told, rows = flown.summary, flown.history
    entry = next(leg for leg in told["legs"] if leg["name"] == "entry")
    sigma = rows["position_sigma_x"][np.searchsorted(rows["time"], entry["start"])]
    opened = Epoch.from_iso(told["epoch_utc"]).plus(entry["end"]).since(flight.plan.inserted.epoch)
    late = opened - (way["landing_s"] - descent_time(start, initial_state(start), site.altitude_m))
    print(
        class_of, row["from"], told["outcome"], told["touchdown"], told["entry"]["peak_load_g"], late, sigma
    )
    assert told["success"] and told["entry"]["peak_load_g"] < 5.0
    assert sigma > BLIND  # the receiver is lost indeed: with it 9 m
    assert abs(late) < OPENS
