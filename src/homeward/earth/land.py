"""Land and sea by Natural Earth, 1:110 million (public domain), and how far a place is from a shore.

The outlines are true to some ten kilometres.
"""

import itertools
import json
from functools import cache
from importlib.resources import files

import numpy as np
from scipy.spatial import KDTree

RADIUS = 6371e3  # m, mean of the Earth: for distances to shores
DENSE = 0.1  # deg between the points of an outline that distances are taken to


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


def dense(ring: np.ndarray, step: float = 0.5) -> np.ndarray:
    """The outline with no side longer than ``step`` [deg]."""
    parts = [ring[:1]]
    for a, b in itertools.pairwise(ring):
        n = max(int(np.ceil(np.max(np.abs(b - a)) / step)), 1)
        parts.append(a + (b - a) * (np.arange(1, n + 1) / n)[:, None])
    return np.concatenate(parts)


def on_land(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
    """Whether places (n,) lie on land: a meridian crosses the outlines an odd number of times."""
    lat, lon = np.asarray(latitude_deg, float), np.asarray(longitude_deg, float)
    odd = np.zeros(lat.shape, bool)
    for ring in rings():
        x = (lon - ring[:, 0].min()) % 360.0 + ring[:, 0].min()
        inside = (x <= ring[:, 0].max()) & (lat <= ring[:, 1].max())
        if not inside.any():
            continue
        a, b = ring, np.roll(ring, -1, axis=0)
        px, py = x[inside, None], lat[inside, None]
        spans = (a[:, 0] > px) != (b[:, 0] > px)
        run = np.where(b[:, 0] == a[:, 0], 1.0, b[:, 0] - a[:, 0])
        above = a[:, 1] + (px - a[:, 0]) * (b[:, 1] - a[:, 1]) / run > py
        odd[inside] ^= np.count_nonzero(spans & above, axis=1) % 2 == 1
    return odd


def shore_distance(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
    """Distance [m] of places (n,) from the nearest outline of the land, (n,)."""
    chord, _ = _shores().query(_directions(np.asarray(latitude_deg), np.asarray(longitude_deg)))
    return 2.0 * RADIUS * np.arcsin(np.clip(0.5 * chord, 0.0, 1.0))


@cache
def _shores() -> KDTree:
    points = np.concatenate([dense(ring, DENSE) for ring in rings()])
    # The edges drawn to a pole are no shore, nor is the seam there.
    points = points[np.abs(points[:, 1]) < 89.9]
    return KDTree(_directions(points[:, 1], points[:, 0]))


def _directions(latitude_deg: np.ndarray, longitude_deg: np.ndarray) -> np.ndarray:
    a, b = np.radians(latitude_deg), np.radians(longitude_deg)
    return np.stack([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)], axis=-1)


__all__ = ["dense", "on_land", "rings", "shore_distance"]
