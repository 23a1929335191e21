"""The axes that a port is flown by, and whether a tumbling station's port is where the ship comes."""

import jax.numpy as jnp
import numpy as np
import pytest
from docking_pair import still

import homeward as hw
from homeward.errors import Infeasible
from homeward.flight.rendezvous.approach_frame import SMOOTHED, own_turn
from homeward.planning.port_visibility import FIRST, MOST, SETTLES, check_port
from homeward.world.dynamics.docking_bodies import rotation_quaternion

RATE = jnp.asarray([1e-4, -5e-4, 3e-4])  # rad/s
ONE = jnp.ones(())
AXIS = np.array([-1.0, 0.0, 0.0])


def test_a_steady_turn_is_found_from_attitudes():
    before, own = jnp.zeros(4), jnp.zeros(3)
    for k in range(int(6 * SMOOTHED)):
        before, own = own_turn(before, own, rotation_quaternion(RATE * float(k)), ONE)
    assert np.asarray(own) == pytest.approx(np.asarray(RATE), rel=4e-3)


def test_the_first_attitude_tells_no_rate():
    q = rotation_quaternion(jnp.asarray([0.1, 0.0, 0.0]))
    after, own = own_turn(jnp.zeros(4), jnp.zeros(3), q, ONE)
    assert np.asarray(own).tolist() == [0.0, 0.0, 0.0]
    assert np.asarray(after) == pytest.approx(np.asarray(q))


@pytest.fixture(scope="module")
def scenario():
    return hw.load("tianzhou-5")


def test_a_station_that_stands_is_not_asked(scenario):
    check_port(scenario, still(offset=[0.5, 0.5, 0.0]), AXIS, 5000.0, 30.0)


def test_about_its_own_axis_a_port_may_turn(scenario):
    check_port(scenario, still(drift=np.radians([0.5, 0.0, 0.0])), AXIS, 5000.0, 30.0)


def test_a_port_that_turns_away_is_refused_with_the_hold_that_serves(scenario):
    rate = 0.03  # deg/s: it takes 1000 s, 30 deg, to fly the axis
    motion = still(drift=np.radians([0.0, rate, 0.0]))
    with pytest.raises(Infeasible, match=r"tumble_deg_s.*turns away.*a second hold of (\d+) s") as told:
        check_port(scenario, motion, AXIS, 5000.0, 30.0)
    stays = float(str(told.value).rsplit("hold of ", 1)[1].split(" s", 1)[0])
    check_port(scenario, motion, AXIS, 5000.0, stays)
    with pytest.raises(Infeasible):
        check_port(scenario, motion, AXIS, 5000.0, stays - 20.0)
    # It is the first that serves: from 360 deg less the most on.
    assert stays == pytest.approx((360.0 - MOST) / rate - 5000.0 - FIRST, abs=21.0)
    assert stays > SETTLES


def test_a_port_that_does_not_come_round_is_told(scenario):
    motion = still(offset=np.radians([0.0, 0.0, 120.0]), drift=np.radians([0.0, 0.0, 1e-9]))
    with pytest.raises(Infeasible, match="does not come round within 6 hours"):
        check_port(scenario, motion, AXIS, 5000.0, 30.0)
