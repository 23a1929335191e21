"""Snatch and opening loads of parachutes in closed form.

Opening: ``F = Cx X1 CD S q``, q as the canopy begins to fill (Knacke, Parachute Recovery Systems Design
Manual, 1991, section 5.4). ``Cx`` is the overshoot of a canopy on a load that does not slow down, ``X1`` what
the slowing leaves of it. Of an area that grows as ``(t / tf)^n``, gravity left out (Pflanz 1942):

    F / (CD S q) = T^n / (1 + T^(n+1) / ((n + 1) A))^2,    A = 2 m / (rho CD S v tf)

whose peak lies at ``T^(n+1) = n (n + 1) A / (n + 2)``, or at the end of the filling.
"""

import numpy as np


def ballistic_parameter(mass: float, density: float, area: float, speed: float, filling: float) -> float:
    """``A`` of Pflanz: mass [kg], density [kg/m3], CD x area [m2], speed [m/s], filling time [s]."""
    return 2.0 * mass / (density * area * speed * filling)


def opening_reduction(parameter: float, power: float) -> float:
    """``X1`` of a canopy whose area grows as the ``power`` of time, for Pflanz's ``A``; 1 of an infinite."""
    n, a = power, parameter
    peak = min((n * (n + 1.0) * a / (n + 2.0)) ** (1.0 / (n + 1.0)), 1.0)
    return peak**n / (1.0 + peak ** (n + 1.0) / ((n + 1.0) * a)) ** 2


def snatch_force(
    pressure: np.ndarray,
    pack: tuple[float, float],
    body: tuple[np.ndarray, float],
    lines: tuple[float, float],
) -> np.ndarray:
    """Force [N] as the lines stretch out and bring the pack to the body's speed.

    ``pressure`` [Pa]; mass [kg] and CD x area [m2] of ``pack`` and ``body``; length [m] and stiffness [N/m]
    of the ``lines``. Over their length the pack is slowed more than the body; the relative speed that this
    gives is taken out by the lines as by a spring, ``F = dv sqrt(k m)``, ``m`` the reduced mass. Valid where
    the pressure changes little over the length.
    """
    (pack_mass, pack_area), (body_mass, body_area), (length, stiffness) = pack, body, lines
    apart = pressure * np.maximum(pack_area / pack_mass - body_area / body_mass, 0.0)
    reduced = pack_mass * body_mass / (pack_mass + body_mass)
    return np.sqrt(2.0 * apart * length) * np.sqrt(stiffness * reduced)


__all__ = ["ballistic_parameter", "opening_reduction", "snatch_force"]
