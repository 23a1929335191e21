"""The gravity gradient on the ship that turns in orbit: a pendulum about a vertical that is held."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from turning_ship import ZERO, fly, motion, pushes, ship, surroundings

from homeward.earth.constants import MU_EGM96
from homeward.scenario import load
from homeward.scenario.build.six_dof_body import build_body
from homeward.world.dynamics.rigid_body import ORBIT

STRENGTH = 4e-6  # 1/s2, as in low orbit
TILT = 1e-3  # rad
PERIOD = 1e-5  # relative: a sixteenth of the tilt squared and the interpolation leave less


def test_a_small_swing_about_the_vertical_has_the_pendulums_period():
    moments = np.array([9000.0, 8000.0, 2000.0])
    _, body, _ = ship()
    there = dataclasses.replace(
        surroundings(), gradient=(jnp.asarray(STRENGTH), (ZERO, ZERO, jnp.asarray(1.0)))
    )
    start = motion(q=(np.cos(TILT / 2), -np.sin(TILT / 2), 0.0, 0.0))
    _, _, q, omega = fly(body, ORBIT, there, pushes(np.diag(moments)), start, 1.0, 12000)
    t, angle = np.arange(12001.0), -2.0 * q[:, 1]
    up = np.flatnonzero((angle[:-1] < 0.0) & (angle[1:] >= 0.0))
    crossings = t[up] - angle[up] / (angle[up + 1] - angle[up])
    period = (crossings[-1] - crossings[0]) / (len(crossings) - 1)
    rate = np.sqrt(STRENGTH * (moments[1] - moments[2]) / moments[0])
    assert period == pytest.approx(2.0 * np.pi / rate, rel=PERIOD)
    assert np.abs(omega[:, 1:]).max() < 1e-12


def test_the_key_turns_it_on():
    assert build_body(load("shenzhou-15"), (1e-5, 1e-4)).gradient_mu is None
    on = build_body(load("shenzhou-15", {"truth.gravity_gradient": "true"}), (1e-5, 1e-4)).gradient_mu
    assert on is not None and float(on) == MU_EGM96
