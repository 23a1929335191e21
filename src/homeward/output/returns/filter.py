"""Picture of the navigation filter: its error within the three sigma that it believes in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.output.figure_style.body_record import body_time, broken, leg_span
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
    shade_spans,
)
from homeward.output.returns.entry import blackout_spans, entry_time
from homeward.output.views.return_view import FlightView, greatest

NED, BODY = ("north", "east", "down"), ("about x", "about y", "about z")
LATEST = 120.0  # s after a black-out within which the satellites are looked for
BEFORE = 120.0  # s before the interface, where no separation tells where to begin


class Quantity(NamedTuple):
    """One row of panels: channel of the error and of its sigma, words, unit, scale, names of the axes."""

    error: str
    sigma: str
    words: str
    scale: float
    axes: tuple[str, str, str]


QUANTITIES = (
    Quantity("navigation_position_error", "position_sigma", "Position {}, m", 1.0, NED),
    Quantity("navigation_velocity_error", "velocity_sigma", "Velocity {}, m/s", 1.0, NED),
    Quantity("attitude_error", "attitude_sigma", "Attitude {}, °", float(np.degrees(1.0)), BODY),
)


def _start(view: FlightView) -> float:
    span = leg_span(view, "coast to interface")
    if span is not None:
        return span[0]
    return float(view.time[view.interface or 0]) - BEFORE


def _error(view: FlightView, q: Quantity) -> tuple[np.ndarray, np.ndarray]:
    """Times and errors (n, 3) of a quantity: attitude stands in the fast record."""
    if q.error in view.history:
        return view.time, np.asarray(view[q.error], float) * q.scale
    return body_time(view), np.asarray(view.body[q.error], float) * q.scale


def share_inside(view: FlightView) -> float:
    """Part of the components of position, velocity and attitude within three sigma from ``_start`` on."""
    inside = []
    rows = view.time >= _start(view)
    for q in QUANTITIES:
        t, error = _error(view, q)
        sigma = np.asarray(view[q.sigma], float)[rows] * q.scale
        at = np.stack([np.interp(view.time[rows], t, error[:, i]) for i in range(3)], axis=1)
        known = np.isfinite(sigma)
        inside.append((np.abs(at) <= 3.0 * sigma)[known])
    told = np.concatenate(inside)
    return float(told.mean()) if told.size else float("nan")


def _draw(ax: Axes, view: FlightView, q: Quantity, i: int, since: float) -> None:
    rows = view.time >= _start(view)
    t, error = _error(view, q)
    x = view.time[rows] - since
    band = 3.0 * np.asarray(view[q.sigma], float)[rows, i] * q.scale
    ax.fill_between(x, -band, band, color=SKY, alpha=0.28, linewidth=0)
    for sign in (1.0, -1.0):
        line(ax, x, sign * band, BLUE, linewidth=0.8)
    seen = t >= _start(view)
    line(ax, t[seen] - since, broken(t[seen], error[seen, i]), INK, linewidth=0.9)
    most = max(greatest(band, 0.0), greatest(np.abs(error[seen, i]), 0.0)) or 1.0
    ax.set_ylim(-1.18 * most, 1.18 * most)
    panel_title(ax, q.words.format(q.axes[i]))


def filter_picture(view: FlightView) -> Figure:
    """Error of position, velocity and attitude, axis by axis, with the band of three sigma."""
    figure = new_figure(14.0, 8.4)
    told = all(q.sigma in view.history for q in QUANTITIES) and len(view.time) > 1
    rows = view.time >= _start(view) if told else np.zeros(len(view.time), bool)
    if not told or rows.sum() < 2 or not np.isfinite(view["position_sigma"][rows]).any():
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), "No navigation filter flew.")
        headline(figure, view, "No navigation filter flew")
        return figure
    grid = figure.add_gridspec(
        3, 3, left=0.045, right=0.985, bottom=0.06, top=0.875, hspace=0.27, wspace=0.13
    )
    _, since = entry_time(view)
    spans = [s for s in blackout_spans(view, since) if s[1] > _start(view) - since]
    again = _seen_again(view, spans[-1][1] + since) - since if spans else None
    events = [] if again is None else [(again, "satellites again", 0)]
    if view.opened is not None:
        events.append((float(view.time[view.opened]) - since, "parachute", 1))
    for r, q in enumerate(QUANTITIES):
        for c in range(3):
            ax = figure.add_subplot(grid[r, c])
            ax.set_xlim(_start(view) - since, float(view.time[-1]) - since)
            first = r == 0 and c == 0
            shade_spans(ax, spans, "black-out" if first else "")
            _draw(ax, view, q, c, since)
            # Each moment is named in a panel of its own, where there is room.
            event_lines(ax, [(t, w if (r, c) == (0, k) else "") for t, w, k in events], top=False)
            if r == 2 and c == 0:
                ax.set_xlabel("seconds since the entry interface")
    headline(figure, view, _words(view, spans, since, again),
             "error black, three sigma believed blue; capsule alone, to the end of the record")  # fmt: skip
    return figure


def _seen_again(view: FlightView, dark_until: float) -> float:
    """When the believed error falls most [s since the epoch]: a receiver takes a while after a black-out."""
    rows = np.flatnonzero((view.time >= dark_until) & (view.time < dark_until + LATEST))
    sigma = np.sqrt((np.asarray(view["position_sigma"], float)[rows] ** 2).sum(axis=1))
    if len(rows) < 2 or not np.isfinite(sigma).all():
        return dark_until
    return float(view.time[rows[int(np.argmin(np.diff(sigma))) + 1]])


def _words(view: FlightView, spans: list[tuple[float, float]], since: float, again: float | None) -> str:
    title = f"{100.0 * share_inside(view):.1f} % of the errors within three sigma"
    length = np.sqrt((np.asarray(view["navigation_position_error"], float) ** 2).sum(axis=1))
    dark = np.zeros(len(length), bool)
    for a, b in spans:
        dark |= (view.time - since >= a) & (view.time - since <= b)
    if dark.any() and again is not None:
        title += f"; at most {greatest(length[dark]):.0f} m off in the black-out"
        later = np.flatnonzero(view.time - since >= again + 10.0)
        if later.size:
            title += f", {length[later[0]]:.0f} m ten seconds after the first fix"
    return title
