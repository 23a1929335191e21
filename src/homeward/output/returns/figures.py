"""The set of pictures of a flight; the overview is the first of them."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.figure import Figure

from homeward.output.figure_style.style import headline, new_figure, styled
from homeward.output.returns.attitude import attitude_picture, swing_picture
from homeward.output.returns.burn import burn_picture
from homeward.output.returns.entry import (
    corridor_picture,
    draw_corridor,
    draw_series,
    loads_picture,
    series_of,
)
from homeward.output.returns.filter import filter_picture
from homeward.output.returns.ground_track import draw_site, draw_track, ground_track_picture, miss_words
from homeward.output.returns.guidance import bank_picture, draw_bank
from homeward.output.returns.heat_shield import heat_shield_picture
from homeward.output.returns.navigation import draw_navigation, navigation_picture
from homeward.output.returns.thrusters import thruster_picture
from homeward.output.returns.timeline import descent_picture, timeline_picture
from homeward.output.views.return_view import FlightView

PICTURES: dict[str, Callable[[FlightView], Figure]] = {
    "overview": lambda view: overview(view),
    "ground_track": ground_track_picture,
    "corridor": corridor_picture,
    "loads": loads_picture,
    "bank": bank_picture,
    "navigation": navigation_picture,
    "descent": descent_picture,
    "timeline": timeline_picture,
    "burn": burn_picture,
    "attitude": attitude_picture,
    "thrusters": thruster_picture,
    "filter": filter_picture,
    "swing": swing_picture,
    "heat_shield": heat_shield_picture,
}
TURNING = ("burn", "attitude", "thrusters", "filter", "swing")  # only of a ship that turns


def names(view: FlightView) -> list[str]:
    """The pictures that a flight has."""
    left_out = (() if view.body else TURNING) + (() if view.shield else ("heat_shield",))
    return [name for name in PICTURES if name not in left_out]


def picture(name: str, view: FlightView) -> Figure:
    """One picture of the set by its name; KeyError for another name."""
    with styled():
        return PICTURES[name](view)


def overview(view: FlightView) -> Figure:
    """Six panels on one page: track, site, corridor, load, bank, navigation."""
    with styled():
        figure = new_figure(16.0, 9.0)
        grid = figure.add_gridspec(
            2, 3, left=0.035, right=0.985, bottom=0.06, top=0.885, hspace=0.25, wspace=0.13
        )
        axes = [figure.add_subplot(grid[i]) for i in range(6)]
        draw_track(axes[0], view)
        draw_site(axes[1], view)
        draw_corridor(axes[2], view, small=True)
        draw_series(axes[3], view, series_of(view)[0])
        draw_bank(axes[4], view, small=True)
        draw_navigation(axes[5], view, "navigation_position_error", 1.0, "Navigation position error, m")
        for ax in axes[3:]:
            if ax.get_xticks().size:
                ax.set_xlabel("seconds since the entry interface")
        if view.interface is not None:
            axes[2].set_xlabel("speed relative to the air, km/s")
        peak = view.told("entry", "peak_load_g")
        title = miss_words(view) + (f", peak load {peak:.1f} g in the entry" if peak is not None else "")
        opening = view.told("parachute", "peak_opening_load_g")
        if opening is not None:
            title += f", {opening:.1f} g under the parachutes"
        headline(figure, view, title, "grey: black-out")
    return figure
