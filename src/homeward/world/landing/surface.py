"""The place where a capsule touches down: a slope of the ground, or a long-crested swell in deep water.

A swell of significant height ``H`` and period ``T`` has a surface of standard deviation ``H / 4``; with
``w = 2 pi / T`` the surface's vertical speed has ``w H / 4``, its slope ``w^2 / g H / 4`` and the water's
speed along the swell ``w H / 4`` (linear waves, Gaussian, narrow band; Longuet-Higgins 1957, Phil. Trans. A
249). The slope goes with the vertical speed, the speed along with the height.
"""

from dataclasses import dataclass

import numpy as np

from homeward.earth.constants import G0


@dataclass(frozen=True)
class Surface:
    """Of every lane, east, north, up: unit ``normal`` (n, 3), the surface's ``velocity`` (n, 3) [m/s]."""

    normal: np.ndarray
    velocity: np.ndarray


def sloping(gradient: np.ndarray) -> Surface:
    """Ground whose height rises by ``gradient`` (n, 2) to east and north."""
    up = np.ones(len(gradient))
    normal = np.stack([-gradient[:, 0], -gradient[:, 1], up], axis=1)
    return Surface(normal / np.linalg.norm(normal, axis=1)[:, None], np.zeros_like(normal))


def swell(height: np.ndarray, period: float, toward: np.ndarray, height_now: np.ndarray,
          rising: np.ndarray) -> Surface:  # fmt: skip
    """A swell of significant ``height`` (n,) [m], ``period`` [s], that runs ``toward`` (n, 2): east, north.

    ``height_now`` and ``rising`` (n,) are standard normal: the surface's height and vertical speed.
    """
    w = 2.0 * np.pi / period
    sigma = 0.25 * height
    lifting, along = w * sigma * rising, w * sigma * height_now
    slope = -lifting * w / G0
    place = sloping(slope[:, None] * toward)
    velocity = np.concatenate([along[:, None] * toward, lifting[:, None]], axis=1)
    return Surface(place.normal, velocity)


__all__ = ["Surface", "sloping", "swell"]
