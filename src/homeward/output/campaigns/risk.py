"""The tornado of a risk study: what P(loss of crew) becomes with each rate halved and doubled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from homeward.output.campaigns.distributions import png, svg
from homeward.output.figure_style.style import (
    BLUE,
    INK,
    ORANGE,
    SKY,
    SOFT,
    VERMILION,
    label,
    missing,
    new_figure,
    panel_title,
    save,
    styled,
)

MOST = 12
WIDTH = 9.6


def tornado(told: Mapping[str, Any]) -> Figure:
    """Halved to doubled by hazard, the widest first; without a loss flown, the bounds of each stratum."""
    rows = [r for r in told["sensitivity"] if r["certain"] > 0.0][:MOST]
    with styled():
        figure = new_figure(WIDTH, 1.5 + 0.32 * max(len(rows), 4))
        height = float(figure.get_size_inches()[1])
        ax = figure.add_axes((0.24, 0.62 / height, 0.70, 1.0 - 1.25 / height))
        crew = told["crew"]
        said = (
            f"{told['scenario']}, {told['what']}: P(loss of crew) with each failure rate halved and doubled"
        )
        if not rows:
            missing(ax, f"no loss was flown; P(loss of crew) below {crew['high']:.2g}", said)
            return figure
        scale = sum({r["half"]: r["base"] for r in told["sensitivity"]}.values())
        for k, r in enumerate(rows):
            rest = scale - r["base"]  # of the other half
            low, high = rest + r["halved"], rest + r["doubled"]
            ax.barh(k, low - scale, left=scale, height=0.62, color=BLUE, linewidth=0)
            ax.barh(k, high - scale, left=scale, height=0.62, color=VERMILION, linewidth=0)
            label(ax, high, float(k), f"{high:.2g}", SOFT, offset=(4, 0), fontsize=7.5, ha="left")
            label(ax, low, float(k), f"{low:.2g}", SOFT, offset=(-4, 0), fontsize=7.5, ha="right")
        ax.axvline(scale, color=INK, linewidth=1.0)
        ax.set_yticks(range(len(rows)), [f"{r['hazard']} ({r['half']})" for r in rows])
        ax.set_ylim(len(rows) - 0.45, -0.55)
        ax.margins(x=0.14)
        ax.grid(axis="y", visible=False)
        ax.set_xlabel(f"P(loss of crew); 95 % from {crew['low']:.2g} to {crew['high']:.2g}")
        panel_title(ax, said)
        for k, (word, color) in enumerate((("halved", BLUE), ("doubled", VERMILION))):
            ax.annotate(word, (0.99, 0.04 + 0.20 / height * k), xycoords="axes fraction", ha="right",
                        fontsize=9, fontweight="bold", color=color)  # fmt: skip
    return figure


def draw_tornado(told: Mapping[str, Any], path: Path) -> None:
    """The tornado as a PNG file."""
    with styled():
        save(tornado(told), path)


def contributions(told: Mapping[str, Any]) -> Figure:
    """What each stratum adds to P(loss of crew), with its 95 % interval, on a logarithmic axis."""
    rows = [
        (f"{r['name']} ({half})", r["crew"], r["kind"])
        for half, h in told["halves"].items()
        for r in h["contributions"]
        if r["crew"]["high"] > 0.0
    ]
    rows.sort(key=lambda r: (-r[1]["estimate"], -r[1]["high"]))
    rows = rows[: 2 * MOST]
    with styled():
        figure = new_figure(WIDTH, 1.3 + 0.24 * max(len(rows), 4))
        height = float(figure.get_size_inches()[1])
        ax = figure.add_axes((0.30, 0.55 / height, 0.66, 1.0 - 1.0 / height))
        least = min((r[1]["high"] for r in rows), default=1e-9) / 30.0
        for k, (_, c, kind) in enumerate(rows):
            color = {"none": ORANGE, "pairs": SKY}.get(kind, BLUE)
            ax.plot([max(c["low"], least), c["high"]], [k, k], color=color, linewidth=2.2)
            if c["estimate"] > 0.0:
                ax.plot([c["estimate"]], [k], "o", color=color, markersize=5)
            else:
                ax.plot([c["high"]], [k], "<", color=color, markersize=5)
        ax.set_yticks(range(len(rows)), [r[0] for r in rows], fontsize=7.5)
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_xscale("log")
        ax.grid(axis="y", visible=False)
        ax.set_xlabel(
            "contribution to P(loss of crew): estimate and 95 % interval; < is an upper bound alone"
        )
        panel_title(ax, "What the probability is made of")
    return figure


__all__ = ["contributions", "draw_tornado", "png", "svg", "tornado"]
