"""Coast lines behind the maps: on land and at sea where they should be, with no line across the map."""

import numpy as np
import pytest
from matplotlib.path import Path as Outline

from homeward.output.figure_style.coast_lines import draw_land, draw_shores, rings
from homeward.output.figure_style.style import new_figure


def on_land(latitude: float, longitude: float) -> bool:
    there = [(longitude + turn, latitude) for turn in (-360.0, 0.0, 360.0)]
    return sum(Outline(ring).contains_point(p) for ring in rings() for p in there) % 2 == 1


@pytest.mark.parametrize(
    ("latitude", "longitude", "land"),
    [(41.6, 100.1, True), (47.0, 67.0, True), (-23.0, 133.0, True), (-80.0, 0.0, True), (66.5, -178.0, True),
     (0.0, -140.0, False), (30.0, -40.0, False), (-50.0, 100.0, False), (-15.0, -164.7, False)],
)  # fmt: skip
def test_land_is_land_and_sea_is_sea(latitude, longitude, land):
    assert on_land(latitude, longitude) is land


def test_no_outline_jumps_across_the_map():
    for ring in rings():
        steps = np.abs(np.diff(ring[:, 0]))
        assert np.all(steps[np.abs(ring[1:, 1]) < 89.0] < 180.0)


def test_maps_across_the_seam_and_about_a_pole_have_their_land():
    figure = new_figure(6.0, 4.0)
    ax = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    ax.set_xlim(150.0, 260.0)
    ax.set_ylim(-60.0, 60.0)
    draw_land(ax)
    assert len(ax.patches) > 10 and ax.get_xlim() == (150.0, 260.0)
    far = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    far.set_xlim(-1500.0, 1500.0)
    far.set_ylim(-900.0, 900.0)
    draw_shores(far, 89.0, 20.0)
    shown = [np.nanmax(np.hypot(*line.get_data())) for line in far.lines]
    assert shown and max(shown) < 4000.0 and far.get_ylim() == (-900.0, 900.0)
