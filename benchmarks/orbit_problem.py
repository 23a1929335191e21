"""The one-day orbits that every program flies: point mass and J2, low orbits of many kinds."""

import numpy as np

from benchmarks.entry_problem import GM, J2_FACTOR, RADIUS

DAY = 86400.0


def lanes(count: int, seed: int = 0) -> np.ndarray:
    """States (n, 6): altitude 300 to 500 km, eccentricity to 0.01, every inclination and node."""
    rng = np.random.default_rng(seed)
    a = RADIUS + rng.uniform(300e3, 500e3, count)
    e = rng.uniform(0.0, 0.01, count)
    i, node, perigee = rng.uniform(0.0, np.pi, count), *rng.uniform(0.0, 2 * np.pi, (2, count))
    p = np.stack([
        np.cos(node) * np.cos(perigee) - np.sin(node) * np.sin(perigee) * np.cos(i),
        np.sin(node) * np.cos(perigee) + np.cos(node) * np.sin(perigee) * np.cos(i),
        np.sin(perigee) * np.sin(i),
    ])  # fmt: skip
    q = np.stack([
        -np.cos(node) * np.sin(perigee) - np.sin(node) * np.cos(perigee) * np.cos(i),
        -np.sin(node) * np.sin(perigee) + np.cos(node) * np.cos(perigee) * np.cos(i),
        np.cos(perigee) * np.sin(i),
    ])  # fmt: skip
    speed = np.sqrt(GM / a * (1 + e) / (1 - e))
    return np.concatenate([a * (1 - e) * p, speed * q]).T.copy()


def acceleration(r, sqrt):
    """Components of gravity [m/s2] at the components of position [m]."""
    x, y, z = r
    inverse_r2 = 1.0 / (x * x + y * y + z * z)
    inverse_r3 = inverse_r2 * sqrt(inverse_r2)
    oblate = J2_FACTOR * inverse_r3 * inverse_r2
    g = -GM * inverse_r3 + oblate * (5.0 * z * z * inverse_r2 - 1.0)
    return g * x, g * y, (g - 2.0 * oblate) * z
