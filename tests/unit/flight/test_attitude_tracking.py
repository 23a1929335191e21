"""A ship that follows a turning attitude: its thrusters, their valves, a tick's delay, one of them out."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.flight.control.attitude_tracking import tracking, turn_left
from homeward.flight.control.phase_plane import ControlSettings
from homeward.flight.control.thruster_selection_6dof import allocate_six
from homeward.icd import Attitude
from homeward.math.attitude_triples import (
    apply,
    conjugate,
    join4,
    product,
    split4,
    symmetric_inverse,
    turn_rate,
    unit4,
)
from homeward.math.numerics import rk4_step
from homeward.math.triples import axpy, cross, dot, join, scale, split
from homeward.scenario.build.thruster_layout import docking_thrusters
from homeward.world.actuators.thruster_valves import fire

TICK = 0.1  # s
MASS = 8000.0  # kg
INERTIA = np.array([[12e3, 400.0, -300.0], [400.0, 60e3, 200.0], [-300.0, 200.0, 60e3]])
ORBIT = 1.13e-3  # rad/s: how fast the local horizontal turns
BAND = np.radians(0.1)
POINTING = np.radians(0.3)  # off the wanted attitude, all axes together
RATE = np.radians(0.05)  # off what is wanted, an axis
RATE_PUSHED = np.radians(0.08)  # with one thruster out and the others pushing: unequal pulses, rounded
LIMIT = np.radians(1.0)
SETTLING = 20.0  # s beyond the angle over the rate limit
NOISE = np.radians([0.003, 0.001])  # 1 sigma of believed attitude and rate, an axis, white


@pytest.fixture(scope="module")
def ship():
    thrusters = docking_thrusters(8.8, 1.4)
    table = allocate_six(thrusters, "here")
    _, torque = table.strength()
    settings = ControlSettings(
        rate_limit=jnp.asarray(LIMIT), roll_rate_limit=jnp.asarray(LIMIT),
        acceleration=0.5 * torque / jnp.asarray(np.diag(INERTIA)), angle_band=jnp.asarray(BAND),
        rate_band=jnp.asarray(np.radians(0.02)), air_rate_band=jnp.asarray(np.radians(0.5)),
    )  # fmt: skip
    return thrusters, table, settings


def turned(q_BI, angle_B):
    """``q_BI`` after a small turn [rad] in its own axes."""
    half = scale(-0.5, angle_B)
    return unit4(product((jnp.asarray(1.0), *half), q_BI))


@eqx.filter_jit
def _fly(ship, q, omega, q_WI, omega_WI_W, dead, out, noise, push, ticks):
    thrusters, table, settings = ship
    thrusters = eqx.tree_at(lambda t: t.share, thrusters, thrusters.share.at[dead].set(0.0, mode="drop"))
    inertia, dt = jnp.asarray(INERTIA), jnp.asarray(TICK)
    body, inverse = symmetric_inverse(inertia)
    n = thrusters.thrust.shape[0]

    def tick(carry, key):
        q, w, q_W, level, coming, to_go, used, v = carry
        k1, k2 = jax.random.split(key)
        seen = turned(q, split(noise[0] * jax.random.normal(k1, (3,))))
        rate = join(w) + noise[1] * jax.random.normal(k2, (3,))
        attitude = Attitude(join4(seen), rate, jnp.asarray(True))
        turn = tracking(settings, inertia, attitude, join4(q_W), omega_WI_W, table.gained(coming)[1], dt)
        to_go = to_go + push
        wanted = table.seconds(split(to_go), turn, dt, out)
        to_go = to_go - join(table.gained(wanted)[0])
        level, force, torque, spent = fire(thrusters, level, coming, dt, jnp.asarray(1e3))

        def rates(_, x):
            spin = cross(x[1], apply(body, x[1]))
            return turn_rate(x[0], x[1]), apply(inverse, axpy(-1.0, spin, torque))

        zero = jnp.asarray(0.0)
        q_new, w_new = rk4_step(rates, zero, (q, w), dt)
        q_W_new = unit4(rk4_step(lambda _, x: turn_rate(x, split(omega_WI_W)), zero, q_W, dt))
        q_BW = product(q, conjugate(q_W))
        told = (join(turn_left(q_BW, (zero, zero, zero))), join(w), used, v)
        new = (unit4(q_new), w_new, q_W_new, level, wanted, to_go, used + spent, v + dt / MASS * join(force))
        return new, told

    none = jnp.zeros(n)
    start = (split4(q), split(omega), split4(q_WI), none, none, jnp.zeros(3), jnp.asarray(0.0), jnp.zeros(3))
    return jax.lax.scan(tick, start, jax.random.split(jax.random.key(1), ticks))[1]


def fly(ship, axis=(0.0, 0.0, 1.0), angle=90.0, *, omega=(0.0, 0.0, 0.0), dead=None, told=True,
        noise=(0.0, 0.0), push=(0.0, 0.0, 0.0), seconds=300.0, orbit=ORBIT):  # fmt: skip
    """Angles left and rates tick by tick after a turn of ``angle`` [deg] about ``axis`` was asked for."""
    half = np.radians(0.5 * angle)
    axis = np.array(axis) / np.linalg.norm(axis)
    q = jnp.asarray([np.cos(half), *(np.sin(half) * axis)])
    lost = 99 if dead is None else dead
    out = jnp.asarray(0 if dead is None or not told else dead + 1)
    parts = _fly(
        ship, q, jnp.asarray(omega, float), jnp.asarray([1.0, 0.0, 0.0, 0.0]),
        jnp.asarray([0.0, -orbit, 0.0]), jnp.asarray(lost), out, jnp.asarray(noise), jnp.asarray(push, float),
        round(seconds / TICK),
    )  # fmt: skip
    return tuple(np.asarray(p) for p in parts)


def holds(angles, omega, after, pointing=POINTING, rate=RATE, orbit=ORBIT):
    k = round(after / TICK)
    assert np.max(np.linalg.norm(angles[k:], axis=1)) < pointing
    assert np.max(np.abs(omega[k:] - [0.0, -orbit, 0.0])) < rate


TURNS = [((0, 0, 1), 90.0), ((0, 1, 0), -90.0), ((1, 0, 0), 180.0), ((0, 1, 0), 180.0), ((1, -2, 1.5), 130.0),
         ((0.3, 1, 1), 180.0)]  # fmt: skip


@pytest.mark.parametrize(("axis", "angle"), TURNS)
def test_a_large_turn_arrives_and_follows_the_local_horizontal(ship, axis, angle):
    angles, omega, used, _ = fly(ship, axis, angle)
    holds(angles, omega, abs(angle) / np.degrees(LIMIT) + SETTLING)
    assert np.max(np.linalg.norm(omega, axis=1)) < LIMIT + np.radians(0.15)
    assert used[-1] - used[2000] < 0.2  # kg in 100 s of following


def test_a_large_turn_is_made_about_one_axis(ship):
    """The path of the angles is nearly straight: no more than a tenth of the turn beside its axis."""
    axis = np.array([1.0, -2.0, 1.5]) / np.linalg.norm([1.0, -2.0, 1.5])
    angles, _, _, _ = fly(ship, axis, 130.0, orbit=0.0)
    aside = angles - np.outer(angles @ axis, axis)
    assert np.max(np.linalg.norm(aside, axis=1)) < 0.1 * np.radians(130.0)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_comes_to_rest_from_a_tumble(ship, seed):
    omega = np.random.default_rng(seed).uniform(-0.05, 0.05, 3)
    angles, omega, _, _ = fly(ship, (0, 1, 1), 170.0, omega=omega, seconds=500.0)
    holds(angles, omega, 400.0)


def test_it_holds_with_noise_and_while_it_is_pushed(ship):
    angles, omega, _, _ = fly(ship, noise=NOISE)
    holds(angles, omega, 120.0)
    # A push of a tenth of a millimetre a second a tick along each axis, for four minutes.
    push = np.array([-0.8, 0.4, -0.4])
    angles, omega, _, v = fly(ship, angle=0.0, noise=NOISE, push=push)
    holds(angles, omega, SETTLING)
    np.testing.assert_allclose(v[-1], push * len(v) / MASS, atol=2.5e-3)


@pytest.mark.parametrize("dead", range(0, 24))
def test_any_one_thruster_out_still_turns_and_holds(ship, dead):
    angles, omega, _, v = fly(ship, dead=dead, noise=NOISE, push=(-0.4, 0.2, -0.2))
    holds(angles, omega, 120.0, rate=RATE_PUSHED)
    np.testing.assert_allclose(v[-1], np.array([-0.4, 0.2, -0.2]) * len(v) / MASS, atol=5e-3)


def test_a_dead_thruster_that_nobody_told_of_is_felt(ship):
    """That the table is chosen matters: without it the same push drifts and costs more."""
    _, _, _, told = fly(ship, dead=0, angle=0.0, push=(0.0, 0.0, 0.4))
    _, _, _, hidden = fly(ship, dead=0, told=False, angle=0.0, push=(0.0, 0.0, 0.4))
    wanted = 0.4 * len(told) / MASS
    assert abs(told[-1][2] - wanted) < 0.05 * wanted < abs(hidden[-1][2] - wanted)


def test_of_two_ways_round_the_one_begun_is_kept():
    zero = jnp.asarray(0.0)
    for w in (0.001, -0.001):
        q = (jnp.asarray(w), zero, jnp.asarray(1.0), zero)
        for rate in (0.01, -0.01):
            turn = turn_left(q, (zero, jnp.asarray(rate), zero))
            assert float(turn[1]) * rate > 0.0
            assert abs(abs(float(turn[1])) - np.pi) < 0.003


def test_an_unknown_attitude_is_only_damped(ship):
    _, _, settings = ship
    attitude = Attitude(jnp.asarray([0.0, 0.0, 1.0, 0.0]), jnp.asarray([0.0, 0.01, 0.0]), jnp.asarray(False))
    still = (jnp.asarray(0.0),) * 3
    change = tracking(
        settings, jnp.asarray(INERTIA), attitude, jnp.asarray([1.0, 0.0, 0.0, 0.0]), jnp.zeros(3), still,
        jnp.asarray(TICK),
    )  # fmt: skip
    assert float(change[1]) < 0.0
    assert float(dot(change, change)) < (60e3 * 0.01) ** 2
