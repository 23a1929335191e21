"""Picture of the heat shield: temperatures of the face and behind the structure, and recession."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    SOFT,
    VERMILION,
    headline,
    limit_line,
    line,
    missing,
    new_figure,
    panel_title,
)
from homeward.output.views.return_view import FlightView

COLOURS = (VERMILION, ORANGE, INK, BLUE, GREEN, SOFT)
NOT_REACHED = "The flight had no entry\nthat heats the shield."


def _draw(ax: Axes, view: FlightView, column: str, scale: float, title: str, legend: bool = False) -> None:
    points = view.told("heat_shield", "points") or []
    if not view.shield:
        missing(ax, NOT_REACHED, title)
        return
    t = view.shield["time"] - view.shield["time"][0]
    for k, point in enumerate(points):
        line(
            ax,
            t,
            view.shield[f"{point['columns']}_{column}"] * scale,
            COLOURS[k % len(COLOURS)],
            label=point["name"],
        )
    ax.set_xlim(0.0, float(t[-1]))
    panel_title(ax, title)
    if legend:
        ax.legend(fontsize=8, frameon=False, loc="upper right")


def heat_shield_picture(view: FlightView) -> Figure:
    """Face, back face and recession of every point against the time since the entry began."""
    figure = new_figure(9.0, 7.2)
    grid = figure.add_gridspec(3, 1, left=0.085, right=0.975, bottom=0.075, top=0.86, hspace=0.34)
    axes = [figure.add_subplot(grid[i]) for i in range(3)]
    _draw(axes[0], view, "face_k", 1.0, "Face, K", legend=True)
    _draw(axes[1], view, "back_k", 1.0, "Inner face of the structure, K")
    _draw(axes[2], view, "recession_m", 1e3, "Recession, mm")
    limit, hottest = view.told("heat_shield", "back_face_limit_k"), view.told(
        "heat_shield", "peak_back_face_temperature_k"
    )  # fmt: skip
    if view.shield:
        axes[1].set_ylim(bottom=min(axes[1].get_ylim()[0], 280.0))
        if limit is not None and hottest is not None and limit < 2.5 * hottest:
            axes[1].set_ylim(top=max(axes[1].get_ylim()[1], limit * 1.06))
            limit_line(axes[1], limit, "limit")
        worn = max((p["recession_mm"] for p in view.told("heat_shield", "points")), default=0.0)
        axes[2].set_ylim(0.0, max(1.1 * worn, 1.0))
        if worn <= 0.0:
            axes[2].text(0.5, 0.5, "none", transform=axes[2].transAxes, ha="center", color=SOFT)
        axes[2].set_xlabel("seconds since the entry began, until the shield is dropped or the record ends")
    title = "No entry was flown" if hottest is None else f"Inner face at most {hottest:.0f} K"
    if hottest is not None and limit is not None:
        title += f", {'within' if hottest <= limit else 'OVER'} the limit of {limit:.0f} K"
    headline(figure, view, title, "one-dimensional, laminar; materials as the scenario gives them")
    return figure


__all__ = ["heat_shield_picture"]
