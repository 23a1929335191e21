"""Sensors of the rendezvous: where they see, how wrong they are, and that nothing true slips through."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.astro.line_of_sight import across, angles_of, line_of
from homeward.icd.rendezvous_messages import PairAids
from homeward.math.quaternion import conjugate, from_axis_rotation, from_matrix, multiply, rotate
from homeward.world.sensors.imu import turn_between
from homeward.world.sensors.rendezvous import (
    INITIAL_NOISES,
    NOISES,
    PairSituation,
    initial_pair_sensors,
    sense_pair,
)
from homeward.world.sensors.rendezvous_specifications import ARCSECOND, DEGREE, pair_sensors

SENSORS = pair_sensors()
EXACT = initial_pair_sensors(SENSORS, jnp.zeros(INITIAL_NOISES))
FALSE = jnp.asarray(False)
GROUPS = {
    "star": ("star_q_BI",),
    "satellite": ("satellite_position", "satellite_velocity"),
    "station": ("station_position", "station_velocity", "station_q_TI"),
    "relative": ("relative_position", "relative_velocity"),
    "radar": ("radar_range", "radar_rate", "radar_azimuth", "radar_elevation"),
    "lidar": ("lidar_range", "lidar_azimuth", "lidar_elevation"),
    "camera": ("camera_position", "camera_q_BD"),
}
ORDER = tuple(GROUPS)
LANES = 2000


def _situation(place, q_BI=None, omega=(0.0, 0.0, 0.0)):
    """The ship's port at a place from the station's port, in D; the station's axes are those of I.

    Without an attitude it is the docked one: ``C_BD = diag(-1, -1, 1)``.
    """
    dock = jnp.asarray([4.0, 0.0, 0.0])
    q_BI = from_matrix(jnp.diag(jnp.asarray([-1.0, -1.0, 1.0]))) if q_BI is None else q_BI
    port, station = jnp.asarray([6.0, 1.0, 0.0]), jnp.asarray([6.77e6, 0.0, 0.0])
    ahead = rotate(conjugate(q_BI), dock)
    return PairSituation(
        time=jnp.asarray(0.0), r_BI_I=station + port + jnp.asarray(place, float) - ahead,
        v_BI_I=jnp.asarray([-0.3, 7.6e3, 0.2]), q_BI=q_BI, omega_BI_B=jnp.asarray(omega, float),
        r_TI_I=station, v_TI_I=jnp.asarray([0.0, 7.6e3, 0.0]), q_TI=jnp.asarray([1.0, 0.0, 0.0, 0.0]),
        port_T=port, C_DT=jnp.eye(3), dock_B=dock,
    )  # fmt: skip


@jax.jit
def _sense(sensors, state, situation, noise):
    return sense_pair(sensors, state, situation, jnp.asarray(1.0), FALSE, FALSE, noise)


def _read(place, sensors=SENSORS, **changes):
    return _sense(sensors, EXACT, _situation(place, **changes), jnp.zeros(NOISES))[1]


@jax.jit
def _many(sensors, situation, seed):
    keys = jax.random.split(jax.random.key(seed), (2, LANES))

    def one(first, second):
        state = initial_pair_sensors(sensors, jax.random.normal(first, (INITIAL_NOISES,)))
        noise = jax.random.normal(second, (NOISES,))
        return sense_pair(sensors, state, situation, jnp.asarray(1.0), FALSE, FALSE, noise)[1]

    return jax.vmap(one)(*keys)


@pytest.mark.parametrize(
    ("place", "relative", "radar", "lidar", "camera"),
    [
        ((120e3, 0.0, 0.0), False, False, False, False),
        ((90e3, 0.0, 0.0), True, True, False, False),
        ((4e3, 0.0, 0.0), True, True, True, False),
        ((400.0, 0.0, 0.0), False, True, True, False),
        ((150.0, 0.0, 0.0), False, False, True, True),
        ((150.0, 90.0, 0.0), False, False, True, False),  # beside the camera's field
        ((3.0, 0.1, 0.0), False, False, False, True),
        ((0.0, 0.05, 0.0), False, False, False, True),  # touching
    ],
)
def test_each_sensor_has_its_reach(place, relative, radar, lidar, camera):
    told = _read(place)
    assert bool(told.relative_valid) is relative
    assert bool(told.radar_valid) is radar
    assert bool(told.lidar_valid) is lidar
    assert bool(told.camera_valid) is camera


def test_the_camera_sees_the_target_only_from_before_the_port():
    # 50 m away at 70 degrees from the port's axis, the ship's nose straight at the port.
    angle = np.radians(70.0)
    place = 50.0 * np.array([np.cos(angle), 0.0, np.sin(angle)])
    docked = from_matrix(jnp.diag(jnp.asarray([-1.0, -1.0, 1.0])))
    turned = multiply(from_axis_rotation(jnp.asarray([0.0, 1.0, 0.0]), jnp.asarray(angle)), docked)
    told = _read(place, q_BI=turned)
    assert bool(told.lidar_valid) and abs(float(told.lidar_elevation)) < 0.03
    assert not bool(told.camera_valid)


def test_a_fast_turn_blinds_the_star_tracker():
    assert bool(_read((50.0, 0.0, 0.0)).star_valid)
    assert not bool(_read((50.0, 0.0, 0.0), omega=(0.02, 0.0, 0.0)).star_valid)


def test_without_errors_the_readings_are_the_geometry():
    told = _read((40.0, 3.0, -2.0))
    assert np.asarray(told.camera_position) == pytest.approx([40.0, 3.0, 2.0], abs=1e-9)
    assert np.asarray(told.camera_q_BD) == pytest.approx([0.0, 0.0, 0.0, 1.0], abs=1e-12)
    assert float(told.lidar_range) == pytest.approx(np.sqrt(40.0**2 + 13.0), abs=1e-9)
    assert float(told.lidar_azimuth) == pytest.approx(np.arctan2(3.0, 40.0), abs=1e-12)
    assert float(told.lidar_elevation) == pytest.approx(np.arctan2(-2.0, np.hypot(40.0, 3.0)), abs=1e-12)
    far = _read((1000.0, 0.0, 0.0))
    line = np.array([1010.0, 1.0, 0.0])  # of the centres of mass
    assert float(far.radar_range) == pytest.approx(np.linalg.norm(line), abs=1e-6)
    assert float(far.radar_rate) == pytest.approx(-0.3 * line[0] / np.linalg.norm(line), abs=1e-9)
    assert np.asarray(far.relative_velocity) == pytest.approx([-0.3, 0.0, 0.2], abs=1e-9)


def test_lines_of_sight_and_the_directions_across_them():
    for u in jax.random.normal(jax.random.key(0), (20, 3)):
        u = u / jnp.sqrt(jnp.sum(u * u))
        assert np.asarray(line_of(*angles_of(u))) == pytest.approx(np.asarray(u), abs=1e-12)
        axes = np.stack([np.asarray(x) for x in (u, *across(u))])
        assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-12)
    one, other = across(jnp.asarray([1.0, 0.0, 0.0]))
    assert np.asarray(one).tolist() == [0.0, 1.0, 0.0] and np.asarray(other).tolist() == [0.0, 0.0, 1.0]


# 2,000 draws: a spread is known to 1.6 %; three times that.
SPREAD = 0.05


def test_errors_have_their_figures_far():
    s = _situation((3e3, 0.0, 0.0))
    told = jax.tree.map(np.asarray, _many(SENSORS, s, 1))
    relative = np.asarray(s.r_BI_I - s.r_TI_I)
    distance = np.linalg.norm(relative)
    wanted = {
        "satellite": ((told.satellite_position - np.asarray(s.r_BI_I)).std(), 10.0),
        "satellite speed": ((told.satellite_velocity - np.asarray(s.v_BI_I)).std(), 0.05),
        "station": ((told.station_position - np.asarray(s.r_TI_I)).std(), 10.0),
        "relative": ((told.relative_position - relative).std(), 10.0),
        "relative speed": ((told.relative_velocity - np.asarray([-0.3, 0.0, 0.2])).std(), 0.03),
        "radar": ((told.radar_range - distance).std(), 10.0),
        "radar rate": (told.radar_rate.std(), 0.015),
        "radar angle": (told.radar_azimuth.std(), DEGREE / 4.0),
        "lidar": (told.lidar_range.std(), 1.5),
        "lidar angle": (told.lidar_elevation.std(), 0.05 * DEGREE),
    }
    for name, (found, figure) in wanted.items():
        assert found == pytest.approx(figure, rel=SPREAD), name


def test_both_fixes_have_part_of_their_error_in_common():
    s = _situation((3e3, 0.0, 0.0))
    told = _many(SENSORS, s, 2)
    ship = (np.asarray(told.satellite_position) - np.asarray(s.r_BI_I)).ravel()
    station = (np.asarray(told.station_position) - np.asarray(s.r_TI_I)).ravel()
    # 0.3 of the slow part, which is 0.9 of the variance; 6,000 numbers know it to 0.013.
    assert np.corrcoef(ship, station)[0, 1] == pytest.approx(0.27, abs=0.04)


@pytest.mark.parametrize(
    ("distance", "side", "depth", "turn"),
    [(20.0, 1.0, 1.0, 1.0), (100.0, 5.0, 25.0, 5.0), (1.0, 0.25, 0.25, 0.25)],
)
def test_the_camera_gets_worse_with_range(distance, side, depth, turn):
    s = _situation((distance, 0.0, 0.0))
    told = _many(SENSORS, s, 3)
    error = np.asarray(told.camera_position) - np.asarray([distance, 0.0, 0.0])
    assert error[:, 0].std() == pytest.approx(0.01 * depth, rel=SPREAD)
    assert error[:, 1:].std() == pytest.approx(0.01 * side, rel=SPREAD)
    angle = jax.vmap(lambda q: turn_between(s.q_BI, q))(told.camera_q_BD)
    assert np.asarray(angle).std() == pytest.approx(0.1 * DEGREE * turn, rel=SPREAD)


def test_stars_and_the_told_attitude():
    s = _situation((50.0, 0.0, 0.0))
    told = _many(SENSORS, s, 4)
    star = np.asarray(jax.vmap(lambda q: turn_between(s.q_BI, q))(told.star_q_BI))
    about = star @ np.asarray(SENSORS.star.boresight_B)
    assert about.std() == pytest.approx(20.0 * ARCSECOND, rel=SPREAD)
    station = np.asarray(jax.vmap(lambda q: turn_between(s.q_TI, q))(told.station_q_TI))
    assert station.std() == pytest.approx(0.05 * DEGREE, rel=SPREAD)


@pytest.mark.parametrize("k", range(len(ORDER)))
def test_a_sensor_that_is_off_tells_nothing_true(k):
    works = jnp.ones(7).at[k].set(0.0)
    sensors = pair_sensors(works=works)
    told = [_read(place, sensors) for place in ((3e3, 5.0, 7.0), (60.0, 1.0, 2.0))]
    for aids in told:
        assert not bool(getattr(aids, f"{ORDER[k]}_valid"))
        for name in GROUPS[ORDER[k]]:
            value = np.asarray(getattr(aids, name))
            assert value.tolist() == (
                [1.0, 0.0, 0.0, 0.0] if "_q_" in name else np.zeros(value.shape).tolist()
            )
    others = [name for j, name in enumerate(ORDER) if j != k]
    assert all(any(bool(getattr(a, f"{name}_valid")) for a in told) for name in others)


def test_factors_scale_the_figures_and_zero_makes_a_sensor_exact():
    s = _situation((3e3, 0.0, 0.0))
    base = _many(SENSORS, s, 5)
    worse = _many(pair_sensors(satellite=2.0, lidar=3.0, radar=0.0), s, 5)
    true = np.asarray(s.r_BI_I)
    assert np.asarray(worse.satellite_position) - true == pytest.approx(
        2.0 * (np.asarray(base.satellite_position) - true), abs=1e-6
    )
    distance = np.asarray(_read((3e3, 0.0, 0.0)).lidar_range)
    assert np.asarray(worse.lidar_range) - distance == pytest.approx(
        3.0 * (np.asarray(base.lidar_range) - distance), abs=1e-8
    )
    assert np.asarray(worse.radar_range).std() < 1e-9


def test_slow_errors_last_and_drawn_ones_stay():
    sensors = SENSORS
    state = initial_pair_sensors(sensors, jnp.ones(INITIAL_NOISES))
    situation, dt = _situation((60.0, 0.0, 0.0)), jnp.asarray(60.0)
    state, _ = sense_pair(sensors, state, situation, dt, FALSE, FALSE, jnp.zeros(NOISES))
    assert np.asarray(state.camera) == pytest.approx(np.exp(-1.0) * np.ones(6))
    assert np.asarray(state.relative[:3]) == pytest.approx(10.0 * np.sqrt(0.6) * np.exp(-0.2) * np.ones(3))
    assert (
        np.asarray(state.lidar).tolist() == [1.0, 1.0, 1.0] and np.asarray(state.radar).tolist() == [1.0] * 4
    )


def test_contact_passes_through_and_every_field_has_a_unit():
    told = sense_pair(
        SENSORS, EXACT, _situation((0.0, 0.0, 0.0)), jnp.asarray(1.0), ~FALSE, FALSE, jnp.zeros(NOISES)
    )[1]
    assert bool(told.touched) and not bool(told.captured)
    assert all("unit" in f.metadata for f in dataclasses.fields(PairAids))
    assert all(np.all(np.isfinite(x)) for x in jax.tree.leaves(told))
