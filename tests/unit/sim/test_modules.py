"""Paths of unsteered bodies, and the distance between two of them."""

import numpy as np
import pytest

from homeward.missions.departure_safety import closest
from homeward.planning.undocking import PORTS, local_axes_at
from homeward.sim.passive_bodies import Path

MU = 3.986004415e14
MILLIMETRE = 1e-3  # m: a cubic between states 10 s apart


def circle(times, radius=6778e3, phase=0.0):
    n = np.sqrt(MU / radius**3)
    u = n * times + phase
    zero = np.zeros_like(u)
    r = radius * np.stack([np.cos(u), np.sin(u), zero], axis=1)
    v = radius * n * np.stack([-np.sin(u), np.cos(u), zero], axis=1)
    return Path(times, r, v)


def test_between_states_a_path_is_right_to_a_millimetre():
    path = circle(np.arange(0.0, 600.0, 10.0))
    times = np.linspace(0.0, 590.0, 997)
    assert np.max(np.abs(path.at(times) - circle(times).r)) < MILLIMETRE


def test_a_path_goes_through_its_own_states_and_through_uneven_steps():
    times = np.array([0.0, 10.0, 13.0, 13.5, 20.0])
    path = circle(times)
    np.testing.assert_allclose(path.at(times), path.r, atol=1e-7)


def test_the_closest_approach_of_two_circles():
    times = np.arange(0.0, 6000.0, 10.0)
    capsule, station = circle(times), circle(times, phase=1e-4)
    distance, when = closest(capsule, station, 600.0, 5000.0)
    assert distance == pytest.approx(2 * 6778e3 * np.sin(0.5e-4), rel=1e-6)
    assert 600.0 <= when <= 5000.0


def test_a_window_that_holds_no_state_is_judged_at_its_start():
    times = np.arange(0.0, 100.0, 10.0)
    distance, when = closest(circle(times), circle(times, phase=1e-4), 95.0, 90.0)
    assert np.isfinite(distance) and when == 90.0


def test_joined_paths_hold_each_state_once():
    first, second = circle(np.arange(0.0, 50.0, 10.0)), circle(np.arange(40.0, 90.0, 10.0))
    joined = first.joined(second)
    np.testing.assert_array_equal(joined.time, np.arange(0.0, 90.0, 10.0))
    assert joined.r.shape == (9, 3)


@pytest.mark.parametrize("port", PORTS)
def test_a_push_from_a_port_leaves_the_axes_it_is_made_along(port):
    # The station's velocity is found again from the ship's by taking the springs' push off.
    r, v = np.array([6778e3, 0.0, 0.0]), np.array([30.0, 5000.0, 5700.0])
    axis = np.array(PORTS[port][0])
    pushed = v + 0.3 * axis @ local_axes_at(r, v)
    np.testing.assert_allclose(pushed - 0.3 * axis @ local_axes_at(r, pushed), v, atol=1e-9)
