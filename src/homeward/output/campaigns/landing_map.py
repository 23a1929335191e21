"""The map of a campaign: site, openings, touchdowns, their ellipses, and the ground that can be reached."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse
from scipy.spatial import ConvexHull

from homeward.output.campaigns.distributions import WIDTH, ellipse_of, some
from homeward.output.figure_style.coast_lines import draw_shores
from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    SOFT,
    VERMILION,
    label,
    marker,
    new_figure,
    panel_title,
    styled,
)

RINGS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)  # km
INSIDE = {1: "39.3 %", 2: "86.5 %", 3: "98.9 %"}  # of a normal distribution in the plane


@dataclasses.dataclass(frozen=True)
class Reach:
    """What can be reached: ``ends`` (n, 2) of the held banks flown, km east and north, under ``load_g``."""

    ends: np.ndarray
    load_g: float

    @property
    def rim(self) -> np.ndarray:
        """The outline of their hull, closed, (m, 2)."""
        turn = ConvexHull(self.ends).vertices
        return self.ends[np.append(turn, turn[0])]


def landing_map(
    touchdown: tuple[np.ndarray, np.ndarray], opening: tuple[np.ndarray, np.ndarray] | None,
    worst: Sequence[tuple[int, float, float]], reach: Reach | None = None,
    site_deg: tuple[float, float] | None = None,
) -> Figure:  # fmt: skip
    """Where the runs landed, east and north of the site in km, with ellipses of one to three sigma.

    ``opening`` are the places where the parachutes opened; ``worst`` runs are named. With ``reach`` the whole
    ground that can be reached stands beside it, the runs upon it at its own scale; ``site_deg``, latitude and
    longitude of the site, draws the shores there.
    """
    with styled():
        if reach is None:
            figure = new_figure(WIDTH, 6.4)
            _near(figure.add_axes((0.06, 0.08, 0.92, 0.85)), touchdown, opening, worst, None)
            return figure
        figure = new_figure(WIDTH, 9.6)
        near = figure.add_axes((0.06, 0.05, 0.92, 0.545))
        far = figure.add_axes((0.06, 0.655, 0.92, 0.315))
        _near(near, touchdown, opening, worst, reach)
        _far(far, touchdown, opening, reach)
        if site_deg is not None:
            draw_shores(far, *site_deg)
    return figure


def _near(
    ax: Axes, touchdown: tuple[np.ndarray, np.ndarray], opening: tuple[np.ndarray, np.ndarray] | None,
    worst: Sequence[tuple[int, float, float]], reach: Reach | None,
) -> None:  # fmt: skip
    pick = some(*touchdown)
    wide = _frame(ax, touchdown, opening)
    if reach is not None:
        _ground(ax, reach)
    for places, color, size in ((opening, ORANGE, 2.5), (touchdown, BLUE, 3.5)):
        if places is not None:
            ax.plot(
                places[0][pick], places[1][pick], ".", color=color, markersize=size, alpha=0.5, mew=0,
                rasterized=True,
            )  # fmt: skip
    _ellipses(ax, touchdown, named=True)
    _rings(ax, wide)
    marker(ax, 0.0, 0.0, "site")
    named: list[tuple[float, float]] = []
    for run, x, y in worst:
        ax.plot([x], [y], "o", mfc="none", mec=VERMILION, markersize=7, mew=1.2)
        if any(abs(x - a) < 0.16 * wide and abs(y - b) < 0.05 * wide for a, b in named):
            continue  # its number would stand upon another's
        named.append((x, y))
        label(ax, x, y, f"{run}", VERMILION, offset=(6, 5), fontsize=8)
    panel_title(ax, "touchdown (blue), opening (orange): km north over east of the site; worst by number")


def _frame(
    ax: Axes, touchdown: tuple[np.ndarray, np.ndarray], opening: tuple[np.ndarray, np.ndarray] | None
) -> float:
    """Limits of one scale about the site, the touchdowns, their ellipses and nearly all openings; half the
    shorter side."""
    middle, half, _ = ellipse_of(*touchdown)
    seen = [np.stack(touchdown, axis=1), np.zeros((1, 2)), middle - 3.2 * half[0], middle + 3.2 * half[0]]
    if opening is not None:
        seen.append(np.percentile(np.stack(opening, axis=1), (0.5, 99.5), axis=0))
    places = np.concatenate([np.atleast_2d(x) for x in seen])
    low, high = places.min(axis=0), places.max(axis=0)
    box = ax.get_window_extent()
    shape = box.height / box.width
    wide = 0.54 * float(max(high[0] - low[0], (high[1] - low[1]) / shape))
    centre = 0.5 * (low + high)
    ax.set_xlim(centre[0] - wide, centre[0] + wide)
    ax.set_ylim(centre[1] - wide * shape, centre[1] + wide * shape)
    return wide * min(shape, 1.0)


def _far(
    ax: Axes, touchdown: tuple[np.ndarray, np.ndarray], opening: tuple[np.ndarray, np.ndarray] | None,
    reach: Reach,
) -> None:  # fmt: skip
    ends = reach.ends
    middle = 0.5 * (ends.max(axis=0) + ends.min(axis=0))
    box = ax.get_window_extent()
    shape = box.height / box.width
    wide = 0.56 * max(float(np.ptp(ends[:, 0])), float(np.ptp(ends[:, 1])) / shape)
    ax.set_xlim(middle[0] - wide, middle[0] + wide)
    ax.set_ylim(middle[1] - wide * shape, middle[1] + wide * shape)
    _ground(ax, reach)
    ax.plot(ends[:, 0], ends[:, 1], ".", color=GREEN, markersize=4.5, mew=0)
    for places, color in ((opening, ORANGE), (touchdown, BLUE)):
        if places is not None:
            pick = some(*places)
            ax.plot(
                places[0][pick], places[1][pick], ".", color=color, markersize=2.5, mew=0, rasterized=True
            )
    _ellipses(ax, touchdown, named=False)
    _rings(ax, 0.5 * wide)
    marker(ax, 0.0, 0.0, "site")
    label(ax, 0.0, 0.0, "site and landings", offset=(9, 0), fontweight="bold")
    edge = ends[int(np.argmax(ends[:, 0]))]
    label(ax, edge[0], edge[1], f"reached under {reach.load_g:g} g", "#007355", offset=(0, -9), ha="right",
          va="top", fontweight="bold")  # fmt: skip
    panel_title(ax, "ground that can be reached (green): km north over east of the site")


def _ground(ax: Axes, reach: Reach) -> None:
    rim = reach.rim
    ax.fill(rim[:, 0], rim[:, 1], color=GREEN, alpha=0.10, linewidth=0, zorder=0)
    ax.plot(rim[:, 0], rim[:, 1], color=GREEN, linewidth=1.5)


def _ellipses(ax: Axes, touchdown: tuple[np.ndarray, np.ndarray], named: bool) -> None:
    middle, half, turn = ellipse_of(*touchdown)
    for k in (1, 2, 3):
        ax.add_patch(Ellipse(tuple(middle), 2 * k * half[0], 2 * k * half[1], angle=np.degrees(turn),
                             fill=False, edgecolor=INK, linewidth=1.1, zorder=3))  # fmt: skip
        if named:
            way = np.array([np.cos(turn), np.sin(turn)])
            tip = middle + k * half[0] * way * (1.0 if way[1] >= 0.0 else -1.0)
            label(ax, tip[0], tip[1], f"{k}σ  {INSIDE[k]}", INK, offset=(4, 5), fontsize=8)


def _rings(ax: Axes, wide: float) -> None:
    turn = np.linspace(0.0, 2.0 * np.pi, 300)
    for ring in [r for r in RINGS if 0.15 * wide < r <= wide][-4:]:
        ax.plot(ring * np.cos(turn), ring * np.sin(turn), color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)))
        label(ax, 0.0, -ring, f"{ring:g} km", SOFT, offset=(0, -1), ha="center", va="top", fontsize=8)


__all__ = ["Reach", "landing_map"]
