"""The picture of an entry corridor: how entries end over their angle, and their greatest loads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    VERMILION,
    label,
    limit_line,
    new_figure,
    panel_title,
    styled,
)

COLORS = {"lands": GREEN, "misses": SKY, "load": VERMILION, "heat": ORANGE, "skips out": PURPLE}
WORDS = {
    "lands": "opens near the site", "misses": "lives, misses the site", "load": "passes the load limit",
    "heat": "passes the heating limit", "skips out": "skips out",
}  # fmt: skip
CAUSE = {"misses": "misses", "load": "load", "heat": "heating", "skips out": "skip-out", "lands": "lands"}


def entry_corridor_picture(
    told: Mapping[str, Any], angle: np.ndarray, end: np.ndarray, load: np.ndarray, ends: tuple[str, ...]
) -> Figure:
    """``told`` is what ``homeward corridor --json`` prints; of every run ``angle`` [rad], ``end`` (an index
    into ``ends``) and greatest load [g]."""
    with styled():
        figure = new_figure(9.6, 7.0)
        top = figure.add_axes((0.065, 0.52, 0.915, 0.40))
        low = figure.add_axes((0.065, 0.075, 0.915, 0.345))
        for ax in (top, low):
            ax.set_xlim(told["low_deg"], told["high_deg"])
        _shares(top, told, ends)
        degrees, most = np.degrees(angle), 2.2 * float(told["limits"]["load_g"])
        for k, name in enumerate(ends):
            mine = (end == k) & np.isfinite(load)
            low.plot(degrees[mine], np.minimum(load[mine], most), ".", color=COLORS[name], markersize=4,
                     alpha=0.6, mew=0, rasterized=True)  # fmt: skip
        greatest = float(np.max(load[np.isfinite(load)], initial=told["limits"]["load_g"]))
        low.set_ylim(0.0, min(1.03 * most, 1.15 * greatest))
        limit_line(low, told["limits"]["load_g"], f"limit {told['limits']['load_g']:g} g")
        above = f", those above {most:.0f} at {most:.0f}" if greatest > most else ""
        low.set_xlabel("flight-path angle at the entry interface [deg]: steeper to the left")
        panel_title(
            low,
            f"greatest load of every entry [g]{above}",
        )
        _names(figure, told, ends)
    return figure


def _shares(ax: Axes, told: Mapping[str, Any], ends: tuple[str, ...]) -> None:
    rows = [r for r in told["bins"] if r["runs"]]
    edges = np.array([[r["low_deg"], r["high_deg"]] for r in rows])
    floor = np.zeros(len(rows))
    for name in ends:
        share = np.array([r["shares"][name] for r in rows])
        ax.bar(edges[:, 0], share, edges[:, 1] - edges[:, 0], bottom=floor, align="edge", linewidth=0,
               color=COLORS[name], alpha=0.32)  # fmt: skip
        floor = floor + share
    middle = edges.mean(axis=1)
    low, high = (np.array([r[k] for r in rows]) for k in ("share_low", "share_high"))
    landed = np.array([r["landed"] / r["runs"] for r in rows])
    ax.fill_between(middle, low, high, color=INK, alpha=0.16, linewidth=0)
    ax.plot(middle, landed, color=INK, linewidth=1.8)
    ax.set_ylim(0.0, 1.0)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25 %", "50 %", "75 %", "100 %"])
    ax.axvline(told["nominal_deg"], color=BLUE, linewidth=1.4, linestyle=(0, (5, 3)))
    label(ax, told["nominal_deg"], 0.06, "planned", BLUE, offset=(4, 0), fontweight="bold")
    for kind, height, bold in (("survival", 0.90, "normal"), ("landing", 0.50, "bold")):
        found = told[kind]
        if found is None or (kind == "survival" and found == told["landing"]):
            continue
        for side, way in (("steep", -1), ("shallow", 1)):
            edge = found[side]
            if edge is None:
                continue
            ax.axvline(edge["angle_deg"], color=INK, linewidth=1.0, linestyle=(0, (1, 2)))
            low_deg, high_deg = told["low_deg"], told["high_deg"]
            if way < 0 and edge["angle_deg"] - low_deg < 0.2 * (high_deg - low_deg):
                way = 1  # no room for the words on its outer side
            name = "undershoot" if side == "steep" else "overshoot"
            text = f"{name if kind == 'survival' or told['survival'] == told['landing'] else kind} edge "
            text += f"{edge['angle_deg']:.2f}°\n{CAUSE[edge['by']]} beyond"
            label(ax, edge["angle_deg"], height, text, INK, offset=(5 * way, 0), fontsize=8,
                  ha="left" if way > 0 else "right", fontweight=bold)  # fmt: skip
    panel_title(ax, "how entries end, share of runs; black: those that open near the site, 95 % band")


def _names(figure: Figure, told: Mapping[str, Any], ends: tuple[str, ...]) -> None:
    """The ends by their colours, in the gap between the panels."""
    x = 0.065
    for name in ends:
        if not told["ends"][name]:
            continue
        text = f"{WORDS[name]} ({told['ends'][name]:,})"
        figure.text(x, 0.462, "■", color=COLORS[name], fontsize=10, va="center")
        figure.text(x + 0.018, 0.462, text, color=SOFT, fontsize=8.5, va="center")
        x += 0.034 + 0.0078 * len(text)
    title = f"{told['scenario']}: entry corridor, {told['runs']:,} dispersed entries"
    figure.text(0.065, 0.985, title, fontsize=12, fontweight="bold", va="top", color=INK)


__all__ = ["entry_corridor_picture"]
