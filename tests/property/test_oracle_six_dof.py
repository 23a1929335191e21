"""The rigid body in flight against an adaptive eighth-order solver: what its steps and its held air cost.

The loop takes air, wind and gravity at the middle of a tick and holds them over it; the solver sees them at
every stage. Both fly an uncontrolled capsule through two minutes of the heating pulse, and a hanging one down
to the ground, in the frozen frame.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from turning_ship import motion, pushes, ship

from homeward.earth.time import Epoch
from homeward.math.attitude_triples import apply, apply_transposed, rows, split4, symmetric_inverse, turn_rate
from homeward.math.triples import axpy, join, split
from homeward.scenario import load
from homeward.scenario.build.world import build_world
from homeward.world.dynamics.point_mass import slow_gravity
from homeward.world.dynamics.rigid_body import AIR, CANOPY, around, fly_tick, loads, row_of

TICK = 0.1  # s, of the loop
ENTRY = (66e3, 7000.0, 0.02, 120.0)  # m, m/s, rad below the horizontal, s
FALL = (7e3, 60.0, 1.2, 60.0)
# m; rad and rad/s. Most of it in the air is the Mach number, which is that of the tick's start.
LIMITS = {AIR: (3.0, 2e-3), CANOPY: (0.02, 2e-3)}
SUBSTEPS = {AIR: 1, CANOPY: 2}


@pytest.fixture(scope="module")
def world():
    scenario = load("shenzhou-15")
    return build_world(scenario, Epoch.from_iso("2023-09-07T23:52:50"), 0.0, None, None, True)


def start(world, case, trim):
    height, speed, below, _ = case
    r = np.array([6378137.0 + height, 0.0, 0.0])
    v = speed * np.array([-np.sin(below), np.cos(below), 0.0]) + np.array([0.0, 7.292e-5 * r[0], 0.0])
    forward = v / np.linalg.norm(v)
    above = np.cross(np.cross(forward, r) / np.linalg.norm(np.cross(forward, r)), forward)
    x = np.cos(trim) * forward + np.sin(trim) * above
    z = np.sin(trim) * forward - np.cos(trim) * above
    from homeward.math.quaternion import from_matrix

    q = np.asarray(from_matrix(jnp.asarray(np.stack([x, np.cross(z, x), z]))))
    _, v, q, omega = motion(v=v, q=q, omega=(0.02, -0.03, 0.02))
    return split(jnp.asarray(r)), v, q, omega


@eqx.filter_jit
def _ticks(world, where, acting, slow, x, dt, count, substeps):
    omega = split(world.orientation.at(jnp.asarray(0.0)).omega_EI_E)

    def tick(x, k):
        middle = axpy(0.5 * dt, x[1], x[0])
        there = around(world, where, omega, (k + 0.5) * dt, middle, slow)
        return fly_tick(world.body, where, there, acting, x, dt, substeps), None

    end = jax.lax.scan(tick, x, jnp.arange(count, dtype=float))[0]
    return jnp.concatenate([join(end[0]), join(end[1]), jnp.stack(end[2]), join(end[3])])


@eqx.filter_jit
def _change(world, where, acting, slow, t, y):
    x = (split(y[:3]), split(y[3:6]), split4(y[6:10]), split(y[10:]))
    omega = split(world.orientation.at(jnp.asarray(0.0)).omega_EI_E)
    there = around(world, where, omega, t, x[0], slow)
    row, C = row_of(world.body, where, there, x[1]), rows(x[2])
    force, torque = loads(world.body, where, there, row, acting, jnp.zeros_like(t), x, C)
    inertia, inverse = symmetric_inverse(acting.inertia)
    a = axpy(1.0 / acting.mass, apply_transposed(C, force), there.gravity_F)
    gyroscopic = jnp.cross(join(x[3]), join(apply(inertia, x[3])))
    spin = apply(inverse, split(join(torque) - gyroscopic))
    return jnp.concatenate([join(x[1]), join(a), jnp.stack(turn_rate(x[2], x[3])), join(spin)])


@pytest.mark.slow
@pytest.mark.parametrize(("where", "case", "area"), [(AIR, ENTRY, 0.0), (CANOPY, FALL, 100.0)])
def test_ticks_and_held_air_cost_next_to_nothing(world, where, case, area):
    _, body, steering = ship()
    x = start(world, case, float(steering.capsule.trim))
    acting = pushes(np.asarray(body.capsule_inertia), 3200.0, drag_area=area)
    slow = split(slow_gravity(world, join(x[0])))
    count = round(case[3] / TICK)
    told = np.asarray(_ticks(world, where, acting, slow, x, jnp.asarray(TICK), count, SUBSTEPS[where]))
    y0 = np.concatenate([np.asarray(join(x[0])), np.asarray(join(x[1])), np.asarray(jnp.stack(x[2])),
                         np.asarray(join(x[3]))])  # fmt: skip
    solved = solve_ivp(
        lambda t, y: np.asarray(_change(world, where, acting, slow, jnp.asarray(t), jnp.asarray(y))),
        (0.0, case[3]), y0, "DOP853", rtol=1e-11, atol=1e-9, max_step=0.5,
    ).y[:, -1]  # fmt: skip
    solved[6:10] /= np.linalg.norm(solved[6:10])
    off = told - solved
    place, turn = LIMITS[where]
    assert np.linalg.norm(off[:3]) < place, off
    assert 2.0 * np.linalg.norm(off[6:10]) < turn and np.linalg.norm(off[10:]) < turn, off
    assert np.linalg.norm(y0[:3] - solved[:3]) > 1e3
