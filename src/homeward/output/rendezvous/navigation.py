"""Picture of relative navigation: what is believed of the ship's place less the truth, in three sigma."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from homeward.output.figure_style.style import (
    BLUE,
    INK,
    SKY,
    event_lines,
    headline,
    line,
    missing,
    new_figure,
    panel_title,
)
from homeward.output.rendezvous.timeline import NOTHING, distance_words, set_clock
from homeward.output.views.rendezvous_view import PairView
from homeward.output.views.return_view import greatest

AXES = ("along the track", "across", "below")
# Channel of the error and of its sigma, words, and the size [m, m/s] below which nothing is shown.
QUANTITIES = (
    ("position_error", "position_sigma", "Size of the position error {}, m", 0.001),
    ("velocity_error", "velocity_sigma", "Size of the velocity error {}, m/s", 0.0001),
)
HAND_OVER = (5e3, 500.0, 200.0)  # m: radar in; satellites of both out, lidar; camera


def hand_over(view: PairView) -> list[tuple[float, str]]:
    """Moments [s] at which the ship first comes within the sensors' distances."""
    found = []
    for distance in HAND_OVER:
        rows = np.flatnonzero(view.range <= distance)
        if rows.size:
            found.append((float(view.time[rows[0]]), distance_words(distance)))
    return found


def share_inside(view: PairView) -> float:
    """Part of the components of position and velocity within three sigma."""
    inside = []
    for error, sigma, _, _ in QUANTITIES:
        e, s = np.asarray(view[error], float), np.asarray(view[sigma], float)
        inside.append((np.abs(e) <= 3.0 * s)[np.isfinite(s)])
    told = np.concatenate(inside)
    return float(told.mean()) if told.size else float("nan")


def _draw(ax: Axes, view: PairView, quantity: tuple[str, str, str, float], i: int) -> None:
    """The size of one component's error under three sigma: both span decades on the way to the station."""
    error, sigma, words, least = quantity
    x = view.clock[0]
    e, band = np.abs(np.asarray(view[error], float)[:, i]), 3.0 * np.asarray(view[sigma], float)[:, i]
    ax.set_yscale("log")
    most = max(greatest(e, 0.0), greatest(band, 0.0), 10.0 * least)
    ax.fill_between(x, least, np.maximum(band, least), color=SKY, alpha=0.28, linewidth=0)
    line(ax, x, band, BLUE, linewidth=0.9)
    line(ax, x, np.maximum(e, least), INK, linewidth=0.7)
    ax.set_ylim(least, 3.0 * most)
    decades = np.arange(np.ceil(np.log10(least) - 1e-9), np.floor(np.log10(3.0 * most)) + 1.0)
    ax.set_yticks(10.0 ** decades[:: 1 if len(decades) <= 5 else 2])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.minorticks_off()
    panel_title(ax, words.format(AXES[i]))


def navigation_picture(view: PairView) -> Figure:
    """Error of the relative position and velocity, axis by axis, with the band of three sigma."""
    figure = new_figure(15.0, 7.6)
    if len(view.time) < 2 or not np.isfinite(np.asarray(view["position_sigma"], float)).any():
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), NOTHING)
        headline(figure, view, view.outcome)
        return figure
    grid = figure.add_gridspec(2, 3, left=0.05, right=0.985, bottom=0.07, top=0.865, hspace=0.22, wspace=0.15)
    size = view.clock[1]
    moments = hand_over(view)
    for r, quantity in enumerate(QUANTITIES):
        for c in range(3):
            ax = figure.add_subplot(grid[r, c])
            set_clock(ax, view)
            _draw(ax, view, quantity, c)
            set_clock(ax, view)
            event_lines(ax, [(t / size, words if (r, c) == (0, 0) else "") for t, words in moments])
            ax.tick_params(labelbottom=r == 1)
            if r == 1:
                ax.set_xlabel(view.clock[2])
    title = f"{100.0 * share_inside(view):.1f} % of the errors within three sigma"
    first, last = (float(np.linalg.norm(view["position_error"][k])) for k in (0, -1))
    title += f"; {first:.0f} m off at first, {length_words(last)} at the end"
    told = "dotted: radar from 5 km on, lidar and no satellites from 500 m, camera from 200 m"
    headline(figure, view, title, f"error black, three sigma believed blue, both without sign; {told}")
    return figure


def length_words(meters: float) -> str:
    """A length in the unit that suits it."""
    return (
        f"{1e3 * meters:.0f} mm"
        if meters < 0.1
        else f"{meters:.1f} m"
        if meters < 100.0
        else f"{meters:.0f} m"
    )
