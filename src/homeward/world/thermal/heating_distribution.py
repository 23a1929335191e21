"""Laminar convective heating over a spherical heat shield, as a share of that at its stagnation point."""

import numpy as np

SMALL = 1e-3  # rad: below it the closed form is the quotient of two numbers that vanish


def lees_share(angle: np.ndarray | float) -> np.ndarray:
    """Convective heating over that of the stagnation point, at ``angle`` [rad] from it on a sphere.

    ``q / q0 = 2 a sin a cos2 a / sqrt(a2 - a sin(4a) / 2 + (1 - cos(4a)) / 8)``, the limit of high Mach
    number of Lees (1956), Jet Propulsion 26(4), 259-269, for a cold wall and Newtonian pressure. From 1 at
    the stagnation point it falls to 0 at 90 deg. The angle has any shape and sign; beyond 90 deg it is taken
    there.
    """
    a = np.minimum(np.abs(np.asarray(angle, float)), np.pi / 2)
    safe = np.maximum(a, SMALL)
    under = safe**2 - safe * np.sin(4.0 * safe) / 2.0 + (1.0 - np.cos(4.0 * safe)) / 8.0
    share = 2.0 * safe * np.sin(safe) * np.cos(safe) ** 2 / np.sqrt(under)
    return np.where(a < SMALL, 1.0, share)


def edge_angle(diameter: float, radius: float) -> float:
    """Angle [rad] at the centre of curvature from the shield's middle to its rim."""
    return float(np.arcsin(min(diameter / 2.0 / radius, 1.0)))


__all__ = ["edge_angle", "lees_share"]
