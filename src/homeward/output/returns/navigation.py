"""Picture of the navigation: believed less true, component by component."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    ORANGE,
    VERMILION,
    event_lines,
    headline,
    label,
    line,
    missing,
    new_figure,
    panel_title,
    shade_spans,
)
from homeward.output.returns.entry import blackout_spans, entry_time
from homeward.output.views.return_view import FlightView

NAVIGATION_AXES = (("north", BLUE), ("east", VERMILION), ("down", GREEN))


def draw_navigation(ax: Axes, view: FlightView, channel: str, scale: float, title: str) -> None:
    """The three components of believed less true, the length of it as an envelope, black-out shaded."""
    t, start = entry_time(view)
    first = max(0, int(np.searchsorted(t, -300.0))) if view.interface is not None else 0
    x, error = t[first:], np.asarray(view[channel][first:], float) / scale
    length = np.sqrt((error**2).sum(axis=1))
    if not len(x) or not np.isfinite(length).any():
        missing(ax, "No navigation error was recorded.", title)
        return
    if len(x) > 1:
        ax.set_xlim(float(x[0]), float(x[-1]) + 0.02 * float(x[-1] - x[0]))
    shade_spans(ax, blackout_spans(view, start), "black-out")
    ax.fill_between(x, -length, length, color=ORANGE, alpha=0.16, linewidth=0)
    for i, (_, color) in enumerate(NAVIGATION_AXES):
        line(ax, x, error[:, i], color, linewidth=1.3)
    most = float(np.nanmax(length)) or 1.0
    ax.set_ylim(-1.2 * most, 1.2 * most)
    _spread_labels(ax, x, error, most)
    events = [(0.0, "interface")] if view.interface is not None else []
    if view.opened is not None:
        events.append((float(t[view.opened]), "parachute"))
    event_lines(ax, events, top=False)
    panel_title(ax, title)


def _spread_labels(ax: Axes, x: np.ndarray, error: np.ndarray, most: float) -> None:
    """Names of the components where they lie furthest apart, pushed clear of one another."""
    ordered = np.sort(error, axis=1)
    k = int(np.nanargmax(np.min(np.diff(ordered, axis=1), axis=1)))
    values = error[k]
    order = np.argsort(values)
    least = 0.13 * most
    y = values[order].astype(float)
    for i in (1, 2):
        y[i] = max(y[i], y[i - 1] + least)
    y += values.mean() - y.mean()
    right = x[k] < 0.5 * (x[0] + x[-1])
    for rank, i in enumerate(order):
        name, color = NAVIGATION_AXES[i]
        label(ax, float(x[k]), float(np.clip(y[rank], -1.1 * most, 1.1 * most)), name, color,
              ha="left" if right else "right", offset=(7 if right else -7, 0))  # fmt: skip


def navigation_picture(view: FlightView) -> Figure:
    """Position and velocity error of navigation, from five minutes before the interface on."""
    figure = new_figure(9.0, 6.4)
    grid = figure.add_gridspec(2, 1, left=0.075, right=0.975, bottom=0.08, top=0.835, hspace=0.28)
    axes = [figure.add_subplot(grid[i]) for i in range(2)]
    draw_navigation(axes[0], view, "navigation_position_error", 1.0, "Position error, m")
    draw_navigation(axes[1], view, "navigation_velocity_error", 1.0, "Velocity error, m/s")
    since = "seconds since the entry interface" if view.interface is not None else "seconds since the start"
    axes[1].set_xlabel(since)
    length = np.sqrt((np.asarray(view["navigation_position_error"], float) ** 2).sum(axis=1))
    most = float(np.nanmax(length)) if np.isfinite(length).any() else float("nan")
    at_opening = view.told("navigation", "position_error_at_parachute_m")
    title = f"Navigation error at most {most:.0f} m"
    if at_opening is not None and view.opened is not None:
        title += f", {at_opening:.0f} m when the parachute opened"
    headline(figure, view, title, "believed less true; shaded orange: its length, grey: black-out")
    return figure
