"""The crew's dose of a short acceleration: Brinkley's dynamic response model, an oscillator an axis.

    x'' + 2 z w x' + w^2 x = a(t),    DR = w^2 x / g,    beta = max over t of sqrt(sum of (DR_i / limit_i)^2)

Source: Brinkley 1985, SAFE Journal 15(2), 10-16; NASA/TM-2013-217380. Crew axes: x from back
to chest, y to the left, z from seat to head; the acceleration is the seat's. Valid for a crew well
restrained in fitted seats, and pulses below half a second.
"""

from dataclasses import dataclass

import numpy as np

from homeward.earth.constants import G0

# Natural frequencies [rad/s] and damping ratios of x, y, z.
FREQUENCIES = np.array([62.8, 58.0, 52.9])
DAMPING = np.array([0.2, 0.09, 0.224])
# Limits of DR: x eyeballs out and in, y either way, z eyeballs up and down; no side panels.
LIMITS: dict[str, tuple[float, float, float, float, float]] = {
    "low": (28.0, 35.0, 14.0, 13.4, 15.2),
    "moderate": (35.0, 40.0, 17.0, 16.5, 18.0),
    "high": (46.0, 46.0, 22.0, 20.4, 22.4),
}


@dataclass(frozen=True)
class Dose:
    """Of every lane: greatest ``response`` (n, 3) without sign, and ``beta`` (n,), 1 at the limit."""

    response: np.ndarray
    beta: np.ndarray


def responses(acceleration: np.ndarray, step: np.ndarray) -> np.ndarray:
    """DR (n, t, 3) of seat accelerations (n, t, 3) [m/s2], straight lines between samples ``step`` (n,) [s].

    Exact for such an input, from rest: the free oscillation about the particular solution of a straight line.
    """
    w, z, dt = FREQUENCIES, DAMPING, step[:, None]
    damped = w * np.sqrt(1.0 - z * z)
    decay = np.exp(-z * w * dt)
    cosine, sine = np.cos(damped * dt), np.sin(damped * dt)
    x = np.zeros((len(step), 3))
    v = np.zeros_like(x)
    found = np.zeros(acceleration.shape)
    for k in range(1, acceleration.shape[1]):
        a = acceleration[:, k - 1]
        slope = (acceleration[:, k] - a) / dt
        rate = slope / w**2
        middle = a / w**2 - 2.0 * z * slope / w**3
        y, u = x - middle, v - rate
        # Free motion of the two numbers over the step.
        also = (u + z * w * y) / damped
        x = decay * (y * cosine + also * sine) + middle + rate * dt
        v = decay * (u * cosine - (z * w * u + w**2 * y) / damped * sine) + rate
        found[:, k] = x * w**2 / G0
    return found


def dose(acceleration: np.ndarray, step: np.ndarray, limits: tuple[float, ...]) -> Dose:
    """The dose of seat accelerations (n, t, 3) [m/s2], a sample each ``step`` (n,) [s].

    ``limits`` as in ``LIMITS``: that of x depends on the sign of the response, and so does that of z.
    """
    found = responses(acceleration, step)
    out, into, side, up, down = limits
    most = np.stack(
        [
            np.where(found[..., 0] < 0.0, out, into),
            np.full(found.shape[:2], side),
            np.where(found[..., 2] < 0.0, up, down),
        ],
        axis=-1,
    )
    beta = np.sqrt(np.sum((found / most) ** 2, axis=-1))
    return Dose(np.max(np.abs(found), axis=1), np.max(beta, axis=1))


__all__ = ["DAMPING", "FREQUENCIES", "LIMITS", "Dose", "dose", "responses"]
