"""The rigid body against closed forms: swinging in the air, hanging from a parachute, tumbling, any tick."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from turning_ship import fly, matrices, motion, pushes, ship, surroundings

from homeward.math.triples import join, split
from homeward.world.aerodynamics.six_dof import plane, trim
from homeward.world.dynamics.rigid_body import AIR, CANOPY, ORBIT, row_of, turned, wind_angles

HEAVY = 1e12  # kg: a body that turns and whose path the air does not bend
SPEED, SOUND, DENSITY = 3000.0, 300.0, 1e-3
TICK = 0.1
HANG = 1e-4  # rad, rad/s: ten minutes of damping by the riser, and the slow turn about it


def at_trim(body, tilt_off=0.0):
    """Attitude of a body that moves along x of F at its trim angle less ``tilt_off`` [rad], wings level."""
    angle = float(trim(body.aero, jnp.asarray(SPEED / SOUND))[0]) + tilt_off
    # The velocity stands at ``angle`` from x toward z of the body: a turn about y.
    return (np.cos(0.5 * angle), 0.0, np.sin(-0.5 * angle), 0.0)


def attack(q, v=(SPEED, 0.0, 0.0)):
    v_B = matrices(q) @ np.asarray(v)
    return np.arctan2(v_B[:, 2], v_B[:, 0]) % (2.0 * np.pi)


def without_damping(body):
    return eqx.tree_at(lambda b: b.aero.table, body, body.aero.table.at[:, 3:].set(0.0))


def swing(body, inertia, ticks=1200):
    off = np.radians(0.3)
    start = motion(v=(SPEED, 0.0, 0.0), q=at_trim(body, off))
    there = surroundings(DENSITY, SOUND)
    _, _, q, omega = fly(body, AIR, there, pushes(inertia, HEAVY), start, TICK, ticks)
    middle = float(trim(body.aero, jnp.asarray(SPEED / SOUND))[0])
    return attack(q) - middle, omega, off


def stiffness(body):
    """``q S d dCm/d(tilt)`` [N m/rad] at trim."""
    row = body.aero.at_mach(jnp.asarray(SPEED / SOUND))
    tilt = jnp.pi - trim(body.aero, jnp.asarray(SPEED / SOUND))[0]
    slope = jax.grad(lambda t: plane(body.aero, row, t)[2])(tilt)
    return float(0.5 * DENSITY * SPEED**2 * body.aero.area * body.aero.length * slope)


def test_it_swings_at_the_closed_form_s_frequency():
    _, body, _ = ship()
    inertia = np.asarray(body.capsule_inertia)
    angle, omega, off = swing(without_damping(body), inertia)
    wanted = np.sqrt(stiffness(body) / inertia[1, 1])
    rises = np.flatnonzero((angle[:-1] < 0.0) & (angle[1:] >= 0.0))
    crossing = rises + angle[rises] / (angle[rises] - angle[rises + 1])
    found = 2.0 * np.pi * (len(crossing) - 1) / (TICK * (crossing[-1] - crossing[0]))
    assert len(crossing) > 10
    assert found == pytest.approx(wanted, rel=1e-3)  # 0.3 deg is small, but the moment is a curve
    assert np.max(np.abs(angle)) < 1.01 * off
    assert np.max(np.abs(omega[:, [0, 2]])) < 1e-12  # in its plane it stays


def test_the_swing_dies_out_at_the_closed_form_s_rate():
    _, body, _ = ship()
    inertia = np.asarray(body.capsule_inertia)
    angle, _, off = swing(body, inertia)
    aero = body.aero
    damping = float(aero.at_mach(jnp.asarray(SPEED / SOUND))[3])
    rate = -damping * 0.5 * DENSITY * SPEED * float(aero.area * aero.length**2) / (4.0 * inertia[1, 1])
    quarter = len(angle) // 4
    first, last = np.max(np.abs(angle[:quarter])), np.max(np.abs(angle[-quarter:]))
    assert np.log(off / last) / (TICK * (len(angle) - quarter)) == pytest.approx(rate, rel=0.15)
    assert first == pytest.approx(off, rel=0.01)


@pytest.mark.parametrize("place", [(1.4, 0.1, -0.3), (1.2, 0.0, 0.0)])
def test_a_capsule_hangs_below_the_riser(place):
    """Without forces of the air on the capsule itself its centre of mass hangs straight below the riser."""
    _, body, _ = ship()
    changed = (jnp.asarray(0.0), jnp.asarray(place))
    body = eqx.tree_at(lambda b: (b.aero.area, b.riser_place), body, changed)
    area, mass, gravity, density = 900.0, 3000.0, 9.8, 1.0
    sink = np.sqrt(2.0 * mass * gravity / (density * area))
    start = motion(v=(-sink, 0.0, 0.0), q=(0.99, 0.0, 0.1, 0.05))
    acting = pushes(np.asarray(body.capsule_inertia), mass, drag_area=area)
    there = surroundings(density, 340.0, gravity)
    _, v, q, omega = fly(body, CANOPY, there, acting, start, TICK, 6000, substeps=2)
    up_B = matrices(q)[-1] @ np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(up_B, np.array(place) / np.linalg.norm(place), atol=HANG)
    assert -v[-1][0] == pytest.approx(sink, rel=1e-4)
    # About the riser itself nothing holds it: what is left of the swing is that turn alone.
    assert np.linalg.norm(np.cross(omega[-1], up_B)) < HANG


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tumbling_through_all_attitudes_stays_finite(seed):
    _, body, _ = ship()
    rng = np.random.default_rng(seed)
    inertia = np.asarray(body.capsule_inertia)
    start = motion(v=(SPEED, 100.0, -50.0), q=rng.normal(size=4), omega=rng.uniform(-3.0, 3.0, 3))
    # Air thin enough that it tumbles on for two minutes.
    _, v, q, omega = fly(body, AIR, surroundings(1e-5, SOUND), pushes(inertia), start, TICK, 1200)
    assert all(np.all(np.isfinite(part)) for part in (v, q, omega))
    np.testing.assert_allclose(np.linalg.norm(q, axis=1), 1.0, atol=1e-14)
    turned_to = np.einsum("nij,nj->ni", matrices(q), v / np.linalg.norm(v, axis=1, keepdims=True))
    assert np.ptp(turned_to[:, 0]) > 0.5  # of the axis against the wind: it does turn over and over


def test_the_attitudes_that_are_singular_elsewhere_are_not_here():
    _, body, _ = ship()
    inertia = np.asarray(body.capsule_inertia)
    there, acting = surroundings(DENSITY, SOUND), pushes(inertia)
    for q in ((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.5, 0.5, 0.5, 0.5), (0.0, 1.0, 0.0, 0.0)):
        for v in ((SPEED, 0.0, 0.0), (0.0, 0.0, 0.0)):
            told = fly(body, AIR, there, acting, motion(v=v, q=q), TICK, 5)
            assert all(np.all(np.isfinite(part)) for part in told)


def test_a_push_and_a_torque_do_what_newton_and_euler_say():
    _, body, _ = ship()
    force, torque = (tuple(split(jnp.asarray(x))) for x in ([30.0, -60.0, 90.0], [0.0, 0.0, 5.0]))
    acting = pushes(np.diag([2000.0, 2500.0, 3000.0]), 3000.0, force, torque)
    _, v, _, omega = fly(body, ORBIT, surroundings(gravity=9.0), acting, motion(), TICK, 1)
    np.testing.assert_allclose(v[-1], [0.1 * (0.01 - 9.0), -0.002, 0.003], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(omega[-1], [0.0, 0.0, 0.1 * 5.0 / 3000.0], rtol=1e-12)
    _, _, _, spun = fly(body, ORBIT, surroundings(), acting, motion(), TICK, 3000)
    assert spun[-1][2] == pytest.approx(300.0 * 5.0 / 3000.0, rel=1e-9)  # about a principal axis: closed form


def test_halving_the_tick_changes_a_wide_swing_by_little():
    """Fourth order but for the onset of the cone's force, whose third derivative jumps."""
    _, body, _ = ship()
    inertia = np.asarray(body.capsule_inertia)
    start = motion(v=(SPEED, 0.0, 0.0), q=at_trim(body, np.radians(10.0)), omega=(0.1, 0.0, 0.02))
    there, acting, ends = surroundings(DENSITY, SOUND), pushes(inertia), []
    for tick in (0.2, 0.1, 0.05):
        told = fly(body, AIR, there, acting, start, tick, round(60.0 / tick))
        ends.append(np.concatenate([told[2][-1], told[3][-1]]))
    coarse, fine = (np.max(np.abs(b - a)) for a, b in itertools.pairwise(ends))
    assert fine < 3e-4  # rad, rad/s: what the loop's tick of 0.1 s costs a minute of 10 deg swings
    assert fine < coarse / 4.0


def test_small_pieces():
    angle, v = np.array([1e-5, -3e-5, 7e-5]), np.array([7e6, -1e6, 3e6])
    theta = np.linalg.norm(angle)
    axis = angle / theta
    exact = v * np.cos(theta) + np.cross(axis, v) * np.sin(theta) + axis * (axis @ v) * (1.0 - np.cos(theta))
    told = join(turned(split(jnp.asarray(angle)), split(jnp.asarray(v))))
    np.testing.assert_allclose(told, exact, atol=7e6 * theta**3)
    a, b, total = wind_angles(jnp.asarray([-np.cos(0.3), np.sin(0.1), np.sin(0.3)]))
    assert float(a) == pytest.approx(np.pi - 0.3) and float(b) == pytest.approx(np.arctan2(np.sin(0.1), 1.0))
    assert float(total) > np.pi - 0.35
    _, body, _ = ship()
    assert row_of(body, ORBIT, surroundings(), split(jnp.zeros(3))) is None
