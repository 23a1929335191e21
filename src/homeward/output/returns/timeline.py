"""Pictures of the course of the flight: the whole return on one strip, and the way down under parachute."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.earth.time import Epoch
from homeward.output.figure_style.labels import Name, place_names
from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    VERMILION,
    event_lines,
    headline,
    line,
    marker,
    missing,
    new_figure,
    panel_title,
)
from homeward.output.returns.ground_track import miss_words
from homeward.output.views.return_view import FlightView, parse_utc

LEG_COLOURS = (BLUE, SKY, PURPLE, GREEN, VERMILION, ORANGE)
WIDENED = "#fdf1dc"  # grey is the black-out's alone
STAGES = {1: "drogue", 2: "main, reefed", 3: "main, full", 4: "backup", 5: "retro-rockets"}


def clock(view: FlightView, seconds: float, precise: bool = True) -> str:
    """UTC time of day of seconds since the epoch."""
    stamp = Epoch.from_iso(view.facts.epoch_utc).plus(float(seconds)).to_iso(0)
    return stamp[11:19] if precise else stamp[11:16]


def duration(seconds: float) -> str:
    """A length of time as people say it."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60:02d} s" if whole < 3600 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _clock_axis(ax: Axes, view: FlightView, start: float, end: float) -> None:
    steps = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
    step = next((s for s in steps if (end - start) / s <= 6.5), 172800)
    epoch = parse_utc(view.facts.epoch_utc)
    past = epoch.hour * 3600 + epoch.minute * 60 + epoch.second + epoch.microsecond * 1e-6
    first = np.ceil((start + past) / step) * step - past
    ticks = np.arange(first, end + 1e-6, step)
    ax.set_xticks(ticks, [clock(view, t, precise=step < 60) for t in ticks])


def draw_altitude(ax: Axes, view: FlightView, start: float, end: float) -> None:
    """Altitude over the clock between two times."""
    rows = slice(int(np.searchsorted(view.time, start)), int(np.searchsorted(view.time, end, "right")))
    altitude = view["altitude"][rows] / 1e3
    ax.set_xlim(start, end)
    _clock_axis(ax, view, start, end)
    if not len(altitude):
        missing(ax, "Nothing was recorded here.")
        return
    ax.fill_between(view.time[rows], 0.0, altitude, color=BLUE, alpha=0.08, linewidth=0)
    line(ax, view.time[rows], altitude, BLUE, linewidth=1.8)
    ax.set_ylim(0.0, max(float(np.nanmax(altitude)) * 1.12, 1.0))


def _draw_legs(ax: Axes, view: FlightView, start: float, end: float, names: bool) -> None:
    """A bar for each leg, and on the left a table: name, start, length."""
    ax.set_xlim(start, end)
    ax.set_ylim(max(len(view.legs), 5) - 0.4, -0.6)
    ax.grid(False)
    ax.set_yticks([])
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="x", length=0, labelbottom=False)
    size = 9.0 if len(view.legs) <= 10 else 7.0
    for i, leg in enumerate(view.legs):
        ax.axhline(i, color="#eef1f3", linewidth=size, zorder=0, solid_capstyle="butt")
        a, b = max(float(leg["start"]), start), min(float(leg["end"]), end)
        if b >= a:
            shown = max(b - a, 0.005 * (end - start))
            left = min(a, end - shown)
            ax.barh(i, shown, left=left, height=0.56, color=LEG_COLOURS[i % len(LEG_COLOURS)], zorder=3)
        if names:
            cells = (
                (-240.0, "left", str(leg["name"])[:22], INK),
                (-118.0, "left", clock(view, leg["start"]), SOFT),
                (-8.0, "right", duration(leg["end"] - leg["start"]), SOFT),
            )
            for x, side, text, color in cells:
                ax.annotate(text, (0.0, i), xycoords=("axes fraction", "data"), xytext=(x, 0), color=color,
                            textcoords="offset points", ha=side, va="center", fontsize=size)  # fmt: skip


def timeline_picture(view: FlightView) -> Figure:
    """The whole return on one strip; where the end is short beside it, the end once more, widened."""
    figure = new_figure(13.0, 5.4)
    start, end = float(view.time[0]), float(view.time[-1])
    if end <= start:
        end = start + 1.0
    late = view.burn_start if view.burn_start is not None else None
    if late is None and view.interface is not None:
        late = float(view.time[view.interface]) - 120.0
    late = max(start, late - 60.0) if late is not None else start
    two = (end - start) > 2.0 * (end - late)
    grid = figure.add_gridspec(
        2,
        2 if two else 1,
        left=0.27,
        right=0.985,
        bottom=0.04,
        top=0.82,
        hspace=0.16,
        wspace=0.08,
        height_ratios=[1.5, 1.0],
        **({"width_ratios": [0.75, 1.25]} if two else {}),
    )
    columns = [(start, end), (late, end)] if two else [(start, end)]
    for i, (a, b) in enumerate(columns):
        upper, lower = figure.add_subplot(grid[0, i]), figure.add_subplot(grid[1, i])
        draw_altitude(upper, view, a, b)
        panel_title(upper, "Altitude, km, over UTC" if i == 0 else "The end of it, from the burn on")
        last = i == len(columns) - 1
        _draw_legs(lower, view, a, b, names=i == 0)
        if two and not last:
            for ax in (upper, lower):
                ax.axvspan(late, end, color=WIDENED, zorder=0, linewidth=0)
        if last:
            event_lines(upper, _events(view, a))
    note = "shaded: the end, widened on the right" if two else ""
    title = f"{duration(end - start)} from start to end. {miss_words(view)}"
    headline(figure, view, title, note, left=0.0136)
    return figure


def _events(view: FlightView, after: float) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = []
    if view.interface is not None:
        found.append((float(view.time[view.interface]), "interface"))
    if view.opened is not None:
        found.append((float(view.time[view.opened]), "parachute"))
    return [(t, name) for t, name in found if t >= after]


def _stage_events(view: FlightView, start: float) -> list[tuple[float, int]]:
    stage = np.asarray(view["parachute_stage"])
    rows = np.flatnonzero(np.diff(stage) != 0) + 1
    return [(float(view.time[k]) - start, int(stage[k])) for k in rows if int(stage[k]) in STAGES]


def draw_descent(axes: tuple[Axes, Axes], view: FlightView, rows: slice) -> None:
    """Altitude and rate of descent against time since the parachute opened."""
    t = view.time[rows] - view.time[rows.start]
    sink = -np.asarray(view["vertical_speed"][rows], float)
    axes[0].set_xlim(0.0, float(t[-1]) * 1.02)
    axes[1].set_xlim(0.0, float(t[-1]) * 1.02)
    line(axes[0], t, view["altitude"][rows] / 1e3, BLUE)
    axes[0].set_ylim(0.0, 1.08 * float(np.nanmax(view["altitude"][rows])) / 1e3)
    panel_title(axes[0], "Altitude, km")
    axes[1].set_yscale("log")
    line(axes[1], t, np.where(sink > 0.1, sink, np.nan), VERMILION)
    ticks = [v for v in (1, 2, 5, 10, 20, 50, 100, 200, 500) if v < np.nanmax(sink) * 1.6]
    axes[1].set_ylim(1.0, max(float(np.nanmax(sink)) * 1.5, 2.0))
    axes[1].set_yticks(ticks, [str(v) for v in ticks])
    axes[1].minorticks_off()
    panel_title(axes[1], "Rate of descent, m/s")
    since = "parachute opened" if view.opened is not None else "opening altitude"
    axes[1].set_xlabel(f"seconds since the {since}")
    names: list[Name] = []
    for when, stage in [(0.0, int(view["parachute_stage"][rows.start]))] + [
        e for e in _stage_events(view, float(view.time[rows.start])) if e[0] > 0.0
    ]:
        k = min(int(np.searchsorted(t, when)), len(t) - 1)
        for ax, y in ((axes[0], view["altitude"][rows][k] / 1e3), (axes[1], sink[k])):
            ax.plot([t[k]], [y], "o", color=INK, markersize=3.5, zorder=5)
        names.append(Name(STAGES.get(stage, ""), float(t[k]), float(max(sink[k], 1.0)), size=8.0))
    place_names(axes[1], names, [(t, np.maximum(sink, 1.0))])


def draw_drift(ax: Axes, view: FlightView, rows: slice) -> None:
    """The way over the ground under the parachute, with altitudes along it."""
    east, north = view.local(rows)
    places = {"opening": (float(east[0]), float(north[0]))}
    for kind, where in (("aim", view.aim), ("touchdown", view.touchdown)):
        at = view.place(*where)
        if at is not None and np.hypot(at[0] - east[0], at[1] - north[0]) < 100.0:
            places[kind] = at
    if np.hypot(*places["opening"]) < 60.0:
        places["site"] = (0.0, 0.0)
    xs = np.array([p[0] for p in places.values()] + [float(east.min()), float(east.max())])
    ys = np.array([p[1] for p in places.values()] + [float(north.min()), float(north.max())])
    x_half, y_half = 0.62 * max(np.ptp(xs), 1.0), 0.62 * max(np.ptp(ys), 1.0)
    frame = ax.get_window_extent()  # one scale both ways, and the whole panel used
    x_half = max(x_half, y_half * frame.width / frame.height)
    y_half = x_half * frame.height / frame.width
    ax.set_xlim(0.5 * (xs.min() + xs.max()) - x_half, 0.5 * (xs.min() + xs.max()) + x_half)
    ax.set_ylim(0.5 * (ys.min() + ys.max()) - y_half, 0.5 * (ys.min() + ys.max()) + y_half)
    ax.set_aspect("equal", adjustable="box")
    line(ax, east, north, ORANGE, linewidth=2.2)
    words = {
        "opening": ("opens" if view.opened is not None else "opening altitude", "#9a6a00"),
        "touchdown": ("touchdown", VERMILION),
        "aim": ("aim", "#007355"),
        "site": ("site", INK),
    }
    names = []
    for kind, (x, y) in places.items():
        marker(ax, x, y, kind)
        names.append(Name(words[kind][0], x, y, words[kind][1], weight="bold", gap=9.0))
    altitude = np.asarray(view["altitude"][rows], float) / 1e3
    far = np.ptp(xs) > 1.0 or np.ptp(ys) > 1.0  # of a drift of some hundred metres they would lie in a heap
    for level in np.arange(np.ceil(altitude.min()), np.floor(altitude.max()) + 1.0, 2.0):
        k = int(np.argmin(np.abs(altitude - level)))
        ax.plot([east[k]], [north[k]], "o", color=ORANGE, markersize=4)
        if far:
            names.append(Name(f"{level:g} km", float(east[k]), float(north[k]), SOFT, size=7.5, gap=6.0))
    place_names(ax, names, [(east, north)])
    panel_title(ax, f"Drift over the ground: km east and north of {view.facts.site_name}")


def draw_wind(ax: Axes, view: FlightView, rows: slice) -> None:
    """The wind met on the way down, toward east and north, over altitude."""
    altitude = np.asarray(view["altitude"][rows], float) / 1e3
    ax.axvline(0.0, color=SOFT, linewidth=0.8)
    winds = {"east": (view["wind_east"][rows], VERMILION), "north": (view["wind_north"][rows], BLUE)}
    for speed, color in winds.values():
        line(ax, np.asarray(speed, float), altitude, color)
    k = int(0.08 * (len(altitude) - 1))
    names = [Name(f"toward {n}", float(w[k]), float(altitude[k]), c) for n, (w, c) in winds.items()]
    ax.set_ylim(0.0, 1.08 * float(np.nanmax(altitude)))
    ax.margins(x=0.2)
    low, high = ax.get_xlim()
    ax.set_xlim(min(low, -1.0), max(high, 1.0))  # a calm is a line, not a scale of hundredths
    place_names(ax, names, [(np.asarray(w, float), altitude) for w, _ in winds.values()])
    panel_title(ax, "Wind met, m/s, over altitude, km")


def descent_picture(view: FlightView) -> Figure:
    """Altitude and rate of descent under the parachutes, and the drift with the wind."""
    figure = new_figure(12.0, 6.2)
    row = view.opened if view.opened is not None else view.crossing
    if row is None or row >= len(view.time) - 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.75)), "The flight ended before a parachute opened.")
        headline(figure, view, "No descent under a parachute")
        return figure
    rows = slice(row, len(view.time))
    grid = figure.add_gridspec(
        2, 2, left=0.05, right=0.985, bottom=0.085, top=0.825, hspace=0.30, wspace=0.10
    )
    draw_descent((figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])), view, rows)
    right = grid[:, 1].subgridspec(2, 1, height_ratios=[1.55, 1.0], hspace=0.28)
    draw_drift(figure.add_subplot(right[0]), view, rows)
    draw_wind(figure.add_subplot(right[1]), view, rows)
    sink = view.told("touchdown", "vertical_speed_m_s")
    took = duration(float(view.time[-1] - view.time[row]))
    title = f"{took} below the opening altitude"
    if view.opened is not None:
        title = f"{took} under the parachute"
    title += f", touchdown at {abs(sink):.1f} m/s" if sink is not None else ", no touchdown recorded"
    headline(figure, view, title)
    return figure
