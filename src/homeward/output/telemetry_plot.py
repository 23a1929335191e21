"""Columns of saved telemetry against one another: one flight, or two in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from homeward.errors import InputError
from homeward.output.figure_style.style import BLUE, SOFT, VERMILION, line, new_figure, styled
from homeward.output.notebook_view import figures_of, title_of
from homeward.output.saved import SavedFlight

MOST = 6  # panels
ALSO = {"load": "load_factor_g", "load_g": "load_factor_g"}  # what people call them
#: What is compared of two flights, by kind: x, y.
PANELS: dict[str, tuple[tuple[str, str], ...]] = {
    "return": (
        ("speed_m_s", "altitude_m"), ("time_s", "load_factor_g"), ("time_s", "bank_deg"),
        ("longitude_deg", "latitude_deg"),
    ),
    "rendezvous": (
        ("relative_position_along_m", "relative_position_below_m"), ("time_s", "relative_velocity_along_m_s"),
        ("time_s", "delta_v_m_s"), ("time_s", "mass_kg"),
    ),
}  # fmt: skip


def column(table: Any, name: str, option: str) -> str:
    """The column of a table by its name, with or without its unit; InputError tells what is near."""
    names = list(table.column_names)
    name = ALSO.get(name, name) if name not in names else name
    if name in names:
        return name
    fits = [n for n in names if n.startswith(f"{name}_") and _unit_only(table, n, name)]
    if len(fits) == 1:
        return fits[0]
    import difflib

    like = difflib.get_close_matches(name, names, 1, 0.5)
    hint = f"; did you mean {like[0]}?" if like else ""
    raise InputError(f'{option} "{name}": expected a column of the table{hint} (docs: telemetry dictionary)')


def _unit_only(table: Any, full: str, name: str) -> bool:
    """Whether nothing but the unit follows the name."""
    from homeward.output.files.telemetry import SUFFIXES

    return full[len(name) :] in set(SUFFIXES.values())


def columns_picture(flight: SavedFlight, table: str, x: str, ys: Sequence[str]) -> Figure:
    """A panel a column, one above the other, all over ``x``. Raises ``InputError`` for a name not there."""
    data = flight.arrow_table(table)
    if not 1 <= len(ys) <= MOST:
        raise InputError(f"--y: expected 1 to {MOST} columns, not {len(ys)}")
    across = column(data, x, "--x")
    up = [column(data, y, "--y") for y in ys]
    with styled():
        figure = new_figure(9.0, 1.5 + 2.4 * len(up))
        axes = figure.subplots(len(up), 1, sharex=True, squeeze=False)[:, 0]
        for ax, name in zip(axes, up, strict=True):
            line(ax, _numbers(data, across), _numbers(data, name), BLUE)
            ax.set_ylabel(name, parse_math=False)
        axes[-1].set_xlabel(across, parse_math=False)
        _head(figure, f"{', '.join(up)} over {across}", title_of(flight.summary))
    return figure


def flights_picture(first: SavedFlight, second: SavedFlight, names: tuple[str, str]) -> Figure:
    """Two flights of one kind in four panels. Raises ``InputError`` for flights of different kinds."""
    if first.kind != second.kind or first.kind not in PANELS:
        raise InputError(
            f"compare: expected two returns or two rendezvous, not {first.kind} and {second.kind}"
        )
    tables = first.arrow_table(), second.arrow_table()
    panels = [p for p in PANELS[first.kind] if all(n in t.column_names for t in tables for n in p)]
    with styled():
        figure = new_figure(11.0, 7.6)
        axes = figure.subplots(2, 2).flat
        for ax, (x, y) in zip(axes, panels, strict=False):
            for table, name, color in zip(tables, names, (BLUE, VERMILION), strict=True):
                line(ax, _numbers(table, x), _numbers(table, y), color, label=name)
            ax.set_xlabel(x)
            ax.set_ylabel(y)
        for ax in list(axes)[len(panels) :]:
            ax.set_visible(False)
        figure.axes[0].legend(frameon=False, fontsize=8.5)
        both = f"{title_of(first.summary)}  |  {title_of(second.summary)}"
        _head(figure, f"{names[0]} (blue) and {names[1]} (orange)", both)
    return figure


def compared(first: SavedFlight, second: SavedFlight) -> list[tuple[str, str, str]]:
    """Name and value of each main figure of both, a dash where one has none."""
    a, b = dict(figures_of(first.summary)), dict(figures_of(second.summary))
    return [(name, a.get(name, "-"), b.get(name, "-")) for name in dict.fromkeys([*a, *b])]


def _numbers(table: Any, name: str) -> np.ndarray:
    return np.asarray(table.column(name).to_numpy(), float)


def _head(figure: Figure, title: str, note: str) -> None:
    height = float(figure.get_size_inches()[1])
    figure.subplots_adjust(left=0.10, right=0.97, bottom=0.6 / height, top=1.0 - 0.85 / height, hspace=0.28)
    figure.text(0.10, 1.0 - 0.2 / height, title, fontsize=12.5, fontweight="bold", va="top", parse_math=False)
    figure.text(0.10, 1.0 - 0.5 / height, note, fontsize=9, color=SOFT, va="top", parse_math=False)
