"""Picture of a filter's consistency: mean squares over believed spread, through the legs of a flight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from matplotlib.figure import Figure

from homeward.output.figure_style.style import BLUE, GREEN, INK, ORANGE, SOFT, line, new_figure, panel_title

COLOURS = (INK, GREEN, BLUE, ORANGE)
TOP = 2.0  # of a mean square that is drawn


class MeanSquares(Protocol):
    """One kind of square in one leg."""

    leg: str
    kind: str
    time: np.ndarray
    mean: np.ndarray


def consistency_picture(told: Mapping[str, Any], series: Sequence[MeanSquares]) -> Figure:
    """A panel a leg, a line a kind of square, the band shaded."""
    legs = list(dict.fromkeys(s.leg for s in series))
    kinds = list(dict.fromkeys(s.kind for s in series))
    figure = new_figure(13.0, 6.4)
    columns = 4
    grid = figure.add_gridspec(
        -(-len(legs) // columns),
        columns,
        left=0.05,
        right=0.985,
        bottom=0.08,
        top=0.85,
        hspace=0.38,
        wspace=0.16,
    )
    low, high = told["band"]
    for k, leg in enumerate(legs):
        ax = figure.add_subplot(grid[k // columns, k % columns])
        ax.axhspan(low, high, color=SOFT, alpha=0.25, linewidth=0)
        for s in series:
            if s.leg == leg:
                line(ax, s.time, np.minimum(s.mean, TOP), COLOURS[kinds.index(s.kind) % 4], linewidth=0.9)
        ax.set_ylim(0.0, TOP)
        panel_title(ax, leg)
    for k, kind in enumerate(kinds):
        figure.text(0.05 + 0.2 * k, 0.905, kind, color=COLOURS[k % 4], fontsize=9)
    flights = f"{told['runs']} {told.get('flights', 'returns')}"
    words = f"{told['scenario']}, {flights}: mean squares of errors and innovations, a dimension"
    figure.text(0.05, 0.95, words, color=INK, fontsize=13)
    figure.text(
        0.985, 0.015, "seconds since each part of the flight began", color=INK, fontsize=8, ha="right"
    )
    return figure
