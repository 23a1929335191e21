"""How every picture looks: type, colours, titles that tell the result, labels on the line itself.

The colours are Okabe and Ito's, which people with any common colour blindness tell apart
(https://jfly.uni-koeln.de/color/). No pyplot: a Figure and an Agg canvas, so that nothing is global
and no window is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from homeward.math.thinning import thin_rows
from homeward.output.views.return_view import Viewed, parse_utc

INK, SOFT, FAINT, PAPER = "#1f2933", "#6b7680", "#e3e7ea", "#ffffff"
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
SKY, PURPLE = "#56B4E9", "#AA4499"
SHADE = "#eceff3"  # the black-out, and nothing else
STAGE = "#f6f1e3"  # every second leg or stage
LIT = "#fbe9dc"  # the engine burns
DPI = 130
MOST_POINTS = 4000

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 9.0,
    "axes.edgecolor": "#b4bcc3",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "lines.linewidth": 1.6,
    "lines.solid_capstyle": "round",
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
}


def styled() -> Any:
    """The context in which every figure is both made and saved."""
    return matplotlib.rc_context(rc=dict(STYLE))


def new_figure(width: float, height: float) -> Figure:
    """An empty figure [inches] with its own canvas."""
    figure = Figure(figsize=(width, height), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path) -> None:
    """The figure as PNG, lightly compressed: three times faster for a fifth more bytes."""
    with styled():
        figure.savefig(path, dpi=DPI, pil_kwargs={"compress_level": 3})


def headline(figure: Figure, view: Viewed, title: str, note: str = "", left: float | None = None) -> None:
    """The result in one bold line; below it the flight, its day and what must be known of the picture.

    Stands over the left edge of the leftmost panel, so it is called last.
    """
    height = float(figure.get_size_inches()[1])
    if left is None:
        left = min((ax.get_position().x0 for ax in figure.axes), default=0.05)
    figure.text(left, 1.0 - 0.20 / height, title, fontsize=13, fontweight="bold", va="top", parse_math=False)
    day = parse_utc(view.facts.epoch_utc)
    parts = [view.facts.name, f"epoch {day:%d %B %Y %H:%M} UTC".replace("epoch 0", "epoch "), note]
    text = "  ·  ".join(p for p in parts if p)
    figure.text(left, 1.0 - 0.49 / height, text, fontsize=9, color=SOFT, va="top", parse_math=False)


def panel_title(ax: Axes, text: str) -> None:
    """What a panel shows and in which unit, over its left edge: easier to read than a turned y label."""
    ax.set_title(text, loc="left", fontsize=9.5, color=INK, pad=6, parse_math=False)


def line(ax: Axes, x: np.ndarray, y: np.ndarray, color: str = BLUE, **how: Any) -> None:
    """A line of at most some thousand points that still touches every peak."""
    rows = thin(y)
    ax.plot(x[rows], y[rows], color=color, **how)


def thin(y: np.ndarray, most: int = MOST_POINTS) -> np.ndarray:
    """Rows to draw: all of a short array, else the least and greatest of each stretch, ends included."""
    return thin_rows([np.asarray(y)], most)


def label(ax: Axes, x: float, y: float, text: str, color: str = INK, **how: Any) -> None:
    """Words at a place in the data, with a halo so that no line crosses them out."""
    offset = how.pop("offset", (0, 0))
    settings: dict[str, Any] = {"fontsize": 8.5, "ha": "left", "va": "center", "annotation_clip": True} | how
    settings["parse_math"] = False  # names come from scenarios, where a dollar is a dollar
    ax.annotate(
        text,
        (x, y),
        xytext=offset,
        textcoords="offset points",
        color=color,
        path_effects=[withStroke(linewidth=2.6, foreground=PAPER)],
        **settings,
    )


def limit_line(ax: Axes, value: float | None, text: str) -> None:
    """A limit across the panel with its name upon it."""
    if value is None or not np.isfinite(value):
        return
    ax.axhline(value, color=VERMILION, linewidth=1.1, linestyle=(0, (5, 3)))
    label(ax, ax.get_xlim()[1], value, text, VERMILION, offset=(-2, 3), ha="right", va="bottom", fontsize=8)


def shade_spans(ax: Axes, spans: Iterable[tuple[float, float]], text: str = "", color: str = SHADE) -> None:
    """Stretches of time behind the lines; the longest one carries the words."""
    spans = list(spans)
    for start, end in spans:
        ax.axvspan(start, end, color=color, zorder=0, linewidth=0)
    if spans and text:
        start, _ = max(spans, key=lambda s: s[1] - s[0])
        ax.annotate(
            text,
            (start, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(4, -4),
            textcoords="offset points",
            ha="left",
            va="top",
            fontsize=8,
            color=SOFT,
            path_effects=[withStroke(linewidth=2.6, foreground=color)],
        )


def event_lines(ax: Axes, events: Iterable[tuple[float, str]], top: bool = True) -> None:
    """Thin upright lines at moments, named at the top or the foot of the panel, within it.

    A name that would run into an earlier one goes a line further in.
    """
    start, end = ax.get_xlim()
    points = ax.get_window_extent().width * 72.0 / DPI
    taken: list[tuple[int, float, float]] = []  # line, from, to [points from the left edge]
    for when, text in events:
        ax.axvline(when, color="#9aa5ae", linewidth=0.8, linestyle=(0, (1, 2)))
        late = when > start + 0.85 * (end - start)
        at, width = (when - start) / (end - start) * points, 5.0 * len(text) + 6.0
        low, high = (at - width, at) if late else (at, at + width)
        row = next(r for r in range(99) if not any(r == q and low < b and a < high for q, a, b in taken))
        taken.append((row, low, high))
        inward = 4 + 12 * row
        ax.annotate(
            text,
            (when, 1.0 if top else 0.0),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if late else 4, -inward if top else inward),
            textcoords="offset points",
            ha="right" if late else "left",
            va="top" if top else "bottom",
            fontsize=8,
            color=SOFT,
        )


def signed(value: float, digits: int = 2, plus: bool = False) -> str:
    """A number with a true minus sign, and none before a zero."""
    text = f"{value:{'+' if plus else ''}.{digits}f}"
    if float(text) == 0.0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def missing(ax: Axes, text: str, title: str = "") -> None:
    """Says in the panel why there is nothing to see."""
    ax.set_facecolor("#f6f7f8")
    if title:
        panel_title(ax, title)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color=SOFT, wrap=True)


def marker(ax: Axes, x: float, y: float, kind: str) -> None:
    """One sign for one kind of place, the same in every picture."""
    signs: dict[str, dict[str, Any]] = {
        "site": {"marker": "s", "markersize": 7, "mfc": PAPER, "mec": INK, "mew": 1.5},
        "aim": {"marker": "+", "markersize": 11, "mfc": GREEN, "mec": GREEN, "mew": 1.8},
        "opening": {"marker": "v", "markersize": 7.5, "mfc": ORANGE, "mec": PAPER, "mew": 0.8},
        "touchdown": {"marker": "o", "markersize": 7.5, "mfc": VERMILION, "mec": PAPER, "mew": 0.8},
        "interface": {"marker": "d", "markersize": 6.5, "mfc": BLUE, "mec": PAPER, "mew": 0.8},
        "burn": {"marker": "^", "markersize": 7, "mfc": PURPLE, "mec": PAPER, "mew": 0.8},
    }
    ax.plot([x], [y], linestyle="none", zorder=5, clip_on=True, **signs[kind])
