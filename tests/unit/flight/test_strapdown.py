"""Dead reckoning: gravity on board, one tick, a flight against a fine reference, bank."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import EARTH

from homeward.earth.geodesy import from_geodetic, north_east_down
from homeward.flight.deorbit.orbit_propagator import OrbitModel
from homeward.flight.deorbit.orbit_propagator import gravity as planning_gravity
from homeward.flight.navigation.mechanization import (
    NavState,
    ZonalEarth,
    advance,
    bank_of,
    no_sums,
    small_turn,
    turn_error,
)
from homeward.icd import InertialSample
from homeward.math.attitude_triples import turn_quaternion
from homeward.math.quaternion import (
    conjugate,
    derivative,
    from_axis_rotation,
    from_matrix,
    multiply,
    normalise,
    rotate,
)
from homeward.math.triples import split
from homeward.world.environment.gravity import J2Gravity
from homeward.world.sensors.imu import integrate_increments, turn_between

MU, RADIUS, J2 = 3.986004418e14, 6378136.3, 1.08262668e-3
ROUNDING = 1e-12


def _earth(*zonal):
    return ZonalEarth(jnp.asarray(MU), jnp.asarray(RADIUS), jnp.asarray(zonal))


POINTS = np.array([[6.5e6, 1e6, 2e6], [-3e6, 2e6, -5.6e6], [1e3, 0.0, 6.4e6]])
POLE = np.array([0.0, 0.0, 1.0])


@pytest.mark.parametrize("r", POINTS)
def test_gravity_agrees_with_the_truths_and_with_the_planners(r):
    told = np.asarray(
        jnp.stack(_earth(J2, 0.0, 0.0).gravity(split(jnp.asarray(r)), split(jnp.asarray(POLE))))
    )
    assert told == pytest.approx(
        np.asarray(J2Gravity(MU, RADIUS, J2).acceleration(jnp.asarray(r))), rel=ROUNDING
    )
    zonal = jnp.asarray([J2, -2.5e-6, -1.6e-6])
    plan = OrbitModel(jnp.asarray(MU), jnp.asarray(RADIUS), zonal, jnp.zeros(3), jnp.zeros(()), jnp.zeros(3))
    told = jnp.stack(_earth(*zonal).gravity(split(jnp.asarray(r)), split(jnp.asarray(POLE))))
    assert np.asarray(told) == pytest.approx(
        np.asarray(jnp.stack(planning_gravity(plan, split(jnp.asarray(r))))), rel=ROUNDING
    )


def test_gravity_turns_with_the_pole():
    q = normalise(jnp.asarray([0.9, 0.2, -0.3, 0.1]))
    earth = _earth(J2, -2.5e-6, -1.6e-6)
    straight = jnp.stack(earth.gravity(split(jnp.asarray(POINTS[0])), split(jnp.asarray(POLE))))
    tilted = jnp.stack(
        earth.gravity(split(rotate(q, jnp.asarray(POINTS[0]))), split(rotate(q, jnp.asarray(POLE))))
    )
    assert np.asarray(tilted) == pytest.approx(np.asarray(rotate(q, straight)), rel=ROUNDING)


def test_the_gradient_is_that_of_a_point_mass():
    earth = _earth(0.0, 0.0, 0.0)
    pole = split(jnp.asarray(POLE))
    wanted = jax.jacfwd(lambda r: jnp.stack(earth.gravity(split(r), pole)))(jnp.asarray(POINTS[1]))
    told = np.array([[float(x) for x in row] for row in earth.gradient(split(jnp.asarray(POINTS[1])))])
    assert told == pytest.approx(np.asarray(wanted), rel=1e-10, abs=1e-18)


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-3, 0.03, 0.5])
def test_the_quaternion_of_a_turn(angle):
    axis = np.array([2.0, -1.0, 2.0]) / 3.0
    turn = jnp.asarray(angle * axis)
    told = turn_quaternion(split(turn), jnp.sum(turn * turn))
    assert np.asarray(told) == pytest.approx(
        np.asarray(from_axis_rotation(jnp.asarray(axis), jnp.asarray(angle))), abs=1e-15
    )


def test_a_small_turn_is_found_again():
    q = normalise(jnp.asarray([0.2, 0.5, -0.7, 0.4]))
    error = np.array([1e-5, -3e-5, 2e-5])
    turned = small_turn(q, split(jnp.asarray(error)))
    assert np.asarray(jnp.stack(turn_error(q, turned))) == pytest.approx(error, rel=1e-9)
    assert np.asarray(jnp.stack(turn_error(q, -turned))) == pytest.approx(error, rel=1e-9)


def test_one_tick_by_hand():
    """Body axes turned by 90 deg about z: what is sensed along x is gained along the inertial y."""
    q = from_axis_rotation(jnp.asarray([0.0, 0.0, 1.0]), jnp.asarray(np.pi / 2))
    start = NavState(q, jnp.asarray([7e6, 0.0, 0.0]), jnp.asarray([0.0, 7e3, 0.0]))
    sample = InertialSample(jnp.asarray([0.0, 0.0, 0.011]), jnp.asarray([2.1, 0.0, 0.0]), jnp.asarray(0.1))
    end, sums = advance(
        _earth(0.0, 0.0, 0.0), jnp.asarray(POLE), start, no_sums(), sample, jnp.asarray([0.0, 0.0, 0.01]),
        jnp.asarray([1.0, 0.0, 0.0]),
    )  # fmt: skip
    pull = -MU / (7e6**2 + 350.0**2)
    assert np.asarray(end.v_BI_I) == pytest.approx([0.1 * pull, 7002.0, 0.0], abs=1e-4)
    assert np.asarray(end.r_BI_I) == pytest.approx([7e6 + 0.005 * pull, 700.1, 0.0], abs=1e-4)
    wanted = from_axis_rotation(jnp.asarray([0.0, 0.0, 1.0]), jnp.asarray(np.pi / 2 + 0.01))
    assert np.asarray(end.q_BI) == pytest.approx(np.asarray(wanted), abs=1e-12)
    assert np.asarray(sums.delta_v) == pytest.approx([0.0, 2.0, 0.0], abs=1e-12)
    assert np.asarray(sums.turn) == pytest.approx([0.0, 0.0, 0.01])
    assert np.asarray(sums.attitude)[:, 0] == pytest.approx([0.0, 0.1, 0.0], abs=1e-12)


def test_a_tumbling_thrusting_flight_against_a_fine_reference():
    """100 s of 1 to 3 g, turning at up to 20 deg/s about all axes; the reference is Runge-Kutta at 2 ms."""
    fine, seconds = 50, 100  # steps a tick of the reference
    gravity = J2Gravity(MU, RADIUS, J2)
    h = 0.1 / fine

    def rate(t):
        return jnp.stack([0.3 * jnp.sin(1.3 * t), 0.2 * jnp.cos(0.9 * t), 0.1 + 0.1 * jnp.sin(2.1 * t)])

    def force(t):
        return jnp.stack([20.0 + 10.0 * jnp.sin(0.5 * t), 5.0 * jnp.cos(1.7 * t), 3.0 * jnp.sin(1.1 * t)])

    def slope(t, s):
        q, _, v = s
        return derivative(q, rate(t)), v, gravity.acceleration(s[1]) + rotate(conjugate(q), force(t))

    def step(s, t):
        def moved(k, dt):
            return jax.tree.map(lambda a, b: a + dt * b, s, k)

        k1 = slope(t, s)
        k2 = slope(t + h / 2, moved(k1, h / 2))
        k3 = slope(t + h / 2, moved(k2, h / 2))
        k4 = slope(t + h, moved(k3, h))
        new = jax.tree.map(lambda a, p, q, r, w: a + h / 6 * (p + 2 * q + 2 * r + w), s, k1, k2, k3, k4)
        # Simpson's rule: what the sensors sum over a step.
        return new, ((rate(t) + 4 * rate(t + h / 2) + rate(t + h)) * h / 6,
                     (force(t) + 4 * force(t + h / 2) + force(t + h)) * h / 6)  # fmt: skip

    start = (
        normalise(jnp.asarray([0.5, 0.5, -0.5, 0.5])),
        jnp.asarray([7e6, 1e6, 0.0]),
        jnp.asarray([0.0, 6e3, 3e3]),
    )
    times = jnp.arange(seconds * 10.0 * fine) * h
    (q, r, v), sums = jax.jit(lambda: jax.lax.scan(step, start, times))()
    angles, velocities = (x.reshape(seconds * 10, 10, fine // 10, 3).sum(axis=2) for x in sums)
    earth = _earth(J2, 0.0, 0.0)

    def tick(carry, row):
        state, sums, before = carry
        turn, gained, before = integrate_increments(*row, before)
        sample = InertialSample(turn, gained, jnp.asarray(0.1))
        state, sums = advance(earth, jnp.asarray(POLE), state, sums, sample, jnp.zeros(3), jnp.zeros(3))
        return (state, sums, before), None

    first = (NavState(*start), no_sums(), (angles[0, 0], velocities[0, 0]))
    (end, total, _), _ = jax.jit(lambda: jax.lax.scan(tick, first, (angles, velocities)))()
    assert (
        np.linalg.norm(np.asarray(turn_between(normalise(q), end.q_BI))) < 1e-6
    )  # rad, of some 20 rad turned
    assert np.linalg.norm(np.asarray(v - end.v_BI_I)) < 2e-3  # m/s, of 2,000 gained
    assert np.linalg.norm(np.asarray(r - end.r_BI_I)) < 0.2  # m, of 700 km
    assert float(total.duration) == pytest.approx(seconds)
    assert abs(float(jnp.sum(end.q_BI**2)) - 1.0) < 1e-13


@pytest.mark.parametrize("bank", [0.0, 60.0, -60.0, 120.0, -175.0])
def test_bank_is_that_of_the_side_of_lift_and_positive_to_the_right(bank):
    latitude, longitude = jnp.deg2rad(30.0), jnp.deg2rad(-50.0)
    r_E = from_geodetic(EARTH, latitude, longitude, jnp.asarray(60e3))
    C_NE = np.asarray(north_east_down(latitude, longitude))
    along = np.array([np.cos(-0.05), 0.0, -np.sin(-0.05)])  # north and a little down
    right = np.array([0.0, 1.0, 0.0])
    lift = np.cos(np.deg2rad(bank)) * np.cross(right, along) + np.sin(np.deg2rad(bank)) * right
    trim = np.deg2rad(20.0)
    x = -np.cos(trim) * along + np.sin(trim) * lift  # apex: heat shield ahead
    z = np.cos(trim) * lift + np.sin(trim) * along
    C_BE = np.stack([x, np.cross(z, x), z]) @ C_NE
    told = bank_of(EARTH, jnp.eye(3), from_matrix(jnp.asarray(C_BE)), r_E, jnp.asarray(7e3 * along @ C_NE))
    assert np.rad2deg(float(told)) == pytest.approx(bank, abs=1e-9)


def test_bank_of_a_straight_fall_is_finite():
    r_E = from_geodetic(EARTH, jnp.asarray(0.5), jnp.asarray(0.1), jnp.asarray(5e3))
    up = np.asarray(north_east_down(jnp.asarray(0.5), jnp.asarray(0.1)))[2] * -1.0
    q = normalise(jnp.asarray([0.2, 0.5, -0.7, 0.4]))
    for v in (-30.0 * up, np.zeros(3)):
        assert np.isfinite(float(bank_of(EARTH, jnp.eye(3), q, r_E, jnp.asarray(v))))


def test_turning_there_and_back_leaves_the_attitude():
    q = normalise(jnp.asarray([0.2, 0.5, -0.7, 0.4]))
    turn = jnp.asarray([0.01, 0.02, -0.03])
    there = multiply(turn_quaternion(split(turn), jnp.sum(turn**2)), q)
    back = multiply(turn_quaternion(split(-turn), jnp.sum(turn**2)), there)
    assert np.asarray(back) == pytest.approx(np.asarray(q), abs=1e-15)
