"""Drift under the canopies and the aim point that makes up for it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.geodesy import Ellipsoid, from_geodetic, horizontal_distance
from homeward.flight.descent.parachute_drift import LASTING, LAYER, aim_point, drift
from homeward.vehicle.parameters import Parachutes

P = Parachutes(*(jnp.asarray(x) for x in (24.0, 1.0, 16.0, 900.0, 0.06, 8.0, 4.0, 380.0, 0.0, 0.0)))
HEIGHTS = LAYER * np.arange(350)
DENSITY = 1.225 * np.exp(-HEIGHTS / 8000.0)
GROUND, OPENING, MASS = 1000.0, 10e3, 2900.0


@jax.jit
def _drift(north, east, opening, ground):
    d = drift(P, jnp.asarray(MASS), jnp.asarray(DENSITY), north, east, opening, ground)
    return d.north, d.east, d.duration


def _fall(north, east, opening=OPENING, ground=GROUND):
    rows = [jnp.asarray(np.broadcast_to(w, HEIGHTS.shape)) for w in (north, east)]
    return [float(x) for x in _drift(*rows, jnp.asarray(opening), jnp.asarray(ground))]


def test_a_steady_wind_carries_for_as_long_as_the_descent_lasts():
    north, east, time = _fall(3.0, -5.0)
    assert north == pytest.approx(3.0 * time)
    assert east == pytest.approx(-5.0 * time)


def test_duration_is_that_of_terminal_speeds():
    # A plain integration in small steps of the same canopies.
    time, h = 0.0, OPENING
    while h > GROUND:
        area = 24.0 if time < 16.0 else 54.0 if time < 26.0 else 900.0
        rho = 1.225 * np.exp(-h / 8000.0)
        h -= 0.02 * np.sqrt(2.0 * MASS * 9.80665 / (rho * area))
        time += 0.02
    # A layer of 100 m is crossed in 0.6 s under the drogue and 14 s under the main.
    assert _fall(0.0, 0.0)[2] == pytest.approx(time, abs=15.0)


def test_half_of_an_error_of_the_forecast_is_expected_all_the_way_down():
    """It acts for half the time of the descent at least, and for less than all of it."""
    zeros = jnp.zeros(HEIGHTS.shape)
    top, ground = jnp.asarray(OPENING), jnp.asarray(GROUND)
    d = drift(P, jnp.asarray(MASS), jnp.asarray(DENSITY), zeros, zeros, top, ground)
    share = float(d.error_seconds / d.duration)
    assert LASTING < share < LASTING + 0.5 * (1.0 - LASTING)
    # From just above the ground nothing has faded.
    low = drift(P, jnp.asarray(MASS), jnp.asarray(DENSITY), zeros, zeros, ground + 50.0, ground)
    assert float(low.error_seconds / low.duration) == pytest.approx(1.0, abs=0.02)


def test_only_the_wind_on_the_way_down_counts():
    above = np.where(HEIGHTS > OPENING + LAYER, 50.0, 0.0)
    below = np.where(HEIGHTS < GROUND - LAYER, 50.0, 0.0)
    assert _fall(above, below)[:2] == pytest.approx([0.0, 0.0], abs=1e-9)


def test_the_aim_point_lies_upwind_by_the_drift():
    earth = Ellipsoid.wgs84()
    latitude, longitude, top = (jnp.asarray(x) for x in (np.radians(41.6), np.radians(100.1), OPENING))
    site = from_geodetic(earth, latitude, longitude, top)
    aim = aim_point(earth, latitude, longitude, top, jnp.asarray(2000.0), jnp.asarray(4000.0))
    assert float(horizontal_distance(earth, site, aim)) == pytest.approx(np.hypot(2000.0, 4000.0), rel=5e-3)
    east = np.array([-np.sin(float(longitude)), np.cos(float(longitude)), 0.0])
    # The wind blows east where the capsule is: the meridians there stand a thousandth of a radian askew.
    assert (np.asarray(aim) - np.asarray(site)) @ east == pytest.approx(-4000.0, rel=1e-3)
    assert float(aim[2]) < float(site[2])  # blown north: the aim is in the south


STEP_ERROR = 3.0  # m: what 2000 steps of the drift below leave, and the curvature between radii at its ends


@pytest.mark.parametrize("latitude", [0.0, 41.6, -33.0, 80.0, 89.0, 89.9, -89.9, 90.0, -90.0])
@pytest.mark.parametrize("drifted", [(4000.0, 0.0), (-3000.0, 5000.0), (2000.0, -6000.0), (0.0, 5000.0)])
def test_a_drift_from_the_aim_point_ends_at_the_site(latitude, drifted):
    """Flown forward with the wind's north and east where the capsule is, over and about a pole too."""
    earth, north_pole = Ellipsoid.wgs84(), latitude > 0.0
    north = drifted[0] if abs(latitude) < 89.5 or (drifted[0] >= 0.0) == north_pole else -drifted[0]
    place = [jnp.asarray(x) for x in (np.radians(latitude), np.radians(-179.99), OPENING)]
    aim = np.asarray(aim_point(earth, *place, jnp.asarray(north), jnp.asarray(drifted[1])))
    assert np.isfinite(aim).all()
    r, steps = aim, 2000
    for _ in range(steps):
        up = r / np.array([1.0, 1.0, (1.0 - 1 / 298.257223563) ** 2])
        up /= np.linalg.norm(up)
        level = np.hypot(up[0], up[1])
        if level < 1e-9:
            break  # a wind has no direction at the pole
        east = np.array([-up[1], up[0], 0.0]) / level
        r = r + (np.cross(up, east) * north + east * drifted[1]) / steps
    site = np.asarray(from_geodetic(earth, *place))
    # At the pole itself the last steps go round it.
    limit = STEP_ERROR + (200.0 if abs(latitude) == 90.0 else 0.0)
    assert np.linalg.norm(np.cross(r / np.linalg.norm(r), site)) < limit
