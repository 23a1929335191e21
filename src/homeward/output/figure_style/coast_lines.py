"""Coast lines for maps: the land of Natural Earth, 1:110 million (public domain), as in the console."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from homeward.earth.land import dense, rings
from homeward.output.views.return_view import local_km

LAND, SHORE = "#f1f0ea", "#c3c2b5"


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
        lon, lat = np.radians(dense(ring)).T
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


__all__ = ["draw_land", "draw_shores", "rings"]
