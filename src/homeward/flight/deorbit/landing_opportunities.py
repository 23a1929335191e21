"""Landing opportunities: every pass of the ground track by the site."""

import dataclasses

import numpy as np

from homeward._aot.program import program
from homeward.earth.geodesy import Ellipsoid
from homeward.flight.deorbit.orbit_propagator import OrbitModel, propagate

STEP = 20.0  # s between points of the searched path
BATCH = 4320  # points a compiled call: one day


@dataclasses.dataclass(frozen=True)
class Pass:
    """One pass: time [s since the epoch] of closest approach, distance [m] of the site, and where it lies."""

    revolution: int
    time: float
    cross_range: float  # m, always positive
    side: str  # of the ground track on which the site lies: left | right
    direction: str  # ascending | descending


@program
def _path(model, r, v, h):
    return propagate(model, r, v, h * BATCH, BATCH)


def orbit_path(
    model: OrbitModel, r_E: np.ndarray, v_E: np.ndarray, duration: float
) -> tuple[np.ndarray, np.ndarray]:
    """Times [s from the start] and states (n, 6) in E every ``STEP`` over at least ``duration``."""
    rows = [np.concatenate([np.asarray(r_E), np.asarray(v_E)])[None]]
    for _ in range(int(np.ceil(duration / (STEP * BATCH)))):
        r_E, v_E, path = _path(model, r_E, v_E, np.asarray(STEP))
        rows.append(np.asarray(path))
    states = np.concatenate(rows)
    return STEP * np.arange(len(states)), states


def find_passes(
    times: np.ndarray, states: np.ndarray, site_up: np.ndarray, ellipsoid: Ellipsoid, limit: float
) -> list[Pass]:
    """Passes within ``limit`` [m] of the site, in order of time.

    The ground track is compared by geodetic normals, as the site's latitude is: a spherical check is wrong by
    up to 21 km. Revolutions count from ascending node to ascending node, the first partial one being 0.
    """
    f = float(ellipsoid.f)
    normal = states[:, :3] * np.array([1.0, 1.0, 1.0 / (1.0 - f) ** 2])
    # The direction of the normal at height: between the ellipsoid's and the radius vector's.
    radius = np.linalg.norm(states[:, :3], axis=1, keepdims=True)
    blend = float(ellipsoid.a) / radius
    normal = states[:, :3] + (normal - states[:, :3]) * blend
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    closeness = normal @ site_up
    peaks = np.flatnonzero((closeness[1:-1] > closeness[:-2]) & (closeness[1:-1] >= closeness[2:])) + 1
    north = states[:, 2]
    nodes = np.flatnonzero((north[:-1] < 0.0) & (north[1:] >= 0.0)) + 1
    found = []
    for i in peaks:
        # The great circle through the neighbours: its pole gives the distance, the fraction the time.
        a, b = normal[i - 1], normal[i + 1]
        pole = np.cross(a, b)
        pole /= np.linalg.norm(pole)
        sine = float(pole @ site_up)
        distance = float(abs(np.arcsin(np.clip(sine, -1.0, 1.0)))) * float(ellipsoid.a)
        if distance > limit or closeness[i] < 0.0:
            continue
        foot = site_up - sine * pole
        foot /= np.linalg.norm(foot)
        along = np.arctan2(np.cross(a, foot) @ pole, a @ foot) / np.arctan2(np.cross(a, b) @ pole, a @ b)
        time = times[i - 1] + along * (times[i + 1] - times[i - 1])
        found.append(
            Pass(
                revolution=int(np.searchsorted(nodes, i, side="right")),
                time=float(time),
                cross_range=distance,
                side="left" if sine > 0.0 else "right",
                direction="ascending" if states[i, 5] > 0.0 else "descending",
            )
        )
    return found


def orbital_period(model: OrbitModel, r_E: np.ndarray, v_E: np.ndarray) -> float:
    """Osculating two-body period [s] of an Earth-fixed state; infinite where it escapes."""
    v_I = np.asarray(v_E) + np.cross(np.asarray(model.omega_E), np.asarray(r_E))
    energy = 0.5 * float(v_I @ v_I) - float(model.mu) / float(np.linalg.norm(np.asarray(r_E)))
    if energy >= 0.0:
        return np.inf
    a = -float(model.mu) / (2.0 * energy)
    return float(2.0 * np.pi * np.sqrt(a**3 / float(model.mu)))
