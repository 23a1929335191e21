"""A picture worked out 0.2 s after its exposure, read as of now.

| verifies | against |
|---|---|
| places and attitudes of a moving, turning pair brought up to date | what a camera without latency tells |
| the correction is not nothing | the reading as it comes |
| ages that no picture of the cycle has | not valid |
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.astro.lvlh import lvlh_quaternion
from homeward.flight.relative_navigation.camera_latency import camera_up_to_date
from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.icd.rendezvous_messages import PairNavigation
from homeward.math.quaternion import from_matrix, multiply, to_matrix
from homeward.world.sensors.imu import turn_between
from homeward.world.sensors.mounting_survey import turned_axes
from homeward.world.sensors.rendezvous import (
    INITIAL_NOISES,
    NOISES,
    PairSituation,
    initial_pair_sensors,
    sense_pair,
)
from homeward.world.sensors.rendezvous_specifications import pair_sensors

GEOMETRY = PairGeometry(
    jnp.asarray([-8.0, 0.5, 0.0]), jnp.diag(jnp.asarray([-1.0, -1.0, 1.0])), jnp.asarray([4.0, 0.0, 0.0])
)
R_TI, V_TI = jnp.asarray([6.0e6, 2.5e6, 1.8e6]), jnp.asarray([-3.2e3, 5.3e3, 4.4e3])
LATENCY, NO = 0.2, jnp.asarray(False)


def _moving(seed):
    """A ship some 30 m from the port, with 0.3 m/s and 0.5 deg/s of its own, and the same believed."""
    rng = np.random.default_rng(seed)
    q_TI = lvlh_quaternion(R_TI, V_TI)
    docked = multiply(from_matrix(jnp.diag(jnp.asarray([-1.0, -1.0, 1.0])) @ GEOMETRY.C_DT), q_TI)
    q_BI = turned_axes(docked, jnp.asarray(rng.normal(0.0, 0.02, 3)))
    omega, speed = jnp.asarray(rng.normal(0.0, 0.009, 3)), jnp.asarray(rng.normal(0.0, 0.3, 3))
    behind = V_TI / jnp.sqrt(jnp.sum(V_TI * V_TI))
    r, v = R_TI - (40.0 + 10.0 * rng.random()) * behind, V_TI + speed
    rate_I = jnp.cross(R_TI, V_TI) / jnp.sum(R_TI * R_TI)
    C_TI = np.asarray(to_matrix(q_TI))
    truth = PairSituation(
        jnp.zeros(()), r, v, q_BI, omega, R_TI, V_TI, q_TI, GEOMETRY.port_T, GEOMETRY.C_DT, GEOMETRY.dock_B,
        jnp.asarray(C_TI @ np.asarray(rate_I)),
    )  # fmt: skip
    zeros = jnp.zeros(3)
    belief = PairNavigation(jnp.zeros(()), r, v, R_TI, V_TI, q_BI, omega, q_TI, zeros, zeros, zeros)
    return truth, belief


@jax.jit
def _read(sensors, truth):
    state = initial_pair_sensors(sensors, jnp.zeros(INITIAL_NOISES))
    return sense_pair(sensors, state, truth, jnp.ones(()), NO, NO, jnp.zeros(NOISES))[1]


UPDATE = jax.jit(lambda aids, belief: camera_up_to_date(aids, belief, GEOMETRY))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_late_picture_is_read_as_of_now(seed):
    truth, belief = _moving(seed)
    now, late = _read(pair_sensors(), truth), _read(pair_sensors(camera_latency=LATENCY), truth)
    assert bool(now.camera_valid) and float(now.camera_age) == 0.0
    assert float(late.camera_age) == LATENCY
    read = UPDATE(late, belief)

    def apart(aids):
        return float(np.linalg.norm(aids.camera_position - now.camera_position)), float(
            np.linalg.norm(turn_between(now.camera_q_BD, aids.camera_q_BD))
        )

    place, turn = apart(read)
    # What is left is of second order in the latency: turn about the centre of mass, and turn times way.
    w, v = float(np.linalg.norm(truth.omega_BI_B)), float(np.linalg.norm(truth.v_BI_I - truth.v_TI_I))
    reach = float(np.linalg.norm(truth.r_BI_I - truth.r_TI_I)) + 9.0
    assert place < LATENCY**2 * w * (v + w * reach) and turn < 1e-5
    assert apart(late)[0] > 20 * place and apart(late)[1] > 50 * turn
    # What comes at once is left as it is, to the last bit.
    assert np.array_equal(UPDATE(now, belief).camera_position, now.camera_position)


@pytest.mark.parametrize("age", [-0.1, 1.5, np.nan, np.inf])
def test_an_age_that_no_picture_of_the_cycle_has_is_not_taken(age):
    truth, belief = _moving(3)
    aids = dataclasses.replace(_read(pair_sensors(), truth), camera_age=jnp.asarray(age))
    assert not bool(UPDATE(aids, belief).camera_valid)
