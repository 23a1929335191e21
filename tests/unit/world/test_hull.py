"""How the station turns, and what a plume does to it."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from docking_pair import NOTHING, bodies_at, flown, hull, orbit, pair_world, still

from homeward.astro.lvlh import lvlh_quaternion, lvlh_rate
from homeward.math.quaternion import conjugate, multiply, rotate, to_matrix
from homeward.world.dynamics.docking_bodies import plume_push, rotation_quaternion, station_attitude

DIFFERENCE = 2.0  # s between the attitudes that a rate is found from
DIFFERENCING = 2e-8  # rad/s: a sixth of the cube of the fastest turn, 5e-3 rad/s

SWINGING = still(
    offset=np.radians([0.2, -0.3, 0.2]), swing=np.radians([0.2, 0.3, 0.2]),
    rate=2.0 * np.pi / np.array([800.0, 1100.0, 950.0]), phase=[0.0, 1.0, 2.0],
)  # fmt: skip
# About an axis that is not the offset's: after some minutes the turn is far from small.
TUMBLING = still(offset=[0.5, 0.0, -0.2], drift=np.radians([0.1, -0.2, 0.15]))


def turn_between(q_1, q_0):
    """Rotation vector [rad] from attitude ``q_0`` to ``q_1`` (both of T against I), in T."""
    d = np.asarray(multiply(q_1, conjugate(q_0)))
    d = d * np.sign(d[0])
    size = np.linalg.norm(d[1:])
    return -2.0 * np.arctan2(size, d[0]) * d[1:] / max(size, 1e-300)


@pytest.mark.parametrize("motion", [still(), SWINGING, TUMBLING], ids=["still", "swinging", "tumbling"])
@pytest.mark.parametrize("middle", [50.0, 400.0])
def test_rates_are_those_of_the_attitudes(motion, middle):
    rows = flown(pair_world(), bodies_at(*orbit(), *orbit(anomaly=0.1)), 1.0, 500)
    k = int(middle) - 1  # the rows begin after the first step

    def at(row):
        return station_attitude(motion, jnp.asarray(row + 1.0), rows.r_TI_I[row], rows.v_TI_I[row])

    found = turn_between(at(k + 1)[0], at(k - 1)[0]) / DIFFERENCE
    np.testing.assert_allclose(found, at(k)[1], atol=DIFFERENCING)
    assert np.linalg.norm(found) > 1e-3  # it turns with its orbit


def test_the_angles_are_those_told():
    r, v = orbit(anomaly=0.4)
    q_TI, omega = station_attitude(still(), jnp.asarray(7.0), r, v)
    np.testing.assert_allclose(q_TI, lvlh_quaternion(r, v), atol=1e-15)
    np.testing.assert_allclose(omega, lvlh_rate(r, v), atol=1e-18)
    q_TI, _ = station_attitude(still(drift=[0.0, 0.0, 1e-4]), jnp.asarray(100.0), r, v)
    C_TL = np.asarray(to_matrix(multiply(q_TI, conjugate(lvlh_quaternion(r, v)))))
    # A turn about z by 0.01: x of T lies 0.01 towards y of L.
    np.testing.assert_allclose(C_TL[0], [np.cos(0.01), np.sin(0.01), 0.0], atol=1e-12)


def test_rotation_vector_of_any_size():
    for angle in ([0.0, 0.0, 0.0], [1e-7, -2e-7, 0.0], [0.4, -0.2, 0.9]):
        a = jnp.asarray(angle)
        q = rotation_quaternion(a)
        assert float(jnp.sum(q * q)) == pytest.approx(1.0, abs=1e-14)
        np.testing.assert_allclose(turn_between(q, jnp.array([1.0, 0.0, 0.0, 0.0])), a, atol=1e-14)
    assert np.isfinite(jax.jacobian(rotation_quaternion)(jnp.zeros(3))).all()


# ------------------------------------------------------------------------------------------ the plume


BRAKES = [20, 21, 22, 23]  # they push the ship back: their exhaust goes ahead, to the station
FORWARD = [16, 17, 18, 19]


def push_of(which, distance, aside=0.0, of=None):
    """Force [N, B] on a station ``distance`` ahead of the ship (along its x), by some thrusters of 100 N."""
    h = hull() if of is None else of
    mean = jnp.zeros(24).at[jnp.asarray(which)].set(100.0)
    return np.asarray(plume_push(h, mean, jnp.array([-distance, aside, 0.0])))


def test_a_braking_ship_pushes_the_station_away():
    push = push_of(BRAKES, 60.0)
    assert push[0] > 0.0
    np.testing.assert_allclose(push[1:], 0.0, atol=1e-12)
    assert np.all(np.abs(push_of(FORWARD, 60.0)) == 0.0)  # their exhaust goes the other way


def test_it_falls_off_with_the_square_of_the_distance():
    far, farther = push_of(BRAKES, 400.0)[0], push_of(BRAKES, 800.0)[0]
    assert far / farther == pytest.approx(4.0, rel=0.05)


def test_it_falls_off_beside_the_plume_the_more_the_narrower_it_is():
    """A station astern, in the exhaust of the thrusters that push forward, which are not canted."""
    narrow = eqx.tree_at(lambda h: h.plume_power, hull(), jnp.asarray(20.0))
    shares = []
    for h in (hull(), narrow):
        beside, behind = push_of(FORWARD, -100.0, 60.0, h), push_of(FORWARD, -100.0, 0.0, h)
        assert behind[0] < 0.0
        shares.append(np.linalg.norm(beside) / np.linalg.norm(behind))
    assert shares[1] < shares[0] < 0.6


def test_no_more_arrives_than_leaves():
    """Near by a station is taken to catch all of a plume, not more."""
    h = hull()
    t = h.thrusters
    axis = -np.asarray(t.direction[20])  # of one braking thruster's exhaust
    for distance in (0.5, 2.0, 5.0):
        place = -np.asarray(t.place[20]) - distance * axis
        mean = jnp.zeros(24).at[20].set(100.0)
        push = np.asarray(plume_push(h, mean, jnp.asarray(place)))
        np.testing.assert_allclose(push, 100.0 * axis, rtol=1e-9, atol=1e-9)
    # All of the half space integrated: the law carries the thrust, no more.
    k = float(h.plume_power)
    angle = np.linspace(0.0, np.pi / 2.0, 20001)
    whole = np.trapezoid((k + 1.0) / (2.0 * np.pi) * np.cos(angle) ** k * 2.0 * np.pi * np.sin(angle), angle)
    assert whole == pytest.approx(1.0, rel=1e-6)


def test_nothing_fires_nothing_is_pushed():
    np.testing.assert_array_equal(plume_push(hull(), jnp.zeros(24), jnp.array([-30.0, 0.0, 0.0])), NOTHING)
    assert np.isfinite(rotate(rotation_quaternion(NOTHING), jnp.ones(3))).all()
