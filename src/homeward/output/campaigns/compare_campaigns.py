"""The picture of two campaigns side by side: share of runs beyond a value, a panel a quantity."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from homeward.output.figure_style.style import BLUE, SOFT, VERMILION, new_figure, panel_title, save, styled

COLOURS = (BLUE, VERMILION)
COLUMNS = 3


def draw_campaigns(
    panels: Mapping[str, tuple[np.ndarray, np.ndarray, str]], names: tuple[str, str], note: str, path: Path
) -> None:
    """``panels`` hold, by quantity, the values of both (failed runs infinite) and the verdict in words."""
    with styled():
        rows = -(-len(panels) // COLUMNS)
        height = 0.9 + 2.35 * rows
        figure = new_figure(11.0, height)
        for k, (quantity, (first, second, verdict)) in enumerate(panels.items()):
            row, column = divmod(k, COLUMNS)
            bottom = (height - 0.9 - 2.35 * (row + 1) + 0.42) / height
            ax = figure.add_axes((0.05 + 0.322 * column, bottom, 0.275, 1.55 / height))
            for values, color in zip((first, second), COLOURS, strict=True):
                _curve(ax, values, color)
            ax.set_yscale("log")
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.set_ylim(0.5 / max(first.size, second.size), 1.4)
            panel_title(ax, f"{quantity}: {verdict}")
        for k, (name, color) in enumerate(zip(names, COLOURS, strict=True)):
            top = 1.0 - (0.20 + 0.24 * k) / height
            figure.text(0.05, top, name, color=color, fontsize=11, fontweight="bold", va="top")
        figure.text(0.97, 1.0 - 0.20 / height, note, color=SOFT, fontsize=9, va="top", ha="right")
        save(figure, path)


def _curve(ax: Axes, values: np.ndarray, color: str) -> None:
    n, ordered = values.size, np.sort(values)
    places = np.unique(np.round(n - np.geomspace(1, n, 400)).astype(int))
    places = places[np.isfinite(ordered[places])]
    ax.step(ordered[places], (n - places) / n, where="post", color=color, linewidth=1.6)


__all__ = ["draw_campaigns"]
