"""The landing pulse: what decelerates the capsule as it touches down, normal to the surface.

On ground the speed ``v`` is taken out over a stopping distance ``s`` without rebound. Any pulse that is
symmetric in time lasts ``2 s / v``; its peak is ``pi v^2 / (4 s)`` for a half sine and
``v^2 / (2 s (1 - r))`` for a trapezoid that rises in the part ``r`` of its duration and falls in as much.
Into water the capsule shares its momentum with water that moves along (von Karman 1929, NACA TN 321), here
of a sphere:

    (M + m) v = M v0,    m = 4/3 rho (2 R z)^(3/2),    z the depth.
"""

from dataclasses import dataclass

import numpy as np

WATER = 1025.0  # kg/m3, of the sea
SLOWEST = 0.05  # m/s: below it a pulse is as long as at it
AFTER = 0.2  # s followed after a pulse: more than the slowest period of the crew's oscillators
SAMPLES = 800
DEEPEST = 4.0  # depths at which as much water moves along as the capsule weighs: a ninth of the speed is left


@dataclass(frozen=True)
class Pulse:
    """Of every lane: ``peak`` (n,) [m/s2], ``duration`` (n,) [s], samples (n, t) [m/s2] a ``step`` (n,)."""

    peak: np.ndarray
    duration: np.ndarray
    samples: np.ndarray
    step: np.ndarray


def _sampled(peak: np.ndarray, duration: np.ndarray, shape: np.ndarray | None, rise: float) -> Pulse:
    step = (duration + AFTER) / (SAMPLES - 1)
    part = np.arange(SAMPLES) * step[:, None] / duration[:, None]
    inside = part <= 1.0
    if shape is not None:
        form = np.interp(part, np.linspace(0.0, 1.0, len(shape)), shape)
    elif rise < 0.0:
        form = np.sin(np.pi * np.minimum(part, 1.0))
    else:
        form = np.clip(np.minimum(part, 1.0 - part) / max(rise, 1e-3), 0.0, 1.0)
    return Pulse(peak, duration, peak[:, None] * np.where(inside, form, 0.0), step)


def half_sine(speed: np.ndarray, stroke: float) -> Pulse:
    """Of normal speeds (n,) [m/s] stopped within ``stroke`` [m]."""
    v = np.maximum(speed, SLOWEST)
    return _sampled(np.pi * v**2 / (4.0 * stroke), 2.0 * stroke / v, None, -1.0)


def trapezoid(speed: np.ndarray, stroke: float, rise: float) -> Pulse:
    """The same with straight flanks, each the part ``rise`` of the duration."""
    v = np.maximum(speed, SLOWEST)
    return _sampled(v**2 / (2.0 * stroke * (1.0 - rise)), 2.0 * stroke / v, None, rise)


def rocket_pulse(push: np.ndarray, duration: float) -> Pulse:
    """Of landing rockets that push (n,) [m/s2] for a time [s]."""
    return _sampled(push, np.full(len(push), duration), None, 0.0)


def water_entry(speed: np.ndarray, radius: float, mass: np.ndarray) -> Pulse:
    """Of a sphere of ``radius`` [m] and lanes' ``mass`` (n,) [kg] meeting water at ``speed`` (n,) [m/s].

    In depths of ``(4 rho / 3 M)^(-2/3) / 2R`` the motion is one curve: ``t = z + 0.4 z^(5/2)``,
    ``a = 1.5 z^(1/2) / (1 + z^(3/2))^3``, whose peak is 0.5267.
    """
    v = np.maximum(speed, SLOWEST)
    unit = (4.0 * WATER / (3.0 * mass)) ** (-2.0 / 3.0) / (2.0 * radius)
    z = np.linspace(0.0, DEEPEST**0.5, 2000) ** 2
    time, form = z + 0.4 * z**2.5, 1.5 * np.sqrt(z) / (1.0 + z**1.5) ** 3
    even = np.interp(np.linspace(0.0, time[-1], 4000), time, form)
    peak = float(form.max())
    return _sampled(v**2 / unit * peak, time[-1] * unit / v, even / peak, -1.0)


__all__ = ["AFTER", "Pulse", "half_sine", "rocket_pulse", "trapezoid", "water_entry"]
