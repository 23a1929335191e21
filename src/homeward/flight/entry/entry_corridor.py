"""Between which entry angles a capsule may come in: not so steep that its lift held up leaves too much load,
not so shallow that it does not stay in the air with it held down. Part of the lift is kept to steer with.

A planar flight over a sphere with the onboard air, by steps on the host: what planning needs, once a burn.
"""

import numpy as np

from homeward.earth.constants import G0
from homeward.flight.entry.onboard_model import AIR_TOP, OnboardModel

ANGLES = -np.radians(np.arange(0.1, 8.01, 0.05))
STEP, LONGEST = 1.0, 1500.0  # s
LOW = 10e3  # m: down
SHARE = 0.8  # of the lift


def entry_corridor(
    model: OnboardModel, speed: float, altitude: float, load_limit: float
) -> tuple[float, float]:
    """Steepest and shallowest flight-path angle [rad] at an altitude [m] for a speed [m/s] through the air.

    ``load_limit`` in g is what the lift must keep. Both are nan where there is no such angle.
    """
    load, _ = _flown(model, speed, altitude, SHARE)
    _, down = _flown(model, speed, altitude, -SHARE)
    good = (load <= load_limit) & down
    return (float(ANGLES[good].min()), float(ANGLES[good].max())) if good.any() else (np.nan, np.nan)


def _flown(model: OnboardModel, speed: float, altitude: float, lift: float) -> tuple[np.ndarray, np.ndarray]:
    """Peak load [g] of every angle, and whether it came down without leaving the air; a share of lift up."""
    mu, radius = float(model.mu), float(model.equatorial_radius)
    knots, area, ratio = (np.asarray(x) for x in (model.speed_knots, model.drag, model.lift_to_drag))
    air = np.asarray(model.air)[::-1]

    def rates(state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h, v, angle = state
        density = np.exp(np.polyval(air, np.clip(h / AIR_TOP, 0.0, 1.15)))
        drag = 0.5 * density * v * v * np.interp(v, knots, area)
        up = lift * drag * np.interp(v, knots, ratio)
        g, r = mu / (radius + h) ** 2, radius + h
        turn = up / v + (v / r - g / v) * np.cos(angle)
        load = np.hypot(drag, up) / G0
        return np.stack([v * np.sin(angle), -drag - g * np.sin(angle), turn]), load

    state = np.stack([np.full_like(ANGLES, altitude), np.full_like(ANGLES, speed), ANGLES])
    peak, down = np.zeros_like(ANGLES), np.zeros(len(ANGLES), bool)
    gone = down.copy()
    for _ in range(int(LONGEST / STEP)):
        first, load = rates(state)
        second, _ = rates(state + 0.5 * STEP * first)
        flying = ~down & ~gone
        peak = np.where(flying, np.maximum(peak, load), peak)
        new = state + STEP * second
        new[1] = np.maximum(new[1], 50.0)
        state = np.where(flying, new, state)
        down |= state[0] < LOW
        gone |= state[0] > altitude + 1e3
        if not flying.any():
            break
    return peak, down
