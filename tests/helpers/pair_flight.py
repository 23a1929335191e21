"""Many lanes of sensors and navigation along the one course of ``pair_course``: how wrong, and how sure."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
from pair_course import C_DT, DOCK_B, PORT_T, arrays, far, near, quaternion

from homeward.earth.constants import G0
from homeward.flight.relative_navigation.attitude_filter import pair_attitude
from homeward.flight.relative_navigation.port_relative_state import port_relative
from homeward.flight.relative_navigation.relative_filter import pair_filter
from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.math.quaternion import to_matrix
from homeward.world.sensors.imu import InertialUnit, Triad, turn_between
from homeward.world.sensors.rendezvous import (
    INITIAL_NOISES,
    NOISES,
    PairSituation,
    initial_pair_sensors,
    sense_pair,
)
from homeward.world.sensors.rendezvous_specifications import pair_sensors

ARCSEC = np.pi / 648_000.0
FALSE = jnp.asarray(False)
GEOMETRY = PairGeometry(jnp.asarray(PORT_T), jnp.asarray(C_DT), jnp.asarray(DOCK_B))
FILTER = pair_filter(GEOMETRY)
ATTITUDE = pair_attitude()
START = (100.0, 0.1), (80.0, 0.2)  # 1-sigma of what is told before the start: own, relative; m, m/s


@functools.cache
def courses():
    """Far and near: arrays of both, with attitudes of ship and station."""
    first = far()
    return tuple(_with_attitude(arrays(c), k) for k, c in enumerate((first, near(first))))


def _with_attitude(rows, turning):
    """The station holds L; the ship L with a slow nodding of a degree."""
    ship, station, gain, dt, C_LI = rows
    time = np.concatenate([[0.0], np.cumsum(dt[1:])])
    q_BI, q_TI = [], []
    for k, C in enumerate(C_LI):
        a = turning * 0.01 * np.sin(time[k] / 40.0 + np.array([0.0, 1.0, 2.0]))
        nod = np.eye(3) - np.array([[0, -a[2], a[1]], [a[2], 0, -a[0]], [-a[1], a[0], 0]])
        u, _, v = np.linalg.svd(nod)
        q_BI.append(quaternion(u @ v @ C))
        q_TI.append(quaternion(C))
    fields = (time, ship, station, gain, dt, np.array(q_BI), np.array(q_TI), C_LI)
    return tuple(jnp.asarray(x) for x in fields)


def _unit(noise):
    triad = Triad(0.0035 / 3600 * np.pi / 180 * noise[0:3], 5e-6 * noise[3:6], 20 * ARCSEC * noise[6:12],
                  jnp.asarray(0.002 / 60 * np.pi / 180))  # fmt: skip
    other = Triad(
        25e-6 * G0 * noise[12:15], 1e-4 * noise[15:18], 20 * ARCSEC * noise[18:24], jnp.asarray(1e-4)
    )
    return InertialUnit(triad, other, 20 * ARCSEC * noise[24:27])


def _situation(row):
    time, ship, station, _, _, q_BI, q_TI, _ = row
    return PairSituation(
        time, ship[:3], ship[3:], q_BI, jnp.zeros(3), station[:3], station[3:], q_TI, GEOMETRY.port_T,
        GEOMETRY.C_DT, GEOMETRY.dock_B,
    )  # fmt: skip


def _outcome(row, state, navigation, q_BI):
    """Errors, believed less true, and 1-sigma; relative ones in L, those of the port in D."""
    _, ship, station, _, _, true_q_BI, q_TI, C_LI = row
    n = navigation

    def turned(x):
        return jnp.sum(C_LI * x[None, :], axis=1)

    truth = dataclasses.replace(
        n, r_BI_I=ship[:3], v_BI_I=ship[3:], r_TI_I=station[:3], v_TI_I=station[3:], q_BI=true_q_BI, q_TI=q_TI
    )
    port, true_port = port_relative(n, GEOMETRY), port_relative(truth, GEOMETRY)
    return {
        "place": turned(n.r_BI_I - n.r_TI_I - ship[:3] + station[:3]),
        "place_sigma": n.position_sigma,
        "speed": turned(n.v_BI_I - n.v_TI_I - ship[3:] + station[3:]),
        "speed_sigma": n.velocity_sigma,
        "own": n.r_BI_I - ship[:3],
        "own_sigma": jnp.sqrt(jnp.diagonal(state.own)[:3]),
        "own_speed": n.v_BI_I - ship[3:],
        "own_speed_sigma": jnp.sqrt(jnp.diagonal(state.own)[3:]),
        "attitude": turn_between(true_q_BI, q_BI),
        "attitude_sigma": n.attitude_sigma,
        "told": turn_between(q_TI, n.q_TI),
        "told_sigma": jnp.sqrt(jnp.diagonal(state.covariance)[12:15]),
        "port": port.rho_D - true_port.rho_D,
        "port_speed": port.rhodot_D - true_port.rhodot_D,
        "range": jnp.sqrt(jnp.sum((ship - station)[:3] ** 2)),
        "refused": state.refused,
    }


def _far_lane(key, rows, sensors, law):
    keys = jax.random.split(key, 4)
    error = jax.random.normal(keys[0], (4, 3))
    of_gain = 1e-4 * jax.random.normal(keys[1], (2, 3))
    (own_r, own_v), (place, speed) = START
    first = jax.tree.map(lambda x: x[0], rows)
    _, ship, station, *_ = first
    relative = ship - station
    state = law.init(
        ship[:3] + own_r * error[0], ship[3:] + own_v * error[1], relative[:3] + place * error[2],
        relative[3:] + speed * error[3], (jnp.asarray(own_r), jnp.asarray(own_v)),
        (jnp.asarray(place), jnp.asarray(speed)),
    )  # fmt: skip
    sensing = initial_pair_sensors(sensors, jax.random.normal(keys[2], (INITIAL_NOISES,)))

    def cycle(carry, row):
        state, sensing, key = carry
        key, draw = jax.random.split(key)
        time, _, _, gain, dt, q_BI, _, _ = row
        sensing, aids = sense_pair(sensors, sensing, _situation(row), dt, FALSE, FALSE,
                                   jax.random.normal(draw, (NOISES,)))  # fmt: skip
        felt = gain * (1.0 + of_gain[0]) + jnp.cross(of_gain[1], gain)
        state = law.update(law.propagate(state, felt, dt), aids, q_BI)
        told = law.believed(state, q_BI, jnp.zeros(3), time)
        return (state, sensing, key), _outcome(row, state, told, q_BI)

    rest = jax.tree.map(lambda x: x[1:], rows)
    (state, sensing, _), outcome = jax.lax.scan(cycle, (state, sensing, keys[3]), rest)
    return state, sensing, outcome


def _near_lane(key, state, sensing, rows, sensors, law):
    keys = jax.random.split(key, 3)
    unit = _unit(jax.random.normal(keys[0], (27,)))
    first = jax.tree.map(lambda x: x[0], rows)
    attitude = ATTITUDE.init(first[5], jnp.asarray(5e-5))
    omega_zero = jnp.zeros(3)

    def cycle(carry, row):
        state, sensing, attitude, q_before, key = carry
        key, draw, shake = jax.random.split(key, 3)
        time, _, _, gain, dt, q_BI, _, _ = row
        sensing, aids = sense_pair(sensors, sensing, _situation(row), dt, FALSE, FALSE,
                                   jax.random.normal(draw, (NOISES,)))  # fmt: skip
        turn = turn_between(q_before, q_BI)
        gain_B = jnp.sum(to_matrix(q_before) * gain[None, :], axis=1)
        # One tick a cycle: the unit's message for a second as for a tenth of one.
        sample = unit.sample(turn, gain_B, dt, jax.random.normal(shake, (6,)))
        attitude = ATTITUDE.tick(attitude, sample)
        attitude, felt, spread = ATTITUDE.cycle(
            attitude, aids.star_valid, aids.star_q_BI, jnp.all(gain == 0.0)
        )
        believed = ATTITUDE.attitude(attitude)
        sigma = ATTITUDE.sigma(attitude)
        state = law.update(law.propagate(state, felt, dt, spread), aids, believed.q_BI, sigma)
        told = law.believed(state, believed.q_BI, omega_zero, time, sigma)
        return (state, sensing, attitude, q_BI, key), _outcome(row, state, told, believed.q_BI)

    rest = jax.tree.map(lambda x: x[1:], rows)
    start = (state, sensing, attitude, first[5], keys[1])
    _, outcome = jax.lax.scan(cycle, start, rest)
    return outcome


@functools.partial(jax.jit, static_argnames="lanes")
def fly_far(seed, lanes, sensors, rows, law):
    """``(state, sensing, outcome)`` of lanes along the far course."""
    keys = jax.random.split(jax.random.key(seed), lanes)
    return jax.vmap(lambda k: _far_lane(k, rows, sensors, law))(keys)


@functools.partial(jax.jit, static_argnames="lanes")
def fly_near(seed, lanes, state, sensing, sensors, rows, law):
    """Outcome of the same lanes along the near course."""
    keys = jax.random.split(jax.random.fold_in(jax.random.key(seed), 1), lanes)
    return jax.vmap(lambda k, a, b: _near_lane(k, a, b, rows, sensors, law))(keys, state, sensing)


def fly(seed, lanes, works=None, law=FILTER):
    """Outcomes of both courses as NumPy arrays (lane, cycle, ...)."""
    sensors = pair_sensors(works=works)
    first, second = courses()
    state, sensing, far_outcome = fly_far(seed, lanes, sensors, first, law)
    near_outcome = fly_near(seed, lanes, state, sensing, sensors, second, law)
    return tuple({k: np.asarray(v) for k, v in o.items()} for o in (far_outcome, near_outcome))
