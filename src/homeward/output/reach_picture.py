"""The ground that a capsule can reach, with the site and where the runs opened."""

import numpy as np
from matplotlib.figure import Figure
from scipy.spatial import ConvexHull

from homeward.output.style import BLUE, GREEN, ORANGE, marker, new_figure, panel_title, styled

MOST = 2000  # openings drawn


def reach(ends: np.ndarray, opened: tuple[np.ndarray, np.ndarray], load_g: float) -> Figure:
    """Openings that held banks reach, and their hull, km east and north of the site, ``ends`` (n, 2)."""
    with styled():
        figure = new_figure(9.6, 5.6)
        ax = figure.add_axes((0.07, 0.08, 0.91, 0.84))
        hull = ConvexHull(ends).vertices
        rim = np.append(hull, hull[0])
        ax.fill(ends[rim, 0], ends[rim, 1], color=GREEN, alpha=0.15, linewidth=0)
        ax.plot(ends[rim, 0], ends[rim, 1], color=GREEN, linewidth=1.5)
        ax.plot(ends[:, 0], ends[:, 1], ".", color=BLUE, markersize=5, mew=0)
        some = slice(None, None, max(1, opened[0].size // MOST))
        ax.plot(opened[0][some], opened[1][some], ".", color=ORANGE, markersize=4, mew=0, rasterized=True)
        marker(ax, 0.0, 0.0, "site")
        ax.set_aspect("equal", adjustable="datalim")
        panel_title(ax, f"openings that held banks reach under {load_g:g} g (blue), of the runs (orange): km")
    return figure


__all__ = ["reach"]
