"""Every picture of every kind of flight is drawn, whatever part of it is missing."""

import dataclasses
import subprocess
import sys
import warnings

import numpy as np
import pytest
from PIL import Image
from synthetic_flight import synthetic_flight

from homeward.output import FlightView, plot, save_flight
from homeward.output.figure_style.style import thin
from homeward.output.returns.entry_corridor import density_profile, edges
from homeward.output.returns.figures import PICTURES, picture
from homeward.output.views import return_view as facts_of_output
from homeward.sim.point_mass import tick

KINDS = {
    "full": {},
    "entry only": {"orbit": False, "speed": 11000.0, "angle": -0.112, "site": (-15.1, -165.0)},
    "no parachute": {"chute": False},
    "ends at the interface": {"stop_at_interface": True},
    "a single row": {"stop_at_interface": True, "orbit": False},
    "date line": {"site": (12.0, 179.8)},
    "pole": {"site": (86.0, 20.0), "heading": 0.3},
}


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_of_every_flight(kind):
    view = FlightView(*synthetic_flight(**KINDS[kind]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in PICTURES:
            figure = picture(name, view)
            assert figure.axes and any(t for t in texts(figure))
        plot(view.facts, view.history, view.legs, view.summary)


def test_a_missing_part_is_said():
    early = FlightView(*synthetic_flight(stop_at_interface=True))
    assert any("no entry to show" in t for t in texts(picture("corridor", early)))
    assert any("before a parachute opened" in t for t in texts(picture("descent", early)))
    assert any("No touchdown" in t for t in texts(picture("ground_track", early)))
    assert any(
        "no parachute" in t for t in texts(picture("bank", FlightView(*synthetic_flight(chute=False))))
    )


def test_the_folder_is_whole_and_progress_hears_of_it(tmp_path):
    facts, history, legs, summary = synthetic_flight()
    heard = []
    written = save_flight(tmp_path / "new" / "folder", facts, history, legs, summary, heard.append)
    assert [p.name for p in written] == heard
    assert all(p.stat().st_size > 500 for p in written)
    assert {p.name for p in written} >= {
        "summary.json", "telemetry.parquet", "telemetry.csv", "trajectory.oem", "trajectory.czml",
        "trajectory.kml", "corridor.png", "loads.png", "bank.png", "navigation.png", "ground_track.png",
        "timeline.png", "descent.png", "overview.png",
    }  # fmt: skip
    with Image.open(tmp_path / "new" / "folder" / "corridor.png") as image:
        assert image.size[0] > 1000 and len(np.unique(np.asarray(image.convert("L")))) > 50


def test_corridor_edges_are_where_their_formula_says():
    """On the load edge, the density met there gives exactly the limit."""
    view = FlightView(*synthetic_flight())
    f = view.facts
    speed = np.array([4000.0, 6000.0])
    found, left_out = edges(view, speed)
    assert not left_out
    altitude, log_density = density_profile(view)
    rho = np.exp(np.interp(next(e for e in found if e.formula == "load").altitude, altitude, log_density))
    load = (
        0.5
        * rho
        * speed**2
        * f.area_m2
        * np.hypot(f.drag_coefficient, f.lift_coefficient)
        / f.mass_kg
        / 9.80665
    )
    assert np.allclose(load, f.load_limit_g, rtol=1e-6)
    glide = [e.altitude for e in found if e.formula == "glide"]
    assert (glide[0] > glide[1]).all()  # more lift upward glides higher


def test_edges_without_their_numbers_are_named():
    facts, history, legs, summary = synthetic_flight()
    bare = dataclasses.replace(facts, mass_kg=None, heat_rate_limit_w_m2=None)
    view = FlightView(bare, history, legs, summary)
    assert edges(view, np.array([5000.0]))[1] == ["load", "heat rate", "glide"]
    assert any("not drawn" in t for t in texts(picture("corridor", view)))


def test_reversals_are_counted_as_flown():
    assert len(FlightView(*synthetic_flight()).reversals) == 3


def test_reversals_are_counted_by_the_rule_of_the_loop():
    assert (facts_of_output.REVERSAL_SINE, facts_of_output.REVERSAL_SPEED) == (
        tick.REVERSAL_SINE, tick.REVERSAL_SPEED,
    )  # fmt: skip
    facts, history, legs, summary = synthetic_flight()
    view = FlightView(facts, history, legs, summary)
    assert (view["speed"][view.reversals] > 1500.0).all()
    # Steering about lift-up and slow reversals are none.
    slow = dict(history) | {"speed": np.minimum(history["speed"], 1400.0)}
    assert len(FlightView(facts, slow, legs, summary).reversals) == 0
    level = dict(history) | {"bank": np.radians(14.0) * np.sign(history["bank"])}
    assert len(FlightView(facts, level, legs, summary).reversals) == 0


def test_the_deorbit_burn_is_not_the_departure():
    facts, history, legs, summary = synthetic_flight()
    burn = next(leg for leg in legs if leg["name"] == "deorbit burn")
    early = {"name": "departure burn", "start": legs[0]["start"], "end": legs[0]["start"] + 1.0}
    assert FlightView(facts, history, [early, *legs], summary).burn_start == burn["start"]


def test_thinning_keeps_the_peaks_and_the_ends():
    y = np.random.default_rng(1).normal(size=100_001)
    y[54_321] = np.nan
    rows = thin(y)
    assert len(rows) <= 4002 and rows[0] == 0 and rows[-1] == len(y) - 1
    assert np.nanargmax(y) in rows and np.nanargmin(y) in rows


def test_matplotlib_waits_for_the_first_picture():
    code = "import sys, homeward.output; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


EMPTY = ("predicted_miss", "drag_factor", "load_factor", "heat_rate", "bank", "bank_command", "wind_east",
         "navigation_position_error", "density")  # fmt: skip


@pytest.mark.parametrize("channel", EMPTY)
def test_a_channel_without_a_number_spoils_no_picture(channel):
    facts, history, legs, summary = synthetic_flight()
    history = dict(history) | {channel: np.full_like(history[channel], np.nan)}
    view = FlightView(facts, history, legs, summary)
    for name in PICTURES:
        picture(name, view)


def test_a_flight_told_of_by_its_record_alone(tmp_path):
    """No limits, no legs, an empty summary: an open-loop flight of any body."""
    facts, history, _, _ = synthetic_flight()
    limits = ("load_limit_g", "heat_rate_limit_w_m2", "dynamic_pressure_limit_pa")
    others = ("aim_latitude_deg", "aim_longitude_deg", "mass_kg", "area_m2")
    bare = dataclasses.replace(facts, **dict.fromkeys(limits + others))
    assert len(save_flight(tmp_path, bare, history, [], {})) == 14
