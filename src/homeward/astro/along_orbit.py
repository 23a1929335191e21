"""A place further along the same two-body orbit."""

import numpy as np


def further_along(r: np.ndarray, v: np.ndarray, angle: float, mu: float) -> tuple[np.ndarray, np.ndarray]:
    """Position (3,) [m] and velocity (3,) [m/s] after a true anomaly more by ``angle`` [rad], inertial.

    The direction u is turned about the orbit's normal. With the eccentricity vector e and angular momentum h,
    ``r = (h^2 / mu) / (1 + e . u)`` and ``v = mu / h^2 h x (e + u)``. Source: Battin, An Introduction to the
    Mathematics and Methods of Astrodynamics (1999), 3.3. ``mu`` [m3/s2]; valid while ``1 + e . u > 0``.
    """
    h = np.cross(r, v)
    square = float(h @ h)
    u = r / np.linalg.norm(r)
    e = np.cross(v, h) / mu - u
    ahead = np.cross(h, u) / np.sqrt(square)
    turned = np.cos(angle) * u + np.sin(angle) * ahead
    return square / mu / (1.0 + float(e @ turned)) * turned, mu / square * np.cross(h, e + turned)


__all__ = ["further_along"]
