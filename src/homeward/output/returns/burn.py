"""Picture of the deorbit burn: where the thrust axis points, and how the ship turns."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.output.figure_style.body_record import body_time, draw_rates, leg_span, rows_between
from homeward.output.figure_style.style import (
    INK,
    LIT,
    SOFT,
    headline,
    label,
    line,
    missing,
    new_figure,
    panel_title,
    shade_spans,
)
from homeward.output.views.return_view import FlightView

LEAD = 310.0  # s before the ignition that are shown: the orbital module leaves, the ship turns about
AFTER = 20.0  # s after the cut-off
FLOOR = 0.03  # deg: where the axis passes right through the direction, the logarithm has no ground


def thrust_axis(q_BI: np.ndarray) -> np.ndarray:
    """The body's x axis in I, shape (n, 3): the first row of the matrix of each quaternion."""
    w, x, y, z = q_BI.T
    return np.stack([1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)], axis=1)


def pointing_error(q_BI: np.ndarray, direction_I: np.ndarray) -> np.ndarray:
    """Angle [deg] between the thrust axis and a direction in I; exact for small angles too."""
    axis = thrust_axis(np.asarray(q_BI, float))
    across = np.cross(axis, direction_I)
    return np.degrees(np.arctan2(np.linalg.norm(across, axis=1), axis @ direction_I))


def _draw_error(ax: Axes, x: np.ndarray, error: np.ndarray) -> None:
    ax.set_yscale("log")
    line(ax, x, np.maximum(error, FLOOR), INK, linewidth=1.1)
    ax.set_ylim(FLOOR, 400.0)
    ticks = (0.1, 1.0, 10.0, 100.0)
    ax.set_yticks(ticks, [f"{v:g}" for v in ticks])
    ax.minorticks_off()
    panel_title(ax, "Angle of the thrust axis from the direction planned, °, on a logarithmic scale")


def burn_picture(view: FlightView) -> Figure:
    """Error of the thrust axis and body rates, from the turn before the burn to its end."""
    figure = new_figure(9.4, 6.4)
    span, direction = leg_span(view, "deorbit burn"), view.facts.thrust_I
    rows = slice(0, 0)
    if span is not None and direction is not None:
        rows = rows_between(view, span[0] - LEAD, span[1] + AFTER)
    if span is None or direction is None or rows.stop - rows.start < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.75)), "No deorbit burn was flown by a ship that turns.")
        headline(figure, view, "No deorbit burn")
        return figure
    grid = figure.add_gridspec(2, 1, left=0.075, right=0.975, bottom=0.08, top=0.84, hspace=0.28)
    axes = [figure.add_subplot(grid[i]) for i in range(2)]
    t = body_time(view)[rows]
    x, error = t - span[0], pointing_error(view.body["q_BI"][rows], direction)
    lit = np.asarray(view.body["engine_share"][rows]) > 0.0
    for ax in axes:
        ax.set_xlim(float(x[0]), float(x[-1]))
        shade_spans(ax, [(0.0, span[1] - span[0])], "deorbit burn" if ax is axes[0] else "", LIT)
    _draw_error(axes[0], x, error)
    draw_rates(axes[1], x, np.asarray(view.body["omega_BI_B"][rows], float))
    panel_title(axes[1], "Body rates, °/s")
    axes[1].set_xlabel("seconds since the ignition")
    title = "The engine was not lit"
    if lit.any():
        worst = float(error[lit].max())
        title = f"Thrust within {worst:.2f}° of the direction planned"
        at = int(np.flatnonzero(lit)[int(np.argmax(error[lit]))])
        axes[0].plot([x[at]], [error[at]], "o", color=SOFT, markersize=4)
        label(axes[0], float(x[at]), float(error[at]), f"{worst:.2f}°", INK, offset=(0, 10), ha="center",
              fontweight="bold")  # fmt: skip
    headline(figure, view, title, "the stack: capsule and service module")
    return figure
