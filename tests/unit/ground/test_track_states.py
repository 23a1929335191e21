"""A capsule in the air by its tracks alone: the parabola's state is as wrong as its covariance says."""

import math

import numpy as np
import pytest
from scipy.stats import chi2

from homeward.earth.time import Epoch
from homeward.ground.landing_forecast.descent import DROGUE, MAIN, NONE
from homeward.ground.landing_forecast.state_from_tracks import (
    JERK,
    WINDOW,
    moment_of,
    seen_moments,
    track_state,
)
from homeward.ground.tracking.measurements import measure
from homeward.ground.tracking.stations import fixed_place, site_stations

EPOCH = Epoch.from_iso("2023-06-03T17:00:00Z")
SITE = 41.6, 100.1, 1000.0
SURE, DRAWS = 0.998, 24


def falling(time, height=45e3, speed=2500.0, sink=600.0, brake=20.0, jerk=None, away=60e3):
    """Positions and velocities in E of a capsule that comes in from the west of the site and slows down."""
    middle, up = fixed_place(SITE[0], SITE[1], height)
    lon = math.radians(SITE[1])
    east = np.array([-math.sin(lon), math.cos(lon), 0.0])
    v = speed * east - sink * up
    a = -brake * v / np.linalg.norm(v)
    t = time[:, None]
    j = np.zeros(3) if jerk is None else jerk
    return middle - away * east + v * t + 0.5 * a * t * t + j * t**3 / 6.0, v + a * t + 0.5 * j * t * t


def test_error_and_covariance_agree_over_draws():
    time = np.arange(0.0, WINDOW + 0.1, 1.0)
    total = 0.0
    for seed in range(DRAWS):
        r, v = falling(time, jerk=JERK * np.random.default_rng(seed).standard_normal(3))
        told = track_state(measure(EPOCH, site_stations(*SITE), time, r, v, seed), float(time[-1]))
        assert told is not None and told.count >= 20
        off = told.state - np.concatenate([r[-1], v[-1]])
        assert np.linalg.norm(off[:3]) < 400.0 and np.linalg.norm(off[3:]) < 60.0
        total += off @ np.linalg.solve(told.covariance, off)
    low, high = chi2.ppf([(1 - SURE) / 2, (1 + SURE) / 2], 6 * DRAWS)
    assert low < total < high


def test_too_few_tracks_tell_nothing():
    time = np.arange(0.0, 3.0, 1.0)
    tracks = measure(EPOCH, site_stations(*SITE)[:1], time, *falling(time), seed=1)
    assert track_state(tracks, 2.0) is None and track_state(tracks, 500.0) is None
    assert seen_moments(tracks, np.array([2.0]), 10e3) == []


@pytest.mark.parametrize(
    ("height", "sink", "stage"), [(45e3, 600.0, NONE), (8e3, 70.0, DROGUE), (3e3, 7.0, MAIN)]
)
def test_a_state_becomes_a_moment_of_the_forecast(height, sink, stage):
    time = np.arange(0.0, WINDOW + 0.1, 1.0)
    r, v = falling(time, height, 20.0, sink, 0.0, away=height)
    told = track_state(measure(EPOCH, site_stations(*SITE), time, r, v, 3), float(time[-1]))
    assert told is not None
    moment = moment_of(told, 10e3, {})
    assert moment.stage == stage and moment.covariance is not None
    sigma = np.sqrt(np.diag(moment.covariance))
    assert abs(moment.velocity[2] + sink) < 5.0 * sigma[5] and abs(moment.velocity[1] - 20.0) < 5.0 * sigma[4]
    # West of the site the horizontal is another than that of the path, and the ground lies lower.
    lower = (height - 20.0 * time[-1]) ** 2 / 2.0 / 6.37e6
    assert abs(moment.altitude - (height - sink * time[-1] + lower)) < 5.0 * sigma[2] + 5.0
    assert moment.latitude == pytest.approx(math.radians(SITE[0]), abs=2e-3)
