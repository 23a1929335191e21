"""The ports meet: each edge of the contact box, the crossing's instant, a bounce, a collision."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from docking_pair import DOCK, MASS, STATION_MASS, bodies_at, hull, orbit, pair_world, truth_of

from homeward.astro.lvlh import from_lvlh, lvlh_rate
from homeward.math.quaternion import conjugate, from_matrix, multiply, rotate
from homeward.sim.rendezvous.contact import inside_box, meet
from homeward.sim.rendezvous.telemetry import ports
from homeward.world.dynamics.docking_bodies import rotation_quaternion, station_attitude
from homeward.world.dynamics.rendezvous_state import no_contact

TICK = 0.1  # s
DEGREE = np.pi / 180.0
GOOD = {"closing": 0.07, "lateral_rate": 0.01, "lateral_offset": [0.0, 0.03, -0.02], "angle": DEGREE,
        "roll": DEGREE, "rate": 0.05 * DEGREE, "roll_rate": 0.05 * DEGREE}  # fmt: skip


def contact(**changes):
    values = {k: jnp.asarray(v, float) for k, v in (GOOD | changes).items()}
    return dataclasses.replace(no_contact(), **values)


def test_a_good_contact_is_inside():
    assert bool(inside_box(contact()))


# International Docking System Standard, Revision E: the limits written down once more.
EDGES = {
    "closing": (0.05, 0.10),
    "lateral_rate": (None, 0.04),
    "angle": (None, 4.0 * DEGREE),
    "roll": (-4.0 * DEGREE, 4.0 * DEGREE),
    "rate": (None, 0.20 * DEGREE),
    "roll_rate": (-0.20 * DEGREE, 0.20 * DEGREE),
}


@pytest.mark.parametrize("name", EDGES)
def test_each_limit(name):
    low, high = EDGES[name]
    margin = 1e-3 * high
    assert bool(inside_box(contact(**{name: high - margin})))
    assert not bool(inside_box(contact(**{name: high + margin})))
    if low is not None:
        assert bool(inside_box(contact(**{name: low + margin})))
        assert not bool(inside_box(contact(**{name: low - margin})))


@pytest.mark.parametrize("way", np.radians([0.0, 45.0, 90.0, 200.0]))
def test_the_offset_is_round(way):
    for size, inside in ((0.0999, True), (0.1001, False)):
        aside = [0.0, size * np.cos(way), size * np.sin(way)]
        assert bool(inside_box(contact(lateral_offset=aside))) is inside


# ----------------------------------------------------------------------------- two bodies, one tick apart


def approaching(
    place=(0.004, 0.02, -0.03), speed=(-0.07, 0.01, -0.005), turn=(0.0, 0.0, 0.0), rate=(0.0, 0.0, 0.0),
    port="aft", restitution=0.4, misses=0,
):  # fmt: skip
    """World and truth: the ship's port at ``place`` [m], ``speed`` [m/s] of the station's port, in D.

    ``turn`` [rad] is a rotation vector from the docked attitude, ``rate`` [rad/s] that against the station.
    """
    world = pair_world(port=port, restitution=restitution, misses=misses)
    r, v = orbit(anomaly=0.7)
    q_TI, _ = station_attitude(world.hull.motion, jnp.zeros(()), r, v)
    docked = from_matrix(jnp.asarray(np.diag([-1.0, -1.0, 1.0]) @ np.asarray(world.hull.C_DT)))
    q_BT = multiply(rotation_quaternion(jnp.asarray(turn, float)), docked)
    rate_B = jnp.asarray(rate, float)
    dock_T = rotate(conjugate(q_BT), world.hull.dock_B)
    C_TD = world.hull.C_DT.T
    r_T = C_TD @ jnp.asarray(place) + world.hull.port_T - dock_T
    v_T = C_TD @ jnp.asarray(speed) - jnp.cross(rotate(conjugate(q_BT), rate_B), dock_T)
    ship = from_lvlh(r, v, r_T, v_T)  # the station holds L: T and L are one
    q_BI = multiply(q_BT, q_TI)
    omega = rate_B + rotate(q_BT, lvlh_rate(r, v))
    return world, truth_of(world, bodies_at(*ship, r, v), q_BI, omega)


def after(truth, h=TICK):
    """A tick later: straight on, each port and both attitudes by their rates."""
    b = truth.bodies
    q = multiply(rotation_quaternion(h * truth.omega_BI_B), truth.q_BI)
    later = (b.r_BI_I + h * b.v_BI_I, b.r_TI_I + h * b.v_TI_I)
    return eqx.tree_at(
        lambda t: (t.time, t.bodies.r_BI_I, t.bodies.r_TI_I, t.q_BI), truth, (truth.time + h, *later, q)
    )


def met(**told):
    world, truth = approaching(**told)
    new = after(truth)
    return world, new, meet(world, truth, new, jnp.asarray(TICK))


@pytest.mark.parametrize("port", ["aft", "forward", "nadir"])
def test_ports_are_where_they_were_put(port):
    told = {"place": (0.3, 0.02, -0.03), "speed": (-0.07, 0.01, -0.005), "turn": (0.02, -0.03, 0.01),
            "rate": (1e-3, -2e-3, 5e-4)}  # fmt: skip
    world, truth = approaching(port=port, **told)
    place, speed, off, rate = ports(world.hull, truth)
    np.testing.assert_allclose(place, told["place"], atol=1e-8)
    np.testing.assert_allclose(speed, told["speed"], atol=1e-11)
    np.testing.assert_allclose(rate, told["rate"], atol=1e-14)
    np.testing.assert_allclose(
        off * np.sign(off[0]), rotation_quaternion(jnp.asarray(told["turn"])), atol=1e-14
    )


def test_nothing_happens_before_the_ports_meet():
    for place, speed in (((0.3, 0.0, 0.0), (-0.07, 0.0, 0.0)), ((0.004, 0.0, 0.0), (0.07, 0.0, 0.0)),
                         ((0.004, 5.2, 0.0), (-0.07, 0.0, 0.0))):  # fmt: skip
        _, new, found = met(place=place, speed=speed)
        assert int(found.contact.count) == 0
        np.testing.assert_array_equal(found.bodies.v_BI_I, new.bodies.v_BI_I)


@pytest.mark.parametrize("port", ["aft", "forward", "nadir"])
def test_a_contact_inside_the_box_is_caught_at_its_instant(port):
    _, new, found = met(port=port)
    c = found.contact
    assert bool(c.captured) and not bool(c.collided) and int(c.count) == 1
    when = 0.004 / 0.07
    assert float(c.time) == pytest.approx(when, abs=1e-4)
    assert float(c.closing) == pytest.approx(0.07, abs=1e-4)
    # Back to the crossing: the offset then, not at the tick's end (which is 0.4 mm farther).
    np.testing.assert_allclose(c.lateral_offset, [0.0, 0.02 + 0.01 * when, -0.03 - 0.005 * when], atol=3e-5)
    assert float(c.lateral_rate) == pytest.approx(np.hypot(0.01, 0.005), abs=1e-4)
    # Caught: nothing is thrown back.
    np.testing.assert_array_equal(found.bodies.v_BI_I, new.bodies.v_BI_I)


def test_angles_and_rates_of_a_contact():
    still = {"speed": (-0.07, 0.0, 0.0), "place": (0.004, 0.0, 0.0)}
    rate = np.radians([0.1, 0.05, -0.12])
    _, _, found = met(turn=(0.03, 0.0, 0.0), rate=rate, **still)
    c = found.contact
    assert abs(float(c.roll)) == pytest.approx(0.03 + rate[0] * TICK, abs=1e-6)
    assert float(c.rate) == pytest.approx(np.hypot(rate[1], rate[2]), abs=2e-6)
    assert float(c.roll_rate) == pytest.approx(rate[0], abs=2e-6)
    _, _, found = met(turn=(0.0, 0.04, -0.03), **still)
    assert float(found.contact.angle) == pytest.approx(0.05, abs=1e-6)
    assert float(found.contact.roll) == pytest.approx(0.0, abs=1e-4)
    assert bool(found.contact.captured)


OUTSIDE = {
    "too slow": {"speed": (-0.045, 0.0, 0.0)},
    "too fast": {"speed": (-0.105, 0.0, 0.0)},
    "sliding": {"speed": (-0.07, 0.03, 0.03)},
    "beside": {"place": (0.004, 0.08, 0.08)},
    "tilted": {"turn": (0.0, 4.2 * DEGREE, 0.0)},
    "rolled": {"turn": (4.2 * DEGREE, 0.0, 0.0)},
    "turning": {"rate": (0.0, 0.25 * DEGREE, 0.0)},
    "rolling": {"rate": (0.25 * DEGREE, 0.0, 0.0)},
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_a_contact_outside_the_box_is_thrown_back(case):
    world, new, found = met(**OUTSIDE[case])
    assert int(found.contact.count) == 1
    assert not bool(found.contact.captured) and not bool(found.contact.collided)
    before, behind = new.bodies, found.bodies
    momentum = MASS * (behind.v_BI_I - before.v_BI_I) + STATION_MASS * (behind.v_TI_I - before.v_TI_I)
    np.testing.assert_allclose(momentum, 0.0, atol=1e-6)  # N s, of 1e8 in all
    approach, leaving = ports(world.hull, new)[1], ports(world.hull, found)[1]
    assert float(approach[0]) < 0.0
    assert float(leaving[0]) == pytest.approx(-0.4 * float(approach[0]), rel=1e-6)
    # Smooth faces: nothing sideways, but that the station's orbit, and its attitude with it, are new.
    np.testing.assert_allclose(leaving[1:], approach[1:], atol=1e-6)


def test_restitution_says_how_fast():
    for e in (0.0, 1.0):
        world, new, found = met(speed=(-0.2, 0.0, 0.0), restitution=e)
        back = float(ports(world.hull, found)[1][0])
        assert back == pytest.approx(-e * float(ports(world.hull, new)[1][0]), abs=1e-9)


def test_latches_that_fail_throw_back_a_ship_that_is_inside_the_box():
    assert bool(met()[2].contact.captured)
    for misses in (1, 2):
        found = met(misses=misses)[2].contact
        assert not bool(found.captured) and not bool(found.collided) and int(found.count) == 1


def test_too_fast_or_too_far_aside_is_a_collision():
    for told, crash in (
        ({"speed": (-0.49, 0.0, 0.0)}, False), ({"speed": (-0.51, 0.0, 0.0)}, True),
        ({"place": (0.004, 0.59, 0.0), "speed": (-0.07, 0.0, 0.0)}, False),
        ({"place": (0.004, 0.61, 0.0), "speed": (-0.07, 0.0, 0.0)}, True),
    ):  # fmt: skip
        found = met(**told)[2].contact
        assert bool(found.collided) is crash and not bool(found.captured)


def test_a_ship_pushed_in_again_after_a_bounce_meets_the_port_again():
    """A contact leaves the ports a hair inside one another; there is no way through from there."""
    world, truth = approaching(speed=(-0.2, 0.0, 0.0))
    bounced = meet(world, truth, after(truth), jnp.asarray(TICK))
    assert float(ports(world.hull, bounced)[0][0]) < 0.0
    axis = rotate(conjugate(station_attitude(world.hull.motion, bounced.time, *_station(bounced))[0]),
                  world.hull.C_DT[0])  # fmt: skip
    pushed = eqx.tree_at(lambda t: t.bodies.v_BI_I, bounced, bounced.bodies.v_BI_I - 0.3 * axis)
    again = meet(world, pushed, after(pushed), jnp.asarray(TICK))
    assert int(again.contact.count) == 2
    assert float(ports(world.hull, again)[1][0]) > 0.0


def _station(truth):
    return truth.bodies.r_TI_I, truth.bodies.v_TI_I


def test_the_hull_of_the_tests_is_docked_where_it_should_be():
    """Docked to the aft port, the ship's centre of mass lies behind the station's by both ports' arms."""
    _, truth = approaching(place=(0.0, 0.0, 0.0))
    between = np.asarray(truth.bodies.r_BI_I - truth.bodies.r_TI_I)
    ahead = np.asarray(truth.bodies.v_TI_I / jnp.linalg.norm(truth.bodies.v_TI_I))
    assert between @ ahead == pytest.approx(-(DOCK + float(jnp.abs(hull().port_T[0]))), abs=1e-6)
    assert np.linalg.norm(between) == pytest.approx(DOCK + 9.0, abs=1e-6)
    # Nose to the port: x of B looks along the flight.
    np.testing.assert_allclose(rotate(conjugate(truth.q_BI), jnp.array([1.0, 0.0, 0.0])), ahead, atol=1e-9)


def test_what_is_caught_stays_so():
    world, _, caught = met()
    again = meet(world, caught, after(caught), jnp.asarray(TICK))
    assert bool(again.contact.captured) and int(again.contact.count) == 1
    assert float(again.contact.time) == float(caught.contact.time)
