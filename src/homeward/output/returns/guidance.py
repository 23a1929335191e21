"""Pictures of the guidance: bank commanded and flown, what is still to go, what it has learnt of the air."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from homeward.output.figure_style.style import (
    BLUE,
    INK,
    ORANGE,
    SKY,
    SOFT,
    VERMILION,
    headline,
    label,
    line,
    missing,
    new_figure,
    panel_title,
    shade_spans,
)
from homeward.output.returns.entry import NO_ENTRY, blackout_spans, entry_time
from homeward.output.views.return_view import REVERSAL_SPEED, FlightView, greatest

MOST_REVERSALS = 12  # of steering: what changes sides more often rolls


def bank_line(ax: Axes, x: np.ndarray, bank: np.ndarray, color: str, **how: object) -> None:
    """Bank angle in degrees, broken where it passes through +-180 instead of crossing the panel."""
    y = np.degrees(bank)
    y = (y + 180.0) % 360.0 - 180.0
    jump = np.abs(np.diff(y)) > 180.0
    line(ax, x, np.where(np.concatenate([[False], jump]), np.nan, y), color, **how)


def draw_bank(ax: Axes, view: FlightView, small: bool = False) -> None:
    """Commanded and flown bank, reversals marked, black-out shaded."""
    if view.entry is None:
        missing(ax, NO_ENTRY, "Bank angle")
        return
    t, start = entry_time(view)
    x = t[view.entry]
    ax.set_xlim(0.0, float(x[-1]) * 1.02)
    shade_spans(ax, blackout_spans(view, start), "black-out")
    bank_line(ax, x, view["bank_command"][view.entry], SKY, linewidth=3.4, alpha=0.75)
    bank_line(ax, x, view["bank"][view.entry], INK, linewidth=1.4)
    most = greatest(np.abs(np.degrees(view["bank_command"][view.entry])), 0.0)
    reach = 180.0 if most > 110.0 else max(60.0, np.ceil(most / 30.0) * 30.0 + 30.0)
    ax.set_ylim(-reach, reach)
    ax.set_yticks(np.arange(-reach, reach + 1, 60.0 if reach > 120.0 else 30.0))
    ax.axhline(0.0, color=SOFT, linewidth=0.7)
    _number_reversals(ax, t[view.reversals], -reach)
    panel_title(ax, "Bank angle, ° (right positive)" + (": commanded blue, flown black" if not small else ""))


def _number_reversals(ax: Axes, times: np.ndarray, foot: float) -> None:
    """Each reversal as an upright line with its number; of a capsule that rolls steadily neither."""
    if len(times) > MOST_REVERSALS:
        return
    low, high = ax.get_xlim()
    points = ax.get_window_extent().width * 72.0 / ax.figure.dpi / (high - low)
    last = -np.inf
    for n, when in enumerate(times):
        ax.axvline(float(when), color=ORANGE, linewidth=0.9)
        if (float(when) - last) * points >= 14.0:  # a number would stand upon the one before
            label(ax, float(when), foot, str(n + 1), "#9a6a00", offset=(3, 7), fontsize=8, fontweight="bold")
            last = float(when)


Panel = Callable[[Axes, FlightView], None]


def draw_range(ax: Axes, view: FlightView) -> None:
    """The miss the guidance predicts, and the range still to go, on one logarithmic scale in km."""
    if view.entry is None:
        missing(ax, NO_ENTRY)
        return
    t, start = entry_time(view)
    x = t[view.entry]
    ax.set_xlim(0.0, float(x[-1]) * 1.02)
    shade_spans(ax, blackout_spans(view, start))
    ax.set_yscale("log")
    # The range is the upper of the two lines until the end: each has its name on its free side.
    for channel, words, color, above in (
        ("range_to_go", "range to go", SOFT, 9),
        ("predicted_miss", "predicted miss", BLUE, -10),
    ):
        y = np.abs(np.asarray(view[channel][view.entry], float)) / 1e3
        y = np.where(y > 1e-4, y, np.nan)
        seen = np.flatnonzero(np.isfinite(y))
        if not seen.size:
            continue
        line(ax, x, y, color)
        k = seen[int(0.55 * (len(seen) - 1))]
        label(ax, float(x[k]), float(y[k]), words, color, offset=(0, above), ha="center")
    low, high = ax.get_ylim()
    ax.set_ylim(low * (low / high) ** 0.12, high)  # room for the lower line's name
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    ax.minorticks_off()
    panel_title(ax, "Range to go and predicted miss, km")


def draw_factors(ax: Axes, view: FlightView) -> None:
    """Drag and lift as estimated on board over the onboard model's."""
    if view.entry is None:
        missing(ax, NO_ENTRY)
        return
    t, start = entry_time(view)
    x = t[view.entry]
    ax.set_xlim(0.0, float(x[-1]) * 1.02)
    shade_spans(ax, blackout_spans(view, start))
    ax.axhline(1.0, color=SOFT, linewidth=0.8)
    last = {c: float(view[c][view.entry][-1]) for c in ("drag_factor", "lift_factor")}
    higher = "drag_factor" if last["drag_factor"] >= last["lift_factor"] else "lift_factor"
    for channel, words, color in (("drag_factor", "drag", BLUE), ("lift_factor", "lift", VERMILION)):
        y = view[channel][view.entry]
        line(ax, x, y, color)
        label(ax, float(x[-1]), float(y[-1]), words, color, ha="right",
              offset=(-3, 8 if channel == higher else -9))  # fmt: skip
    low, high = ax.get_ylim()
    room = 0.22 * (max(high, 1.05) - min(low, 0.95))
    ax.set_ylim(min(low, 0.95) - room, max(high, 1.05) + room)
    panel_title(ax, "Drag and lift found on board, times the onboard model's")


def bank_picture(view: FlightView) -> Figure:
    """Commanded and flown bank with reversals; predicted miss; estimated drag and lift factors."""
    figure = new_figure(9.0, 7.4)
    grid = figure.add_gridspec(
        3, 1, left=0.07, right=0.975, bottom=0.07, top=0.86, hspace=0.30, height_ratios=[1.6, 1.0, 0.9]
    )
    axes = [figure.add_subplot(grid[i]) for i in range(3)]
    panels: tuple[Panel, ...] = (draw_bank, draw_range, draw_factors)
    for ax, draw in zip(axes, panels, strict=True):
        draw(ax, view)
    title, note = "No entry was flown", ""
    if view.entry is not None:
        axes[-1].set_xlabel("seconds since the entry interface")
        count = view.told("entry", "bank_reversals")
        count = len(view.reversals) if count is None else count
        miss = view.told("parachute", "open_miss_km")
        rolling = len(view.reversals) > MOST_REVERSALS
        title = "A steady roll" if rolling else f"{count} bank reversal{'s' if count != 1 else ''}"
        title += f", {miss:.2f} km from the aim at parachute opening" if miss is not None else ""
        title += "" if miss is not None else ", no parachute opened"
        if not rolling:
            note = f"numbered: reversals flown faster than {REVERSAL_SPEED / 1e3:g} km/s"
    headline(figure, view, title, note)
    return figure
