"""Ports, cameras and targets that are not where they are drawn: what vision makes of it, and who is told."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.dispersion.rendezvous import disperse_pair
from homeward.math.quaternion import conjugate, from_matrix, multiply, to_matrix
from homeward.planning.rendezvous_plan import plan_rendezvous
from homeward.scenario.build.docking_survey import PARTS, drawn_geometry, survey_sigmas
from homeward.world.sensors.mounting_survey import BEHIND, PairMounting, as_drawn, camera_view, lidar_line

DEGREE = np.pi / 180.0
DOCKED = jnp.asarray([0.0, 0.0, 0.0, 1.0])
AHEAD = jnp.asarray([20.0, 0.0, 0.0])
NAMES = list(PairMounting.__dataclass_fields__)


def mounted(**parts):
    """As drawn but for the given parts."""
    values = {name: jnp.zeros(3) for name in NAMES} | {k: jnp.asarray(v, float) for k, v in parts.items()}
    return PairMounting(**values)


def seen(m, between=AHEAD, q_BD=DOCKED):
    place, q = camera_view(m, jnp.asarray(between), to_matrix(q_BD), q_BD)
    return np.asarray(place), np.asarray(q)


@pytest.mark.parametrize("between", [(150.0, 3.0, -2.0), (0.1, 0.02, 0.01)])
def test_as_drawn_the_port_is_seen_where_it_is(between):
    tilt = jnp.asarray([1.0, 0.01, -0.02, 0.015])
    q = multiply(tilt / jnp.sqrt(jnp.sum(tilt * tilt)), DOCKED)
    place, told = seen(as_drawn(), between, q)
    np.testing.assert_allclose(place, between, atol=1e-12)
    assert abs(np.dot(told, np.asarray(q))) == pytest.approx(1.0, abs=1e-14)
    np.testing.assert_allclose(
        lidar_line(as_drawn(), jnp.asarray(between), to_matrix(q)), between, atol=1e-12
    )


def test_a_target_off_its_place_is_taken_for_a_port_off_it():
    place, _ = seen(mounted(target_D=(0.0, 0.05, 0.02)))
    # Docked, y_B = -y_D and z_B = z_D.
    np.testing.assert_allclose(place - np.asarray(AHEAD), [0.0, -0.05, 0.02], atol=1e-12)


def test_a_camera_off_its_place_sees_the_port_the_other_way():
    place, _ = seen(mounted(camera_B=(0.0, 0.003, 0.0)))
    np.testing.assert_allclose(place - np.asarray(AHEAD), [0.0, -0.003, 0.0], atol=1e-12)


@pytest.mark.parametrize("distance", [0.0, 20.0, 200.0])
def test_a_turned_camera_sees_the_port_aside_by_its_distance(distance):
    turn = 0.1 * DEGREE
    place, q = seen(mounted(camera_turn_B=(0.0, 0.0, turn)), (distance, 0.0, 0.0))
    # Its axes turned about z to the left, what is ahead lies to the right.
    assert place[1] == pytest.approx(-turn * (distance + BEHIND), rel=1e-5)
    off = multiply(jnp.asarray(q), conjugate(DOCKED))
    np.testing.assert_allclose(-2.0 * np.asarray(off)[1:], [0.0, 0.0, turn], atol=1e-8)


def test_a_turned_target_shows_the_port_aside_by_how_far_it_stands_behind():
    turn = 0.1 * DEGREE
    place, q = seen(mounted(target_turn_D=(0.0, 0.0, turn)))
    assert abs(place[1]) == pytest.approx(turn * BEHIND, rel=1e-5)
    # C_BD' of axes D' that are D turned about z by the angle.
    c, s = np.cos(turn), np.sin(turn)
    turned = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    wanted = from_matrix(jnp.asarray(np.diag([-1.0, -1.0, 1.0]) @ turned.T))
    assert abs(np.dot(np.asarray(wanted), q)) == pytest.approx(1.0, abs=1e-12)


@pytest.fixture(scope="module")
def plans():
    """Drawn, and built off its drawing."""
    off = {
        "port_offset_m": [0.0, 0.05, 0.0], "port_offset_deg": [0.0, 0.0, 0.1],
        "camera_offset_deg": [0.0, 0.1, 0.0], "star_offset_deg": [0.0, 0.0, 0.1],
    }  # fmt: skip
    settings = {f"rendezvous.survey.{k}": str(v) for k, v in off.items()}
    return plan_rendezvous(hw.load("shenzhou-16")), plan_rendezvous(hw.load("shenzhou-16", settings))


def test_the_flight_computer_is_told_the_drawing_and_not_what_was_built(plans):
    drawn, built = plans
    for one, other in ((drawn.far, built.far), (drawn.close, built.close)):
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True):
            np.testing.assert_array_equal(a, b)
    axes = np.asarray(drawn.world.hull.C_DT)
    moved = np.asarray(built.world.hull.port_T) - np.asarray(drawn.world.hull.port_T)
    np.testing.assert_allclose(moved, axes.T @ [0.0, 0.05, 0.0], atol=1e-15)
    np.testing.assert_allclose(built.close.filter.geometry.port_T, drawn_geometry(drawn.told).port_T)
    angle = np.degrees(np.arccos(np.clip(axes[0] @ np.asarray(built.world.hull.C_DT)[0], -1.0, 1.0)))
    assert angle == pytest.approx(0.1, rel=1e-3)
    assert built.world.sensors.mounting.camera_turn_B[1] == pytest.approx(0.1 * DEGREE)


def test_each_flight_of_a_campaign_is_built_differently_by_the_stated_errors(plans):
    drawn, built = plans
    runs = np.arange(200)
    world, _ = disperse_pair(drawn, 3, runs)
    sigmas = dict(zip(PARTS, survey_sigmas(drawn.told)[::3], strict=True))
    m = world.sensors.mounting
    for part, values in (
        (("camera", "deg"), m.camera_turn_B), (("target", "m"), m.target_D), (("star", "deg"), m.star_turn_B),
        (("port", "m"), np.asarray(world.hull.port_T) - np.asarray(drawn.world.hull.port_T)),
    ):  # fmt: skip
        assert np.std(np.asarray(values)) == pytest.approx(sigmas[part], rel=0.12), part
    same, _ = disperse_pair(drawn, 3, runs[:2], dispersed=False)
    np.testing.assert_array_equal(same.hull.port_T[0], drawn.world.hull.port_T)
    # Offsets of every flight stay under what is drawn.
    off, _ = disperse_pair(built, 3, runs[:2], dispersed=False)
    np.testing.assert_allclose(off.sensors.mounting.camera_turn_B[1], [0.0, 0.1 * DEGREE, 0.0])
