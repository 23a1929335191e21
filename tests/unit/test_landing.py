"""Drift under the canopies and the aim point that makes up for it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.geodesy import Ellipsoid, from_geodetic, horizontal_distance
from homeward.flight.landing import LAYER, aim_point, drift
from homeward.vehicle import Parachutes

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
    assert (np.asarray(aim) - np.asarray(site)) @ east == pytest.approx(-4000.0)
    assert float(aim[2]) < float(site[2])  # blown north: the aim is in the south
