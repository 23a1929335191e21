"""Pictures say one thing once: limits, numbers that do not stand upon one another, signs, greys."""

import dataclasses

import numpy as np
import pytest
from synthetic_flight import synthetic_flight
from synthetic_pair import synthetic_pair

import homeward as hw
from homeward.missions.return_result import Flight
from homeward.output.figure_style.style import SHADE, signed, styled
from homeward.output.rendezvous.navigation import navigation_picture
from homeward.output.returns.figures import picture
from homeward.output.views.rendezvous_view import PairView
from homeward.output.views.return_view import FlightView


def texts(figure):
    return [t.get_text() for t in figure.findobj(lambda a: hasattr(a, "get_text"))]


def rolling():
    facts, history, legs, summary = synthetic_flight()
    since = history["time"] - history["time"][FlightView(facts, history, legs, summary, {}).interface]
    bank = (np.radians(12.0) * np.maximum(since, 0.0) + np.pi) % (2.0 * np.pi) - np.pi
    return FlightView(facts, history | {"bank": bank, "bank_command": bank}, legs, summary, {})


def test_a_steady_roll_has_no_heap_of_numbers():
    steered = texts(picture("bank", FlightView(*synthetic_flight())))
    assert "1" in steered and "2" in steered
    told = texts(picture("bank", rolling()))
    assert "1" not in told and any(t.startswith("A steady roll") for t in told)


def test_pictures_judge_a_fall_back_by_the_limits_of_the_summary():
    """5 g in the picture and 10 g in the table was one flight's two sets."""
    scenario = hw.load("shenzhou-15")
    for law, load, pressure in (("predictive", 5.0, 2.5e4), ("ballistic", 10.0, 5e4)):
        facts = Flight(scenario, "2023-09-07T14:28:00Z", {}, [], {"guidance": law}).facts
        assert facts.load_limit_g == load and facts.dynamic_pressure_limit_pa == pytest.approx(pressure)
    facts, history, legs, summary = synthetic_flight()
    entry = FlightView(facts, history, legs, summary, {}).entry
    peak = float(np.nanmax(history["load_factor"][entry]))
    told = [dataclasses.replace(facts, load_limit_g=peak * k) for k in (0.8, 3.0)]
    titles = [" ".join(texts(picture("corridor", FlightView(f, history, legs, summary, {})))) for f in told]
    assert "Inside every limit" not in titles[0] and "Inside every limit" in titles[1]


def test_the_overview_names_its_axes_and_the_opening():
    facts, history, legs, summary = synthetic_flight()
    summary = summary | {"parachute": summary["parachute"] | {"peak_opening_load_g": 5.8}}
    with styled():
        figure = picture("overview", FlightView(facts, history, legs, summary, {}))
    assert sum(ax.get_xlabel() == "seconds since the entry interface" for ax in figure.axes) == 3
    assert any("5.8 g under the parachutes" in t for t in texts(figure))


def test_a_navigation_error_is_shown_by_its_size():
    with styled():
        figure = navigation_picture(PairView(*synthetic_pair()))
    for ax in figure.axes:
        assert ax.get_yscale() == "log" and ax.get_ylim()[0] > 0.0
        assert all(np.nanmin(line.get_ydata()) >= 0.0 for line in ax.lines if len(line.get_ydata()) > 2)


def test_grey_is_the_black_out_alone():
    for name in ("rendezvous.attitude", "rendezvous.timeline", "returns.thrusters", "returns.burn"):
        module = __import__(f"homeward.output.{name}", fromlist=["x"])
        assert SHADE not in vars(module).values(), name


@pytest.mark.parametrize(
    ("value", "words"), [(-0.001, "0.00"), (0.0, "0.00"), (-1.5, "−1.50"), (1.5, "1.50")]
)
def test_no_zero_has_a_sign(value, words):
    assert signed(value) == words
    assert signed(value, plus=True) == (f"+{words}" if value > 0.5 else words)
