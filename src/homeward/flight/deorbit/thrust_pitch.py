"""Which way a deorbit burn points: the thrust pitch that costs the least."""

from collections.abc import Callable

import numpy as np

PITCHES = np.arange(-24.0, 25.0, 8.0)  # deg: the fan of thrust directions tried
STEEPEST = 80.0  # deg to which the fan is moved on where its edge is the cheapest: burns of a weak engine


def cheapest_pitch(costs: Callable[[np.ndarray], np.ndarray]) -> float:
    """Thrust pitch [rad] that costs the least, ``costs`` giving that of a fan of them, infinite where none.

    The parabola through the cheapest of a fan and its neighbours gives the last one. Where an edge of the fan
    is the cheapest, the fan is moved on: a thrust fixed in space points best at the middle of the burn, and
    half the arc of a burn of 20 minutes is 39 deg.
    """
    fan, limit = np.radians(PITCHES), np.radians(STEEPEST)
    many = len(fan)
    cost = costs(fan)
    if not np.isfinite(cost).any():
        fan = np.linspace(-limit, limit, many)
        cost = costs(fan)
    while np.isfinite(cost).any() and int(np.argmin(cost)) in (0, many - 1):
        edge = float(fan[int(np.argmin(cost))])
        if abs(edge) >= limit - 1e-9:
            break
        step = np.sign(edge) * (fan[-2] - fan[0])
        fan = fan + np.clip(step, -limit - fan[0], limit - fan[-1])
        cost = costs(fan)
    k = int(np.clip(np.argmin(cost), 1, many - 2))
    around = cost[k - 1 : k + 2]
    best = float(fan[int(np.argmin(cost))])
    if np.all(np.isfinite(around)):
        a, b, c = around
        best = fan[k] + 0.5 * (fan[1] - fan[0]) * (a - c) / max(a - 2.0 * b + c, 1e-9)
        best = float(np.clip(best, fan[0], fan[-1]))
    return best
