"""Antennas of the satellite receiver: what they hear, when one is found again, what the ship knows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import homeward as hw
from homeward.cli.app import main
from homeward.flight.navigation.gnss_antennas import AntennaBelief, audible
from homeward.icd import Ranges
from homeward.scenario.build.flight_computer import believed_orientation
from homeward.scenario.build.sensors import antennas_of, build_strapdown
from homeward.scenario.onboard_differences import belief_gaps
from homeward.world.sensors.gnss_antennas import LEAST, Antennas
from homeward.world.sensors.gnss_constellation import COUNT, navigation_satellites
from homeward.world.sensors.rendezvous_specifications import pair_sensors, up_and_down

R_I = jnp.asarray([6.6e6, 1e6, 1.5e6])
UP = np.asarray(R_I) / np.linalg.norm(R_I)
NO_TURN = jnp.asarray([1.0, 0.0, 0.0, 0.0])
YES = jnp.asarray(True)


def antennas(*boresights, cone=85.0, time=5.0):
    n = jnp.asarray
    return Antennas(
        navigation_satellites(), n(np.array(boresights)), n(np.cos(np.radians(cone))),
        n(np.sin(np.radians(5.0))),
        n(6378137.0), n(time),
    )  # fmt: skip


def turned_to(direction):
    """``q_BI`` of a ship whose +z points along a direction of I."""
    z = np.array([0.0, 0.0, 1.0])
    axis, cosine = np.cross(direction, z), float(np.dot(direction, z))
    q = np.concatenate([[1.0 + cosine], axis])
    return jnp.asarray(q / np.linalg.norm(q))


def sights(t=0.0):
    place, _ = navigation_satellites().at(jnp.asarray(t))
    apart = np.asarray(place) - np.asarray(R_I)
    return apart / np.linalg.norm(apart, axis=1, keepdims=True)


def counted(a, q_BI=NO_TURN):
    return int(np.sum(np.asarray(a.in_view(q_BI, R_I, jnp.asarray(sights())))))


def test_what_is_heard_lies_in_a_cone_about_a_boresight_and_above_the_limb():
    one = antennas((0.0, 0.6, 0.8), cone=70.0)
    seen = np.asarray(one.in_view(NO_TURN, R_I, jnp.asarray(sights())))
    dip = np.arccos(6378137.0 / np.linalg.norm(R_I))
    clear = np.arcsin(sights() @ UP) > np.radians(5.0) - dip
    heard = sights() @ np.array([0.0, 0.6, 0.8]) > np.cos(np.radians(70.0))
    assert np.array_equal(seen, clear & heard) and 0 < seen.sum() < clear.sum()


def test_the_attitude_matters_to_one_antenna_and_little_to_two():
    one, two = antennas((0.0, 0.0, 1.0)), antennas((0.0, 0.0, 1.0), (0.0, 0.0, -1.0))
    up, down, aside = turned_to(UP), turned_to(-UP), turned_to(np.cross(UP, [0.0, 0.0, 1.0]))
    assert counted(one, up) >= 12 and 2 * counted(one, down) < counted(one, up)
    assert counted(one, down) < counted(one, aside) < counted(one, up)
    assert min(counted(two, q) for q in (up, down, aside)) >= 10


def test_a_satellite_is_followed_some_time_after_every_loss():
    a = antennas((0.0, 0.0, 1.0), (0.0, 0.0, -1.0), time=12.0)
    followed, told = a.all_followed(), []
    for k in range(40):
        shut = 5 <= k < 8 or k == 25
        followed, enough = a.heard(
            followed, jnp.asarray(float(k)), jnp.asarray(1.0), NO_TURN, R_I, jnp.asarray(not shut)
        )
        told.append(bool(enough))
    lost = [k for k, enough in enumerate(told) if not enough]
    # The first cycle in view again counts; twelve seconds make the twelfth.
    assert lost == [*range(5, 19), *range(25, 37)]


def test_below_the_least_number_there_is_no_fix():
    narrow = antennas((0.0, 0.0, 1.0), cone=25.0)
    q = turned_to(UP)
    _, enough = narrow.heard(narrow.all_followed(), jnp.asarray(0.0), jnp.asarray(1.0), q, R_I, YES)
    assert 0 <= counted(narrow, q) < LEAST and not bool(enough)


def test_the_scenario_says_where_the_antennas_look_in_both_missions():
    for name in ("shenzhou-15", "shenzhou-16"):
        s = hw.load(
            name, {"truth.sensors.antennas": "[[0.0, 3.0, 4.0]]", "truth.sensors.antenna_cone_deg": "60.0"}
        )
        a = antennas_of(s.truth.sensors)
        np.testing.assert_allclose(a.boresights_B, [[0.0, 0.6, 0.8]])
        assert float(a.cone) == pytest.approx(0.5)
    assert np.allclose(pair_sensors().antennas.boresights_B, up_and_down().boresights_B)


@pytest.mark.parametrize(
    "wrong", ["[[0.0, 0.0, 0.0]]", "[]", "[[0,0,1],[0,0,-1],[1,0,0]]", "[[0.0, 0.0, nan]]"]
)
def test_antennas_that_are_none_are_refused_in_one_sentence(wrong, capsys):
    assert main(["check", "shenzhou-15", "--set", f"truth.sensors.antennas={wrong}"]) == 2
    told = capsys.readouterr().err
    assert "antennas" in told and "Traceback" not in told


def test_the_ship_knows_its_mounting_from_its_data_set_alone():
    told = {"truth.sensors.satellite_receiver": "ranges"}
    nominal = hw.load("shenzhou-15", told)
    other_truth = hw.load("shenzhou-15", told | {"truth.sensors.antennas": "[[0.0, 1.0, 0.0]]"})
    other_belief = hw.load("shenzhou-15", told | {"flight.navigation.sensors.antennas": "[[0.0, 1.0, 0.0]]"})

    def mounted(scenario):
        return np.asarray(build_strapdown(scenario, *believed_uniform(scenario)).aids.antennas.boresights_B)

    assert np.array_equal(mounted(nominal), mounted(other_truth))
    assert np.array_equal(mounted(other_belief), [[0.0, 1.0, 0.0]])


def believed_uniform(scenario):
    from homeward.scenario.build.initial_state import initial_state
    from homeward.scenario.build.world import build_earth

    epoch = initial_state(scenario).epoch
    return believed_orientation(scenario, epoch, 86400.0, build_earth(scenario, epoch, 86400.0)), epoch


def test_signals_from_behind_the_ships_body_are_left_alone_once_the_attitude_is_known():
    place, speed = navigation_satellites().at(jnp.asarray(0.0))
    ones = jnp.ones(COUNT)
    ranges = Ranges(jnp.ones(COUNT, bool), ones, ones, place, speed, jnp.asarray(sights()))
    belief = AntennaBelief(jnp.asarray([[0.0, 0.0, 1.0]]), jnp.asarray(0.0))
    kept = np.asarray(audible(belief, ranges, R_I, NO_TURN, YES).valid)
    assert np.array_equal(kept, sights()[:, 2] > 0.0) and 0 < kept.sum() < COUNT
    unknown = audible(belief, ranges, R_I, NO_TURN, ~YES)
    assert bool(jnp.all(unknown.valid))
    assert all(
        np.array_equal(a, b) for a, b in zip(jax.tree.leaves(unknown), jax.tree.leaves(ranges), strict=True)
    )


def test_check_says_where_the_data_set_mounts_them_otherwise():
    told = {"truth.sensors.satellite_receiver": "ranges", "truth.sensors.antennas": "[[0.0, 1.0, 0.0]]"}
    assert [gap for gap in belief_gaps(hw.load("shenzhou-15", told)) if "antennas" in gap]
    assert not [gap for gap in belief_gaps(hw.load("shenzhou-15")) if "antennas" in gap]
