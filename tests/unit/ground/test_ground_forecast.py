"""The landing forecast's own parts against what can be reckoned by hand; its files; its update's time."""

import dataclasses
import itertools
import json
import math
import xml.etree.ElementTree as ET

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.constants import G0
from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.earth.time import Epoch
from homeward.flight.descent.parachute_drift import led_to
from homeward.ground.landing_forecast.descent import MAIN, Fall, fall
from homeward.ground.landing_forecast.files import geojson, kml, rim, write_forecasts
from homeward.ground.landing_forecast.forecast import Forecast, Forecaster, Moment, moved, offset
from homeward.ground.landing_forecast.inputs import LAYER, TOP, Errors, Setting

EPOCH = Epoch.from_iso("2023-06-03T17:00:00Z")
SITE = 41.6, 100.1
QUIET = Errors(0.0, 0.0, 0.0, 3000.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def setting(wind=(0.0, 10.0), errors: Errors = QUIET) -> Setting:
    heights = LAYER * np.arange(int(TOP / LAYER) + 1)
    rows = np.zeros((100, 6))
    return Setting(
        mass=3000.0, shield=0.0, shield_altitude=0.0, drag_area=6.0, lift_to_drag=0.3,
        canopies=(24.0, 54.0, 900.0, 380.0), reefed_time=8.0, fill=4.0, drogue_fill=1.0,
        opening_altitude=10e3, site=(math.radians(SITE[0]), math.radians(SITE[1]), 1000.0),
        aim_E=np.array([6.4e6, 0.0, 0.0]), log_density=np.log(1.2) + 0.0 * heights,
        wind_altitude=np.array([0.0, 40e3]), wind=np.tile(wind, (2, 1)), main_rows=rows, main_bottom=1000.0,
        main_step=90.0, main_nominal=16.0, main_earliest=12.0, main_latest=16.0, main_lowest=-1e9,
        errors=errors,
    )  # fmt: skip


def under_main(altitude: float) -> Moment:
    lat, lon = (math.radians(x) for x in SITE)
    return Moment(500.0, lat, lon, altitude, (0.0, 10.0, -7.0), MAIN, 100.0, 130.0)


def test_a_steady_fall_drifts_as_far_as_the_wind_blows_in_its_time():
    s = setting()
    n = 256
    zeros = np.zeros(n)
    start = Fall(np.tile([0.0, 0.0, 3000.0], (n, 1)), np.tile([0.0, 10.0, -7.0], (n, 1)), np.full(n, MAIN),
                 np.full(n, 100.0), np.full(n, 130.0),
                 np.zeros((n, 2)), np.zeros((n, 2)))  # fmt: skip
    places, lasted = fall(s, start, np.random.default_rng(0))
    rate = math.sqrt(2.0 * s.mass * G0 / (1.2 * (900.0 + s.drag_area)))
    TOLERANCE = 0.01  # the first seconds are faster or slower than steady
    assert lasted == pytest.approx(2000.0 / rate + zeros, rel=TOLERANCE)
    assert places[:, 1] == pytest.approx(10.0 * lasted, rel=TOLERANCE)
    # The wind blows along the parallel, which bends north of a straight way: half a metre here.
    bent = 0.5 * places[:, 1] ** 2 / 6.4e6 * math.tan(math.radians(SITE[0]))
    assert places[:, 0] == pytest.approx(bent, rel=0.3) and bent.min() > 0.3


@pytest.mark.parametrize("latitude", [0.0, 41.6, -80.0, 89.9, -89.95])
def test_a_fall_near_a_pole_follows_the_wind_where_it_is(latitude):
    """Against the rhumb line that the flight computer reckons with: 3 km of drift 5 km from a pole."""
    s = dataclasses.replace(setting((3.0, 10.0)), site=(math.radians(latitude), 0.3, 1000.0))
    n, site = 4, (latitude, math.degrees(0.3))
    begin = moved(site, 2000.0, -3000.0)
    start = Fall(np.tile([2000.0, -3000.0, 3000.0], (n, 1)), np.tile([3.0, 10.0, -7.0], (n, 1)),
                 np.full(n, MAIN), np.full(n, 100.0), np.full(n, 130.0),
                 np.zeros((n, 2)), np.zeros((n, 2)))  # fmt: skip
    places, lasted = fall(s, start, np.random.default_rng(0))
    place = [jnp.asarray(math.radians(x)) for x in begin]
    end = led_to(
        Ellipsoid.wgs84(), *place, jnp.asarray(0.0), *(jnp.asarray(x * lasted[0]) for x in (3.0, 10.0))
    )
    lat, lon, _ = (float(x) for x in to_geodetic(Ellipsoid.wgs84(), end))
    wanted = offset(site, (math.degrees(lat), math.degrees(lon)))
    assert np.hypot(*(places[0] - wanted)) < 0.01 * 10.4 * lasted[0]  # the first seconds are another speed


def test_a_wind_that_is_not_known_spreads_the_fall_as_its_integral_does():
    sigma, length, down = 3.0, 3000.0, 2000.0
    s = setting(errors=dataclasses.replace(QUIET, wind=sigma, wind_length=length))
    rng = np.random.default_rng(1)
    n = 256
    start = Fall(np.tile([0.0, 0.0, 1000.0 + down], (n, 1)), np.tile([0.0, 10.0, -7.5], (n, 1)),
                 np.full(n, MAIN), np.full(n, 100.0), np.full(n, 130.0),
                 sigma * rng.standard_normal((n, 2)), np.zeros((n, 2)))  # fmt: skip
    places, lasted = fall(s, start, rng)
    x = down / length
    # Variance of the integral of a Gauss-Markov process: 2 sigma^2 L^2 (x - 1 + exp(-x)) over rate^2.
    wanted = sigma * length * math.sqrt(2.0 * (x - 1.0 + math.exp(-x))) * float(lasted.mean()) / down
    SPREAD = 0.15  # of 2 x 256 draws: 3 %, and the fall blows with its wind
    assert np.std(places - [0.0, 10.0 * lasted.mean()], axis=0) == pytest.approx(wanted, rel=SPREAD)


def test_the_ellipse_shrinks_on_the_way_down_and_the_rest_is_quick():
    forecaster = Forecaster(setting(errors=Errors()), {"helicopters": (41.7, 100.1)})
    made = [forecaster.at(under_main(h)) for h in (9000.0, 5000.0, 2000.0, 1200.0)]
    sizes = [f.axes()[0] for f in made]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] < 60.0
    assert made[0].touchdown > made[-1].touchdown
    assert all(f.seconds < 1.0 for f in made[1:])  # the first one compiles
    assert made[-1].teams["helicopters"] == pytest.approx(11.1e3, rel=0.05)
    again = forecaster.at(under_main(5000.0))
    assert (again.latitude_deg, again.longitude_deg) == (made[1].latitude_deg, made[1].longitude_deg)


def made(covariance) -> Forecast:
    return Forecast(100.0, *SITE, 900.0, np.asarray(covariance, float), (41.0, 95.0), np.eye(2), True,
                    {"a & b": 5e3}, 0.1)  # fmt: skip


def test_the_rim_is_where_the_sigmas_say():
    f = made([[4e6, 1e6], [1e6, 1e6]])
    for sigmas in (1.0, 3.0):
        for longitude, latitude in rim(f, sigmas):
            assert f.sigmas_off(latitude, longitude) == pytest.approx(sigmas, rel=2e-3)
    larger, smaller, bearing = made([[9e6, 0.0], [0.0, 1e6]]).axes()
    assert (larger, smaller) == pytest.approx((3000.0, 1000.0)) and math.sin(bearing) == pytest.approx(
        0.0, abs=1e-9
    )


def test_places_there_and_back_also_over_the_date_line():
    for origin in ((41.6, 100.1), (-20.0, 179.99), (60.0, -179.99)):
        place = moved(origin, 3000.0, 4000.0)
        assert -180.0 <= place[1] < 180.0
        assert offset(origin, place) == pytest.approx((3000.0, 4000.0), rel=1e-5)


def test_files_are_what_maps_read(tmp_path):
    f = made([[4e6, 1e6], [1e6, 1e6]])
    told = geojson(f, EPOCH, {"a & b": (41.7, 100.0)})
    kinds = [x["properties"]["what"] for x in told["features"]]
    assert kinds == ["touchdown", "ellipse", "ellipse", "ellipse", "ballistic", "team"]
    ring = told["features"][1]["geometry"]["coordinates"][0]
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in itertools.pairwise(ring))
    assert ring[0] == ring[-1] and area > 0.0  # counter-clockwise, as RFC 7946 has it
    root = ET.fromstring(kml([f, f], EPOCH, "a & b <c>").split("\n", 1)[1])
    assert len(root.findall(".//{*}Folder")) == 2 and len(root.findall(".//{*}Polygon")) == 6
    files = write_forecasts(tmp_path, [f, f], EPOCH, "x")
    lines = files[0].read_text().splitlines()
    assert len(lines) == 2 and json.loads(lines[0])["made_utc"] == "2023-06-03T17:01:40Z"
