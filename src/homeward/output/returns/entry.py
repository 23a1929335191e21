"""Pictures of the entry: the corridor; load, heat and pressure against their limits."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    SOFT,
    VERMILION,
    headline,
    label,
    limit_line,
    line,
    marker,
    missing,
    new_figure,
    panel_title,
    shade_spans,
)
from homeward.output.returns import entry_corridor
from homeward.output.views.return_view import FlightView, greatest

NO_ENTRY = "The flight ended above the entry interface:\nthere is no entry to show."
EDGE_COLOURS = {"load": VERMILION, "heat": "#CC8400", "pressure": "#8a5a00", "glide": GREEN}


def entry_time(view: FlightView) -> tuple[np.ndarray, float]:
    """Seconds since the interface for every row, and the interface's time since the epoch."""
    start = view.time[view.interface if view.interface is not None else 0]
    return view.time - start, float(start)


def blackout_spans(view: FlightView, start: float) -> list[tuple[float, float]]:
    """Stretches without satellite navigation, in seconds since the interface."""
    return [(a - start, b - start) for a, b in view.spans("blackout")]


def draw_corridor(ax: Axes, view: FlightView, small: bool = False) -> list[str]:
    """Altitude over speed with the corridor's edges; returns the names of edges that could not be drawn."""
    rows = view.entry
    if rows is None:
        missing(ax, NO_ENTRY, "Altitude over speed")
        return []
    if view.opened is not None and view.opened >= rows.stop:
        rows = slice(rows.start, view.opened + 1)
    speed, altitude = view["speed"][rows] / 1e3, view["altitude"][rows] / 1e3
    fastest = float(np.nanmax(speed))
    top = max(view.facts.interface_altitude_m / 1e3 * 1.04, float(np.nanmax(altitude)) * 1.02)
    ax.set_xlim(0.0, fastest * 1.04)
    ax.set_ylim(0.0, top)
    grid = np.linspace(0.15, fastest * 1.04, 400)
    found, left_out = entry_corridor.edges(view, grid * 1e3)
    # What must stay below the path: the highest of the limits closes the ground off.
    floor = np.full_like(grid, np.nan)
    for edge in found:
        if edge.formula != "glide":
            floor = np.fmax(floor, edge.altitude / 1e3)
    if np.isfinite(floor).any():
        ax.fill_between(grid, 0.0, floor, color=VERMILION, alpha=0.07, linewidth=0)
    glides = [e.altitude / 1e3 for e in found if e.formula == "glide"]
    if len(glides) == 2:
        ax.fill_between(grid, glides[1], glides[0], color=GREEN, alpha=0.10, linewidth=0)
    for edge in found:
        color = EDGE_COLOURS[edge.formula]
        ax.plot(grid, edge.altitude / 1e3, color=color, linewidth=1.1, linestyle=(0, (5, 2)))
    if not small:
        _name_limits(ax, grid, [e for e in found if e.formula != "glide"])
        if glides:
            _name_glide(ax, grid, glides[0])
    else:
        _list_edges(ax, found)
    line(ax, speed, altitude, INK, linewidth=2.2, zorder=4)
    marker(ax, float(speed[0]), float(altitude[0]), "interface")
    label(ax, float(speed[0]), float(altitude[0]), "interface", offset=(-8, -9), ha="right", fontsize=8)
    if view.opened is not None:
        marker(ax, float(speed[-1]), float(altitude[-1]), "opening")
        label(ax, float(speed[-1]), float(altitude[-1]), "parachute", offset=(8, 8), fontsize=8)
    panel_title(ax, "Altitude, km" if not small else "Altitude over speed, km over km/s, and its corridor")
    ax.set_xlabel("" if small else "speed relative to the air, km/s")
    return left_out


def _list_edges(ax: Axes, found: list[entry_corridor.Edge]) -> None:
    """The names of the edges in their colours, stacked in the free corner below the limits."""
    names = {e.formula: e.name for e in found if e.formula != "glide"}
    if any(e.formula == "glide" for e in found):
        names["glide"] = "steady glide, bank 0 to 60°"
    for i, (formula, text) in enumerate(names.items()):
        ax.annotate(text, (0.985, 0.03 + 0.052 * i), xycoords="axes fraction", ha="right", va="bottom",
                    fontsize=8, color=EDGE_COLOURS[formula])  # fmt: skip


def _name_limits(ax: Axes, grid: np.ndarray, limits: list[entry_corridor.Edge]) -> None:
    """The limits' names in the margin where the lines leave the panel, pushed clear of one another."""
    ends = []
    for edge in limits:
        seen = np.flatnonzero(np.isfinite(edge.altitude))
        if seen.size:
            ends.append((float(edge.altitude[seen[-1]]) / 1e3, float(grid[seen[-1]]), edge))
    ends.sort(key=lambda e: e[0])
    step = 0.042 * ax.get_ylim()[1]
    middle = sum(e[0] for e in ends) / max(len(ends), 1)
    y = -np.inf
    places = []
    for altitude, _, _ in ends:
        y = max(altitude, y + step)
        places.append(y)
    shift = middle - sum(places) / max(len(places), 1)
    for place, (altitude, speed, edge) in zip(places, ends, strict=True):
        color = EDGE_COLOURS[edge.formula]
        ax.annotate(
            edge.name,
            (speed, altitude),
            xytext=(ax.get_xlim()[1] * 1.015, place + shift),
            color=color,
            fontsize=8.5,
            va="center",
            annotation_clip=False,
        )


def _name_glide(ax: Axes, grid: np.ndarray, upper: np.ndarray) -> None:
    """The glide band's name in the free sky above it, with a thin line to the band."""
    seen = np.flatnonzero(np.isfinite(upper))
    if not seen.size:
        return
    k = seen[int(0.90 * (len(seen) - 1))]
    ax.annotate(
        "steady glide: upper edge with all the lift\nupward, lower edge at 60° of bank",
        (float(grid[k]), float(upper[k])),
        xytext=(0.30 * float(grid[seen[-1]]), float(upper[k]) + 16.0),
        color="#007355",
        fontsize=8.5,
        va="center",
        arrowprops={"arrowstyle": "-", "color": GREEN, "linewidth": 0.7, "shrinkB": 2},
    )


def corridor_picture(view: FlightView) -> Figure:
    """Altitude against speed with the edges of the corridor."""
    figure = new_figure(10.4, 6.2)
    ax = figure.add_axes((0.065, 0.085, 0.755, 0.765))
    left_out = draw_corridor(ax, view)
    title = "No entry was flown"
    if view.entry is not None:
        checked = _excesses(view)
        over = [words for words, here in checked if here]
        title = "Inside every limit of the corridor" if checked else "Through the air, no limits given"
        if over:
            title = f"Beyond the limit of {' and '.join(over)}"
        angle, speed = view.told("entry", "flight_path_angle_deg"), view.told("entry", "speed_m_s")
        if angle is not None and speed is not None:
            title += f", entered at {speed / 1e3:.2f} km/s and {angle:.2f}°".replace("-", "−")
        title += "" if view.opened is not None else "; no parachute opened"
    note = f"not drawn, numbers missing: {', '.join(left_out)}" if left_out else "shaded red: beyond a limit"
    headline(figure, view, title, note if view.entry is not None else "")
    return figure


def _excesses(view: FlightView) -> list[tuple[str, bool]]:
    """For each limit, whether the record itself goes beyond it during the entry."""
    f = view.facts
    checks = (
        ("load", "load_factor", f.load_limit_g),
        ("heat rate", "heat_rate", f.heat_rate_limit_w_m2),
        ("dynamic pressure", "dynamic_pressure", f.dynamic_pressure_limit_pa),
    )
    return [(words, greatest(view[c][view.entry]) > limit) for words, c, limit in checks if limit]


Series = tuple[str, str, float, float | None, str, str]


def series_of(view: FlightView) -> list[Series]:
    """Channel, title, scale, limit (scaled), limit's words and colour of what loads the capsule."""
    f = view.facts
    heat, pressure = f.heat_rate_limit_w_m2, f.dynamic_pressure_limit_pa
    return [
        ("load_factor", "Load factor, g", 1.0, f.load_limit_g, "limit", BLUE),
        ("heat_rate", "Stagnation heat rate, kW/m²", 1e3, heat and heat / 1e3, "limit", VERMILION),
        ("heat_load", "Heat load, MJ/m²", 1e6, None, "", ORANGE),
        ("dynamic_pressure", "Dynamic pressure, kPa", 1e3, pressure and pressure / 1e3, "limit", GREEN),
    ]


def draw_series(ax: Axes, view: FlightView, series: Series) -> None:
    """One load against time since the interface with its limit and its peak."""
    channel, title, scale, limit, words, color = series
    if view.entry is None:
        missing(ax, NO_ENTRY, title)
        return
    t, start = entry_time(view)
    x, y = t[view.entry], view[channel][view.entry] / scale
    ax.set_xlim(0.0, float(x[-1]) * 1.02)
    peak = greatest(y, 0.0)
    near = limit if limit is not None and limit < 4.0 * peak else None
    ax.set_ylim(0.0, max(peak, near or 0.0) * 1.18 or 1.0)
    shade_spans(ax, blackout_spans(view, start))
    line(ax, x, y, color)
    limit_line(ax, near, words)
    panel_title(ax, title)
    if not np.isfinite(y).any():
        ax.text(0.5, 0.5, "Not recorded.", transform=ax.transAxes, ha="center", color=SOFT)
        return
    k = int(np.nanargmax(y))
    monotone = channel == "heat_load"
    ax.plot([x[k]], [y[k]], "o", color=color, markersize=4)
    text = f"{peak:.2f}" if peak < 10.0 else f"{peak:.0f}"
    side = "right" if monotone or x[k] > 0.8 * x[-1] else "left"
    label(ax, float(x[k]), peak, text, color, fontweight="bold", ha=side, va="bottom",
          offset=(-5 if side == "right" else 5, 3))  # fmt: skip
    if limit is not None and near is None:
        ax.text(0.99, 0.93, f"{words} {limit:.3g}", transform=ax.transAxes, ha="right", color=VERMILION,
                fontsize=8)  # fmt: skip


def loads_picture(view: FlightView) -> Figure:
    """Load factor, heat rate, heat load and dynamic pressure against time with their limits."""
    figure = new_figure(9.0, 6.4)
    grid = figure.add_gridspec(2, 2, left=0.06, right=0.975, bottom=0.08, top=0.835, hspace=0.30, wspace=0.16)
    for i, series in enumerate(series_of(view)):
        ax = figure.add_subplot(grid[i])
        draw_series(ax, view, series)
        if i > 1 and view.entry is not None:
            ax.set_xlabel("seconds since the entry interface")
    peak, limit = view.told("entry", "peak_load_g"), view.facts.load_limit_g
    title = "No entry was flown"
    if view.entry is not None:
        peak = greatest(view["load_factor"][view.entry]) if peak is None else peak
        title = f"Peak load of the entry {peak:.2f} g"
        if limit is not None:
            title += f", {'within' if peak <= limit else 'OVER'} the limit of {limit:g} g"
        over = [words for words, here in _excesses(view) if here and words != "load"]
        title += f"; {' and '.join(over)} OVER the limit" if over else ""
    headline(figure, view, title, "shaded: black-out" if view.spans("blackout") else "")
    return figure
