"""The classical law in closed loop beside a port: contact, holding, going out, and what it must not do."""

import jax.numpy as jnp
import numpy as np
import pytest
from port_toy import LANES, RATE, SECONDS, contact, fly, in_port, motion, transition

from homeward.flight.rendezvous.glideslope import glideslope
from homeward.flight.rendezvous.port_dynamics import PORTS, plume, port_motion, speed_profile

CLOSING = (0.05, 0.10)  # m/s, the contact box (IDSS)
OFFSET = 0.03  # m, 99.7 % of lanes
LATERAL = 0.01  # m/s
QUIET = {"noise": (0.0, 0.0), "spread": (0.0, 0.0, 0.0)}
FAR = (0.0, 20.0, 30.0, 100.0, 200.0, 400.0)  # m


@pytest.mark.parametrize("port", PORTS)
def test_the_motion_beside_a_port_is_that_of_clohessy_and_wiltshire(port):
    h = 1e-3
    rng = np.random.default_rng(1)
    x = np.concatenate([200.0 * rng.normal(size=3), rng.normal(size=3)])
    step = in_port(transition(RATE, h), PORTS[port]) @ x
    back = in_port(transition(RATE, -h), PORTS[port]) @ x
    a = motion(port).acceleration(*(tuple(jnp.asarray(c) for c in part) for part in (x[:3], x[3:])))
    np.testing.assert_allclose([float(c) for c in a], (step[3:] - back[3:]) / (2.0 * h), atol=1e-9)
    # An offset of the centre of mass moves the place only.
    moved = port_motion(RATE, np.array(PORTS[port]), tuple(x[:3]))
    zero = (jnp.asarray(0.0),) * 3
    there = moved.acceleration(zero, tuple(jnp.asarray(c) for c in x[3:]))
    np.testing.assert_allclose([float(c) for c in there], [float(c) for c in a], atol=1e-15)
    C = np.array(PORTS[port])
    np.testing.assert_allclose(C @ C.T, np.eye(3))
    assert np.linalg.det(C) == 1.0


def test_the_standard_profile_is_the_one_flown():
    profile = speed_profile()
    goal, limit = jnp.asarray(0.0), jnp.asarray(10.0)
    speeds = [-float(profile.rate(jnp.asarray(x), goal, limit)) for x in FAR]
    assert speeds[0] == 0.07 and 0.1 <= speeds[1] <= 0.15
    assert all(0.14 <= v <= 0.6 for v in speeds[2:5]) and speeds[5] == 1.0
    assert np.all(np.diff(speeds) > 0.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("port", PORTS)
def test_two_hundred_flights_end_within_the_contact_box(port, seed):
    told = contact(*fly(glideslope(motion(port)), port, seed=seed))
    assert told["all"]
    assert np.min(told["closing"]) > CLOSING[0] and np.max(told["closing"]) < CLOSING[1]
    assert np.percentile(told["offset"], 99.7) < OFFSET
    assert np.max(told["lateral_rate"]) < LATERAL
    assert told["outside"] < 0.0  # never outside the cone of 10 deg
    assert np.percentile(told["spent"], 99.0) < 2.1  # m/s; 1.1 to 1.6 for nothing but the profile
    assert np.max(told["time"]) < 900


def test_a_law_that_does_not_look_sideways_leaves_the_cone():
    """The check of the corridor can fail: the orbit itself carries the ship out of it."""
    law = glideslope(motion("aft"), gain=0.0, band=(0.003, 1.0, 1.0))
    assert contact(*fly(law, "aft"))["outside"] > 1.0


@pytest.mark.parametrize("port", PORTS)
def test_it_stops_at_a_point_stays_and_goes_on(port):
    goals = np.where(np.arange(SECONDS) < 1100, 19.0, 0.0)
    end, _, hit, (states, given, _) = fly(glideslope(motion(port)), port, goals=goals)
    held = states[:, 700:1100]
    assert np.max(np.abs(held[:, :, 0] - 19.0)) < 0.6
    assert np.max(np.abs(held[:, :, 1:3])) < 0.5
    assert np.max(np.abs(held[:, :, 3])) < 0.02
    assert hit.all() and np.all(np.abs(-end[:, 3] - 0.07) < 0.02)
    # Seven minutes of holding cost little.
    assert np.max(np.sum(np.abs(given[:, 700:1100]), axis=(1, 2))) < 0.4


@pytest.mark.parametrize("port", PORTS)
def test_it_goes_out_to_a_point(port):
    _, _, hit, (states, _, _) = fly(
        glideslope(motion(port)), port, start=(30.0, 0.0, 0.0), goals=200.0, rates=(-0.14, 0.0, 0.0),
        spread=(0.5, 0.5, 0.5), limit=0.5,
    )  # fmt: skip
    assert not hit.any()
    assert np.max(np.abs(states[:, 900:, 0] - 200.0)) < 2.0
    assert np.max(states[:, :, 3]) < 0.5 + 0.03  # what was asked for, and a band
    assert np.min(states[:, :, 0]) > 20.0


@pytest.mark.parametrize("limit", [0.1, 0.25])
def test_a_speed_limit_is_kept(limit):
    _, _, _, (states, _, _) = fly(glideslope(motion("aft")), "aft", limit=limit, rates=(-limit, 0, 0))
    assert np.max(-states[:, 100:, 3]) < limit + 0.035


def test_braking_near_the_port_is_small_and_at_last_none():
    """A ship that comes too fast: outward pushes are of the allowed size, and none in the last half metre."""
    law = glideslope(motion("aft"))
    start = {"start": (24.0, 0.0, 0.0), "rates": (-0.3, 0.0, 0.0), **QUIET}
    _, _, _, (states, given, hit) = fly(law, "aft", **start)
    x, push = states[0, :-1, 0], given[0, 1:, 0]
    live = ~hit[0, :-1]
    near, last = live & (x < 19.5), live & (x < 0.4)
    assert np.max(push[near]) == pytest.approx(0.005, rel=0.1)
    assert np.max(push[last], initial=0.0) == 0.0
    assert np.max(push[live & (x > 20.5)]) > 0.02
    # Without the limit it does brake harder there: the check can fail.
    free = glideslope(motion("aft"), limits=plume(0.0, 0.0, 0.0))
    _, _, _, (states, given, _) = fly(free, "aft", **{**start, "start": (15.0, 0.0, 0.0)})
    assert np.max(given[0, :, 0]) > 0.01


def test_what_is_given_never_exceeds_the_thrusters():
    _, _, _, (_, given, _) = fly(glideslope(motion("nadir")), "nadir", start=(200.0, 40.0, -40.0))
    assert np.all(np.abs(given) <= np.array([0.03, 0.005, 0.005]) * 1.1)
    assert given.shape == (LANES, SECONDS, 3)
