"""The files and pictures of a ship that turns: whole, readable again, and none of them for a point mass."""

import warnings

import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
from synthetic_body import THRUSTERS, synthetic_body
from synthetic_flight import synthetic_flight

from homeward.icd import Accuracy, BodyFrame, channels
from homeward.output import FlightView, plot, save_flight
from homeward.output.files.telemetry import columns, table_columns, write_csv, write_parquet
from homeward.output.returns.burn import pointing_error
from homeward.output.returns.figures import PICTURES, TURNING, names, picture
from homeward.output.returns.filter import share_inside
from homeward.output.returns.thrusters import firing_share

KINDS = {
    "full": {},
    "entry only": {"orbit": False, "speed": 11000.0, "angle": -0.112},
    "no parachute": {"chute": False},
    "ends at the interface": {"stop_at_interface": True},
    "a single row": {"stop_at_interface": True, "orbit": False},
}


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


@pytest.fixture(scope="module")
def view():
    return synthetic_body()


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_of_every_flight_that_turns(kind):
    view = synthetic_body(**KINDS[kind])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in TURNING:
            figure = picture(name, view)
            assert figure.axes and any(t for t in texts(figure))
        plot(view.facts, view.history, view.legs, view.summary, view.body)


@pytest.mark.parametrize(
    "channel", ["angle_of_attack", "omega_BI_B", "valve_share", "attitude_error", "bank"]
)
def test_a_channel_without_a_number_spoils_no_picture(channel, view):
    body = view.body | {channel: np.full_like(view.body[channel], np.nan)}
    broken = FlightView(view.facts, view.history, view.legs, view.summary, body)
    for name in TURNING:
        picture(name, broken)


def test_what_is_missing_is_said():
    entry = synthetic_body(orbit=False)
    assert any("No deorbit burn" in t for t in texts(picture("burn", entry)))
    assert any("before a parachute" in t for t in texts(picture("swing", synthetic_body(chute=False))))
    unfiltered = {k: v for k, v in entry.history.items() if not k.endswith("_sigma")}
    bare = FlightView(entry.facts, unfiltered, entry.legs, entry.summary, entry.body)
    assert any("No navigation filter" in t for t in texts(picture("filter", bare)))


def test_only_a_ship_that_turns_has_files_and_pictures_of_it(tmp_path, view):
    point = FlightView(*synthetic_flight())
    assert names(point) == [n for n in PICTURES if n not in (*TURNING, "heat_shield")]
    assert names(view) == [n for n in PICTURES if n != "heat_shield"]
    written = save_flight(tmp_path, view.facts, view.history, view.legs, view.summary, body=view.body)
    told = {p.name for p in written}
    assert told >= {"body.parquet", "body.csv"} | {f"{n}.png" for n in TURNING}
    assert all(p.stat().st_size > 500 for p in written)


def test_the_body_table_has_a_column_a_thruster_and_degrees(tmp_path, view):
    write_parquet(tmp_path / "b.parquet", view.facts, view.body, view.legs, "body")
    table = pyarrow.parquet.read_table(tmp_path / "b.parquet")
    assert table.column_names == [c.name for c in table_columns(view.body, "body")]
    assert {f"valve_share_{k}" for k in range(THRUSTERS)} <= set(table.column_names)
    assert {"attitude_w", "attitude_z", "rate_x_b_deg_s", "angle_of_attack_deg"} <= set(table.column_names)
    assert table.schema.field("rate_y_b_deg_s").metadata[b"unit"] == b"deg/s"
    rate = view.body["omega_BI_B"][:, 1]
    assert np.array_equal(table["rate_y_b_deg_s"].to_numpy(), np.degrees(rate))
    write_csv(tmp_path / "b.csv", view.facts, view.body, view.legs, "body")
    again = pyarrow.csv.read_csv(tmp_path / "b.csv")
    assert again.column_names == table.column_names
    assert np.array_equal(again["valve_share_3"].to_numpy(), view.body["valve_share"][:, 3])


def test_accuracy_stands_in_the_telemetry_where_a_filter_flew(view):
    with_it = [c.name for c in table_columns(view.history)]
    without = [c.name for c in table_columns(synthetic_flight()[1])]
    assert with_it[: len(without)] == without == [c.name for c in columns()]
    assert with_it[len(without) :] == [c.name for c in columns(Accuracy)]
    assert "attitude_sigma_x_b_deg" in with_it


def test_every_channel_of_the_body_has_a_column():
    assert {c.channel.name for c in columns(BodyFrame)} == {c.name for c in channels(BodyFrame)}


def test_the_thrust_axis_is_the_first_row_of_the_matrix():
    half = 0.5 * np.radians(3.0)
    about_z = np.array([[np.cos(half), 0.0, 0.0, np.sin(half)]])
    assert np.allclose(pointing_error(about_z, np.array([1.0, 0.0, 0.0])), 3.0, atol=1e-12)
    assert np.allclose(pointing_error(about_z, np.array([0.0, 0.0, 1.0])), 90.0, atol=1e-12)


def test_a_raster_keeps_the_time_for_which_valves_are_open(view):
    t, share = view.body["time"], view.body["valve_share"]
    edges = np.linspace(t[30], t[-1] + 0.1, 200)
    told = firing_share(t, share, edges)
    assert np.allclose(told.sum(axis=0) * (edges[1] - edges[0]), share[30:].sum(axis=0) * 0.1, rtol=1e-9)
    assert told.min() >= 0.0 and told.max() <= 1.0


def test_the_share_within_three_sigma_counts_components(view):
    told = share_inside(view)
    assert 0.0 < told <= 1.0
    sure = {k: (v * 1e6 if k.endswith("_sigma") else v) for k, v in view.history.items()}
    assert share_inside(FlightView(view.facts, sure, view.legs, view.summary, view.body)) == 1.0
