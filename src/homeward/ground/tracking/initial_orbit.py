"""Orbit determination from nothing but tracks: a start from one pass, then longer and longer arcs."""

import dataclasses

import numpy as np

from homeward.earth.frames import to_gcrf
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.tracking.batch_least_squares import Orbit, Prior, batch
from homeward.ground.tracking.force_model import PROBE, OrbitModel, between, fly, neighbours
from homeward.ground.tracking.measurements import FIRST_GAP, Tracks, local_axes
from homeward.io.opm import Opm

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


def prior_of(opm: Opm) -> Prior:
    """What an OPM tells before the first measurement; without a covariance it may be ``WIDE`` off."""
    r, v = opm.in_gcrf()
    sigma = WIDE.copy()
    if opm.covariance is not None:
        told = np.diag(opm.covariance)
        if not (told > 0.0).all():
            raise InputError(f"{opm.file}: CX_X to CZ_DOT_Z_DOT: expected variances greater than 0")
        sigma[:6] = np.sqrt(told)
    return Prior(np.concatenate([r, v, [1.0]]), sigma)


def shifted(tracks: Tracks, epoch: Epoch) -> Tracks:
    """The same tracks with times [s] from another epoch."""
    return dataclasses.replace(tracks, epoch=epoch, time=tracks.time + (tracks.epoch - epoch))


def carried(model: OrbitModel, time: float, prior: Prior, to: float) -> Prior:
    """What is believed at a time [s] as it stands at another; each number by itself."""
    if time == to:
        return prior
    times, inertial, _ = fly(model, neighbours(prior.state), time, to)
    rows = between(times, inertial, np.asarray([to]))[0]
    phi = ((rows[1:] - rows[0]) / PROBE[:, None]).T
    sigma = np.append(np.sqrt(np.diag(phi @ np.diag(prior.sigma**2) @ phi.T)), prior.sigma[6])
    return Prior(np.append(rows[0], prior.state[6:]), sigma)


def determine(model: OrbitModel, tracks: Tracks, initial: tuple[float, Prior] | None = None) -> Orbit:
    """The orbit that fits all tracks from the first whole pass on, at the start of that pass.

    ``initial`` is a time [s] and what is believed there: then no whole pass is needed, and the orbit is that
    at the first measurement. The model's epoch must be that of the tracks. Raises InputError where there is
    no such pass, Infeasible where the fit goes astray. Whether the measurements deny it: see
    ``residual_consistency``.
    """
    return determined(model, tracks, initial)[0]


def determined(
    model: OrbitModel, tracks: Tracks, initial: tuple[float, Prior] | None = None
) -> tuple[Orbit, Tracks]:
    """The same orbit, and the tracks that it was fitted to."""
    if initial is not None:
        start = float(tracks.time[0])
        prior = carried(model, *initial, start)
        near = tracks.within(-np.inf, start + ARCS[1])
        if 0 < len(near.time) < len(tracks.time) and np.isfinite(near.values).sum() > 2 * len(WIDE):
            orbit = batch(model, near, prior, start)
            prior = Prior(orbit.state, prior.sigma)
        return batch(model, tracks, prior, start), tracks
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
    return orbit, tracks
