"""Where a capsule is by its tracks alone, in the air: a parabola through the last seconds of all stations.

In the air no orbit can be fitted: drag and lift are what is not known. Over some seconds the path in E is a
parabola in time, and range, angles and range rate of every station are straight lines in its nine numbers,
once the direction in which the station looks is taken as measured. What an acceleration that changes leaves
out is added to the covariance.
"""

import dataclasses
import math

import numpy as np

from homeward.earth.local_plane import radii
from homeward.ground.landing_forecast.descent import DROGUE, MAIN, NONE
from homeward.ground.landing_forecast.forecast import Moment
from homeward.ground.tracking.measurements import Tracks, local_axes
from homeward.ground.tracking.stations import fixed_place

WINDOW = 12.0  # s
LEAST = 6  # measurements with range and angles
JERK = 1.0  # m/s3, 1-sigma: how fast the acceleration may change
DENIED = 10.0  # sigma, rms of the residuals: stations that contradict each other so tell no state
FAST_FALL = 25.0  # m/s of descent below the opening altitude: still under the drogue


@dataclasses.dataclass(frozen=True)
class TrackState:
    """State in E at a time [s], (6,) in m and m/s, its covariance (6, 6), and of how many measurements."""

    time: float
    state: np.ndarray
    covariance: np.ndarray
    count: int


def track_state(tracks: Tracks, time: float) -> TrackState | None:
    """The state at a time [s] by the measurements of the seconds before it.

    None where there are too few, or where they contradict each other. Where they scatter more than their
    sigmas say, the covariance is as much larger.
    """
    part = tracks.within(time - WINDOW, time + 1e-6)
    full = np.isfinite(part.values).all(axis=1)
    if full.sum() < LEAST or np.ptp(part.time[full]) < 0.5 * WINDOW:
        return None
    rows, cubic, values, weights = [], [], [], []
    for i in np.flatnonzero(full):
        station = part.stations[int(part.station[i])]
        distance, rate, azimuth, elevation = part.values[i]
        axes = local_axes(station)
        level = math.cos(elevation)
        sight = np.array([-level * math.cos(azimuth), level * math.sin(azimuth), math.sin(elevation)]) @ axes
        place = station.r_E + distance * sight
        side = np.cross(sight, station.up)
        side /= max(float(np.linalg.norm(side)), 1e-9)
        above = np.cross(side, sight)
        t = part.time[i] - time
        at = np.array([1.0, t, 0.5 * t * t])
        late = np.array([0.0, 1.0, t])
        across = max(distance * station.angle_sigma, 1e-3)
        along = math.hypot(station.range_sigma, station.bias_sigma)
        for direction, sigma in ((sight, along), (side, across), (above, across)):
            rows.append(np.kron(at, direction))
            cubic.append(t**3 / 6.0 * direction)
            values.append(float(direction @ place))
            weights.append(1.0 / sigma)
        rows.append(np.kron(late, sight))
        cubic.append(0.5 * t * t * sight)
        values.append(float(rate))
        # The direction of sight is known to the angle's error only: of a crossing motion that much is felt.
        weights.append(1.0 / math.hypot(station.doppler_sigma, 8e3 * station.angle_sigma))
    A, b, w = np.asarray(rows), np.asarray(values), np.asarray(weights)
    A, b = A * w[:, None], b * w
    scale = np.repeat([1.0, 1.0 / WINDOW, 2.0 / WINDOW**2], 3)
    information = (A * scale).T @ (A * scale)
    covariance = np.linalg.inv(information) * scale[:, None] * scale[None, :]
    fit = covariance @ (A.T @ b)
    off = float(np.sqrt(np.mean((A @ fit - b) ** 2)))
    if off > DENIED:
        return None
    found = max(1.0, off) ** 2 * covariance[:6, :6]
    # What the same fit makes of a path whose acceleration changes steadily, along each axis.
    bent = (covariance @ (A.T @ (np.asarray(cubic) * w[:, None])))[:6]
    found += JERK**2 * bent @ bent.T
    return TrackState(time, fit[:6], found, int(full.sum()))


def moment_of(told: TrackState, opening_altitude: float, since: dict[int, float]) -> Moment:
    """The state as a moment of the landing forecast. ``since`` remembers when each stage was first seen.

    The parachute is told by the altitude [m] and the fall alone.
    """
    latitude, longitude, altitude = _geodetic(told.state[:3])
    _, up = fixed_place(math.degrees(latitude), math.degrees(longitude), 0.0)
    east = np.array([-math.sin(longitude), math.cos(longitude), 0.0])
    axes = np.stack([np.cross(up, east), east, up])
    turn = np.kron(np.eye(2), axes)
    velocity = axes @ told.state[3:]
    stage = NONE
    if altitude < opening_altitude:
        # What has been out stays out: a gust under the main is no drogue.
        stage = max([DROGUE if velocity[2] < -FAST_FALL else MAIN, *since])
    began = since.setdefault(stage, told.time) if stage != NONE else told.time
    opened = min(since.values(), default=told.time)
    drift = (float(velocity[0]), float(velocity[1]), float(velocity[2]))
    return Moment(
        told.time, latitude, longitude, altitude, drift, stage, told.time - began, told.time - opened,
        None if stage == NONE else drift, turn @ told.covariance @ turn.T,
    )  # fmt: skip


def _geodetic(r: np.ndarray) -> tuple[float, float, float]:
    """Latitude, longitude [rad] and altitude [m]."""
    longitude = math.atan2(r[1], r[0])
    level = math.hypot(r[0], r[1])
    e2 = 0.00669437999014
    latitude = math.atan2(r[2], level * (1.0 - e2))
    altitude = 0.0
    for _ in range(5):
        _, normal = radii(latitude)
        altitude = level / math.cos(latitude) - normal
        latitude = math.atan2(r[2], level * (1.0 - e2 * normal / (normal + altitude)))
    return latitude, longitude, altitude


def seen_moments(tracks: Tracks, times: np.ndarray, opening_altitude: float) -> list[Moment]:
    """Moments at those of the times [s] at which the tracks tell where the capsule is."""
    since: dict[int, float] = {}
    found = []
    for time in times:
        told = track_state(tracks, float(time))
        if told is not None:
            found.append(moment_of(told, opening_altitude, since))
    return found
