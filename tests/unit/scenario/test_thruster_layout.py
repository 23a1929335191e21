"""The standard set of a docking ship: where its thrusters stand, what they bring, what a lost one leaves."""

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.control.thruster_selection_6dof import allocate_six
from homeward.scenario.build.thruster_layout import (
    AXIAL,
    CANT,
    DOCKING,
    LATERAL,
    docking_layout,
    docking_thrusters,
)

MASS = 8000.0  # kg
INERTIA = np.array([12e3, 60e3, 60e3])  # kg m2
PULSE = 0.02  # s


@pytest.mark.parametrize("center", [None, 3.6, 5.2])
def test_places_lie_on_the_hull_and_directions_are_unit(center):
    place, direction, thrust = docking_layout(8.8, 1.4, center)
    middle = 4.4 if center is None else center
    assert place.shape == direction.shape == (DOCKING, 3) and thrust.shape == (DOCKING,)
    np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1.0)
    assert np.all(np.hypot(place[:, 1], place[:, 2]) <= 1.4 + 1e-9)
    assert np.all((place[:, 0] >= -middle - 1e-9) & (place[:, 0] <= 8.8 - middle))
    # No exhaust leaves into the hull: it runs along it, or away from it.
    outward = np.sum(place[:, 1:] * direction[:, 1:], axis=1)
    assert np.all(outward <= 1e-9)
    np.testing.assert_allclose(thrust, [LATERAL] * 16 + [AXIAL] * 8)


def test_what_brakes_blows_past_the_station():
    _, direction, _ = docking_layout(8.8, 1.4)
    exhaust = -direction[20:]
    np.testing.assert_allclose(exhaust[:, 0], np.cos(CANT))
    assert np.all(-direction[:20] @ [1.0, 0.0, 0.0] < 1e-9)


@pytest.mark.parametrize(("length", "radius", "center"), [(8.8, 1.4, 4.4), (7.0, 1.3, 3.0), (10.0, 1.6, 6.0)])
def test_any_one_may_fail_and_what_is_left_is_enough(length, radius, center):
    table = allocate_six(docking_thrusters(length, radius, center), "here")
    force, torque = (np.asarray(x) for x in table.strength())
    assert np.all(force / MASS > [0.03, 0.004, 0.004])  # m/s2, any one out
    assert np.all(torque / INERTIA > np.radians([0.25, 0.1, 0.1]))  # rad/s2


def test_the_smallest_step_is_a_millimetre_a_second():
    table = allocate_six(docking_thrusters(8.8, 1.4), "here")
    longest = np.max(np.asarray(table.pulses)[0], axis=1)
    quanta = PULSE / longest  # N s or N m s of a row whose longest pulse is the smallest there is
    assert np.all(quanta[:6] / MASS < 1.6e-3)
    assert np.all(quanta[6:] / np.tile(INERTIA, 2) < np.radians(0.01))
    assert float(docking_thrusters(8.8, 1.4).minimum_pulse) == PULSE
    assert jnp.all(docking_thrusters(8.8, 1.4).share == 1.0)
