"""The rigid body alone, for tests: held surroundings, pushes that do not change, ticks in one scan."""

from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.math.attitude_triples import split4
from homeward.math.triples import join, split
from homeward.scenario import load
from homeward.scenario.build.six_dof_body import build_body, build_steering
from homeward.world.dynamics.rigid_body import Around, Pushes, fly_tick

ZERO = jnp.asarray(0.0)
NOTHING = (ZERO, ZERO, ZERO)


@cache
def ship():
    """The default capsule: the body as it is, the attitude control that was built for it."""
    from homeward.earth.orientation import UniformRotation

    scenario = load("shenzhou-15")
    body = build_body(scenario, (1e-5, 1e-4))
    return scenario, body, build_steering(scenario, UniformRotation.of(0.0, 7.292115e-5))


def surroundings(density=0.0, sound_speed=300.0, gravity=0.0):
    """Still air of one density [kg/m3], and gravity [m/s2] along -x of F."""
    d, a, g = (jnp.asarray(float(x)) for x in (density, sound_speed, gravity))
    return Around(ZERO, d, a, NOTHING, (-g, ZERO, ZERO), ZERO, ZERO)


def pushes(inertia, mass=3000.0, force=NOTHING, torque=NOTHING, drag_area=0.0):
    """What acts besides, held."""
    area = jnp.asarray(float(drag_area))
    return Pushes(jnp.asarray(float(mass)), jnp.asarray(inertia, float), force, torque, area, ZERO)


def motion(v=(0.0, 0.0, 0.0), q=(1.0, 0.0, 0.0, 0.0), omega=(0.0, 0.0, 0.0)):
    """A motion from the origin of F."""
    q = np.asarray(q, float) / np.linalg.norm(q)
    return NOTHING, split(jnp.asarray(v, float)), split4(jnp.asarray(q)), split(jnp.asarray(omega, float))


@eqx.filter_jit
def _fly(body, where, there, acting, start, dt, ticks, substeps):
    def tick(x, _):
        new = fly_tick(body, where, there, acting, x, dt, substeps)
        return new, tuple(jnp.stack(part) for part in new)

    return jax.lax.scan(tick, start, None, length=ticks)[1]


def fly(body, where, there, acting, start, dt, ticks, substeps=1):
    """Position, velocity, attitude and rate after each tick, as arrays (ticks, n), the start before them."""
    told = _fly(body, where, there, acting, start, jnp.asarray(dt), ticks, substeps)
    first = tuple(np.asarray(jnp.stack(part))[None] for part in start)
    return tuple(np.concatenate([a, np.asarray(b)]) for a, b in zip(first, told, strict=True))


def matrices(q):
    """``C_BF`` of attitudes (n, 4)."""
    w, x, y, z = np.asarray(q).T
    return np.moveaxis(
        np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
                [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
                [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
            ]
        ),
        -1,
        0,
    )


__all__ = ["fly", "join", "matrices", "motion", "pushes", "ship", "surroundings"]
