"""Orbit determination from nothing but tracks: a start from one pass, then longer and longer arcs."""

import numpy as np

from homeward.earth.frames import to_gcrf
from homeward.errors import InputError
from homeward.ground.measurements import FIRST_GAP, Tracks, local_axes
from homeward.ground.orbit_fit import Orbit, Prior, batch
from homeward.ground.orbit_model import OrbitModel

LEAST = 8  # measurements of a pass to start from
WIDE = np.array([20e3] * 3 + [100.0] * 3 + [0.5])  # what the start may be wrong by, 1-sigma
ARCS = (2 * 3600.0, 6 * 3600.0)  # s fitted before the whole


def first_pass(tracks: Tracks) -> np.ndarray:
    """Rows of the earliest pass with range and angles; raises InputError where there is none."""
    full = np.isfinite(tracks.values[:, [0, 2, 3]]).all(axis=1)
    best: np.ndarray | None = None
    for k in range(len(tracks.stations)):
        rows = np.flatnonzero((tracks.station == k) & full)
        for part in np.split(rows, np.flatnonzero(np.diff(tracks.time[rows]) > FIRST_GAP) + 1):
            if len(part) >= LEAST and (best is None or tracks.time[part[0]] < tracks.time[best[0]]):
                best = part
    if best is None:
        raise InputError("orbit determination: no pass with range and angles to start from; give --initial")
    return best


def places(tracks: Tracks, rows: np.ndarray) -> np.ndarray:
    """Positions [m, I] (n, 3) that range and angles tell."""
    distance, _, azimuth, elevation = tracks.values[rows].T
    level = np.cos(elevation)
    south_east_up = np.stack([-level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)], axis=1)
    station = tracks.stations[int(tracks.station[rows[0]])]
    r_E = station.r_E + distance[:, None] * south_east_up @ local_axes(station)
    when = [tracks.epoch.plus(float(t)) for t in tracks.time[rows]]
    r_I, _ = to_gcrf("ITRF", when, r_E, np.zeros_like(r_E))
    return r_I


def first_guess(tracks: Tracks, rows: np.ndarray) -> np.ndarray:
    """State (7,) at the first of these rows: a cubic through the places of the pass."""
    t = tracks.time[rows] - tracks.time[rows[0]]
    fit = np.polynomial.polynomial.polyfit(t / t[-1], places(tracks, rows), min(3, len(rows) - 2))
    return np.concatenate([fit[0], fit[1] / t[-1], [1.0]])


def determine(model: OrbitModel, tracks: Tracks) -> Orbit:
    """The orbit that fits all tracks from the first whole pass on, at the start of that pass.

    The model's epoch must be that of the tracks. Raises InputError where there is no such pass, Infeasible
    where the fit goes astray.
    """
    rows = first_pass(tracks)
    start = float(tracks.time[rows[0]])
    state, sigma = first_guess(tracks, rows), WIDE
    tracks = tracks.within(start, np.inf)
    orbit: Orbit | None = None
    ends = [start + 10 * FIRST_GAP, *(start + arc for arc in ARCS), np.inf]
    for end in ends:
        part = tracks.within(start, end)
        orbit = batch(model, part, Prior(state, sigma), start)
        state = orbit.state
        if len(part.time) == len(tracks.time):
            break
    assert orbit is not None
    return orbit
