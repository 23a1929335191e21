"""The coast to the interface by tracks: an orbit fitted up to each moment is as wrong as it says."""

import numpy as np
import pytest
from scipy.stats import chi2

from homeward.earth.time import Epoch
from homeward.ground.landing_forecast.coast_orbit import AIR, coast_moments, known_from
from homeward.ground.landing_forecast.inputs import Errors
from homeward.ground.landing_forecast.state_from_tracks import TrackState, moment_of
from homeward.ground.tracking.force_model import between, fly, orbit_model
from homeward.ground.tracking.measurements import Tracks, measure
from homeward.ground.tracking.stations import fixed_place, relay, station

EPOCH = Epoch.from_iso("2023-06-03T17:00:00Z")
BALLISTIC, OPENING = 0.003, 10e3
# 340 km up, its lowest point would be at 60 km.
START = np.array([6718137.0, 0.0, 0.0, 0.0, 7620.0 * np.cos(0.7), 7620.0 * np.sin(0.7), 1.0])
HIGH = relay("Relay", -83.0)
TIMES = np.arange(60.0, 2300.0, 160.0)
SURE, DRAWS = 0.998, 8


@pytest.fixture(scope="module")
def coast():
    """A ship on its way down: model, times [s], states in E."""
    model = orbit_model(EPOCH, 4000.0, BALLISTIC, 8)
    time, _, fixed = fly(model, START[None], 0.0, 2400.0)
    return model, time, fixed[:, 0]


def tracked(coast, stations, seed):
    _, time, fixed = coast
    return measure(EPOCH, stations, time, fixed[:, :3], fixed[:, 3:], seed)


def truth(coast, when):
    """The true moment, through the same turn into place and velocity."""
    _, time, fixed = coast
    state = between(time, fixed[:, None], np.asarray([when]))[0, 0]
    return moment_of(TrackState(when, state, np.eye(6), 0), OPENING, {}), state


def off(coast, moment):
    """Error north, east, up [m, m/s] of a moment: in its own axes, as its covariance is."""
    _, true = truth(coast, moment.time)
    r, up = fixed_place(np.degrees(moment.latitude), np.degrees(moment.longitude), moment.altitude)
    east = np.array([-np.sin(moment.longitude), np.cos(moment.longitude), 0.0])
    axes = np.stack([np.cross(up, east), east, up])
    return np.concatenate([axes @ (r - true[:3]), np.asarray(moment.velocity) - axes @ true[3:]])


def below(coast, when):
    """A station under the path."""
    true, _ = truth(coast, when)
    return station(f"At {when:.0f} s", "fixed", np.degrees(true.latitude), np.degrees(true.longitude), 0.0)


def after_telemetry(coast, seed):
    """What telemetry told at 10 s, as wrong as it may be."""
    model, _, _ = coast
    _, state = truth(coast, 10.0)
    draw, errors = np.random.default_rng([seed, 5]), Errors()
    noise = np.concatenate(
        [errors.position * draw.standard_normal(3), errors.velocity * draw.standard_normal(3)]
    )
    return known_from(model, moment_of(TrackState(10.0, state + noise, np.eye(6), 0), OPENING, {}), errors)


def test_range_and_rate_of_a_relay_keep_what_telemetry_told_last_to_what_they_say(coast):
    squares, worst = [], 0.0
    for seed in range(DRAWS):
        tracks = tracked(coast, [HIGH], seed)
        found = coast_moments(coast[0], tracks, TIMES, 0.0, OPENING, after_telemetry(coast, seed))
        assert [m.time for m in found] == [t for t in TIMES if truth(coast, t)[0].altitude >= AIR]
        # One moment a draw: those of one flight hang together.
        e = off(coast, found[-1])
        squares.append(e @ np.linalg.solve(found[-1].covariance, e))
        worst = max(worst, float(np.linalg.norm(e[:3])))
    low, high = chi2.ppf([(1 - SURE) / 2, (1 + SURE) / 2], 6 * DRAWS)
    assert low < sum(squares) < high, squares
    # 0.1 m/s of the telemetry would grow to some 500 m in these 38 minutes.
    assert worst < 60.0


def test_without_telemetry_a_stations_pass_starts_the_orbit(coast):
    tracks = tracked(coast, [below(coast, 300.0), HIGH], 3)
    found = coast_moments(coast[0], tracks, TIMES, 0.0, OPENING)
    assert len(found) > 5 and found[0].time >= 180.0
    last = off(coast, found[-1])
    assert np.linalg.norm(last[:3]) < 500.0
    assert last @ np.linalg.solve(found[-1].covariance, last) < chi2.ppf(SURE, 6)


def test_a_separation_makes_it_less_sure_and_no_orbit_is_told_of_where_nothing_is_known(coast):
    tracks = tracked(coast, [HIGH], 0)
    whole, parted = (
        coast_moments(coast[0], tracks, TIMES, 0.0, OPENING, after_telemetry(coast, 0), parts)
        for parts in ((), (900.0,))
    )
    assert len(whole) == len(parted)
    for a, b in zip(whole, parted, strict=True):
        wider = np.trace(b.covariance[3:, 3:]) > np.trace(a.covariance[3:, 3:])
        assert wider == (a.time >= 900.0)
    assert coast_moments(coast[0], tracks, TIMES, 0.0, OPENING) == []
    nothing = Tracks(EPOCH, tracks.stations, np.zeros(0), np.zeros(0, int), np.zeros((0, 4)))
    drifting = coast_moments(coast[0], nothing, TIMES, 0.0, OPENING, after_telemetry(coast, 0))
    assert len(drifting) == len(whole) and drifting[-1].covariance[0, 0] > whole[-1].covariance[0, 0]
