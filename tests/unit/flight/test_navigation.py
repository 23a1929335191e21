"""Navigation that trusts its fix: inertial measurements to Earth-fixed belief."""

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.orientation import UniformRotation
from homeward.flight.navigation.fix_navigation import FixNavigation
from homeward.icd import Measurements

RATE = 7.292115e-5


def _measurements(time, valid=True):
    zero = jnp.asarray(0.0)
    return Measurements(
        jnp.asarray(time), jnp.asarray(valid), jnp.asarray([7e6, 1e6, 2e6]), jnp.asarray([-1e3, 7e3, 2e3]),
        jnp.asarray([1.0, -2.0, 3.0]), jnp.asarray(0.4), zero, zero,
    )  # fmt: skip


def test_position_velocity_and_force_turn_with_the_earth():
    law = FixNavigation(UniformRotation.of(0.0, RATE))
    time = 600.0
    state, told = law.step(law.init(), _measurements(time))
    c, s = np.cos(RATE * time), np.sin(RATE * time)
    C = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    r = C @ [7e6, 1e6, 2e6]
    assert state == ()
    assert np.asarray(told.r_BE_E) == pytest.approx(r, abs=1e-6)
    moving = C @ [-1e3, 7e3, 2e3] - np.cross([0.0, 0.0, RATE], r)
    assert np.asarray(told.v_BE_E) == pytest.approx(moving, abs=1e-9)
    assert np.asarray(told.specific_force) == pytest.approx(C @ [1.0, -2.0, 3.0], abs=1e-12)
    assert float(told.bank) == 0.4


@pytest.mark.parametrize("valid", [True, False])
def test_black_out_is_a_fix_that_is_not_valid(valid):
    law = FixNavigation(UniformRotation.of(0.0, RATE))
    assert bool(law.step((), _measurements(0.0, valid))[1].blackout) is not valid
