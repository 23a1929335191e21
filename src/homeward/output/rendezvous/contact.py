"""Pictures of the last metres: how fast the ship comes at every distance, and how the ports meet."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.ticker import FixedLocator, FuncFormatter

from homeward.output.figure_style.labels import Name, place_names
from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    SKY,
    SOFT,
    VERMILION,
    headline,
    label,
    line,
    missing,
    new_figure,
    panel_title,
)
from homeward.output.rendezvous.timeline import NOTHING, distance_words
from homeward.output.views.rendezvous_view import Box, PairView
from homeward.output.views.return_view import greatest

LAST = 30.0  # m from port to port of the path shown
LEAST = 0.05  # m: nearer is drawn there
MET = 2.0  # m: so near and behind the port's plane the ports touch
COMING = LinearSegmentedColormap.from_list("coming", ["#cfe3f1", SKY, BLUE, "#08306b"])


def closing_speed(view: PairView) -> tuple[np.ndarray, np.ndarray]:
    """Distance from port to port [m] and its rate, coming positive [m/s]; none where the ports have met."""
    at, speed = (np.asarray(view[k], float) for k in ("port_position", "port_velocity"))
    away = np.linalg.norm(at, axis=1)
    rate = -np.einsum("ij,ij->i", at, speed) / np.maximum(away, 1e-9)
    met = (at[:, 0] <= 0.0) & (away < MET)
    return np.where(met, np.nan, away), np.where(met, np.nan, rate)


def _distance_axis(ax: Axes, most: float) -> None:
    ax.set_xscale("log")
    ax.set_xlim(1.3 * most, LEAST)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda m, _: distance_words(m)))
    ax.minorticks_off()


def _draw_all(ax: Axes, view: PairView) -> None:
    away, speed = closing_speed(view)
    _distance_axis(ax, max(greatest(away), 10.0))
    linear = 0.1
    ax.set_yscale("symlog", linthresh=linear, linscale=0.6)
    ax.axhline(0.0, color=SOFT, linewidth=0.7)
    top = max(greatest(speed, 1.0), 1.0)
    low = min(-greatest(-speed, 0.0), 0.0)
    ax.set_ylim(2.5 * low if low < -linear else -linear, 3.0 * top)
    ticks = [s * d for s in (-1.0, 1.0) for d in (0.1, 1.0, 10.0, 100.0, 1000.0)] + [0.0]
    ax.yaxis.set_major_locator(FixedLocator(sorted(t for t in ticks if ax.get_ylim()[0] <= t <= 3.0 * top)))
    ax.yaxis.set_minor_locator(FixedLocator([]))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}".replace("-", "−")))
    line(ax, np.maximum(away, LEAST), speed, BLUE)
    for hold in view.facts.holds:
        ax.axvline(hold.distance_m, color=GREEN, linewidth=0.8, linestyle=(0, (4, 3)))
        at = (hold.distance_m, 0.0)
        ax.annotate(distance_words(hold.distance_m), at, xycoords=("data", "axes fraction"), xytext=(-3, 4),
                    textcoords="offset points", rotation=90, ha="right", va="bottom", fontsize=8,
                    color=GREEN)  # fmt: skip
    panel_title(ax, "Closing speed over distance, m/s: the whole way, hold points green")
    ax.set_xlabel("from port to port")


def _draw_last(ax: Axes, view: PairView) -> None:
    f = view.facts
    title = "The last part along the port's axis, m/s"
    away, speed = closing_speed(view)
    start = f.holds[1].distance_m if len(f.holds) > 1 else 400.0
    rows = np.flatnonzero((away <= 1.05 * start) & (view.stage >= 2))
    if rows.size < 2:
        missing(ax, f"The ship did not come within {start:g} m.", title)
        return
    _distance_axis(ax, start)
    at = np.geomspace(LEAST, start, 300)
    wanted = f.speeds.at(at)
    line(ax, at, wanted, SKY, linewidth=4.0, alpha=0.75)
    # Both are told where the box begins to matter, at the right.
    low, high = f.box.closing_m_s
    ax.axhspan(low, high, color="#d9efe7", zorder=0, linewidth=0)
    line(ax, np.maximum(away[rows], LEAST), speed[rows], INK, linewidth=1.2)
    top = max(greatest(speed[rows], 0.0), float(wanted.max()))
    ax.set_ylim(min(0.0, -1.15 * greatest(-speed[rows], 0.0)), 1.15 * top)
    ax.axhline(0.0, color=SOFT, linewidth=0.7)
    label(
        ax,
        LEAST,
        high,
        f"contact box, {low:g} to {high:g} m/s",
        GREEN,
        ha="right",
        va="bottom",
        offset=(-4, 3),
    )
    if view.contact is not None:
        _mark_contact(ax, view)
    middle = float(np.sqrt(start))
    label(ax, middle, float(np.interp(middle, at, wanted)), "profile", BLUE, offset=(10, 12))
    for hold in f.holds[1:]:
        ax.axvline(hold.distance_m, color=GREEN, linewidth=0.8, linestyle=(0, (4, 3)))
    panel_title(ax, title + ": profile blue, flown black")
    ax.set_xlabel("from port to port")


def _mark_contact(ax: Axes, view: PairView) -> None:
    told = view.contact or {}
    ax.plot(
        [LEAST], [told["closing_m_s"]], marker="o", markersize=6, color=VERMILION, zorder=5, clip_on=False
    )


def speed_picture(view: PairView) -> Figure:
    """Closing speed against distance: the whole way, and the last part with profile and box."""
    figure = new_figure(14.0, 6.4)
    if len(view.time) < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), NOTHING)
        headline(figure, view, view.outcome)
        return figure
    grid = figure.add_gridspec(1, 2, left=0.045, right=0.985, bottom=0.09, top=0.84, wspace=0.13)
    _draw_all(figure.add_subplot(grid[0]), view)
    _draw_last(figure.add_subplot(grid[1]), view)
    c = view.contact
    title = f"Contact at {c['closing_m_s']:.3f} m/s" if c else view.outcome
    away, speed = closing_speed(view)
    within = (away < view.facts.keep_out_m) & (view.stage >= 2)
    if within.any():
        title += f"; at most {greatest(speed[within]):.2f} m/s within {distance_words(view.facts.keep_out_m)}"
    headline(figure, view, title)
    return figure


def _last_path(view: PairView) -> np.ndarray:
    """Port against port [m, D] from the last passage of ``LAST`` to contact, or to the nearest point."""
    at = np.asarray(view["port_position"], float)[view.near]
    coming = np.flatnonzero(at[:, 0] > 0.0)
    if not coming.size:
        return at[:0]
    end = int(coming[-1]) + 1 if view.contact_place is not None else int(coming[np.argmin(at[coming, 0])]) + 1
    before = np.flatnonzero(at[:end, 0] > LAST)
    path = at[int(before[-1]) + 1 if before.size else 0 : end]
    path = path[(path[:, 0] > 0.0) & (path[:, 0] <= LAST)]
    if view.contact_place is not None:
        path = np.vstack([path, [0.0, *view.contact_place]])
    return path


def _draw_cross(ax: Axes, view: PairView) -> None:
    path, box = _last_path(view), view.facts.box.lateral_offset_m
    title = f"Ship's port in the plane of the station's, cm: the last {LAST:g} m, darker the nearer"
    if len(path) < 2:
        missing(ax, f"The ship did not come within {LAST:g} m.", title)
        return
    y, z = 100.0 * path[:, 1], 100.0 * path[:, 2]
    reach = 100.0 * max(1.3 * box, min(1.15 * float(np.hypot(path[:, 1], path[:, 2]).max()), 5.0 * box))
    ax.set_xlim(-reach, reach)
    ax.set_ylim(reach, -reach)
    ax.set_aspect("equal")
    ax.add_patch(
        Circle((0.0, 0.0), 100.0 * box, facecolor="#eef7f3", edgecolor=GREEN, linewidth=1.4, zorder=0.5)
    )
    for r in (0.25, 0.5, 0.75):
        ax.add_patch(
            Circle((0.0, 0.0), 100.0 * r * box, fill=False, edgecolor="#cfe4db", linewidth=0.7, zorder=0.6)
        )
    for draw in (ax.axhline, ax.axvline):
        draw(0.0, color=SOFT, linewidth=0.7, zorder=0.7)
    pieces = np.stack([np.column_stack([y[:-1], z[:-1]]), np.column_stack([y[1:], z[1:]])], axis=1)
    drawn = LineCollection(list(pieces), cmap=COMING, linewidths=1.5, zorder=3, capstyle="round")
    drawn.set_array(-np.log10(np.maximum(path[1:, 0], 0.1)))
    ax.add_collection(drawn)
    slant = 0.7071 * 100.0 * box
    label(ax, slant, -slant, f"box: {100.0 * box:g} cm", GREEN, offset=(5, 6))
    if view.contact_place is not None:
        at = (100.0 * view.contact_place[0], 100.0 * view.contact_place[1])
        ax.plot([at[0]], [at[1]], marker="o", markersize=8, mfc=VERMILION, mec="#ffffff", mew=1.0, zorder=5)
        words = f"contact, {np.hypot(*at):.1f} cm"
        place_names(ax, [Name(words, at[0], at[1], VERMILION, weight="bold", gap=26.0)], [(y, z)])
    panel_title(ax, title)


def contact_values(contact: dict[str, Any], box: Box) -> list[tuple[str, float, float, float, str]]:
    """Words, value, least and most of the box, unit: one row a figure of the contact."""
    return [
        ("closing speed", contact["closing_m_s"], *box.closing_m_s, "m/s"),
        ("lateral rate", contact["lateral_rate_m_s"], 0.0, box.lateral_rate_m_s, "m/s"),
        ("lateral offset", contact["lateral_offset_m"], 0.0, box.lateral_offset_m, "m"),
        ("pitch and yaw", contact["angle_deg"], 0.0, box.angle_deg, "°"),
        ("roll", abs(contact["roll_deg"]), 0.0, box.roll_deg, "°"),
        ("turning rate", contact["rate_deg_s"], 0.0, box.rate_deg_s, "°/s"),
    ]


def _draw_bars(ax: Axes, view: PairView) -> None:
    title = "Against the contact box, each by its limit"
    if view.contact is None:
        missing(ax, "The ports never met.", title)
        return
    rows = contact_values(view.contact, view.facts.box)
    for k, (_, value, least, most, unit) in enumerate(rows):
        good = least <= value <= most
        share = min(value / most, 1.5)
        ax.barh([k], [1.0 - least / most], left=[least / most], height=0.62, color="#d9efe7", zorder=1)
        ax.barh([k], [share], height=0.30, color=BLUE if good else VERMILION, zorder=2)
        bounds = f"{least:g} to {most:g}" if least else f"{most:g}"
        digits = max(int(np.ceil(-np.log10(most))), 0) + 2  # to a hundredth of the limit
        words = f"{value:.{digits}f} of {bounds} {unit}".replace(" °", "°")
        beside = (7, 0) if share <= 1.0 else (7, 13)
        label(ax, 1.0, float(k), words, INK if good else VERMILION, offset=beside)
    ax.axvline(1.0, color=GREEN, linewidth=1.2)
    ax.set_yticks(range(len(rows)), [r[0] for r in rows])
    ax.set_ylim(len(rows) - 0.45, -0.55)
    ax.set_xlim(0.0, 1.62)
    ax.set_xticks([0.0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100 %"])
    ax.tick_params(axis="y", length=0, colors=INK)
    ax.grid(axis="y", visible=False)
    panel_title(ax, title)


def contact_picture(view: PairView) -> Figure:
    """Cross-hair of the last metres with the box, and every figure of the contact against its limit."""
    figure = new_figure(13.6, 7.0)
    if len(view.time) < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), NOTHING)
        headline(figure, view, view.outcome)
        return figure
    _draw_cross(figure.add_axes((0.04, 0.055, 0.455, 0.79)), view)
    _draw_bars(figure.add_axes((0.60, 0.055, 0.385, 0.79)), view)
    c = view.contact
    title = view.outcome
    if c is not None:
        inside = "inside" if c["inside_idss"] else "outside"
        off = f"{100.0 * c['lateral_offset_m']:.1f} cm off the axis"
        title = f"Contact {inside} the box: {off} at {c['closing_m_s']:.3f} m/s"
    headline(figure, view, title, f"{view.facts.port} port, box of the docking standard IDSS Rev. E")
    return figure
