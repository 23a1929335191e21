"""What orbit determination promises of its error holds, over many draws of the errors of the stations."""

import numpy as np
import pytest
from scipy.stats import chi2

from homeward.earth.time import Epoch
from homeward.ground.tracking.batch_least_squares import Prior, batch, predicted, sequential
from homeward.ground.tracking.force_model import fly, orbit_model
from homeward.ground.tracking.initial_orbit import determine
from homeward.ground.tracking.measurements import measure
from homeward.ground.tracking.stations import network

EPOCH = Epoch.from_iso("2023-06-03T17:00:00Z")
DRAWS = 16
SIGMA = np.array([1e3] * 3 + [1.0] * 3 + [0.3])
SURE = 0.995  # of the interval that the mean of the draws must lie in


def between(total: float, numbers: int) -> bool:
    """Whether a sum of squares is one that so many numbers of unit variance make."""
    low, high = chi2.ppf([(1 - SURE) / 2, (1 + SURE) / 2], numbers)
    return bool(low < total < high)


@pytest.mark.slow
def test_errors_are_as_large_as_the_covariance_says(capsys):
    span = 3 * 3600.0
    model = orbit_model(EPOCH, span + 7200.0, 0.004, degree=8)
    truth = np.array([6.77e6, 0.0, 0.0, 0.0, 5.75e3, 5.07e3, 1.0])
    time, inertial, fixed = fly(model, truth[None], 0.0, span + 3600.0)
    arc = time <= span
    stations = network(("ssc", "relay"))
    fits, filters, ahead, normal = 0.0, 0.0, 0.0, []
    for seed in range(DRAWS):
        tracks = measure(EPOCH, stations, time[arc], fixed[arc, 0, :3], fixed[arc, 0, 3:], seed)
        prior = Prior(truth + SIGMA * np.random.default_rng([seed, 99]).standard_normal(7), SIGMA)
        orbit = batch(model, tracks, prior)
        off = orbit.state - truth
        fits += off @ np.linalg.solve(orbit.covariance, off)
        normal.append(np.sqrt(np.nanmean(orbit.residuals**2)))
        # Nothing is left out of this model, so nothing is added to what the filter and a prediction promise.
        late = sequential(model, tracks, prior, acceleration=0.0)[-1]
        row = round(late.time / (time[1] - time[0]))
        off = np.concatenate([inertial[row, 0], truth[6:]]) - late.state
        filters += off @ np.linalg.solve(late.covariance, off)
        states, covariances = predicted(model, orbit, time[-1:], acceleration=0.0)
        off = states[0] - inertial[-1, 0]
        ahead += off @ np.linalg.solve(covariances[0], off)
    with capsys.disabled():
        print(f"\n  mean NEES of 7, 7 and 6 numbers: batch {fits / DRAWS:.2f}, filter {filters / DRAWS:.2f}, "
              f"an hour ahead {ahead / DRAWS:.2f}; residuals {np.mean(normal):.3f} sigma")  # fmt: skip
    assert between(fits, 7 * DRAWS) and between(filters, 7 * DRAWS) and between(ahead, 6 * DRAWS)
    assert abs(np.mean(normal) - 1.0) < 0.05


@pytest.mark.slow
def test_an_orbit_out_of_nothing_but_tracks():
    span = 5 * 3600.0
    model = orbit_model(EPOCH, span + 1200.0, 0.004, degree=8)
    truth = np.array([6.77e6, 0.0, 0.0, 0.0, 5.75e3, 5.07e3, 1.0])
    time, inertial, fixed = fly(model, truth[None], 0.0, span)
    tracks = measure(EPOCH, network(("ssc", "relay")), time, fixed[:, 0, :3], fixed[:, 0, 3:], 2)
    orbit = determine(model, tracks)
    row = round(orbit.time / (time[1] - time[0]))
    off = orbit.state[:6] - inertial[row, 0]
    assert np.linalg.norm(off[:3]) < 30.0  # m; the figure asked of ground and relay together is 50 m
    assert np.abs(off / orbit.sigma[:6]).max() < 5.0
