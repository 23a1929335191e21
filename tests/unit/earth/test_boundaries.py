"""Units and signs where another library is called: one point each, away from every symmetry."""

import json
import re
import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest
from synthetic_flight import synthetic_flight

from homeward.earth.eop import read_eop
from homeward.earth.ephemeris import build_third_bodies
from homeward.earth.frames import earth_spin
from homeward.earth.time import Epoch
from homeward.output.files.czml import write_czml
from homeward.output.files.kml import write_kml
from homeward.output.views.return_view import FlightView
from homeward.scenario import load
from homeward.scenario.build.world import build_air, densities

WHEN = "2023-09-08T02:00:00Z"


@pytest.mark.parametrize(("latitude", "longitude"), [(80.0, 15.0), (-33.0, 151.0), (41.6, 100.1)])
def test_msis_gets_degrees(latitude, longitude):
    pymsis = pytest.importorskip("pymsis")
    site = {"site.latitude_deg": str(latitude), "site.longitude_deg": str(longitude)}
    air = build_air(load("shenzhou-15", {"truth.air.model": "msis", **site}), Epoch.from_iso(WHEN))
    heights = np.array([30.0, 50.0, 70.0, 100.0, 400.0])
    when = np.full(5, np.datetime64(WHEN.rstrip("Z")))
    theirs = pymsis.calculate(
        when, np.full(5, longitude), np.full(5, latitude), heights, np.full(5, 150.0), np.full(5, 150.0),
        np.full((5, 7), 15.0), version=2.1,
    )[:, 0]  # fmt: skip
    np.testing.assert_allclose(np.asarray(densities(air, jnp.asarray(heights * 1e3))), theirs, rtol=0.01)


def test_msis_takes_an_epoch_within_a_leap_second():
    pytest.importorskip("pymsis")
    scenario = load("shenzhou-15", {"truth.air.model": "msis"})
    here, after = (
        float(densities(build_air(scenario, Epoch.from_iso(text)), jnp.asarray([50e3]))[0])
        for text in ("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00Z")
    )
    assert here == pytest.approx(after, rel=1e-4)


def test_the_earth_turns_by_radians_of_ut1():
    """The Earth rotation angle of a moment, written out: IERS Conventions 2010, equation 5.15."""
    epoch = Epoch.from_iso("2023-09-07T14:28:39Z")
    angle = 360.0 * ((0.7790572732640 + 1.00273781191135448 * (epoch.mjd() - 51544.5)) % 1.0)
    C_EI = earth_spin([epoch])[0][0]
    seen = np.degrees(np.arctan2(C_EI[0, 1], C_EI[0, 0])) % 360.0
    assert seen == pytest.approx(angle, abs=0.002)  # UT1-UTC is below 0.1 s, polar motion 0.5 arcsec


def test_earth_orientation_is_in_seconds_and_radians():
    """IERS Bulletin A, 2017-01-01: UT1-UTC 0.5915 s after the leap second, pole at 0.078, 0.260 arcsec."""
    table = read_eop(57753.0, 57755.0)
    assert table.ut1_minus_utc(57754.0) == pytest.approx(0.5914, abs=1e-3)
    assert table.ut1_minus_utc(57753.5) == pytest.approx(-0.408, abs=3e-3)


def test_sun_and_moon_are_in_metres():
    """2023-09-08: 247 days after the perihelion of an orbit of e = 0.0167, 15 days before the equinox."""
    bodies = build_third_bodies(Epoch.from_iso("2023-09-08T00:00:00Z"), 86400.0)
    sun, moon = (np.asarray(f(jnp.asarray(0.0))) for f in (bodies.sun_position, bodies.moon_position))
    mean = np.radians(247.0 / 365.26 * 360.0)
    distance = 1.0 - 0.0167 * np.cos(mean) + 0.5 * 0.0167**2 * (1.0 - np.cos(2.0 * mean))
    assert np.linalg.norm(sun) / 149597870700.0 == pytest.approx(distance, abs=2e-4)
    assert 3.56e8 < np.linalg.norm(moon) < 4.07e8
    assert np.degrees(np.arcsin(sun[2] / np.linalg.norm(sun))) == pytest.approx(6.0, abs=0.3)  # declination


def test_globes_get_degrees_longitude_first(tmp_path):
    facts, history, legs, summary = synthetic_flight(site=(-35.0, 149.0))
    view = FlightView(facts, history, legs, summary)
    write_czml(tmp_path / "a.czml", view)
    write_kml(tmp_path / "a.kml", view)
    packets = {p["id"]: p for p in json.loads((tmp_path / "a.czml").read_text())}
    assert packets["site"]["position"]["cartographicDegrees"][:2] == pytest.approx([149.0, -35.0])
    places = (tmp_path / "a.kml").read_text().split("<name>Places</name>")[1]
    first = re.search(r"<coordinates>([^,]+),([^,]+),", places)
    assert first and (float(first[1]), float(first[2])) == pytest.approx((149.0, -35.0))


def test_a_scenario_through_a_pipe(tmp_path):
    """``check -`` reads standard input, and the shell's ``<(...)`` is a file like any other."""
    text = tmp_path / "mine.toml"
    subprocess.run([sys.executable, "-m", "homeward", "new", str(text)], check=True, capture_output=True)
    content = b"\xef\xbb\xbf" + text.read_bytes().replace(b"\n", b"\r\n")
    done = subprocess.run(
        [sys.executable, "-m", "homeward", "check", "-"],
        input=content,
        capture_output=True,
        check=False,
        cwd=tmp_path,  # where its onboard data set is: what is read from a pipe has no folder of its own
    )
    assert (done.returncode, done.stderr) == (0, b"") and b"It is valid." in done.stdout
