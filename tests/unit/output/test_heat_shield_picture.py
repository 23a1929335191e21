"""The heat shield's picture and table: drawn and written where the flight has them, and only there."""

import dataclasses

import numpy as np
from helpers.synthetic_flight import synthetic_flight

from homeward.output.returns.figures import names, picture
from homeward.output.save_return import save_flight
from homeward.output.views.return_view import FlightView

TIME = np.arange(0.0, 300.0)


def shielded(worn: float = 0.002, hottest: float = 650.0) -> FlightView:
    view = FlightView(*synthetic_flight())
    series = {"time": TIME + 100.0}
    for name in ("stagnation", "leeward_rim"):
        series |= {f"{name}_face_k": 300.0 + 5.0 * TIME, f"{name}_bond_k": 290.0 + TIME,
                   f"{name}_back_k": 290.0 + TIME, f"{name}_recession_m": worn * TIME / 300.0}  # fmt: skip
    points = [
        {"name": n, "columns": n.replace(" ", "_"), "recession_mm": worn * 1e3}
        for n in ("stagnation", "leeward rim")
    ]
    told = {"points": points, "peak_back_face_temperature_k": hottest, "back_face_limit_k": 600.0}
    return dataclasses.replace(view, summary=view.summary | {"heat_shield": told}, shield=series)


def words(figure) -> str:
    texts = [t.get_text() for t in figure.texts]
    for ax in figure.axes:
        texts += [t.get_text() for t in ax.texts] + [ax.get_title(loc="left")]
        texts += [] if ax.get_legend() is None else [t.get_text() for t in ax.get_legend().get_texts()]
    return "\n".join(texts)


def test_points_limit_and_excess_are_named():
    told = words(picture("heat_shield", shielded()))
    assert "Inner face at most 650 K, OVER the limit of 600 K" in told
    assert "leeward rim" in told and "limit" in told and "none" not in told


def test_a_shield_that_keeps_its_thickness_says_so():
    assert "none" in words(picture("heat_shield", shielded(0.0, 400.0)))


def test_a_flight_without_a_shield_has_neither_picture_nor_table(tmp_path):
    bare = FlightView(*synthetic_flight())
    assert "heat_shield" not in names(bare) and "heat_shield" in names(shielded())
    assert "no entry" in words(picture("heat_shield", bare)).lower()


def test_the_table_names_its_units(tmp_path):
    view = shielded()
    save_flight(tmp_path, view.facts, view.history, view.legs, view.summary, pictures=(), shield=view.shield)
    head, first, *_ = (tmp_path / "heat_shield.csv").read_text().splitlines()
    assert head.split(",")[:2] == ["time_s", "stagnation_face_k"] and first.startswith("100,300,290,290,0")
    # The next flight into the same folder leaves no table of this one.
    save_flight(tmp_path, view.facts, view.history, view.legs, view.summary, pictures=())
    assert not (tmp_path / "heat_shield.csv").exists()
