"""One picture of a sweep: a figure over one key, or as a map over two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from homeward.output.figure_style.style import BLUE, INK, SOFT, VERMILION, new_figure, styled


def sweep_picture(
    scenario: str, axes: Mapping[str, Sequence[float]], values: Sequence[float | None], metric: str
) -> Figure:
    """The figure at every point, in the order of the grid, the last key running fastest.

    A point without a value, where nothing can be flown or every run failed, is a cross.
    """
    numbers = np.array([np.nan if v is None else float(v) for v in values])
    keys = list(axes)
    with styled():
        figure = new_figure(8.0, 5.2)
        ax = figure.add_axes((0.11, 0.13, 0.83, 0.72))
        if len(keys) == 1:
            x = np.asarray(axes[keys[0]], float)
            ax.plot(x, numbers, "o-", color=BLUE, markersize=5)
            none = np.isnan(numbers)
            if none.any():
                level = np.nanmin(numbers) if (~none).any() else 0.0
                ax.plot(x[none], np.full(none.sum(), level), "x", color=VERMILION, markersize=8)
            ax.set_xlabel(keys[0], parse_math=False)
            ax.set_ylabel(metric, parse_math=False)
        else:
            x, y = (np.asarray(axes[key], float) for key in keys)
            grid = numbers.reshape(len(x), len(y)).T
            shown = ax.pcolormesh(x, y, grid, shading="nearest", cmap="cividis")
            figure.colorbar(shown, ax=ax, pad=0.02).set_label(metric, color=SOFT)
            for i, j in zip(*np.nonzero(np.isnan(grid)), strict=True):
                ax.plot(x[j], y[i], "x", color=VERMILION, markersize=8)
            if len(x) * len(y) <= 60:
                middle = np.nanmean(grid) if np.isfinite(grid).any() else 0.0
                for i, j in zip(*np.nonzero(np.isfinite(grid)), strict=True):
                    ink = "#ffffff" if grid[i, j] < middle else INK
                    ax.text(
                        float(x[j]),
                        float(y[i]),
                        f"{grid[i, j]:.3g}",
                        ha="center",
                        va="center",
                        color=ink,
                        fontsize=8,
                    )
            ax.grid(False)
            ax.set_xlabel(keys[0], parse_math=False)
            ax.set_ylabel(keys[1], parse_math=False)
        count, absent = len(numbers), int(np.isnan(numbers).sum())
        missing = f", {absent} without a value (cross)" if absent else ""
        left = ax.get_position().x0
        figure.text(left, 0.955, f"{metric} over {' and '.join(keys)}", fontsize=12.5, fontweight="bold",
                    va="top", parse_math=False)  # fmt: skip
        figure.text(left, 0.90, f"{scenario}  ·  {count} points{missing}", fontsize=9, color=SOFT, va="top",
                    parse_math=False)  # fmt: skip
    return figure
