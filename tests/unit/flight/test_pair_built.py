"""What was built off its drawing, as states of the relative filter: the world's camera shows it so."""

import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.astro.line_of_sight import angles_of
from homeward.flight.relative_navigation.covariance import (
    AXES,
    BORE,
    BUILT,
    LASER,
    SHIFT,
    SIZE,
    Rows,
    correct,
    initial,
    renewed,
)
from homeward.flight.relative_navigation.measurement_models import Believed, port_rows
from homeward.flight.relative_navigation.sensor_parameters import (
    MountingBelief,
    PairGeometry,
    as_drawn,
    pair_belief,
)
from homeward.icd.rendezvous_messages import PairAids
from homeward.math.quaternion import conjugate, from_matrix, multiply, normalise, to_matrix
from homeward.scenario.build.rendezvous_flight import filter_of
from homeward.world.sensors.mounting_survey import PairMounting, camera_view, lidar_line, turned_axes

C_DT = np.diag([-1.0, -1.0, 1.0])
GEOMETRY = PairGeometry(jnp.asarray([-8.0, 0.5, 0.2]), jnp.asarray(C_DT), jnp.asarray([4.0, 0.0, 0.0]))
M = MountingBelief(*(jnp.asarray(x) for x in (1.4e-3, 6e-4, 5e-4, 4e-4, 3e-4, 5e-3, 7e-4)))
Q_TI = normalise(jnp.asarray([0.9, 0.2, -0.3, 0.1]))
SMALL = 1e-5
NONE = tuple(np.zeros(3))


def seen(distance, star=NONE, told_axes=NONE, mounting=M, aside=(0.3, -0.2), lidar=False, **parts):
    """The rows of camera or lidar where the given parts are turned or shifted and nothing else is wrong."""
    names = PairMounting.__dataclass_fields__
    built = PairMounting(**{n: jnp.asarray(parts.get(n, NONE), float) for n in names})
    # Docked axes, tilted by a little; the believed attitude is the stars', turned with their tracker.
    tilt = normalise(jnp.asarray([1.0, 0.01, -0.015, 0.02]))
    C = multiply(jnp.asarray([0.0, 0.0, 0.0, 1.0]), from_matrix(jnp.asarray(C_DT)))
    q_BI = multiply(multiply(tilt, C), Q_TI)
    believed_q = turned_axes(q_BI, jnp.asarray(star, float))
    C_BI, C_TI = np.asarray(to_matrix(q_BI)), np.asarray(to_matrix(Q_TI))
    between = np.array([distance, *aside])
    r_BT = C_TI.T @ np.asarray(GEOMETRY.port_T) - C_BI.T @ (between + np.asarray(GEOMETRY.dock_B))
    true_D = turned_axes(from_matrix(jnp.asarray(C_DT)), jnp.asarray(told_axes, float))
    q_BD = multiply(multiply(q_BI, conjugate(Q_TI)), conjugate(true_D))
    place, q = camera_view(built, jnp.asarray(between), to_matrix(q_BD), q_BD)
    zero, zeros, no, turn = jnp.zeros(()), jnp.zeros(3), jnp.asarray(False), jnp.asarray([1.0, 0, 0, 0])
    values = {}
    for name in PairAids.__dataclass_fields__:
        flag = name.endswith("_valid") or name in ("touched", "captured")
        vector = name.endswith(("_position", "_velocity"))
        values[name] = no if flag else turn if "_q_" in name else zeros if vector else zero
    line = lidar_line(built, jnp.asarray(between), to_matrix(q_BD))
    length = jnp.sqrt(jnp.sum(line * line))
    azimuth, elevation = angles_of(line / length)
    values |= {"lidar_valid": jnp.asarray(True), "lidar_range": length}
    values |= {"lidar_azimuth": azimuth, "lidar_elevation": elevation}
    values |= {"camera_valid": jnp.asarray(True), "camera_position": place, "camera_q_BD": q}
    now = Believed(
        jnp.asarray(r_BT), zeros, zeros, zeros, believed_q, Q_TI, zero, jnp.ones(()), zeros, jnp.zeros(4),
        jnp.zeros(12),
    )  # fmt: skip
    belief = pair_belief()
    object.__setattr__(belief, "mounting", mounting)
    return port_rows(belief, GEOMETRY, now, PairAids(**values))[0 if lidar else 1]


@pytest.mark.parametrize("distance", [150.0, 20.0, 0.2])
@pytest.mark.parametrize("axis", range(3))
def test_a_turned_camera_is_its_state(distance, axis):
    turn = SMALL * np.eye(3)[axis]
    rows = seen(distance, camera_turn_B=turn)
    expected = np.asarray(rows.H[:, BORE])[:, axis] * SMALL / float(M.camera_turn)
    np.testing.assert_allclose(rows.residual, expected, atol=3e-3 * SMALL * (distance + 1.0))


@pytest.mark.parametrize("distance", [150.0, 20.0, 0.2])
@pytest.mark.parametrize("axis", range(3))
def test_a_turned_star_tracker_is_that_state_the_other_way_and_a_shift(distance, axis):
    turn = SMALL * np.eye(3)[axis]
    rows = seen(distance, star=turn)
    rest = np.asarray(rows.residual + rows.H[:, BORE][:, axis] * SMALL / float(M.camera_turn))
    pivot = float(GEOMETRY.dock_B[0]) - 1.0
    np.testing.assert_allclose(
        rest[:3], np.cross(turn, [pivot, 0.0, 0.0]), atol=3e-3 * SMALL * distance + 1e-8
    )
    np.testing.assert_allclose(rest[3:], 0.0, atol=3e-3 * SMALL)
    assert pivot * float(M.star_turn) < float(rows.H[1, SHIFT.start + 1])


def test_a_target_off_its_place_is_a_shift_within_its_own_state():
    rows = seen(20.0, target_D=(0.0, 1e-3, 0.0))
    assert np.linalg.norm(rows.residual[:3]) == pytest.approx(1e-3, rel=1e-3)
    np.testing.assert_allclose(rows.residual[3:], 0.0, atol=1e-9)
    assert np.allclose(np.diag(rows.H[0:3, SHIFT])[0], M.camera_place)


def test_axes_of_target_and_port_turn_the_attitude_that_is_seen():
    for rows in (seen(20.0, target_turn_D=(0.0, 0.0, SMALL)), seen(20.0, told_axes=(0.0, 0.0, SMALL))):
        assert np.linalg.norm(rows.residual[3:]) == pytest.approx(SMALL, rel=1e-3)
        assert np.linalg.norm(rows.residual[:3]) < 1.01 * SMALL
    assert float(rows.H[3, AXES.start]) == pytest.approx(np.hypot(5e-4, 4e-4))


@pytest.mark.parametrize("aside", [(0.0, 0.0), (900.0, -400.0), (-100.0, 1500.0)])
@pytest.mark.parametrize("axis", range(3))
def test_turned_axes_of_the_lidar_are_its_state_wherever_the_port_lies(aside, axis):
    turn = SMALL * np.eye(3)[axis]
    rows = seen(1500.0, lidar=True, aside=aside, lidar_turn_B=turn)
    expected = np.asarray(rows.H[:, LASER])[:, axis] * SMALL / float(M.lidar_turn)
    np.testing.assert_allclose(rows.residual[1:], expected[1:], atol=3e-3 * SMALL)
    # A turn of 1e-5 moves what is 2 km away by less than 30 mm: none of it along the line of sight.
    assert abs(float(rows.residual[0])) < 1e-6


def test_as_drawn_these_states_see_and_learn_nothing():
    rows = seen(20.0, camera_turn_B=(0.0, 1e-3, 0.0), mounting=as_drawn())
    assert not np.any(np.asarray(rows.H[:, BUILT]))
    P, x, _, _ = correct(initial(jnp.ones(3), jnp.ones(3), jnp.asarray(1e-3)), rows, jnp.asarray(1e9))
    assert not np.any(np.asarray(x[BUILT])) and np.allclose(P[BUILT, BUILT], np.eye(12))


def test_a_boresight_for_good_is_never_averaged_away():
    """A thousand readings with the camera alone: a metre aside at 150 m cannot be told from a turn."""
    P = initial(100.0 * jnp.ones(3), 1e-6 * jnp.ones(3), jnp.asarray(1e-9))
    row = seen(150.0)
    many = Rows(
        *(jnp.tile(x, (1000, *[1] * (x.ndim - 1))) for x in (row.H, row.residual, row.variance, row.valid))
    )
    P, _, _, _ = correct(P, many, jnp.asarray(1e9))
    aside = np.sqrt(np.linalg.eigvalsh(np.asarray(P[:3, :3])))
    assert P.shape == (SIZE, SIZE) and aside[-1] > 0.5 * 150.0 * 3e-4


def test_what_was_built_stays_where_another_sensor_takes_over():
    P = initial(jnp.ones(3), jnp.ones(3), jnp.asarray(1e-3)).at[BORE.start, 0].set(0.3)
    assert float(renewed(P, jnp.zeros(()))[BORE.start, 0]) == 0.3


def test_the_filters_drag_is_that_of_ship_station_and_onboard_air():
    """It had figures of its own once, half of the shipped ones, and process noise to make up for it."""
    told = hw.load("shenzhou-16", {"rendezvous.ship.drag_area_m2": "24.0"}).rendezvous
    forces = filter_of(told, np.array([0.0, 0.0, 1.0]), np.array([np.log(3e-10), -1.0 / 4e4, 2e5])).forces
    assert float(forces.ship_ballistic) == pytest.approx(24.0 * 2.2 / 8080.0)
    assert float(forces.station_ballistic) == pytest.approx(300.0 * 2.2 / 90e3)
    assert [float(forces.density), float(forces.altitude)] == pytest.approx([3e-10, 2e5])
    assert float(forces.scale_height) == pytest.approx(4e4)
