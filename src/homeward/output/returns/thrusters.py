"""Picture of the thrusters: which one fired when, and what they used up."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure

from homeward.output.figure_style.body_record import GAP, body_time, leg_span
from homeward.output.figure_style.style import (
    BLUE,
    FAINT,
    INK,
    SOFT,
    STAGE,
    VERMILION,
    headline,
    label,
    line,
    missing,
    new_figure,
    panel_title,
)
from homeward.output.views.return_view import FlightView

COLUMNS = 420  # of a raster: a column is a stretch of time
INKS = LinearSegmentedColormap.from_list("ink", ["#cfdeea", "#7fa6c6", "#1f4e79", "#0b1f33"])
FLAMES = LinearSegmentedColormap.from_list("flame", ["#f6d9c5", "#e9a277", VERMILION])
NORM = PowerNorm(0.45, 0.0, 1.0)
SHORT = {
    "coast to burn": "to the burn", "deorbit burn": "burn", "coast to separation": "to the separation",
    "coast to interface": "free", "touchdown": "",
}  # fmt: skip


def firing_share(time: np.ndarray, share: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Part of each stretch between ``edges`` [s] for which valves are told to be open, (k, n).

    Ticks without a record count as closed.
    """
    which = np.clip(np.searchsorted(edges, time, "right") - 1, 0, len(edges) - 2)
    ticks = np.diff(time, append=time[-1] + (time[-1] - time[-2] if len(time) > 1 else 1.0))
    ticks = np.minimum(ticks, np.median(ticks))
    inside = (time >= edges[0]) & (time < edges[-1])
    told = np.zeros((len(edges) - 1, share.shape[1]))
    np.add.at(told, which[inside], share[inside] * ticks[inside, None])
    return told / np.diff(edges)[:, None]


def _spans(view: FlightView) -> list[tuple[str, float, float]]:
    """The stack's and the capsule's part of the fast record [s since the epoch]."""
    t = body_time(view)
    free, entry = leg_span(view, "coast to interface"), leg_span(view, "entry")
    parted = (free or entry or (float(t[0]), 0.0))[0]
    holes = np.flatnonzero(np.diff(t) > GAP)
    begin = float(t[holes[-1] + 1]) if holes.size and t[holes[-1]] < parted else float(t[0])
    parts = [("Stack", begin, parted), ("Capsule", parted, float(t[-1]))]
    return [part for part in parts if part[2] - part[1] > 1.0]


def _draw_raster(ax: Axes, view: FlightView, start: float, end: float, engine: bool) -> None:
    t, share = body_time(view), np.asarray(view.body["valve_share"], float)
    edges = np.linspace(start, end, COLUMNS + 1)
    told = firing_share(t, share, edges)
    n = told.shape[1]
    told = np.where(told > 0.0, told, np.nan)  # a valve that stays shut leaves the leg's shade as it is
    ax.set_xlim(start, end)
    ax.set_ylim(n - 0.5, -1.9 if engine else -0.5)
    for k in range(n):
        ax.imshow(told[None, :, k], extent=(start, end, k + 0.38, k - 0.38), aspect="auto", cmap=INKS,
                  norm=NORM, interpolation="nearest", zorder=2)  # fmt: skip
    ticks, names = list(range(n)), [str(k) for k in range(n)]
    if engine:
        flame = firing_share(t, np.asarray(view.body["engine_share"], float)[:, None], edges)
        flame = np.where(flame > 0.0, flame, np.nan)
        ax.imshow(flame.T, extent=(start, end, -0.95, -1.7), aspect="auto", cmap=FLAMES, norm=NORM,
                  interpolation="nearest", zorder=2)  # fmt: skip
        ticks, names = [-1.32, *ticks], ["engine", *names]
    ax.set_xlim(start, end)
    ax.set_ylim(n - 0.5, -1.9 if engine else -0.5)
    ax.set_yticks(ticks, names)
    ax.tick_params(axis="y", length=0)
    ax.grid(False)
    for k in range(n + 1):
        ax.axhline(k - 0.5, color=FAINT, linewidth=0.6, zorder=1)


def _used(
    view: FlightView, part: str, start: float, end: float
) -> tuple[np.ndarray, np.ndarray, float | None]:
    """Times, propellant used so far [kg] and its end value: gauged, or the stack's shared out.

    A stack's thrusters drink from the engine's tank: what they took in all stands in the summary, and equal
    thrusters take it in proportion to the time for which they are open.
    """
    t = body_time(view)
    rows = (t >= start) & (t <= end)
    if part == "Capsule":
        tank = np.asarray(view.body["thruster_propellant"], float)[rows]
        used = tank[0] - tank
        return t[rows], used, float(used[-1])
    total = view.told("attitude", "stack_thruster_propellant_kg")
    if total is None:
        return t[rows], np.full(int(rows.sum()), np.nan), None
    whole = np.where(t < end, np.asarray(view.body["valve_share"], float).sum(axis=1), 0.0)
    used = total * np.cumsum(whole) / max(float(whole.sum()), 1e-12)
    return t[rows], used[rows], float(total)


def _shade_legs(axes: tuple[Axes, ...], view: FlightView, start: float, end: float) -> None:
    """Every second leg shaded, each named over the upper panel where there is room."""
    width = axes[0].get_window_extent().width * 72.0 / axes[0].figure.dpi
    legs = [leg for leg in view.legs if float(leg["end"]) > start + 1e-6 and float(leg["start"]) < end - 1e-6]
    for k, leg in enumerate(legs):
        a, b = max(float(leg["start"]), start), min(float(leg["end"]), end)
        for ax in axes:
            if k % 2:
                ax.axvspan(a, b, color=STAGE, zorder=0, linewidth=0)
            if k:
                ax.axvline(a, color="#c4ccd3", linewidth=0.7, zorder=3)
        words = SHORT.get(str(leg["name"]).lower(), str(leg["name"]))
        if 5.4 * len(words) + 4.0 < (b - a) / (end - start) * width:
            axes[0].annotate(words, (0.5 * (a + b), 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                             textcoords="offset points", ha="center", fontsize=8, color=SOFT)  # fmt: skip


def thruster_picture(view: FlightView) -> Figure:
    """One row a thruster, darker the longer it was open; below it the propellant used."""
    figure = new_figure(14.0, 7.0)
    spans = _spans(view) if len(view.body.get("time", ())) > 1 else []
    if not spans:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), "No thruster was recorded.")
        headline(figure, view, "No thruster was recorded")
        return figure
    grid = figure.add_gridspec(2, len(spans), left=0.045, right=0.985, bottom=0.07, top=0.845, hspace=0.16,
                               wspace=0.09, height_ratios=[2.4, 1.0])  # fmt: skip
    origin = float(view.time[view.interface]) if view.interface is not None else 0.0
    figures = []
    for i, (part, start, end) in enumerate(spans):
        upper, lower = figure.add_subplot(grid[0, i]), figure.add_subplot(grid[1, i])
        engine = part == "Stack" and bool(np.any(np.asarray(view.body["engine_share"]) > 0.0))
        _draw_raster(upper, view, start, end, engine)
        times, used, total = _used(view, part, start, end)
        lower.set_xlim(start, end)
        line(lower, times, used, BLUE)
        if total is not None:
            lower.set_ylim(0.0, max(1.22 * total, 1.0))
            label(lower, end, total, f"{total:.1f} kg", BLUE, ha="right", offset=(-4, 8), fontweight="bold")
            figures.append(f"{part.lower()} {total:.0f} kg")
        _shade_legs((upper, lower), view, start, end)
        upper.set_title(f"{part}: thrusters by their number", loc="left", fontsize=9.5, pad=17)
        panel_title(lower, f"Propellant that the {part.lower()}'s thrusters used, kg")
        _clock(upper, start, end, origin)
        upper.tick_params(labelbottom=False)
        _clock(lower, start, end, origin)
        lower.set_xlabel("minutes from the entry interface" if view.interface is not None else "minutes")
    count = view.told("attitude", "firings")
    title = f"{count:,} firings".replace(",", " ") if count is not None else "Firings of the thrusters"
    title += f"; propellant: {', '.join(figures)}" if figures else ""
    draw_scale(figure)
    step = (spans[-1][2] - spans[-1][1]) / COLUMNS
    headline(figure, view, title, f"each column some {step:.0f} s: the darker, the longer the valve was open")
    return figure


def _clock(ax: Axes, start: float, end: float, origin: float) -> None:
    step = next(s for s in (1, 2, 5, 10, 20, 60, 240, 1440, 10**6) if (end - start) / 60.0 / s <= 9)
    first = np.ceil((start - origin) / 60.0 / step) * step
    minutes = np.arange(first, (end - origin) / 60.0 + 1e-9, step)
    ax.set_xticks(origin + 60.0 * minutes, [f"{m + 0.0:g}".replace("-", "−") for m in minutes])


def draw_scale(figure: Figure) -> None:
    """What the shades mean, in the upper right corner."""
    ax = figure.add_axes((0.845, 0.925, 0.12, 0.022))
    ax.imshow(np.linspace(0.0, 1.0, 200)[None, :], aspect="auto", cmap=INKS, norm=NORM,
              extent=(0.0, 100.0, 0.0, 1.0))  # fmt: skip
    ax.set_yticks([])
    ax.set_xticks([10, 50, 100], ["10", "50", "100 %"])
    ax.tick_params(labelsize=7.5, length=2)
    ax.grid(False)
    ax.set_title("part of the time open", fontsize=8, color=SOFT, pad=3)
    for spine in ax.spines.values():
        spine.set_color(INK)
        spine.set_linewidth(0.4)
