"""Finds room for words: names of places set beside their marks, clear of lines and of one another."""

from __future__ import annotations

import dataclasses

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from homeward.output.figure_style.style import INK, PAPER

# Directions a name may stand in, best first: right and left read best, straight above and below last.
SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))


@dataclasses.dataclass(frozen=True)
class Name:
    """Words that belong to a point of the data."""

    text: str
    x: float
    y: float
    color: str = INK
    size: float = 8.5
    weight: str = "normal"
    gap: float = 7.0  # points between the mark and the words


def _boxes(name: Name, at: np.ndarray, dpi: float) -> list[tuple[tuple[int, int], float, np.ndarray]]:
    """Candidate boxes [x0, y0, x1, y1] in pixels, with the side and the distance in points."""
    pixel = dpi / 72.0
    wide = 0.72 if name.weight == "bold" else 0.60
    width, height = wide * name.size * len(name.text) * pixel, 1.35 * name.size * pixel
    found = []
    for further in (1.0, 2.6):
        for side in SIDES:
            reach = name.gap * further * (0.75 if side[0] and side[1] else 1.0)
            x, y = at[0] + side[0] * reach * pixel, at[1] + side[1] * reach * pixel
            x0 = x if side[0] > 0 else x - width if side[0] < 0 else x - 0.5 * width
            y0 = y - 0.5 * height if side[0] else y if side[1] > 0 else y - height
            found.append((side, reach, np.array([x0, y0, x0 + width, y0 + height])))
    return found


def place_names(ax: Axes, names: list[Name], lines: list[tuple[np.ndarray, np.ndarray]]) -> list[np.ndarray]:
    """Sets each name on the side of its point that hides least; call it when the limits stand.

    ``lines`` are the drawn paths (x, y) that words should keep off. Returns the boxes of the words
    [x0, y0, x1, y1] in pixels.
    """
    ax.apply_aspect()
    figure = ax.get_figure(root=True)
    if figure is None:
        return []
    dpi = float(figure.dpi)
    frame = ax.get_window_extent()
    drawn = [dense(ax.transData.transform(np.column_stack(xy))) for xy in lines if len(xy[0])]
    marks = ax.transData.transform(np.array([(n.x, n.y) for n in names])) if names else np.zeros((0, 2))
    taken: list[np.ndarray] = []
    for i, name in enumerate(names):
        best, chosen = np.inf, None
        for rank, (side, reach, box) in enumerate(_boxes(name, marks[i], dpi)):
            cost = 0.15 * rank
            cost += sum(0.5 * min(int(inside(d, box)), 12) for d in drawn)
            cost += 6.0 * inside(np.delete(marks, i, axis=0), box + np.array([-6, -4, 6, 4]))
            cost += 20.0 * sum(overlap(box, other) for other in taken)
            out = max(frame.x0 - box[0], box[2] - frame.x1, frame.y0 - box[1], box[3] - frame.y1, 0.0)
            cost += 4.0 * (out > 0.0) + 0.3 * out
            if cost < best:
                best, chosen = cost, (side, reach, box)
        if chosen is None:
            continue
        side, reach, box = chosen
        taken.append(box)
        ax.annotate(
            name.text,
            (name.x, name.y),
            xytext=(side[0] * reach, side[1] * reach),
            textcoords="offset points",
            ha={1: "left", -1: "right", 0: "center"}[side[0]],
            va="center" if side[0] else ("bottom" if side[1] > 0 else "top"),
            fontsize=name.size,
            fontweight=name.weight,
            color=name.color,
            annotation_clip=True,
            parse_math=False,
            path_effects=[withStroke(linewidth=2.6, foreground=PAPER)],
        )
    return taken


def dense(path: np.ndarray) -> np.ndarray:
    """A path [pixels] with a point every few pixels."""
    path = path[np.isfinite(path).all(axis=1)]
    if len(path) < 2:
        return path
    path = path[:: max(1, len(path) // 2000)]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    even = np.linspace(0.0, along[-1], int(min(along[-1] / 5.0, 4000)) + 2)
    return np.column_stack([np.interp(even, along, path[:, 0]), np.interp(even, along, path[:, 1])])


def inside(points: np.ndarray, box: np.ndarray) -> int:
    """How many points, shape (n, 2), lie in a box."""
    if not len(points):
        return 0
    x, y = points[:, 0], points[:, 1]
    return int(((x > box[0]) & (x < box[2]) & (y > box[1]) & (y < box[3])).sum())


def overlap(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two boxes share ground."""
    return bool(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])
