"""Coast lines for maps: the land of Natural Earth, 1:110 million (public domain), as in the console."""

from __future__ import annotations

import itertools
import json
from functools import cache
from importlib.resources import files

import numpy as np
from matplotlib.axes import Axes

from homeward.output.views.return_view import local_km

LAND, SHORE = "#f1f0ea", "#c3c2b5"


@cache
def rings() -> tuple[np.ndarray, ...]:
    """Outlines of the land, each (n, 2): longitude, which runs on across +-180, and latitude [deg]."""
    text = (files("homeward") / "console" / "static" / "land.json").read_text(encoding="utf-8")
    found = []
    for told in json.loads(text)["rings"]:
        ring = np.array(told, float).reshape(-1, 2)
        ring[:, 0] = np.unwrap(ring[:, 0], period=360.0)
        if np.ptp(ring[:, 0]) > 355.0:  # about a pole: a map over latitude and longitude is filled up to it
            pole = np.sign(ring[:, 1].mean()) * 90.0
            ring = np.concatenate([ring, [[ring[-1, 0], pole], [ring[0, 0], pole]]])
        found.append(ring)
    return tuple(found)


def draw_land(ax: Axes) -> None:
    """The land behind a map over longitude and latitude [deg] that may run on across +-180 deg."""
    low, high = ax.get_xlim()
    bottom, top = ax.get_ylim()
    for turn in np.arange(np.floor((low - 180.0) / 360.0), np.ceil((high + 180.0) / 360.0) + 1.0) * 360.0:
        for ring in rings():
            x, y = ring[:, 0] + turn, ring[:, 1]
            if x.max() < low or x.min() > high or y.max() < bottom or y.min() > top:
                continue
            ax.fill(x, y, facecolor=LAND, edgecolor=SHORE, linewidth=0.6, zorder=0)
    ax.set_xlim(low, high)
    ax.set_ylim(bottom, top)


def draw_shores(ax: Axes, latitude_deg: float, longitude_deg: float) -> None:
    """The shores behind a map in km east and north of a place, as far as its tangent plane serves.

    The outlines are true to some ten kilometres: of use in a map of a hundred and more.
    """
    low, high = ax.get_xlim()
    bottom, top = ax.get_ylim()
    reach = float(np.hypot(max(abs(low), abs(high)), max(abs(bottom), abs(top))))
    home = np.radians([latitude_deg, longitude_deg])
    for ring in rings():
        lon, lat = np.radians(_dense(ring)).T
        cosine = np.sin(lat) * np.sin(home[0]) + np.cos(lat) * np.cos(home[0]) * np.cos(lon - home[1])
        near = 6371.0 * np.arccos(np.clip(cosine, -1.0, 1.0)) < min(1.5 * reach + 200.0, 4000.0)
        if near.sum() < 2:
            continue
        east, north = local_km(lat, lon, float(home[0]), float(home[1]))
        ax.plot(
            np.where(near, east, np.nan), np.where(near, north, np.nan), color=SHORE, linewidth=0.8, zorder=0
        )
    ax.set_xlim(low, high)
    ax.set_ylim(bottom, top)


def _dense(ring: np.ndarray, step: float = 0.5) -> np.ndarray:
    """The outline with no side longer than ``step`` [deg]."""
    parts = [ring[:1]]
    for a, b in itertools.pairwise(ring):
        n = max(int(np.ceil(np.max(np.abs(b - a)) / step)), 1)
        parts.append(a + (b - a) * (np.arange(1, n + 1) / n)[:, None])
    return np.concatenate(parts)


__all__ = ["draw_land", "draw_shores", "rings"]
