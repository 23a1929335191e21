"""Picture of the way as the station sees it: in the orbital plane and from above, at three scales."""

from __future__ import annotations

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Polygon, Rectangle

from homeward.output.figure_style.labels import Name, place_names
from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    PURPLE,
    SOFT,
    VERMILION,
    headline,
    label,
    line,
    missing,
    new_figure,
    panel_title,
)
from homeward.output.rendezvous.timeline import NOTHING, distance_words
from homeward.output.views.rendezvous_view import FIRST_STEP, PairView

ELLIPSOID = (2000.0, 1000.0, 1000.0)  # m, half axes along x, y, z of L: the approach ellipsoid
STAGES = (("far guidance", PURPLE), ("homing", BLUE), ("approach", INK))
WIDTH, HEIGHT = 4.55, 3.75  # inches of a panel


@dataclasses.dataclass(frozen=True)
class Window:
    """A part of L to show [m]: its middle, how wide it is, and by what lengths are told."""

    name: str
    middle: tuple[float, float, float]
    width: float
    unit: float
    unit_name: str


def _windows(view: PairView) -> list[Window]:
    f = view.facts
    ahead = 1.0 if f.holds[0].place_L[0] > 0.0 else -1.0
    axis, reach = np.array(f.C_DL[0]), f.holds[0].distance_m
    near = (90.0 * float(axis[0]), 90.0 * float(axis[1]), 90.0 * float(axis[2]))
    return [
        Window("100 km", (-40e3, 0.0, 12e3), 125e3, 1e3, "km"),
        Window(distance_words(reach), (0.35 * ahead * reach, 0.0, 0.17 * reach), 2.1 * reach, 1e3, "km"),
        Window("200 m", near, 420.0, 1.0, "m"),
    ]


def _path(ax: Axes, view: PairView, window: Window, v: int) -> list[tuple[np.ndarray, np.ndarray]]:
    place = np.array(view["position_L"], float)
    if window.width < 50e3:  # what passes far above or below is no part of the picture
        place[(np.abs(place - np.array(window.middle)) > 0.6 * window.width).any(axis=1)] = np.nan
    place /= window.unit
    kind = np.minimum(view.stage, FIRST_STEP)
    lines = []
    for k, (_, color) in enumerate(STAGES):
        rows = np.flatnonzero(kind == k)
        if not rows.size:
            continue
        shown = place[rows[0] : rows[-1] + 2].copy()
        shown[np.append(kind[rows[0] : rows[-1] + 2][:-1] != k, False)] = np.nan
        line(ax, shown[:, 0], shown[:, v], color)
        lines.append((shown[:, 0], shown[:, v]))
    return lines


Outlines = list[tuple[np.ndarray, np.ndarray]]


def draw_zones(ax: Axes, view: PairView, window: Window, v: int) -> Outlines:
    """Ellipsoid, keep-out sphere, corridor and the station itself, in the plane of x and axis ``v``."""
    f, unit = view.facts, window.unit
    turn = np.linspace(0.0, 2.0 * np.pi, 200)
    outlines = [(f.keep_out_m / unit * np.cos(turn), f.keep_out_m / unit * np.sin(turn))]
    if 1e3 < window.width < 50e3:
        a, b = ELLIPSOID[0] / unit, ELLIPSOID[v] / unit
        ax.add_patch(Ellipse((0.0, 0.0), 2.0 * a, 2.0 * b, fill=False, edgecolor=SOFT, linewidth=1.1,
                             linestyle=(0, (5, 3))))  # fmt: skip
        outlines.append((a * np.cos(turn), b * np.sin(turn)))
    out = 2.0 * f.keep_out_m / unit
    ax.add_patch(Ellipse((0.0, 0.0), out, out, facecolor="#fbe9df", edgecolor=VERMILION, linewidth=1.1,
                         linestyle=(0, (5, 3)), zorder=0.6))  # fmt: skip
    half = (f.half_size_m[0] / unit, f.half_size_m[v] / unit)
    if window.width > 1e3:
        ax.plot([0.0], [0.0], marker="s", markersize=5, color=INK, zorder=4)
        return outlines
    ax.add_patch(Rectangle((-half[0], -half[1]), 2.0 * half[0], 2.0 * half[1], facecolor="#c9d1d8",
                           edgecolor=INK, linewidth=1.0, zorder=2))  # fmt: skip
    return [*outlines, *_corridor(ax, view, window, v)]


def _corridor(ax: Axes, view: PairView, window: Window, v: int) -> Outlines:
    f, unit = view.facts, window.unit
    axis, port = np.array(f.C_DL[0])[[0, v]], np.array(f.port_L)[[0, v]] / unit
    length, slope = f.keep_out_m / unit, np.tan(np.radians(min(f.corridor_deg, 80.0)))
    if np.hypot(*axis) < 0.5:  # seen along its axis: a circle
        size = 2.0 * length * slope
        at = (float(port[0]), float(port[1]))
        ax.add_patch(Ellipse(at, size, size, facecolor="#d9efe7", edgecolor=GREEN, linewidth=0.9, zorder=0.8))
        return []
    side = np.array([-axis[1], axis[0]]) * length * slope
    corners = np.array([port + axis * length + side, port, port + axis * length - side])
    ax.add_patch(Polygon(corners, facecolor="#d9efe7", edgecolor=GREEN, linewidth=0.9, zorder=0.8))
    return [(corners[:, 0], corners[:, 1])]


def _names(view: PairView, window: Window, v: int, box: tuple[float, float, float, float]) -> list[Name]:
    f, unit = view.facts, window.unit

    def at(text: str, place: tuple[float, ...] | np.ndarray, color: str, gap: float = 8.0) -> Name:
        return Name(text, float(place[0]) / unit, float(place[v]) / unit, color, gap=gap)

    # A hold is named at the scale at which it does not run into the next one.
    holds = [h for h in f.holds if h.distance_m > 0.06 * window.width]
    found = [at(f"{distance_words(h.distance_m)} hold", h.place_L, GREEN) for h in holds]
    found.append(at("aim point", f.aim_L, GREEN))
    if f.midway_L is not None and window.width < 50e3:
        found.append(at("midway", f.midway_L, GREEN))
    x0, x1, y0, y1 = box
    if window.width < 1e3:
        turn = np.radians(np.arange(5.0, 365.0, 15.0))
        edge = f.keep_out_m / unit * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        # Where the sphere is deepest in the picture and off the corridor.
        room = np.minimum(
            np.minimum(edge[:, 0] - x0, x1 - edge[:, 0]), np.minimum(edge[:, 1] - y0, y1 - edge[:, 1])
        )
        room -= 0.4 * np.maximum(edge @ np.array(f.C_DL[0])[[0, v]] - 0.8 * f.keep_out_m / unit, 0.0) * 10.0
        best = edge[int(np.argmax(room))]
        found.append(Name("keep-out sphere", float(best[0]), float(best[1]), VERMILION, gap=6.0))
    elif window.width < 50e3:
        edge = np.array([-0.5 * ELLIPSOID[0], 0.0, 0.0])
        edge[v] = 0.866 * ELLIPSOID[v]
        found.append(at("approach ellipsoid", edge, SOFT, 4.0))
        found.insert(0, at("station", np.zeros(3), INK, 12.0))
    else:
        found.insert(0, at("station", np.zeros(3), INK))
    apart: list[Name] = []
    for name in found:  # what stands behind another mark, or the station, is not named
        behind = window.width < 1e3 and np.hypot(name.x, name.y) < 0.02 * (x1 - x0)
        if not behind and all(np.hypot(name.x - o.x, name.y - o.y) > 0.02 * (x1 - x0) for o in apart):
            apart.append(name)
    return [n for n in apart if x0 < n.x < x1 and y0 < n.y < y1]


def name_station(ax: Axes, view: PairView, v: int) -> None:
    """The station's name on the side away from its port."""
    axis = np.array(view.facts.C_DL[0])[[0, v]]
    x, y = view.facts.half_size_m[0], view.facts.half_size_m[v]
    if abs(axis[0]) > 0.5:
        label(ax, float(-np.sign(axis[0]) * x), 0.0, "station", INK, offset=(-7 * np.sign(axis[0]), 0),
              ha="right" if axis[0] > 0.0 else "left")  # fmt: skip
    else:
        label(ax, 0.0, -y, "station", INK, offset=(0, 10), ha="center")


def _draw(ax: Axes, view: PairView, window: Window, v: int) -> None:
    unit, m = window.unit, np.array(window.middle)
    half = 0.5 * window.width
    high, ratio = half * HEIGHT / WIDTH, 1.0
    aside = np.abs(np.asarray(view["position_L"], float)[:, 1])[np.abs(view["position_L"][:, 0]) < 2.0 * half]
    if v == 1 and window.width > 50e3:
        # Nearly a plane: sideways at a scale of its own.
        ratio = 10.0 if float(aside.max(initial=0.0)) < 0.09 * high else 1.0
        high /= ratio
    x = ((m[0] - half) / unit, (m[0] + half) / unit)
    y = ((m[v] - high) / unit, (m[v] + high) / unit)
    ax.set_xlim(*x)
    ax.set_ylim(y[1], y[0])  # below and to starboard downward
    outlines = draw_zones(ax, view, window, v)
    lines = _path(ax, view, window, v)
    names = _names(view, window, v, (*x, *y))
    for name in names:
        if "hold" in name.text or name.text in ("aim point", "midway"):
            ax.plot([name.x], [name.y], marker="D", markersize=5, mfc="#ffffff", mec=GREEN, mew=1.3, zorder=5)
    ax.set_aspect(ratio, adjustable="box")
    place_names(ax, names, lines + outlines)
    if window.width < 1e3:
        name_station(ax, view, v)
    across = "below" if v == 2 else "across" + (" (ten times enlarged)" if ratio > 1.0 else "")
    panel_title(ax, f"{window.name}: along the track and {across}, {window.unit_name}")


def _legend(figure: Figure, view: PairView) -> None:
    """Names of the stages in their colours, in the upper right corner."""
    right = 0.985
    for k in (2, 1, 0):
        if (np.minimum(view.stage, FIRST_STEP) == k).any():
            words, color = STAGES[k]
            height = float(figure.get_size_inches()[1])
            figure.text(right, 1.0 - 0.2 / height, words, color=color, fontsize=9.5, fontweight="bold",
                        ha="right", va="top")  # fmt: skip
            right -= 0.0058 * len(words) + 0.014


def path_picture(view: PairView) -> Figure:
    """The way in the station's orbital frame: upper row from the side, lower row from above."""
    figure = new_figure(15.6, 9.6)
    if len(view.time) < 2:
        missing(figure.add_axes((0.05, 0.05, 0.9, 0.8)), NOTHING)
        headline(figure, view, view.outcome)
        return figure
    grid = figure.add_gridspec(2, 3, left=0.035, right=0.985, bottom=0.04, top=0.885, hspace=0.16, wspace=0.1)
    for c, window in enumerate(_windows(view)):
        for r, v in enumerate((2, 1)):
            _draw(figure.add_subplot(grid[r, c]), view, window, v)
    _legend(figure, view)
    nearest = view.told("min_range_outside_corridor_m")
    title = view.outcome
    if nearest is not None:
        kept = nearest >= view.facts.keep_out_m
        title += f"; outside the corridor never nearer than {nearest:.0f} m" if kept else (
            f"; {nearest:.0f} m from the station outside the corridor, inside the keep-out sphere"
        )  # fmt: skip
    headline(figure, view, title, "station's orbital frame: right is ahead, down is below or to starboard")
    return figure
