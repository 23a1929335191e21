"""Undocked, out along the port's axis, and away: clear of the station, and safe without thrust afterwards."""

import equinox as eqx
import numpy as np
import pytest
from docked_pair import docked
from PIL import Image

import homeward as hw
from homeward.missions.rendezvous_history import PairHistory, States
from homeward.missions.rendezvous_result import RendezvousFlight
from homeward.missions.withdrawal import rows_of, withdraw, withdrawal_facts

KEEP_OUT = 200.0  # m
NO_FAULT = 1e12


@pytest.fixture(scope="module")
def forward():
    made, world, carry, keys = docked("shenzhou-21")
    flown = withdraw(made, world, carry, NO_FAULT, keys, True)
    return made, flown, withdrawal_facts(made, world, flown, 0), rows_of(made, flown, 0)


def test_it_leaves_in_the_corridor_and_is_safe_adrift(forward):
    made, _, told, _ = forward
    assert told["success"] and told["safe"] and told["violations"] == 0
    assert told["station_min_range_m"] > KEEP_OUT and told["min_range_outside_corridor_m"] > KEEP_OUT
    # Once the ports are two metres apart, the hull is about as far from the station.
    assert 1.5 < told["min_clearance_m"] < 4.0
    assert told["corridor_share"] < 0.3
    # 191 m at 0.4 m/s, then to rest at 220 m.
    assert 400.0 < told["keep_out_exit_s"] < 520.0 < told["departure_s"] < 800.0
    burn = made.scenario.truth.separation.departure_delta_v_m_s
    assert burn <= told["departure_delta_v_m_s"] < 1.5 * burn
    assert told["departure_delta_v_m_s"] < told["delta_v_m_s"] < 3.0


def test_springs_push_first(forward):
    made, flown, told, rows = forward
    assert told["undock_s"] == made.told.withdrawal.docked_s
    place, speed = rows["port_position"], rows["port_velocity"]
    np.testing.assert_allclose(
        speed[0], [made.scenario.truth.separation.undock_speed_m_s, 0.0, 0.0], atol=0.02
    )
    np.testing.assert_allclose(place[0], [0.3, 0.0, 0.0], atol=0.02)
    along = rows["stage"] == rows["stage"][0]
    assert speed[along, 0].max() < made.told.withdrawal.speed_m_s + 0.02
    assert int(np.asarray(flown.end.truth.contact.count)[0]) == 0
    assert int(np.asarray(flown.end.flight.aborts)[0]) == 0


def test_its_files(forward, tmp_path):
    made, flown, told, rows = forward
    two = {k: v[:2] for k, v in rows.items()}
    none = States(two["time"], flown.end.truth.bodies, two["mass"], two["delta_v"])
    stages = ["far guidance", "homing", *made.steps]
    history = PairHistory(two, none, stages, "", (0.0, 0.0))
    flight = RendezvousFlight(made, history, {"success": True, "withdrawal": told}, rows)
    names = {p.name for p in flight.save(tmp_path)}
    assert {"withdrawal.csv", "withdrawal.parquet", "withdrawal.oem", "withdrawal.png"} <= names
    with Image.open(tmp_path / "withdrawal.png") as image:
        gray = np.asarray(image.convert("L"))
    assert (gray < 200).mean() > 0.005
    track = (tmp_path / "withdrawal.oem").read_text()
    assert track.count("META_START") == 2 and "COMMENT leg: departure" in track


def test_who_has_not_docked_does_not_leave():
    made, world, carry, keys = docked("shenzhou-21")
    never = eqx.tree_at(lambda c: c.truth.contact.captured, carry, carry.truth.contact.captured & False)
    flown = withdraw(made, world, never, NO_FAULT, keys, True)
    assert bool(flown.start.truth.done[0]) and float(flown.end.truth.delta_v[0]) == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shenzhou-21", "tianzhou-5", "shenzhou-16"])
def test_dispersed_ships_leave_every_port(name):
    lanes = 8
    made, world, carry, keys = docked(name, lanes)
    flown = withdraw(made, world, carry, NO_FAULT, keys, True)
    many = [withdrawal_facts(made, world, flown, k) for k in range(lanes)]
    for key in ("station_min_range_m", "min_clearance_m", "corridor_share", "delta_v_m_s", "keep_out_exit_s"):
        values = [m[key] for m in many]
        print(f"{name}: {key} {min(values):.3f} to {max(values):.3f}")
    assert all(m["success"] for m in many)
    assert min(m["min_clearance_m"] for m in many) > 1.0


@pytest.mark.slow
def test_the_return_begins_where_the_withdrawal_ends(tmp_path):
    """Docked, undocked, away, and down to the ground from where the ship then is."""
    flight = hw.rendezvous(hw.load("shenzhou-15", {"rendezvous.ends": "withdrawn"}))
    told = flight.summary
    assert told["success"] and told["withdrawal"]["safe"]
    flight.save(tmp_path)
    home = hw.load("shenzhou-15", {
        "return.initial.oem_file": str(tmp_path / "withdrawal.oem"),
        "return.initial.epoch_utc": told["withdrawal"]["departed_utc"],
        "return.legs.start": "burn",
    })  # fmt: skip
    summary = hw.fly(home).summary
    assert summary["success"]
