"""Picture of the turning ship: attitude against the docked one, rates, and which thruster fired when."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.output.figure_style.body_record import BODY_AXES, draw_rates
from homeward.output.figure_style.style import (
    FAINT,
    INK,
    SOFT,
    STAGE,
    headline,
    line,
    missing,
    new_figure,
    panel_title,
)
from homeward.output.returns.thrusters import COLUMNS, INKS, NORM, draw_scale, firing_share
from homeward.output.views.rendezvous_view import PairView
from homeward.output.views.return_view import greatest

FINE = 2.0  # deg: within it a second panel shows a turn that is large at first


def turn_degrees(view: PairView) -> np.ndarray:
    """The turn that is missing [deg, B] from the first hold on, (n, 3): the record's is of first order."""
    turn = np.asarray(view["docking_turn"], float)[view.turning]
    half = np.minimum(0.5 * np.linalg.norm(turn, axis=1, keepdims=True), 1.0)
    safe = np.where(half > 1e-9, half, 1.0)
    return np.degrees(turn * np.where(half > 1e-9, np.arcsin(half) / safe, 1.0))


def _draw_turn(ax: Axes, x: np.ndarray, turn: np.ndarray) -> None:
    ax.axhline(0.0, color=SOFT, linewidth=0.7)
    for i, (_, color) in enumerate(BODY_AXES):
        line(ax, x, turn[:, i], color, linewidth=0.9)
    most = greatest(np.abs(turn), 0.1) or 0.1
    ax.set_ylim(-1.15 * most, 1.15 * most)


def _draw_raster(ax: Axes, view: PairView, x: np.ndarray) -> None:
    share = np.asarray(view["valve_share"], float)[view.turning]
    seconds = view.time[view.turning]
    edges = np.linspace(float(seconds[0]), float(seconds[-1]), COLUMNS + 1)
    told = firing_share(seconds, np.nan_to_num(share), edges)
    told = np.where(told > 0.0, told, np.nan)
    n = told.shape[1]
    for k in range(n):
        ax.imshow(told[None, :, k], extent=(x[0], x[-1], k + 0.38, k - 0.38), aspect="auto", cmap=INKS,
                  norm=NORM, interpolation="nearest", zorder=2)  # fmt: skip
        ax.axhline(k - 0.5, color=FAINT, linewidth=0.6, zorder=1)
    ax.set_ylim(n - 0.5, -0.5)
    ax.set_yticks(range(n), [str(k) for k in range(n)])
    ax.tick_params(axis="y", length=0, labelsize=7)
    ax.grid(False)
    panel_title(ax, "Thrusters by their number: the darker, the longer open")


def _name_stages(ax: Axes, view: PairView, axes: list[Axes], start: float) -> None:
    """Every second stage shaded, named over the first panel where there is room."""
    size = view.clock[1]
    low, high = axes[0].get_xlim()
    width = ax.get_window_extent().width * 72.0 / ax.figure.dpi
    for k, (name, a, b) in enumerate(s for s in view.spans if s[2] > start):
        a = max(a, start)
        for panel in axes:
            if k % 2:
                panel.axvspan(a / size, b / size, color=STAGE, zorder=0, linewidth=0)
        if 5.6 * len(name) + 6.0 < (b - a) / size / (high - low) * width:
            ax.annotate(name, (0.5 * (a + b) / size, 1.0), xycoords=("data", "axes fraction"), xytext=(0, 3),
                        textcoords="offset points", ha="center", fontsize=8, color=SOFT)  # fmt: skip


def attitude_picture(view: PairView) -> Figure:
    """Turn against the docked attitude, rates and thrusters from the first hold point on."""
    figure = new_figure(13.0, 10.6)
    if view.turning.stop - view.turning.start < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), "The ship did not come to the first hold point.")
        headline(figure, view, view.outcome)
        return figure
    turn = turn_degrees(view)
    wide = greatest(np.abs(turn), 0.0) > 2.0 * FINE  # it turned from one attitude to another
    ratios = [1.0, 1.0, 0.8, 1.9] if wide else [1.2, 0.8, 1.9]
    grid = figure.add_gridspec(len(ratios), 1, left=0.055, right=0.985, bottom=0.045, top=0.875, hspace=0.27,
                               height_ratios=ratios)  # fmt: skip
    axes = [figure.add_subplot(g) for g in grid]
    x = view.clock[0][view.turning]
    for ax in axes:
        ax.set_xlim(float(x[0]), float(x[-1]) + 0.005 * float(x[-1] - x[0]))
    words = "Turn that is missing to the docked attitude, °"
    if wide:  # of a half turn nobody can tell the sense
        size = np.linalg.norm(turn, axis=1)
        line(axes[0], x, size, INK, linewidth=1.2)
        axes[0].set_ylim(0.0, 1.15 * greatest(size, 1.0))
        _draw_turn(axes[1], x, np.where(size[:, None] <= FINE, turn, np.nan))
        panel_title(axes[1], f"The same about each axis, within {FINE:g}°: colours as those of the rates")
    else:
        _draw_turn(axes[0], x, turn)
        words += ": colours as those of the rates"
    axes[0].set_title(words, loc="left", fontsize=9.5, pad=17)
    draw_rates(axes[-2], x, np.asarray(view["omega_BI_B"], float)[view.turning])
    panel_title(axes[-2], "Rates of turn against the stars, °/s")
    _draw_raster(axes[-1], view, x)
    for ax in axes:
        ax.set_xlim(float(x[0]), float(x[-1]) + 0.005 * float(x[-1] - x[0]))
        ax.tick_params(labelbottom=ax is axes[-1])
    _name_stages(axes[0], view, axes, float(view.time[view.turning][0]))
    axes[-1].set_xlabel(view.clock[2])
    draw_scale(figure)
    headline(figure, view, _words(view, turn), "from the first hold point on")
    return figure


def _words(view: PairView, turn: np.ndarray) -> str:
    """How well the attitude was held over the last metres, and how long all thrusters were open."""
    c, away = view.contact, np.linalg.norm(np.asarray(view["port_position"], float), axis=1)[view.turning]
    steps = np.diff(view.time[view.turning], append=view.time[-1])
    burnt = float(
        (np.nan_to_num(np.asarray(view["valve_share"], float)[view.turning]).sum(axis=1) * steps).sum()
    )
    within = np.linalg.norm(turn, axis=1)[away < 30.0]
    title = (
        f"Within {within.max():.2f}° of the docked attitude over the last 30 m"
        if within.size
        else view.outcome
    )
    if c is not None:
        title += f", {c['angle_deg']:.2f}° at contact"
    return f"{title}; thrusters open for {burnt:.0f} s"
