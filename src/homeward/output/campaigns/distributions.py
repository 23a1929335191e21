"""Pictures of a campaign: how a quantity is distributed, where the runs landed, and what went wrong."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.math.thinning import thin_cloud
from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    SKY,
    SOFT,
    VERMILION,
    label,
    new_figure,
    panel_title,
    signed,
    styled,
)

WIDTH = 9.6  # inches
MOST = 4000  # points drawn of a scatter, besides the worst
BINS = 60


def svg(figure: Figure) -> bytes:
    """A figure as an SVG that needs nothing else; what is drawn of thousands of points is a bitmap in it."""
    kept = io.BytesIO()
    fixed: dict[Any, Any] = {"svg.hashsalt": "homeward", "svg.fonttype": "path"}
    with styled(), matplotlib.rc_context(fixed):
        figure.savefig(kept, format="svg", metadata={"Date": None})
    return kept.getvalue()


def png(figure: Figure) -> bytes:
    """A figure as PNG."""
    kept = io.BytesIO()
    with styled():
        figure.savefig(kept, format="png", dpi=130)
    return kept.getvalue()


def distribution(
    worse: np.ndarray, name: str, unit: str, limits: Sequence[tuple[float, str]],
    band: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None, color: str = BLUE,
) -> Figure:  # fmt: skip
    """Histogram, and share of runs beyond a value on a logarithmic scale, of a quantity.

    ``worse`` holds infinities for failed runs; ``limits`` are values with their share, as (1.5, "p99");
    ``band`` are values and the lower and upper bound of the share beyond each.
    """
    with styled():
        figure = new_figure(WIDTH, 3.0)
        left = figure.add_axes((0.05, 0.17, 0.42, 0.70))
        right = figure.add_axes((0.555, 0.17, 0.42, 0.70))
        seen = worse[np.isfinite(worse)]
        axis = f"{name}{f' [{unit}]' if unit and not name.endswith(unit) else ''}"
        if seen.size == 0:
            panel_title(left, f"{axis}: no run has this number")
            return figure
        low, high = _range(seen)
        bins = min(BINS, max(8, int(np.sqrt(seen.size))))
        left.hist(seen, bins=bins, range=(low, high), color=color, alpha=0.85, linewidth=0)
        left.set_xlim(low, high + 0.02 * (high - low))
        left.grid(axis="x", visible=False)
        panel_title(left, "runs")
        n = worse.size
        ordered = np.sort(worse)
        places = np.unique(np.round(n - np.geomspace(1, n, 600)).astype(int))
        places = places[np.isfinite(ordered[places])]
        if band is not None:
            right.fill_between(
                band[0], np.maximum(band[1], 0.3 / n), band[2], color=color, alpha=0.18, linewidth=0
            )
        right.step(ordered[places], (n - places) / n, where="post", color=color, linewidth=1.8)
        right.set_yscale("log")
        right.set_ylim(0.5 / n, 1.3)
        right.set_xlim(low, _beyond(high, [v for v, _ in limits]))
        panel_title(right, "share of runs at or beyond, with its 95 % band")
        for ax in (left, right):
            ax.set_xlabel(axis)
            for value, _ in limits:
                if ax.get_xlim()[0] <= value <= ax.get_xlim()[1]:
                    ax.axvline(value, color=VERMILION, linewidth=1.2, linestyle=(0, (5, 3)))
        _limits_named(right, limits)
    return figure


def _limits_named(ax: Axes, limits: Sequence[tuple[float, str]]) -> None:
    for k, (value, text) in enumerate(limits):
        if value > ax.get_xlim()[1]:
            ax.annotate(f"limit {value:g} ({text}) lies beyond", (0.03, 0.05 + 0.09 * k), ha="left",
                        xycoords="axes fraction", fontsize=8, color=VERMILION)  # fmt: skip
            continue
        share = _beyond_share(text)
        if share is not None:
            ax.plot(
                [value], [share], marker="v", color=VERMILION, markersize=6, mec="white", mew=0.8, zorder=4
            )
        ax.annotate(f"{value:g} ({text})", (value, 0.98), xycoords=("data", "axes fraction"), fontsize=8,
                    color=VERMILION, rotation=90, ha="right", va="top", xytext=(-2, 0),
                    textcoords="offset points")  # fmt: skip


def _beyond_share(text: str) -> float | None:
    if not text.startswith("p"):
        return None
    share = 1.0 - float(text[1:].split()[0]) / 100.0
    return share if share > 0.0 else None


def _range(seen: np.ndarray) -> tuple[float, float]:
    low, high = float(seen.min()), float(seen.max())
    if low >= 0.0 and low < 0.3 * high:
        low = 0.0
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _beyond(high: float, limits: Sequence[float]) -> float:
    """Room for the limits that are not far off."""
    near = [v for v in limits if v <= 4.0 * abs(high)]
    return max([high, *near]) * 1.04 if high > 0.0 else high + 1.0


def ellipse_of(east: np.ndarray, north: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Middle, half axes of one sigma (greater first) and direction of the greater [rad from east]."""
    middle = np.array([east.mean(), north.mean()])
    spread, axes = np.linalg.eigh(np.cov(np.stack([east, north])))
    turn = float(np.arctan2(axes[1, 1], axes[0, 1]))
    return middle, np.sqrt(np.maximum(spread[::-1], 0.0)), turn


def some(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Points to draw: all of few, else those farthest out and evenly spread ones."""
    return thin_cloud(x, y, MOST)


def scatter(
    x: np.ndarray, y: np.ndarray, names: tuple[str, str], good: np.ndarray,
    limits: tuple[float | None, float | None] = (None, None), title: str = "",
) -> Figure:  # fmt: skip
    """One quantity over another, runs that succeeded in blue and the others, all of them, in red."""
    with styled():
        figure = new_figure(WIDTH, 3.6)
        ax = figure.add_axes((0.06, 0.14, 0.92, 0.76))
        seen = np.isfinite(x) & np.isfinite(y)
        rows = np.flatnonzero(seen & good)
        rows = rows[some(x[rows], y[rows])]
        ax.plot(x[rows], y[rows], ".", color=BLUE, markersize=3.5, alpha=0.55, mew=0, rasterized=True)
        rows = np.flatnonzero(seen & ~good)
        ax.plot(x[rows], y[rows], "x", color=VERMILION, markersize=5, mew=1.2)
        if limits[0] is not None:
            ax.axvline(limits[0], color=VERMILION, linewidth=1.1, linestyle=(0, (5, 3)))
        if limits[1] is not None:
            ax.axhline(limits[1], color=VERMILION, linewidth=1.1, linestyle=(0, (5, 3)))
        ax.set_xlabel(names[0])
        panel_title(ax, title or f"{names[1]} over {names[0]}")
    return figure


def bars(
    rows: Mapping[str, Mapping[str, float]], title: str, colors: Sequence[str] = (BLUE, ORANGE, GREEN)
) -> Figure:
    """Horizontal bars, a group a row, one bar a key; the greatest first, numbers at their ends."""
    keys = list(dict.fromkeys(k for row in rows.values() for k in row))
    with styled():
        figure = new_figure(WIDTH, 0.75 + (0.17 * len(keys) + 0.10) * len(rows))
        height = float(figure.get_size_inches()[1])
        ax = figure.add_axes((0.24, 0.35 / height, 0.72, 1.0 - 0.75 / height))
        step = 0.8 / max(len(keys), 1)
        most = max((abs(v) for row in rows.values() for v in row.values() if np.isfinite(v)), default=1.0)
        for place, row in enumerate(rows.values()):
            for k, key in enumerate(keys):
                value = row.get(key, np.nan)
                if not np.isfinite(value):
                    continue
                y = place - 0.4 + (k + 0.5) * step
                ax.barh(y, value, height=0.86 * step, color=colors[k % len(colors)], linewidth=0)
                side = 1 if value >= 0 else -1
                label(ax, value, y, signed(value, plus=True), SOFT, offset=(3 * side, 0), fontsize=7.5,
                      ha="left" if side > 0 else "right")  # fmt: skip
        ax.set_yticks(range(len(rows)), list(rows))
        ax.set_ylim(len(rows) - 0.45, -0.55)
        low = min((v for row in rows.values() for v in row.values() if np.isfinite(v)), default=0.0)
        ax.set_xlim(min(0.0, 1.15 * low), 1.12 * most)
        ax.axvline(0.0, color=INK, linewidth=0.8)
        ax.grid(axis="y", visible=False)
        panel_title(ax, title)
        for k, key in enumerate(keys):
            place = (0.99, 0.03 + 0.17 / height * k)
            ax.annotate(key, place, xycoords="axes fraction", ha="right", fontsize=9, fontweight="bold",
                        color=colors[k % len(colors)])  # fmt: skip
    return figure


def cumulative(
    sets: Mapping[str, np.ndarray], axis: str, title: str, colors: Sequence[str] = (BLUE, VERMILION, SKY)
) -> Figure:
    """Share of runs beyond a value, one curve a set, logarithmic; failed runs are infinite."""
    with styled():
        figure = new_figure(WIDTH, 3.4)
        ax = figure.add_axes((0.06, 0.15, 0.92, 0.75))
        for k, (name, worse) in enumerate(sets.items()):
            n, ordered = worse.size, np.sort(worse)
            places = np.unique(np.round(n - np.geomspace(1, n, 600)).astype(int))
            places = places[np.isfinite(ordered[places])]
            ax.step(
                ordered[places], (n - places) / n, where="post", color=colors[k % len(colors)], linewidth=1.8
            )
            ax.annotate(name, (0.99, 0.92 - 0.08 * k), xycoords="axes fraction", ha="right", fontsize=9,
                        fontweight="bold", color=colors[k % len(colors)])  # fmt: skip
        ax.set_yscale("log")
        ax.set_ylim(0.5 / max(w.size for w in sets.values()), 1.3)
        ax.set_xlabel(axis)
        panel_title(ax, title)
    return figure


__all__ = ["bars", "cumulative", "distribution", "ellipse_of", "png", "scatter", "some", "svg"]
