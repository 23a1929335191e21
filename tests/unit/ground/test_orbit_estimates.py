"""An orbit that its own residuals deny is none, whatever its covariance says."""

import functools
import json
from dataclasses import replace

import numpy as np
import pytest

from homeward.cli.app import main
from homeward.earth.time import Epoch
from homeward.errors import Infeasible
from homeward.ground.landing_forecast import coast_orbit
from homeward.ground.landing_forecast.state_from_tracks import track_state
from homeward.ground.tracking.batch_least_squares import Prior, batch, sequential
from homeward.ground.tracking.force_model import fly, orbit_model
from homeward.ground.tracking.measurements import Tracks, measure, to_segments
from homeward.ground.tracking.residual_consistency import objection
from homeward.ground.tracking.stations import station
from homeward.io.opm import write_opm
from homeward.io.tdm import write_tdm

EPOCH = Epoch.from_iso("2023-06-03T17:00:00Z")
TRUTH = np.array([6.77e6, 0.0, 0.0, 0.0, 5.75e3, 5.07e3, 1.0])
SIGMA = np.array([1e3] * 3 + [1.0] * 3 + [0.3])
SPAN = 1800.0


@functools.cache
def model():
    return orbit_model(EPOCH, 20000.0, 0.004, degree=8)


@functools.cache
def path():
    """Times and states in E of the orbit, a row ten seconds."""
    time, _, fixed = fly(model(), TRUTH[None], 0.0, SPAN)
    return time, fixed[:, 0]


@functools.cache
def stations():
    _, ship = path()
    below = ship[[20, 60, 120, 170], :3]
    below = below / np.linalg.norm(below, axis=1)[:, None]
    latitude, longitude = np.arcsin(below[:, 2]), np.arctan2(below[:, 1], below[:, 0])
    places = np.degrees(np.stack([latitude, longitude], axis=1)).tolist()
    return tuple(station(f"S{k}", "fixed", *place, 0.0) for k, place in enumerate(places))


def tracked(change=None) -> Tracks:
    time, ship = path()
    ship = ship.copy()
    if change is not None:
        change(time, ship)
    return measure(EPOCH, stations(), time, ship[:, :3], ship[:, 3:], seed=5)


def braked(time, ship):
    """The air, from 1,500 s on: 30 m/s2 against the motion."""
    since = np.maximum(time - 1500.0, 0.0)[:, None]
    ahead = ship[:, 3:] / np.linalg.norm(ship[:, 3:], axis=1)[:, None]
    ship[:, :3] -= 0.5 * 30.0 * since**2 * ahead
    ship[:, 3:] -= 30.0 * since * ahead


def fitted(tracks):
    return batch(model(), tracks, Prior(TRUTH, SIGMA))


def test_a_fit_to_its_own_orbit_is_not_denied():
    assert objection(tracked(), fitted(tracked())) == ""


def test_some_gross_errors_do_not_deny_an_orbit():
    tracks = tracked()
    values = tracks.values.copy()
    values[::25, 0] += 1e5
    tracks = replace(tracks, values=values)
    orbit = fitted(tracks)
    assert orbit.left_out >= len(values) // 25 and objection(tracks, orbit) == ""


def test_a_track_that_holds_the_air_is_denied_with_the_time():
    tracks = tracked(braked)
    orbit = fitted(tracks)
    assert np.linalg.norm(orbit.sigma[:3]) < 50.0  # what it promises
    told = objection(tracks, orbit)
    assert "do not fit it" in told or "sigma off" in told, told
    assert "--until 15" in told
    assert objection(tracks.within(0.0, 1500.0), fitted(tracks.within(0.0, 1500.0))) == ""


def test_a_station_that_contradicts_the_others_is_named():
    tracks = tracked()
    values = tracks.values.copy()
    values[tracks.station == 1, 0] += 5e4
    tracks = replace(tracks, values=values)
    assert "measurements of S1 do not fit those of the others" in objection(tracks, fitted(tracks))


def test_the_command_line_says_so_with_status_3_and_writes_nothing(tmp_path, capsys):
    rows = [{"name": s.name, "mask_azimuth_deg": [0], "mask_elevation_deg": [5]} for s in stations()]
    places = []
    for s in stations():
        lon, lat = np.degrees(np.arctan2(s.up[1], s.up[0])), np.degrees(np.arcsin(s.up[2]))
        places.append([float(lon), float(lat), 0.0])
    features = [
        {"type": "Feature", "properties": p, "geometry": {"type": "Point", "coordinates": c}}
        for p, c in zip(rows, places, strict=True)
    ]
    (tmp_path / "s.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    write_opm(tmp_path / "start.opm", "SHIP", EPOCH, TRUTH[:3], TRUTH[3:6], np.diag(SIGMA[:6] ** 2))
    command = [
        "orbit-determination", str(tmp_path / "t.tdm"), "--initial", str(tmp_path / "start.opm"),
        "--hours", "0", "--set",
        f"ground.stations_file={tmp_path / 's.geojson'}", "--json", "--out", str(tmp_path / "out"),
    ]  # fmt: skip
    write_tdm(tmp_path / "t.tdm", to_segments(tracked(braked), "SHIP"))
    assert main(command) == 3
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert found["consistent"] is False and found["objection"] in told.err
    assert "position_sigma_m" not in found and "--until" in told.err.splitlines()[-1]
    assert not list((tmp_path / "out").glob("orbit*"))
    assert main([*command, "--until", "1400"]) == 0
    assert json.loads(capsys.readouterr().out)["consistent"] is True


def test_a_filter_that_refuses_what_it_is_told_has_lost_the_ship():
    def elsewhere(time, ship):
        later = time > 600.0
        ship[later, :3] += 3e5

    with pytest.raises(Infeasible, match="it has lost the ship"):
        sequential(model(), tracked(elsewhere), Prior(TRUTH, np.array([10.0] * 3 + [0.01] * 3 + [0.1])))


def test_a_forecast_is_made_from_no_orbit_that_its_tracks_deny():
    told = coast_orbit._fitted(model(), tracked(braked), (0.0, Prior(TRUTH, SIGMA)), None)
    assert told is None
    good = coast_orbit._fitted(model(), tracked(), (0.0, Prior(TRUTH, SIGMA)), None)
    assert good is not None and np.linalg.norm(good.state[:3] - TRUTH[:3]) < 100.0


def test_stations_that_contradict_each_other_tell_no_state_in_the_air():
    time = np.arange(0.0, 20.0, 1.0)
    r = np.array([6.42e6, 0.0, 0.0]) + time[:, None] * np.array([-200.0, 3000.0, 0.0])
    near = [station(f"N{k}", "fixed", 0.1 * k, 0.2 + 0.1 * k, 0.0) for k in range(2)]
    tracks = measure(EPOCH, near, time, r, np.tile([-200.0, 3000.0, 0.0], (len(time), 1)), seed=2)
    found = track_state(tracks, 15.0)
    assert found is not None and np.linalg.norm(found.state[:3] - r[15]) < 60.0
    values = tracks.values.copy()
    values[tracks.station == 1, 0] += 5e3
    assert track_state(replace(tracks, values=values), 15.0) is None
