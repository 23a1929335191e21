"""Pictures of the whole way: altitude, phase and distance with the burns; propellant beside two impulses."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from homeward.output.figure_style.labels import Name, place_names
from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SOFT,
    STAGE,
    VERMILION,
    event_lines,
    headline,
    label,
    line,
    marker,
    missing,
    new_figure,
    panel_title,
)
from homeward.output.views.rendezvous_view import PairView, duration_words
from homeward.output.views.return_view import greatest

NAMED = 1.0  # m/s from which on a burn has a number; smaller ones are corrections
MOST_LISTED = 18
NOTHING = "The record is too short to show anything."


def events(view: PairView) -> list[tuple[float, str]]:
    """Moments [s] that every picture over time marks: aim point, first hold, contact."""
    f, end = view.facts, float(view.time[-1])
    found = [(f.aim_time, "aim point"), (f.hold_time, f"{distance_words(f.holds[0].distance_m)} hold")]
    found = [(t, words) for t, words in found if 0.0 < t < end]
    if view.contact is not None:
        found.append((float(view.contact["time_s"]), "contact"))
    return found


def distance_words(meters: float) -> str:
    """A distance as people say it."""
    return f"{meters / 1e3:g} km" if meters >= 1e3 else f"{meters:g} m"


def set_clock(ax: Axes, view: PairView) -> None:
    """The whole flight on the time axis, with some room at its end."""
    x = view.clock[0]
    ax.set_xlim(min(0.0, float(x[0])), float(x[-1]) + 0.02 * max(float(x[-1]), 1e-3))


def mark_events(ax: Axes, view: PairView, named: bool, top: bool = True) -> None:
    """The moments as upright lines."""
    size = view.clock[1]
    event_lines(ax, [(t / size, words if named else "") for t, words in events(view)], top=top)


def _burns(view: PairView) -> list[dict[str, Any]]:
    return [b for b in view.told("plan", "burns") or [] if b["time"] <= view.time[-1]]


def _draw_altitude(ax: Axes, view: PairView) -> None:
    x, size, _ = view.clock
    ship, station = (a / 1e3 for a in view.altitudes)
    line(ax, x, station, SOFT, linewidth=1.3)
    line(ax, x, ship, BLUE)
    low, high = min(ship.min(), station.min()), max(ship.max(), station.max())
    reach = max(high - low, 1.0)
    ax.set_ylim(low - 0.12 * reach, high + 0.26 * reach)
    names = []
    for burn in _burns(view):
        when = float(burn["time"])
        at = float(np.interp(when, view.time, ship))
        if burn["delta_v_m_s"] < NAMED:
            ax.plot([when / size], [at], marker="o", markersize=3.2, color=PURPLE, zorder=5)
            continue
        marker(ax, when / size, at, "burn")
        names.append(Name(str(len(names) + 1), when / size, at, PURPLE, weight="bold"))
    early = int(0.03 * len(x))
    names += [
        Name("ship", float(x[early]), float(ship[early]), BLUE, weight="bold"),
        Name("station", float(x[early]), float(station[early]), SOFT, weight="bold"),
    ]
    place_names(ax, names, [(x, ship), (x, station)])
    panel_title(ax, "Altitude above the equatorial radius, km: burns numbered, corrections as dots")


def _list_burns(figure: Figure, view: PairView, left: float, top: float) -> None:
    """Number, time, size and purpose of every burn that has a number, one line each."""
    height = float(figure.get_size_inches()[1])
    figure.text(left, top, "Burns", fontsize=9.5, color=INK, va="bottom")
    named = [b for b in _burns(view) if b["delta_v_m_s"] >= NAMED][:MOST_LISTED]
    for k, burn in enumerate(named):
        y = top - (0.2 + 0.4 * k) / height
        minutes = round(burn["time"] / 60.0)
        figure.text(left, y, str(k + 1), fontsize=9, fontweight="bold", color=PURPLE, va="top")
        figure.text(left + 0.02, y, f"{burn['delta_v_m_s']:.1f} m/s at {minutes // 60}:{minutes % 60:02d}",
                    fontsize=9, color=INK, va="top")  # fmt: skip
        figure.text(left + 0.02, y - 0.17 / height, burn["purpose"], fontsize=8.5, color=SOFT, va="top")
    small = [b["delta_v_m_s"] for b in _burns(view) if b["delta_v_m_s"] < NAMED]
    if small:
        many = f"{len(small)} corrections" if len(small) > 1 else "one correction"
        figure.text(left, top - (0.2 + 0.4 * len(named)) / height, "•", fontsize=9, color=PURPLE, va="top")
        figure.text(left + 0.02, top - (0.2 + 0.4 * len(named)) / height, f"{many}, {sum(small):.2f} m/s",
                    fontsize=9, color=INK, va="top")  # fmt: skip


def _draw_phase(ax: Axes, view: PairView) -> None:
    x, _, _ = view.clock
    phase = np.degrees(view.phase)
    ax.axhline(0.0, color=SOFT, linewidth=0.7)
    line(ax, x, phase, BLUE)
    label(ax, float(x[0]), float(phase[0]), f"{phase[0]:.2f}°", BLUE, offset=(8, 2), fontweight="bold")
    low, high = min(float(phase.min()), 0.0), max(float(phase.max()), 0.0)
    ax.set_ylim(low - 0.08 * (high - low + 1e-3), high + 0.12 * (high - low + 1e-3))
    panel_title(ax, "Phase angle, °: the station is ahead by")


def _draw_distance(ax: Axes, view: PairView) -> None:
    x, _, _ = view.clock
    away = np.linalg.norm(np.asarray(view["port_position"], float), axis=1)
    least = 0.1
    line(ax, x, np.maximum(away, least), BLUE)
    ax.set_yscale("log")
    ax.set_ylim(least, 2.5 * greatest(away, 10.0))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda m, _: distance_words(m)))
    ax.minorticks_off()
    for k, hold in enumerate(view.facts.holds):
        ax.axhline(hold.distance_m, color=GREEN, linewidth=0.8, linestyle=(0, (4, 3)))
        # Side by side: lines that lie close leave no room for names one below the other.
        label(ax, float(ax.get_xlim()[0]), hold.distance_m, f"{distance_words(hold.distance_m)} hold", GREEN,
              offset=(4 + 66 * k, 6), fontsize=8)  # fmt: skip
    panel_title(ax, "Distance from port to port")


def plan_picture(view: PairView) -> Figure:
    """Altitude of both, phase angle and distance over time, with burns, aim point, holds and contact."""
    figure = new_figure(13.2, 10.0)
    if len(view.time) < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), NOTHING)
        headline(figure, view, view.outcome)
        return figure
    grid = figure.add_gridspec(3, 1, left=0.06, right=0.825, bottom=0.05, top=0.895, hspace=0.2,
                               height_ratios=[1.5, 0.8, 1.0])  # fmt: skip
    axes = [figure.add_subplot(grid[i]) for i in range(3)]
    for i, (ax, draw) in enumerate(zip(axes, (_draw_altitude, _draw_phase, _draw_distance), strict=True)):
        set_clock(ax, view)
        draw(ax, view)
        set_clock(ax, view)
        ax.tick_params(labelbottom=i == 2)
        mark_events(ax, view, named=i == 0)
    axes[-1].set_xlabel(view.clock[2])
    _list_burns(figure, view, 0.85, 0.902)
    note = f"plan {view.told('plan', 'name')}" if view.told("plan", "name") else ""
    time, used = view.told("time_to_dock_s"), view.told("delta_v_m_s")
    title = view.outcome + (f" {duration_words(time)} after the insertion" if time is not None else "")
    headline(figure, view, title + (f", for {used:.1f} m/s" if used is not None else ""), note)
    return figure


def _by_stage(view: PairView) -> list[tuple[str, float, float]]:
    """Propellant [kg] and delta-v [m/s] that every stage took, in the order first flown."""
    mass, speed = np.asarray(view["mass"], float), np.asarray(view["delta_v"], float)
    used, gained = -np.diff(mass, prepend=mass[0]), np.diff(speed, prepend=0.0)
    last = len(view.facts.stages) - 1
    order = list(dict.fromkeys(np.minimum(view.stage, last).tolist()))
    return [
        (view.facts.stages[k], float(used[np.minimum(view.stage, last) == k].sum()),
         float(gained[np.minimum(view.stage, last) == k].sum()))
        for k in order
    ]  # fmt: skip


def _draw_delta_v(ax: Axes, view: PairView) -> None:
    x, size, _ = view.clock
    speed = np.asarray(view["delta_v"], float)
    line(ax, x, speed, BLUE, linewidth=2.0)
    bound, aim = view.told("two_impulse_delta_v_m_s"), view.facts.aim_time / size
    top = max(greatest(speed, 0.0), bound or 0.0, 1.0)
    ax.set_ylim(0.0, 1.2 * top)
    label(ax, float(x[-1]), float(speed[-1]), f"{speed[-1]:.1f} m/s", BLUE, ha="right", va="bottom",
          offset=(0, 5), fontweight="bold")  # fmt: skip
    if bound is not None:
        end = min(aim, float(x[-1])) if aim > 0.0 else float(x[-1])
        ax.plot([0.0, end], [bound, bound], color=VERMILION, linewidth=1.2, linestyle=(0, (5, 3)))
        label(ax, 0.0, bound, f"two impulses to the aim point: {bound:.1f} m/s", VERMILION, offset=(4, 8))
    told = view.told("delta_v_to_aim_m_s")
    if told is not None and 0.0 < aim < float(x[-1]):
        ax.plot([aim], [told], marker="o", markersize=5, color=BLUE, zorder=5)
        label(ax, aim, told, f"{told:.1f} m/s at the aim point", BLUE, offset=(9, -9))
    panel_title(ax, "Delta-v delivered, m/s")


def propellant_picture(view: PairView) -> Figure:
    """Delta-v and propellant over time, and what every stage took of both."""
    figure = new_figure(13.0, 7.4)
    if len(view.time) < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), NOTHING)
        headline(figure, view, view.outcome)
        return figure
    grid = figure.add_gridspec(2, 2, left=0.05, right=0.97, bottom=0.075, top=0.865, hspace=0.25,
                               wspace=0.42, width_ratios=[1.9, 1.0])  # fmt: skip
    upper, lower, bars = (figure.add_subplot(g) for g in (grid[0, 0], grid[1, 0], grid[:, 1]))
    x, size, words = view.clock
    used = float(view["mass"][0]) - np.asarray(view["mass"], float)
    for ax in (upper, lower):
        set_clock(ax, view)
        for k, (_, start, end) in enumerate(view.spans):
            if k % 2:
                ax.axvspan(start / size, end / size, color=STAGE, zorder=0, linewidth=0)
    _draw_delta_v(upper, view)
    line(lower, x, used, ORANGE, linewidth=2.0)
    lower.set_ylim(0.0, 1.2 * max(greatest(used, 0.0), 1.0))
    label(lower, float(x[-1]), float(used[-1]), f"{used[-1]:.0f} kg", "#a86f00", ha="right", va="bottom",
          offset=(0, 5), fontweight="bold")  # fmt: skip
    panel_title(lower, "Propellant used, kg: every second stage shaded")
    lower.set_xlabel(words)
    upper.tick_params(labelbottom=False)
    mark_events(lower, view, named=True)
    mark_events(upper, view, named=False)
    _draw_stages(bars, view)
    total, speed = view.told("propellant_kg"), view.told("delta_v_m_s")
    title = (
        f"{total:.0f} kg of propellant for {speed:.1f} m/s" if None not in (total, speed) else view.outcome
    )
    bound, aim = view.told("two_impulse_delta_v_m_s"), view.told("delta_v_to_aim_m_s")
    if bound and aim and (view.stage > 0).any():
        title += f"; up to the aim point {aim / bound:.3f} times that of two impulses"
    headline(figure, view, title)
    return figure


def _draw_stages(ax: Axes, view: PairView) -> None:
    stages = _by_stage(view)
    kilograms = [max(s[1], 0.0) for s in stages]
    ax.barh(range(len(stages)), kilograms, height=0.56, color=ORANGE)
    ax.set_yticks(range(len(stages)), [s[0] for s in stages])
    ax.set_ylim(len(stages) - 0.4, -0.6)
    ax.set_xlim(0.0, 1.62 * max([*kilograms, 1.0]))
    ax.tick_params(axis="y", length=0, colors=INK)
    ax.grid(axis="y", visible=False)
    for k, (_, used, gained) in enumerate(stages):
        label(ax, max(used, 0.0), float(k), f"{used:.1f} kg, {gained:.2f} m/s", INK, offset=(5, 0))
    panel_title(ax, "By stage, kg")
