"""Open-loop flight: directions, events, files, refusals."""

import json

import jax.numpy as jnp
import numpy as np
import pyarrow.parquet as pq
import pytest

from homeward.errors import InputError
from homeward.scenario.open_loop.build import build
from homeward.scenario.open_loop.schema import OpenLoopFile, load_openloop, run_file
from homeward.sim.open_loop.dynamics import aerodynamic_acceleration, fly_open_loop
from homeward.sim.open_loop.propagate import propagate

ENTRY = {
    "body": {"ballistic_coefficient_kg_m2": 400.0, "lift_to_drag": 0.3},
    "initial": {
        "latitude_deg": 20.0, "longitude_deg": 170.0, "altitude_m": 120e3,
        "speed_m_s": 7600.0, "flight_path_angle_deg": -1.8, "heading_deg": 60.0,
    },
    "stop": {"time_s": 3000.0, "altitude_m": 10e3},
    "output": {"step_s": 0.5, "crossings_m": [60e3, 10e3]},
}  # fmt: skip


def flight(**changes):
    tables = {name: dict(ENTRY.get(name, {})) | changes.get(name, {}) for name in {*ENTRY, *changes}}
    return build(OpenLoopFile.model_validate(tables))


def bank(degrees):
    return flight(body={"bank_deg": degrees})


def test_positive_bank_turns_right():
    turned = [propagate(flight(body={"bank_deg": b}, stop={"time_s": 300.0})) for b in (-60.0, 0.0, 60.0)]
    left, straight, right = (result.summary["final"]["heading_deg"] for result in turned)
    assert left < straight - 0.1 and straight + 0.1 < right


def test_lift_is_perpendicular_to_the_air_and_points_up_at_bank_zero():
    model = bank(0.0)
    air = model.planet.atmosphere.at(jnp.asarray(50e3))
    velocity, up = jnp.asarray([3000.0, -200.0, 1500.0]), jnp.asarray([0.6, 0.0, 0.8])
    drag, lift = map(jnp.stack, aerodynamic_acceleration(model.body, air, tuple(velocity), tuple(up)))
    assert abs(float(lift @ velocity)) < 1e-9 * float(jnp.linalg.norm(lift) * jnp.linalg.norm(velocity))
    assert float(jnp.linalg.norm(lift) / jnp.linalg.norm(drag)) == pytest.approx(0.3)
    assert float(lift @ up) > 0.0
    assert float(jnp.cross(velocity, up) @ lift) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("velocity", [[0.0, 0.0, -150.0], [0.0, 0.0, 0.0], [1e-9, 0.0, -150.0]])
def test_lift_stays_finite_straight_down_and_at_rest(velocity):
    model = bank(45.0)
    air = model.planet.atmosphere.at(jnp.asarray(5e3))
    up = tuple(jnp.asarray([0.0, 0.0, 1.0]))
    for part in aerodynamic_acceleration(model.body, air, tuple(jnp.asarray(velocity)), up):
        assert bool(jnp.all(jnp.isfinite(jnp.stack(part))))


def test_it_ends_at_the_stop_altitude_and_tells_the_crossings():
    summary = propagate(bank(60.0)).summary
    assert summary["ended_by"] == "altitude"
    assert summary["final"]["altitude_m"] == pytest.approx(10e3, abs=1e-3)
    assert [event["crossed_m"] for event in summary["crossings"]] == [60e3, 10e3]
    assert summary["crossings"][1]["time_s"] == pytest.approx(summary["final"]["time_s"], abs=1e-6)


def test_it_ends_at_the_stop_time_between_two_steps():
    result = propagate(flight(stop={"time_s": 33.3}))
    assert result.summary["ended_by"] == "time"
    assert result.table["time_s"][-1] == pytest.approx(33.3, abs=1e-12)
    assert result.table["time_s"][1] == pytest.approx(1.0)


def test_a_passage_upward_is_told_and_does_not_end_the_flight():
    ball = {"mass_kg": 10.0, "area_m2": 0.01, "drag_coefficient": 0.5, "ballistic_coefficient_kg_m2": None}
    start = {
        "latitude_deg": 0.0, "longitude_deg": 0.0, "altitude_m": 0.0, "speed_m_s": 300.0,
        "flight_path_angle_deg": 80.0,
    }  # fmt: skip
    model = flight(body=ball | {"lift_to_drag": 0.0}, initial=start, output={"crossings_m": [1000.0]},
                   stop={"altitude_m": 100.0})  # fmt: skip
    summary = propagate(model).summary
    assert [event["descending"] for event in summary["crossings"]] == [False, True]
    assert summary["ended_by"] == "altitude"


def test_the_batch_form_lands_at_the_same_point_as_the_table():
    model = bank(60.0)
    final = propagate(model).summary["final"]
    t, _ = fly_open_loop(model.body, model.planet, model.y0, jnp.asarray(0.5), 2000, jnp.asarray(10e3))
    assert float(t) == pytest.approx(final["time_s"], abs=1e-6)


def test_an_inertial_start_is_the_relative_one_seen_from_outside():
    told = propagate(flight(stop={"time_s": 1.0})).summary
    first = propagate(flight(stop={"time_s": 1.0})).table
    start = {
        "relative_to": "inertial",
        "speed_m_s": float(first["inertial_speed_m_s"][0]),
        "flight_path_angle_deg": float(first["inertial_flight_path_angle_deg"][0]),
        "heading_deg": float(first["inertial_heading_deg"][0]),
    }
    again = propagate(flight(initial=start, stop={"time_s": 1.0})).summary
    assert again["start"]["speed_m_s"] == pytest.approx(told["start"]["speed_m_s"], abs=1e-8)
    assert again["start"]["heading_deg"] == pytest.approx(told["start"]["heading_deg"], abs=1e-10)


def test_a_cartesian_start_is_taken_as_it_is():
    start = {k: None for k in ("latitude_deg", "longitude_deg", "altitude_m", "speed_m_s")}
    start |= {"position_m": [6.6e6, 0.0, 0.0], "velocity_m_s": [0.0, 0.0, 7000.0]}
    told = propagate(flight(initial=start, stop={"time_s": 1.0})).table
    assert told["position_earth_x_m"][0] == 6.6e6
    assert told["velocity_north_m_s"][0] == pytest.approx(7000.0)


def test_wind_carries_a_falling_body_where_it_blows():
    wind = {"model": "table", "altitude_m": [0.0], "north_m_s": [0.0], "east_m_s": [-20.0]}
    start = {"altitude_m": 5e3, "speed_m_s": 0.0}
    body = {"ballistic_coefficient_kg_m2": 20.0, "lift_to_drag": 0.0}
    model = flight(wind=wind, initial=start, body=body, stop={"altitude_m": 100.0, "time_s": 1000.0},
                   output={"crossings_m": []})  # fmt: skip
    final = propagate(model).table
    assert final["velocity_east_m_s"][-1] == pytest.approx(-20.0, abs=0.5)


def test_a_torque_free_body_keeps_its_momentum_and_energy():
    turn = {"inertia_kg_m2": [1.0, 2.0, 3.0], "rates_deg_s": [10.0, 20.0, 30.0], "gravity_gradient": False}
    table = propagate(
        flight(attitude=turn, air={"model": "none"}, stop={"time_s": 60.0}, output={"step_s": 0.05})
    ).table
    omega = np.stack([table[f"rate_inertial_body_{a}_deg_s"] for a in "xyz"])
    inertia = np.array([1.0, 2.0, 3.0])[:, None]
    for kept in (np.sum(inertia * omega**2, axis=0), np.sum((inertia * omega) ** 2, axis=0)):
        assert np.max(np.abs(kept / kept[0] - 1)) < 1e-8  # fourth order at 0.05 s
    assert np.ptp(omega[0]) > 1.0  # it does tumble


def test_products_of_inertia_are_other_axes_of_the_same_body():
    """Body axes turned by 30 deg about z: the same tumbling, told in other components."""
    c, s = np.cos(np.radians(30.0)), np.sin(np.radians(30.0))
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])  # principal to turned axes
    moments, rates = np.diag([2.0, 4.0, 5.0]), np.array([10.0, 20.0, 30.0])
    tensor = turn @ moments @ turn.T
    flown = []
    for inertia, products, yaw, spin in (
        (np.diag(moments), np.zeros(3), 0.0, rates),
        (np.diag(tensor), -np.array([tensor[0, 1], tensor[0, 2], tensor[1, 2]]), 30.0, turn @ rates),
    ):
        attitude = {
            "inertia_kg_m2": inertia.tolist(), "products_of_inertia_kg_m2": products.tolist(),
            "yaw_deg": yaw, "rates_deg_s": spin.tolist(), "gravity_gradient": False,
        }  # fmt: skip
        table = propagate(flight(attitude=attitude, air={"model": "none"}, stop={"time_s": 30.0})).table
        flown.append(np.stack([table[f"rate_inertial_body_{a}_deg_s"] for a in "xyz"]))
    assert np.max(np.abs(turn @ flown[0] - flown[1])) < 1e-9
    assert np.ptp(flown[0][0]) > 1.0


@pytest.mark.parametrize(
    ("air", "gravity"),
    [("none", "central"), ("exponential", "none"), ("table", "egm96"), ("msis", "j2")],
)
def test_every_model_flies(air, gravity):
    if air == "msis":
        pytest.importorskip("pymsis")
    tables = {"model": air, "density_scale": 1.1}
    if air == "table":
        tables |= {"altitude_m": [0.0, 50e3, 100e3], "density_kg_m3": [1.2, 1e-3, 1e-7]}
    model = flight(air=tables, gravity={"model": gravity, "degree": 2}, stop={"time_s": 2.0})
    table = propagate(model).table
    assert all(np.all(np.isfinite(column)) for column in table.values())


def test_files_are_written_and_read_back(tmp_path):
    result = run_file("open-loop-entry", {"stop.time_s": "5", "output.step_s": "0.5"})
    paths = result.save(tmp_path / "out")
    assert {p.name for p in paths} == {
        "summary.json", "telemetry.csv", "telemetry.parquet", "trajectory.png", "loads.png",
    }  # fmt: skip
    assert json.loads(paths[0].read_text()) == result.summary
    back = pq.read_table(paths[2])
    assert back.column_names[:3] == ["time_s", "latitude_deg", "longitude_deg"]
    assert back["altitude_m"].to_numpy() == pytest.approx(result.table["altitude_m"])
    assert paths[1].read_text().splitlines()[0].startswith('"time_s","latitude_deg"')


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"body.mas_kg": "3"}, ["body", "mas_kg"]),
        ({"initial.speed_km_s": "7.6"}, ["initial", "speed_m_s"]),
        ({"initial.speed_m_s": "nan"}, ["initial.speed_m_s"]),
        ({"initial.latitude_deg": "91"}, ["initial.latitude_deg", "90"]),
        ({"body.area_m2": "3.0"}, ["ballistic_coefficient_kg_m2", "area_m2"]),
        ({"initial.north_m_s": "3.0"}, ["speed_m_s", "north_m_s"]),
        ({"gravity.model": "flat"}, ["gravity.model"]),
        ({"air.model": "table"}, ["table of air"]),
        ({"wind.north_m_s": "[0.0]"}, ["wind", "one length"]),
        ({"output.step_s": "1e-6"}, ["steps"]),
        ({"stop": "3"}, ["stop"]),
        ({"attitude.damping": "[-1.0, 0.0, 0.0]"}, ["attitude", "reference_lengths_m"]),
        ({"attitude.inertia_kg_m2": "[1.0, 1.0, 3.0]"}, ["attitude", "inertia_kg_m2", "no body"]),
        (
            {"attitude.body_from_inertial": "[[1.0, 0.0, 0.0], [0.0, 1.0, 0.1], [0.0, 0.0, 1.0]]"},
            ["attitude", "right angles"],
        ),
        ({"attitude.products_of_inertia_kg_m2": "[1.0, 0.0, 0.0]"}, ["attitude", "singular"]),
    ],
)
def test_bad_input_is_one_sentence_with_file_and_key(setting, words):
    with pytest.raises(InputError) as caught:
        load_openloop("open-loop-entry", setting)
    message = str(caught.value)
    assert message.startswith("open-loop-entry") and "\n" not in message
    assert all(word in message for word in words), message
