"""Pictures of the attitude in the air: from the separation to the opening, and under the parachutes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from homeward.output.figure_style.body_record import (
    body_time,
    draw_rates,
    from_air,
    interpolated,
    leg_span,
    rows_between,
    turn_degrees,
)
from homeward.output.figure_style.style import (
    INK,
    SKY,
    SOFT,
    event_lines,
    headline,
    line,
    missing,
    new_figure,
    panel_title,
    shade_spans,
)
from homeward.output.returns.entry import NO_ENTRY, blackout_spans, entry_time
from homeward.output.returns.guidance import bank_line
from homeward.output.returns.timeline import STAGES
from homeward.output.views.return_view import FlightView, greatest

BEFORE_OPENING = 5.0  # s that the swing is shown before the opening,
AFTER_STAGE, LONGEST = 15.0, 240.0  # s after the last change of canopy, and since the opening at most
FELT = 0.05  # change of the load by which a new canopy is noticed


def whole_degrees() -> MaxNLocator:
    """Ticks at whole degrees."""
    return MaxNLocator(6, integer=True, steps=[1, 2, 4, 5, 10])


def _air_rows(view: FlightView) -> slice:
    """Fast rows from the service module's separation, or the interface, to the opening."""
    start = (leg_span(view, "coast to interface") or leg_span(view, "entry") or (float("inf"),) * 2)[0]
    if not np.isfinite(start) and view.interface is not None:
        start = float(view.time[view.interface])
    return rows_between(view, start, (leg_span(view, "entry") or (0.0, float(view.time[-1])))[1])


def draw_attack(ax: Axes, view: FlightView, rows: slice, x: np.ndarray) -> None:
    """Angle of attack over the trim angle at the Mach number flown."""
    attack = turn_degrees(view.body["angle_of_attack"][rows])
    trim = view.facts.trim
    if trim is not None:
        in_air = x >= 0.0
        wanted = np.interp(interpolated(view, "mach", body_time(view)[rows]), trim[0], trim[1])
        line(ax, x[in_air], turn_degrees(wanted)[in_air], SKY, linewidth=3.6, alpha=0.75)
    line(ax, x, attack, INK, linewidth=0.9)
    ax.yaxis.set_major_locator(whole_degrees())
    panel_title(ax, "Angle of attack, °: trim at the Mach number flown blue, flown black")


def draw_flown_bank(ax: Axes, view: FlightView, rows: slice, x: np.ndarray) -> None:
    """Bank commanded and flown, row by row of the fast record."""
    ax.axhline(0.0, color=SOFT, linewidth=0.7)
    bank_line(ax, x, view.body["bank_command"][rows], SKY, linewidth=3.4, alpha=0.75)
    bank_line(ax, x, view.body["bank"][rows], INK, linewidth=1.0)
    most = greatest(np.abs(np.degrees(view.body["bank_command"][rows])), 0.0)
    reach = 180.0 if most > 110.0 else 120.0
    ax.set_ylim(-reach, reach)
    ax.set_yticks(np.arange(-reach, reach + 1, 60.0))
    panel_title(ax, "Bank angle, ° (right positive): commanded blue, flown black")


def attitude_picture(view: FlightView) -> Figure:
    """Angle of attack, sideslip, bank and body rates from the separation to the opening."""
    figure = new_figure(10.4, 10.4)
    rows = _air_rows(view)
    if rows.stop - rows.start < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), NO_ENTRY)
        headline(figure, view, "No entry was flown")
        return figure
    grid = figure.add_gridspec(
        5,
        1,
        left=0.06,
        right=0.98,
        bottom=0.05,
        top=0.895,
        hspace=0.36,
        height_ratios=[1.3, 0.8, 1.4, 1, 0.9],
    )
    _, start = entry_time(view)
    x = body_time(view)[rows] - start
    axes = [figure.add_subplot(grid[i]) for i in range(5)]
    for i, ax in enumerate(axes):
        ax.set_xlim(float(x[0]), float(x[-1]) + 0.01 * float(x[-1] - x[0]))
        shade_spans(ax, blackout_spans(view, start), "black-out" if i == 0 else "")
        ax.tick_params(labelbottom=i == len(axes) - 1)
    draw_attack(axes[0], view, rows, x)
    line(axes[1], x, np.degrees(view.body["sideslip"][rows]), INK, linewidth=0.9)
    axes[1].axhline(0.0, color=SOFT, linewidth=0.7)
    panel_title(axes[1], "Sideslip, °")
    draw_flown_bank(axes[2], view, rows, x)
    rates = np.asarray(view.body["omega_BI_B"][rows], float)
    draw_rates(axes[3], x, rates, (0, 2))
    panel_title(axes[3], "Rates of roll and yaw, °/s: a bank about the velocity takes both")
    draw_rates(axes[4], x, rates, (1,))
    panel_title(axes[4], "Rate of pitch, °/s")
    for ax in axes:
        event_lines(ax, [(0.0, "interface" if ax is axes[0] else "")], top=False)
    axes[-1].set_xlabel("seconds since the entry interface")
    headline(figure, view, _attitude_words(view), "from the separation of the service module to the opening"
             if leg_span(view, "coast to interface") else "from the interface to the opening")  # fmt: skip
    return figure


def _attitude_words(view: FlightView) -> str:
    if view.told("attitude", "tumbled"):
        return "The capsule tumbled in the entry"
    attack = view.told("attitude", "angle_of_attack_error_deg_max")
    bank = view.told("attitude", "bank_error_deg_max_outside_reversals")
    words = []
    if attack is not None:
        words.append(f"Within {attack:.1f}° of the trim angle")
    if bank is not None:
        words.append(f"within {bank:.1f}° of a steady bank command")
    return ", ".join(words) or "Attitude in the entry"


def _stages(view: FlightView, opened: float) -> list[tuple[float, str]]:
    """Seconds since the opening at which a stage of the parachutes is reached, and its name."""
    stage = np.asarray(view["parachute_stage"])
    found = []
    for k in np.flatnonzero(np.diff(stage) > 0) + 1:
        # The slow row that first knows of a stage is up to a second late: the fast load tells the moment.
        rows = rows_between(view, float(view.time[k - 1]), float(view.time[k]))
        load = np.asarray(view.body["load_factor"][rows], float)
        felt = np.flatnonzero(np.abs(load - load[:1]) > FELT * load[:1])
        when = body_time(view)[rows][felt[0]] if felt.size else view.time[k]
        found.append((float(when) - opened if stage[k] > 1 else 0.0, STAGES.get(int(stage[k]), "")))
    return found


def swing_picture(view: FlightView) -> Figure:
    """How the capsule swings from the opening on: angle from the air flow, and body rates."""
    figure = new_figure(7.4, 6.2)
    span = leg_span(view, "descent")
    rows = slice(0, 0)
    if span is not None and view.opened is not None and view.body:
        stages = _stages(view, span[0])
        last = min(max([t for t, _ in stages], default=0.0) + AFTER_STAGE, LONGEST)
        rows = rows_between(view, span[0] - BEFORE_OPENING, span[0] + last)
    if span is None or rows.stop - rows.start < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.75)), "The flight ended before a parachute opened.")
        headline(figure, view, "No descent under a parachute")
        return figure
    grid = figure.add_gridspec(2, 1, left=0.085, right=0.975, bottom=0.085, top=0.84, hspace=0.28)
    axes = [figure.add_subplot(grid[i]) for i in range(2)]
    x = body_time(view)[rows] - span[0]
    for ax in axes:
        ax.set_xlim(-BEFORE_OPENING, max(float(x[-1]), 1.0))
    angle = from_air(view.body["angle_of_attack"][rows], view.body["sideslip"][rows])
    line(axes[0], x, angle, INK, linewidth=1.1)
    axes[0].yaxis.set_major_locator(whole_degrees())
    axes[0].set_ylim(0.0, 1.3 * max(greatest(angle, 1.0), 1.0))
    panel_title(axes[0], "Angle of the heat shield's axis from the air flow, °")
    rates = np.asarray(view.body["omega_BI_B"][rows], float)
    draw_rates(axes[1], x, rates)
    panel_title(axes[1], "Body rates, °/s")
    axes[1].set_xlabel("seconds since the parachute opened")
    for ax in axes:
        event_lines(ax, [(t, w if ax is axes[0] else "") for t, w in stages if t <= x[-1]])
    fastest = np.degrees(greatest(np.abs(rates[x >= 0.0])))
    title = f"Turns at up to {fastest:.0f}°/s"
    hang = view.told("attitude", "hang_angle_deg")
    title += f", hangs {hang:.1f}° off the flow" if hang is not None else ""
    headline(figure, view, title)
    return figure
