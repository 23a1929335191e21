"""Passes of a ground track by a site, on tracks whose geometry is known."""

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.geodesy import Ellipsoid
from homeward.flight.deorbit.landing_opportunities import find_passes, orbital_period
from homeward.flight.deorbit.orbit_propagator import OrbitModel
from homeward.planning.deorbit_planner import Opportunity, _numbered

SPHERE = Ellipsoid.sphere(6371e3)
RADIUS = 6771e3
RATE = 2 * np.pi / 5550.0
DISTANCE = 20.0  # m: a great circle through two points of a great circle
MOMENT = 0.1  # s


def track(inclination, node=0.0, revolutions=2.0):
    """A great circle that is flown evenly on a sphere that does not turn."""
    t = np.arange(0.0, revolutions * 5550.0, 20.0)
    u = RATE * t
    i = np.radians(inclination)
    flat = np.stack([np.cos(u), np.sin(u) * np.cos(i), np.sin(u) * np.sin(i)], axis=1)
    speed = np.stack([-np.sin(u), np.cos(u) * np.cos(i), np.cos(u) * np.sin(i)], axis=1)
    c, s = np.cos(np.radians(node)), np.sin(np.radians(node))
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return t, np.concatenate([RADIUS * flat @ turn.T, RADIUS * RATE * speed @ turn.T], axis=1)


def beside(state, aside):
    """Unit vector of a site ``aside`` [m] to the right of the track at a state, and the state's own."""
    r, v = state[:3], state[3:]
    right = np.cross(v, r) / np.linalg.norm(np.cross(v, r))
    angle = aside / 6371e3
    return np.cos(angle) * r / np.linalg.norm(r) + np.sin(angle) * right


@pytest.mark.parametrize("inclination", [5.0, 41.5, 90.0, 98.0, 150.0])
@pytest.mark.parametrize("aside", [-150e3, 40e3])
@pytest.mark.parametrize("row", [30, 69, 120, 200])
def test_distance_side_and_moment_of_a_pass(inclination, aside, row):
    t, states = track(inclination, node=170.0)
    site = beside(states[row], aside)
    found = find_passes(t, states, site, SPHERE, 500e3)
    near = min(found, key=lambda p: abs(p.time - t[row]))
    assert near.time == pytest.approx(t[row], abs=MOMENT)
    assert near.cross_range == pytest.approx(abs(aside), abs=DISTANCE)
    assert near.side == ("right" if aside > 0 else "left")
    assert near.direction == ("ascending" if states[row, 5] > 0 else "descending")
    assert near.revolution == int(t[row] / 5550.0)


def test_a_site_on_the_other_side_of_the_world_is_no_pass():
    t, states = track(51.6)
    # The track's pole: always a quarter of the world away.
    pole = np.cross(states[0, :3], states[0, 3:])
    assert find_passes(t, states, pole / np.linalg.norm(pole), SPHERE, 2000e3) == []


def test_latitude_is_geodetic():
    # 41.6 deg geodetic is 41.41 deg geocentric: a track of 41.5 deg goes beyond it, not short of it.
    t, states = track(41.5)
    b = np.radians(41.6)
    top = states[np.argmax(states[:, 2])]
    longitude = np.arctan2(top[1], top[0])
    site = np.array([np.cos(b) * np.cos(longitude), np.cos(b) * np.sin(longitude), np.sin(b)])
    near = min(find_passes(t, states, site, Ellipsoid.wgs84(), 100e3), key=lambda p: p.cross_range)
    assert near.cross_range < 10e3
    assert near.side == "right"


def test_the_period_counts_the_turning_earth_and_is_infinite_on_the_way_out():
    omega = np.array([0.0, 0.0, 7.292e-5])
    model = OrbitModel(
        jnp.asarray(3.986004415e14), jnp.asarray(6378136.3), jnp.zeros(3), jnp.asarray(omega),
        jnp.asarray(0.0), jnp.asarray([-60.0, 0.0, 0.0]),
    )  # fmt: skip
    r = np.array([6778e3, 0.0, 0.0])
    circular = np.array([0.0, np.sqrt(3.986004415e14 / 6778e3), 0.0])
    expected = 2 * np.pi * np.sqrt(6778e3**3 / 3.986004415e14)
    assert orbital_period(model, r, circular - np.cross(omega, r)) == pytest.approx(expected, rel=1e-12)
    assert orbital_period(model, r, 1.5 * circular) == np.inf


def opportunity(burn, track_distance, feasible=True):
    return Opportunity(
        0, 0, burn + 2500, burn - 900, burn, 0.0, track_distance, 1e5, "ascending", 118.0, feasible, ""
    )


def test_two_passes_of_one_burn_are_one_opportunity():
    found = [opportunity(9000.0, 3e4), opportunity(1000.0, 9e4), opportunity(1100.0, 2e4)]
    kept = _numbered(found)
    assert [(o.index, o.burn) for o in kept] == [(0, 1100.0), (1, 9000.0)]
