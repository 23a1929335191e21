"""The fast record of a ship that turns, as its pictures ask for it."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from homeward.output.figure_style.style import BLUE, GREEN, SOFT, VERMILION, line
from homeward.output.views.return_view import FlightView, greatest

BODY_AXES = (("roll, x", BLUE), ("pitch, y", VERMILION), ("yaw, z", GREEN))
GAP = 5.0  # s between two rows from which a line is broken: in between the ship was flown as a point


def body_time(view: FlightView) -> np.ndarray:
    """Seconds since the epoch of the fast rows, shape (n,); none where the ship is a point mass."""
    return np.asarray(view.body.get("time", ()), float)


def rows_between(view: FlightView, start: float, end: float) -> slice:
    """Fast rows of a stretch of time [s since the epoch]."""
    t = body_time(view)
    return slice(int(np.searchsorted(t, start)), int(np.searchsorted(t, end, "right")))


def leg_span(view: FlightView, name: str) -> tuple[float, float] | None:
    """Start and end [s since the epoch] of the leg of a name, None if it was not flown."""
    found = next((leg for leg in view.legs if str(leg["name"]).lower() == name), None)
    return None if found is None else (float(found["start"]), float(found["end"]))


def interpolated(view: FlightView, channel: str, time: np.ndarray) -> np.ndarray:
    """A channel of the slow record at the fast record's times."""
    return np.interp(time, view.time, np.asarray(view[channel], float))


def turn_degrees(angle: np.ndarray) -> np.ndarray:
    """An angle of attack in degrees from 0 to 360: with the heat shield first it does not jump at 180."""
    return np.degrees(angle) % 360.0


def broken(time: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The values with a hole where the record has one."""
    values = np.array(values, float)
    values[1:][np.diff(time) > GAP] = np.nan
    return values


def draw_rates(ax: Axes, x: np.ndarray, rates: np.ndarray, which: tuple[int, ...] = (0, 1, 2)) -> None:
    """Body rates [deg/s] from rates in rad/s, shape (n, 3); their names stand over the panel's right edge."""
    degrees = np.degrees(rates)
    most = greatest(np.abs(degrees[:, list(which)]), 0.1) or 0.1
    ax.axhline(0.0, color=SOFT, linewidth=0.7)
    for i in which:
        line(ax, x, broken(x, degrees[:, i]), BODY_AXES[i][1], linewidth=0.9)
    ax.set_ylim(-1.15 * most, 1.15 * most)
    back = 0.0
    for i in reversed(which):
        words, color = BODY_AXES[i]
        ax.annotate(words, (1.0, 1.0), xycoords="axes fraction", xytext=(-back, 6.0), color=color,
                    textcoords="offset points", ha="right", va="baseline", fontsize=9)  # fmt: skip
        back += 4.6 * len(words) + 14.0


def from_air(attack: np.ndarray, aside: np.ndarray) -> np.ndarray:
    """Angle [deg] between the axis and the air flow: 0 where the heat shield is straight ahead."""
    x = np.cos(attack) * np.cos(aside)
    return np.degrees(np.arccos(np.clip(-x, -1.0, 1.0)))
