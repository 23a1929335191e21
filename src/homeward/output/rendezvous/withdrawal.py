"""Files and picture of a withdrawal: where the ship goes from the port, how fast, and what it burns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    VERMILION,
    event_lines,
    headline,
    label,
    line,
    missing,
    new_figure,
    panel_title,
    save,
    styled,
)
from homeward.output.files.oem import write_oem
from homeward.output.files.result_folder import ResultFolder
from homeward.output.files.telemetry import write_csv, write_parquet
from homeward.output.rendezvous.relative_path import Window, draw_zones, name_station
from homeward.output.rendezvous.timeline import NOTHING
from homeward.output.views.rendezvous_view import PairFacts, PairView
from homeward.output.views.return_view import History, Summary, greatest

FILES = ("withdrawal.parquet", "withdrawal.csv", "withdrawal.oem", "withdrawal.png")
TABLE = "rendezvous"


def save_withdrawal(
    folder: Path, facts: PairFacts, history: History, summary: Summary,
    progress: Callable[[str, float], None] | None = None,
) -> list[Path]:  # fmt: skip
    """Write telemetry, track and picture of a withdrawal; returns the files.

    ``history`` holds the channels of ``PairFrame`` from the undocking on, ``summary`` is that of the whole
    flight. The last state of ``withdrawal.oem`` is where a return may begin.
    """
    place = ResultFolder.add(folder, facts.name, facts.epoch_utc)
    view = PairView(facts, history, summary)
    legs = view.legs()
    work: list[Callable[[Path], None]] = [
        lambda p: write_parquet(p, facts, history, legs, TABLE),
        lambda p: write_csv(p, facts, history, legs, TABLE),
        lambda p: write_oem(p, facts, history, legs),
        lambda p: _save_picture(view, p),
    ]
    for k, (name, write) in enumerate(zip(FILES, work, strict=True)):
        if progress is not None:
            progress(name, k / len(work))
        place.put(name, write)
    return place.written


def _save_picture(view: PairView, path: Path) -> None:
    with styled():
        save(withdrawal_picture(view), path)


def withdrawal_picture(view: PairView) -> Figure:
    """Left the way in the orbital plane; right distance, speed along the axis and delta-v over time."""
    figure = new_figure(13.2, 7.2)
    if len(view.time) < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), NOTHING)
        headline(figure, view, "Undocked")
        return figure
    grid = figure.add_gridspec(3, 2, left=0.045, right=0.975, bottom=0.075, top=0.865, hspace=0.3,
                               wspace=0.16, width_ratios=[1.15, 1.0])  # fmt: skip
    _draw_way(figure.add_subplot(grid[:, 0]), view)
    minutes = (view.time - view.time[0]) / 60.0
    begun = float(view.told("withdrawal", "undock_s") or view.time[0])
    moments = []
    for key, words in (("keep_out_exit_s", "out of the sphere"), ("departure_s", "departure burn")):
        after = view.told("withdrawal", key)
        if after is not None:
            moments.append(((begun + after - float(view.time[0])) / 60.0, words))
    place, speed = np.asarray(view["port_position"], float), np.asarray(view["port_velocity"], float)
    delta_v = np.asarray(view["delta_v"], float)
    panels = (
        ("Distance from port to port, m", np.linalg.norm(place, axis=1), BLUE),
        ("Speed along the port's axis, m/s", speed[:, 0], ORANGE),
        ("Delta-v since the undocking, m/s", delta_v - delta_v[0], INK),
    )
    for k, (title, values, color) in enumerate(panels):
        ax = figure.add_subplot(grid[k, 1])
        line(ax, minutes, values, color)
        ax.set_xlim(0.0, 1.02 * float(minutes[-1]))
        ax.set_ylim(min(0.0, 1.1 * float(values.min())), 1.25 * greatest(values, 0.1))
        label(ax, float(minutes[-1]), float(values[-1]),
              f"{values[-1]:.{0 if abs(values[-1]) > 100.0 else 2}f}", color, ha="right", va="bottom",
              offset=(0, 4), fontweight="bold")  # fmt: skip
        panel_title(ax, title)
        ax.tick_params(labelbottom=k == 2)
        event_lines(ax, [(t, words if k == 0 else "") for t, words in moments], top=True)
        if k == 2:
            ax.set_xlabel("minutes since the undocking")
    headline(figure, view, _words(view), "station's orbital frame: right is ahead, down is below")
    return figure


def _draw_way(ax: Axes, view: PairView) -> None:
    f = view.facts
    axis = np.array(f.C_DL[0])
    # As far as the first of the free flight shows which way it goes.
    reach = 2.6 * f.keep_out_m + float(np.linalg.norm(f.port_L))
    middle = 0.9 * f.keep_out_m * axis
    window = Window("withdrawal", (float(middle[0]), 0.0, float(middle[2])), 2.0 * reach, 1.0, "m")
    # The outlines of a near window whatever its width.
    draw_zones(ax, view, dataclasses.replace(window, width=420.0), 2)
    place = np.asarray(view["position_L"], float)
    last = view.stage == view.stage.max()
    line(ax, place[~last][:, 0], place[~last][:, 2], BLUE, linewidth=2.0)
    line(ax, place[last][:, 0], place[last][:, 2], VERMILION)
    k = int(np.argmax(last))
    ax.plot(
        [place[k, 0]], [place[k, 2]], marker="D", markersize=5, mfc="#ffffff", mec=GREEN, mew=1.3, zorder=5
    )
    label(ax, float(place[k, 0]), float(place[k, 2]), "departure burn", GREEN, offset=(6, -12))
    ax.set_xlim(middle[0] - reach, middle[0] + reach)
    ax.set_ylim(middle[2] + reach, middle[2] - reach)
    ax.set_aspect("equal", adjustable="box")
    name_station(ax, view, 2)
    panel_title(ax, "Along the track and below, m: keep-out sphere and corridor")


def _words(view: PairView) -> str:
    told = view.told("withdrawal") or {}
    if not told.get("safe"):
        return "Undocked; not safely away"
    least = told.get("station_min_range_m")
    return f"Undocked and away for {told['delta_v_m_s']:.2f} m/s; adrift never nearer than {least:.0f} m"
