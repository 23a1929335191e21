"""Tracking: geometry by hand, masks, TDM there and back, and an orbit out of one pass and its neighbours."""

import dataclasses
import json

import numpy as np
import pytest

from homeward.cli.app import main
from homeward.earth.constants import WGS84_A
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.tracking.batch_least_squares import Prior, batch
from homeward.ground.tracking.force_model import fly, orbit_model
from homeward.ground.tracking.measurements import (
    Tracks,
    from_tdm,
    measure,
    observe,
    passes,
    to_segments,
    visible,
)
from homeward.ground.tracking.stations import network, read_stations, relay, site_stations, station
from homeward.io.opm import read_opm, write_opm
from homeward.io.tdm import read_tdm, write_tdm

EPOCH = Epoch.from_iso("2023-06-03T17:00:00Z")
ZERO = station("Zero", "fixed", 0.0, 0.0, 0.0)


def test_straight_up_and_along_the_horizon():
    up = np.array([[WGS84_A + 400e3, 0.0, 0.0]])
    distance, rate, _, elevation = observe(ZERO, up, np.array([[5.0, 7000.0, 0.0]]))[0]
    assert distance == pytest.approx(400e3) and rate == pytest.approx(5.0)
    assert np.degrees(elevation) == pytest.approx(90.0)
    for place, azimuth in (([0.0, 1e5, 0.0], 90.0), ([0.0, 0.0, 1e5], 0.0), ([0.0, -1e5, 0.0], 270.0)):
        seen = observe(ZERO, np.array([[WGS84_A, 0.0, 0.0]]) + np.array([place]), np.zeros((1, 3)))[0]
        assert np.degrees(seen[2]) % 360.0 == pytest.approx(azimuth) and seen[3] == pytest.approx(
            0.0, abs=1e-12
        )


def test_the_rate_is_the_derivative_of_the_range():
    rng = np.random.default_rng(0)
    r, v = rng.normal(size=(20, 3)) * 2e6 + [7e6, 0, 0], rng.normal(size=(20, 3)) * 5e3
    ahead, behind = observe(ZERO, r + 0.01 * v, v)[:, 0], observe(ZERO, r - 0.01 * v, v)[:, 0]
    np.testing.assert_allclose(observe(ZERO, r, v)[:, 1], (ahead - behind) / 0.02, rtol=1e-6, atol=1e-4)


def test_a_mask_hides_what_is_below_it_and_the_earth_hides_from_a_relay():
    masked = station("Masked", "fixed", 0.0, 0.0, 0.0, ([0.0, 90.0, 180.0, 270.0], [5.0, 40.0, 5.0, 5.0]))
    east = np.array([[WGS84_A + 200e3, 400e3, 0.0], [WGS84_A + 600e3, 400e3, 0.0]])
    west = east * [1.0, -1.0, 1.0]
    assert visible(masked, east).tolist() == [False, True] and visible(masked, west).tolist() == [True, True]
    high = relay("High", 0.0)
    near, behind = np.array([[6.8e6, 0.0, 0.0]]), np.array([[-6.8e6, 1e5, 0.0]])
    assert visible(high, near).all() and not visible(high, behind).any()
    assert np.isnan(observe(high, near, near * 0.0)[0, 2:]).all()


def test_the_networks_are_where_they_are():
    names = [s.name for s in network(("ssc", "ksat", "nen", "relay", "site"), (41.6, 100.1, 1000.0))]
    assert len(names) == len(set(names)) == 10 + 36 + 18 + 2 + 4
    kinds = {s.kind for s in site_stations(41.6, 100.1, 1000.0)}
    assert kinds == {"fixed", "portable", "vehicle", "airborne"}
    with pytest.raises(InputError, match="no station is left"):
        network(("site",))


def tracks() -> Tracks:
    time = np.arange(0.0, 300.0, 10.0)
    angle = (time - 150.0) * 1.1e-3
    r = 6.8e6 * np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], axis=1)
    v = 7.6e3 * np.stack([-np.sin(angle), np.cos(angle), 0.0 * angle], axis=1)
    return measure(EPOCH, [ZERO, relay("High", 20.0)], time, r, v, seed=3)


def test_errors_are_of_the_size_that_the_station_has():
    time, n = np.arange(4000.0), 4000
    r = np.tile([WGS84_A + 3e5, 2e5, 1e5], (n, 1))
    made = measure(EPOCH, [dataclasses.replace(ZERO, bias_sigma=0.0)], time, r, np.zeros((n, 3)), 1)
    off = (made.values - observe(ZERO, r, np.zeros((n, 3)))) / made.sigmas()
    off[:, 2] *= np.cos(made.values[:, 3])
    np.testing.assert_allclose(off.std(axis=0), 1.0, rtol=0.05)  # 4000 draws: 1.1 %, four times that
    np.testing.assert_allclose(off.mean(axis=0), 0.0, atol=0.07)


def test_a_tdm_there_and_back(tmp_path):
    made = tracks()
    write_tdm(tmp_path / "t.tdm", to_segments(made, "SHIP"))
    back = from_tdm(read_tdm(tmp_path / "t.tdm"), made.stations)
    assert (back.epoch - made.epoch) == pytest.approx(made.time[0], abs=1e-5)
    np.testing.assert_allclose(back.time + made.time[0], made.time, atol=2e-6)
    order = [back.stations.index(made.stations[k]) for k in made.station]
    assert sorted(order) == sorted(back.station.tolist())
    key_a = np.lexsort((made.values[:, 0], made.time))
    key_b = np.lexsort((back.values[:, 0], np.round(back.time, 3)))
    np.testing.assert_allclose(back.values[key_b], made.values[key_a], rtol=1e-11, atol=1e-9)
    assert [p["station"] for p in passes(made)] == ["Zero", "High"] or len(passes(made)) == 2


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("RANGE_UNITS = km\n", "", "RANGE_UNITS: expected km, it is missing"),
        ("RANGE_UNITS = km", "RANGE_UNITS = RU", "expected km, got RU"),
        ("ANGLE_TYPE = AZEL\n", "", "ANGLE_TYPE: expected AZEL"),
        ("PARTICIPANT_1 = Zero", "PARTICIPANT_1 = Nobody", "known station"),
        ("DATA_STOP", "", "cut short|unknown keyword|expected KEY"),
        ("RANGE = ", "RANGE = nan ", "words|finite"),
        ("META_STOP", "META_STAP", "KEY = value"),
    ],
)
def test_a_tdm_that_is_wrong_is_one_sentence_and_exit_2(tmp_path, capsys, old, new, told):
    path = tmp_path / "t.tdm"
    write_tdm(path, to_segments(tracks(), "SHIP"))
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=told):
        from_tdm(read_tdm(path), tracks().stations)
    assert main(["orbit-determination", str(path)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) <= 2


def test_stations_of_one_s_own_need_their_mask(tmp_path):
    about = {"name": "Camp", "mask_azimuth_deg": [0, 180], "mask_elevation_deg": [5, 10], "range_sigma_m": 20}
    place = {"type": "Point", "coordinates": [100.0, 41.0, 1200.0]}

    def written(properties):
        path = tmp_path / "stations.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": properties, "geometry": place}]}))  # fmt: skip
        return path

    (camp,) = read_stations(written(about))
    assert camp.range_sigma == 20.0 and np.degrees(camp.mask[1]).tolist() == [5.0, 10.0]
    for key in ("mask_azimuth_deg", "mask_elevation_deg"):
        with pytest.raises(InputError, match="Camp: has no mask"):
            read_stations(written({k: v for k, v in about.items() if k != key}))
    for bad in ([0, 0], [5], "no", [0, 400]):
        with pytest.raises(InputError, match="mask: expected azimuths"):
            read_stations(written(about | {"mask_azimuth_deg": bad}))
    with pytest.raises(InputError, match="range_sigma_m: expected a positive number"):
        read_stations(written(about | {"range_sigma_m": -1}))
    for bare in ('{"features": 5}', '{"features": null}', "[]", "7", "{}"):
        (tmp_path / "bare.geojson").write_text(bare)
        with pytest.raises(InputError, match="FeatureCollection"):
            read_stations(tmp_path / "bare.geojson")


def test_an_opm_there_and_back(tmp_path):
    r, v = np.array([6.7e6, 1.0, -2e5]), np.array([1.5, 7600.123456, -3.0])
    write_opm(tmp_path / "o.opm", "SHIP", EPOCH, r, v, np.eye(6), 3000.0, 12.0, 2.2)
    back = read_opm(tmp_path / "o.opm")
    np.testing.assert_allclose(back.r, r, atol=1e-6)
    np.testing.assert_allclose(back.v, v, atol=1e-9)
    assert back.epoch - EPOCH == pytest.approx(0.0, abs=1e-6)
    assert (back.mass, back.drag_area, back.drag_coefficient) == (3000.0, 12.0, 2.2)


@pytest.mark.slow
def test_an_orbit_is_found_from_two_stations_and_a_relay():
    model = orbit_model(EPOCH, 3000.0, 0.004, degree=2)
    truth = np.array([6.77e6, 0.0, 0.0, 0.0, 5.75e3, 5.07e3, 1.0])
    time, _, fixed = fly(model, truth[None], 0.0, 2400.0)
    ship = fixed[:, 0]
    below = ship[[30, 120], :3] / np.linalg.norm(ship[[30, 120], :3], axis=1)[:, None]
    lat, lon = np.degrees(np.arcsin(below[:, 2])), np.degrees(np.arctan2(below[:, 1], below[:, 0]))
    stations = [station(f"S{k}", "fixed", lat[k], lon[k], 0.0) for k in range(2)]
    made = measure(EPOCH, [*stations, relay("R", float(lon[0]))], time, ship[:, :3], ship[:, 3:], seed=5)
    start = truth + np.array([800.0, -500.0, 300.0, 1.0, -1.0, 0.5, 0.0])
    prior = Prior(start, np.array([3e3] * 3 + [5.0] * 3 + [0.2]))
    orbit = batch(model, made, prior)
    off = (orbit.state - truth) / orbit.sigma
    assert np.abs(off).max() < 4.0  # sigma, of seven numbers
    assert np.linalg.norm(orbit.state[:3] - truth[:3]) < 30.0
    rms = np.sqrt(np.nanmean(orbit.residuals**2, axis=0))
    np.testing.assert_allclose(rms, 1.0, atol=0.35)


def test_a_state_to_start_from_is_read_checked_and_used(tmp_path, capsys):
    """The relays tell no angles: without a state to start from there is no orbit."""
    span = 2 * 3600.0
    # Of the Earth that the default scenario flies about.
    model = orbit_model(EPOCH, span + 1200.0, 0.004, degree=8)
    truth = np.array([6.77e6, 0.0, 0.0, 0.0, 5.75e3, 5.07e3, 1.0])
    time, inertial, fixed = fly(model, truth[None], 0.0, span)
    made = measure(EPOCH, network(("relay",)), time[3::6], fixed[3::6, 0, :3], fixed[3::6, 0, 3:], seed=4)
    file, opm = tmp_path / "t.tdm", tmp_path / "start.opm"
    write_tdm(file, to_segments(made, "SHIP"))
    command = [
        "orbit-determination",
        str(file),
        "--set",
        "ground.network=['relay']",
        "--hours",
        "0",
        "--json",
    ]
    assert main(command) == 2 and "give --initial" in capsys.readouterr().err
    off = np.array([900.0, -700.0, 400.0, 0.8, -0.5, 0.3])
    sigma = np.diag(np.array([1e3, 1e3, 1e3, 1.0, 1.0, 1.0]) ** 2)
    write_opm(opm, "SHIP", EPOCH, truth[:3] + off[:3], truth[3:6] + off[3:], sigma)
    given = read_opm(opm)
    assert given.covariance is not None
    np.testing.assert_allclose(given.covariance, sigma, rtol=1e-9)
    assert main([*command, "--initial", str(opm)]) == 0
    told = json.loads(capsys.readouterr().out)
    row = round((Epoch.from_iso(told["epoch_utc"]) - EPOCH) / 10.0)
    missed = np.asarray(told["position_m"]) - inertial[row, 0, :3]
    assert np.linalg.norm(missed) < 0.2 * np.linalg.norm(off[:3])  # ranges alone, of two satellites
    assert np.abs(missed / np.asarray(told["position_sigma_m"])).max() < 4.0
    assert main([*command, "--initial", str(tmp_path / "none.opm")]) == 2
    write_opm(opm, "SHIP", EPOCH.plus(3 * 86400.0), truth[:3], truth[3:6])
    assert main([*command, "--initial", str(opm)]) == 2
    assert "within a day" in capsys.readouterr().err


def corrected(tmp_path, extra, applied="CORRECTIONS_APPLIED = NO\n"):
    """The tracks of a message with these lines of metadata in its first segment (the station's)."""
    path = tmp_path / "t.tdm"
    write_tdm(path, to_segments(tracks(), "SHIP"))
    text = path.read_text().replace("CORRECTIONS_APPLIED = YES\n", applied + extra, 1)
    path.write_text(text)
    return from_tdm(read_tdm(path), tracks().stations)


def test_corrections_that_were_not_applied_are_added(tmp_path):
    plain = corrected(tmp_path, "", "CORRECTIONS_APPLIED = YES\n")
    lines = (
        "CORRECTION_RANGE = 0.25\nCORRECTION_DOPPLER = -0.001 [km/s]\nCORRECTION_ANGLE_1 = 0.5\n"
        "CORRECTION_ANGLE_2 = -0.125\nCORRECTION_MAG = 3.0\n"
    )
    first = plain.station == plain.stations.index(ZERO)
    off = corrected(tmp_path, lines).values - plain.values
    np.testing.assert_allclose(
        off[first], np.tile([250.0, -1.0, np.radians(0.5), np.radians(-0.125)], (first.sum(), 1)), atol=1e-6
    )
    np.testing.assert_array_equal(off[~first][:, :2], 0.0)
    for done in ("CORRECTIONS_APPLIED = YES\n", "CORRECTIONS_APPLIED = yes\n"):
        np.testing.assert_array_equal(corrected(tmp_path, lines, done).values, plain.values)


@pytest.mark.parametrize(
    ("extra", "applied", "told"),
    [
        ("CORRECTION_RANGE = 0.25\n", "", "CORRECTIONS_APPLIED is missing: CORRECTION_RANGE"),
        ("CORRECTION_RANGE = 0.25\n", "CORRECTIONS_APPLIED = MAYBE\n", "expected YES or NO"),
        ("CORRECTION_RANGE = many\n", "CORRECTIONS_APPLIED = NO\n", "CORRECTION_RANGE: expected a finite"),
        (
            "CORRECTION_ABERRATION_YEARLY = 1.0\n",
            "CORRECTIONS_APPLIED = NO\n",
            "CORRECTION_ABERRATION_YEARLY",
        ),
        ("RANGE_MODULUS = 32768.0\n", "CORRECTIONS_APPLIED = YES\n", "RANGE_MODULUS: expected 0"),
        ("RECEIVE_DELAY_1 = 0.001\n", "CORRECTIONS_APPLIED = YES\n", "RECEIVE_DELAY_1: expected 0"),
    ],
)
def test_metadata_that_changes_values_is_applied_or_refused_by_name(tmp_path, extra, applied, told):
    with pytest.raises(InputError, match=told):
        corrected(tmp_path, extra, applied)
    corrected(tmp_path, "RANGE_MODULUS = 0\nTRANSMIT_DELAY_1 = 0.0\nCORRECTION_RANGE = 0\n", "")
