"""Pictures of the abort map: how long the way home is along the ground track, and over mission time."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure

from homeward.output.figure_style.coast_lines import draw_land
from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    VERMILION,
    marker,
    new_figure,
    panel_title,
    shade_spans,
    styled,
)

COLORS = {"site": VERMILION, "land": GREEN, "sea": BLUE}
BACKUPS = (ORANGE, PURPLE, INK)
WITHIN = [30.0, 45.0, 60.0, 75.0, 90.0, 120.0, 180.0, 240.0]  # min: land within so many, by colour


def color_of(name: str) -> str:
    """The colour of a class of site, the same in both pictures."""
    return COLORS.get(name) or BACKUPS[(int(name.split()[1]) - 1) % len(BACKUPS)]


def title_of(name: str, found: Mapping[str, Any]) -> str:
    """A class of site in words."""
    if name in ("land", "sea"):
        return f"any {name}" if name == "land" else "sea"
    k = 0 if name == "site" else int(name.split()[1])
    return f"{found['sites'][k]['name']}{'' if k == 0 else ' (back-up)'}"


def map_figure(found: Mapping[str, Any]) -> Figure:
    """Two maps: the ground track by the time to the earliest landing anywhere, and on land or at a site.

    Crosses are the landing points.
    """
    rows = found["rows"]
    names = list(rows[0]["landings"])
    with styled():
        figure = new_figure(10.2, 10.4)
        upper = figure.add_axes((0.06, 0.545, 0.86, 0.41))
        lower = figure.add_axes((0.06, 0.055, 0.86, 0.41))
        bar = figure.add_axes((0.935, 0.055, 0.015, 0.9))
        shown = _map(upper, found, names)
        panel_title(upper, f"{found['scenario']}: time to the earliest landing, sea included; +: where it is")
        _map(lower, found, [n for n in names if n != "sea"])
        panel_title(lower, "the same on land")
        figure.colorbar(shown, cax=bar, ticks=WITHIN).set_label("lands within so many minutes", color=INK)
        bar.tick_params(colors=SOFT)
    return figure


def _map(ax: Axes, found: Mapping[str, Any], names: list[str]):
    ax.set_xlim(-180.0, 180.0)
    ax.set_ylim(-65.0, 65.0)
    ax.set_xticks(np.arange(-180.0, 181.0, 60.0))
    ax.set_yticks(np.arange(-60.0, 61.0, 30.0))
    draw_land(ax)
    x, y, wait = [], [], []
    for row in found["rows"]:
        ways = [(row["landings"][n]["time_to_landing_s"], n) for n in names if row["landings"][n]]
        x.append(row["longitude_deg"])
        y.append(row["latitude_deg"])
        wait.append(min(ways)[0] / 60.0 if ways else np.nan)
        if ways:
            there = row["landings"][min(ways)[1]]
            ax.plot(
                there["longitude_deg"], there["latitude_deg"], "+", color=color_of(min(ways)[1]),
                markersize=5, zorder=3,
            )  # fmt: skip
    shown = ax.scatter(
        x,
        y,
        c=wait,
        s=9,
        cmap="viridis",
        norm=BoundaryNorm(WITHIN, 256, extend="max"),
        zorder=2,
        linewidths=0,
    )
    for site in found["sites"]:
        marker(ax, site["longitude_deg"], site["latitude_deg"], "site")
    return shown


def timeline_figure(found: Mapping[str, Any]) -> Figure:
    """Time to landing [h] over mission time [h], a line for each class of site; below, the loads."""
    rows = found["rows"]
    time = np.array([row["time_s"] for row in rows]) / 3600.0
    with styled():
        figure = new_figure(10.2, 7.6)
        upper = figure.add_axes((0.075, 0.42, 0.78, 0.52))
        lower = figure.add_axes((0.075, 0.07, 0.78, 0.26), sharex=upper)
        taken: list[float] = []
        for name in rows[0]["landings"]:
            wait = _series(rows, name, "time_to_landing_s") / 3600.0
            _stepped(upper, time, wait, color_of(name))
            last = wait[np.isfinite(wait)]
            if len(last):
                place = float(last[-1])
                while any(abs(np.log(place / other)) < 0.22 for other in taken):
                    place *= 1.1
                taken.append(place)
                upper.annotate(
                    title_of(name, found), (1.0, place), xycoords=("axes fraction", "data"), xytext=(5, 0),
                    textcoords="offset points", color=color_of(name), fontsize=8.5, va="center",
                )  # fmt: skip
        upper.set_yscale("log")
        upper.set_yticks(
            [0.5, 1, 2, 3, 6, 12, 24, 48, 72], ["0.5", "1", "2", "3", "6", "12", "24", "48", "72"]
        )
        upper.minorticks_off()
        panel_title(upper, f"{found['scenario']}: time to the earliest landing [h] at each class of site")
        if found["docking_s"] is not None:
            docking = found["docking_s"] / 3600.0
            for ax in (upper, lower):
                shade_spans(
                    ax, [(docking, float(time[-1]))] if time[-1] > docking else [], "docked", SKY + "22"
                )
        earliest = [row["landings"][row["earliest"]] if row["earliest"] else None for row in rows]
        for key, color, text in (("load_g", BLUE, "nominal"), ("ballistic_load_g", VERMILION, "ballistic")):
            values = np.array([np.nan if way is None else way[key] for way in earliest], float)
            _stepped(lower, time, values, color)
            lower.axhline(found["load_limit_g" if key == "load_g" else "ballistic_load_limit_g"],
                          color=color, linewidth=0.8, linestyle="--")  # fmt: skip
            lower.annotate(
                text, (1.0, values[np.isfinite(values)][-1] if np.isfinite(values).any() else 0.0),
                xycoords=("axes fraction", "data"), xytext=(5, 0), textcoords="offset points", color=color,
                fontsize=8.5, va="center",
            )  # fmt: skip
        lower.set_ylim(bottom=0.0)
        panel_title(lower, "peak load of the earliest landing [g]; dashed: its limit")
        lower.set_xlabel("h since the insertion")
        upper.tick_params(labelbottom=False)
    return figure


def _series(rows: Any, name: str, key: str) -> np.ndarray:
    return np.array([np.nan if row["landings"][name] is None else row["landings"][name][key] for row in rows])


def _stepped(ax: Axes, x: np.ndarray, y: np.ndarray, color: str) -> None:
    """A line that is broken where the burn becomes another; till then the way home falls evenly."""
    ax.plot(x, np.where(np.abs(np.diff(y, prepend=y[0])) > 0.25 * np.abs(y), np.nan, y), color=color, lw=1.3)


__all__ = ["map_figure", "timeline_figure"]
