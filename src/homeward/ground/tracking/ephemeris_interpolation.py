"""A path through the points of an ephemeris that stand far apart: flown from either side, and blended.

From one point to the next the model is flown forward, and from the next back; the weight passes smoothly from
one to the other. The path goes through every point, and its velocity is its derivative.
"""

import numpy as np

from homeward.ground.tracking.force_model import STEP, OrbitModel, fly


def blended(model: OrbitModel, times: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Times (m,) a step apart and states in E (m, 6) through points (k,) [s] with states in I (k, 7).

    The points must stand a whole number of ten minutes apart.
    """
    found_t, found = [], []
    for k in range(len(times) - 1):
        a, b = float(times[k]), float(times[k + 1])
        t, _, ahead = fly(model, states[k][None], a, b)
        _, _, back = fly(model, states[k + 1][None], b, a)
        share = (t - a) / (b - a)
        w = (share * share * (3.0 - 2.0 * share))[:, None]
        slope = (6.0 * share * (1.0 - share) / (b - a))[:, None]
        one, two = ahead[:, 0], back[::-1, 0]
        v = one[:, 3:] + w * (two[:, 3:] - one[:, 3:]) + slope * (two[:, :3] - one[:, :3])
        path = np.concatenate([one[:, :3] + w * (two[:, :3] - one[:, :3]), v], axis=1)
        last = k == len(times) - 2
        found_t.append(t if last else t[:-1])
        found.append(path if last else path[:-1])
    return np.concatenate(found_t), np.concatenate(found)


__all__ = ["STEP", "blended"]
