"""Homeward's way with open-loop lanes: its own models, and the bare right-hand side that the peers fly."""

from functools import partial

import jax
import jax.numpy as jnp

from benchmarks import entry_problem as problem
from homeward.earth.geodesy import Ellipsoid
from homeward.math.runge_kutta8 import rk8_step
from homeward.sim.open_loop.dynamics import Body, Planet
from homeward.sim.open_loop.lanes import fly_lanes
from homeward.world.aerodynamics.trim import ConstantAerodynamics
from homeward.world.environment.atmosphere import ExponentialAtmosphere
from homeward.world.environment.gravity import J2Gravity
from homeward.world.environment.wind import NoWind

_END = problem.RADIUS + problem.STOP


@partial(jax.jit, static_argnames="step")
def fly_models(states: jax.Array, parameters: jax.Array, step: float) -> jax.Array:
    """Inertial position (n, 3) at 10 km by ``fly_lanes``, with the project's own air, gravity and shape."""
    one = jnp.asarray(1.0)
    planet = Planet(
        Ellipsoid(jnp.asarray(problem.RADIUS), jnp.asarray(0.0)),
        jnp.asarray(problem.TURN),
        J2Gravity(problem.GM, problem.RADIUS, problem.J2),
        ExponentialAtmosphere(problem.DENSITY, problem.SCALE_HEIGHT),
        NoWind(),
    )

    def body(drag, lift_up, lift_right):
        lift = drag * jnp.hypot(lift_up, lift_right)
        bank = jnp.arctan2(lift_right, lift_up)
        return Body(one, one, ConstantAerodynamics(lift, drag), bank, one, jnp.ones(3))

    w = problem.TURN
    turning = jnp.stack([w * states[:, 1], -w * states[:, 0], jnp.zeros_like(states[:, 0])], 1)
    start = jnp.concatenate([states[:, :3], states[:, 3:] + turning], 1)
    t, end, _ = fly_lanes(jax.vmap(body)(*parameters.T), planet, start, jnp.asarray(problem.STOP), step)
    cosine, sine, (x, y, z) = jnp.cos(w * t), jnp.sin(w * t), end[:, :3].T
    return jnp.stack([cosine * x - sine * y, sine * x + cosine * y, z], 1)


@partial(jax.jit, static_argnames="scale")
def fly_bare(states: jax.Array, parameters: jax.Array, scale: float) -> jax.Array:
    """Position and velocity (n, 6) at 10 km with the right-hand side of the peers, as ``fly_lanes`` does it.

    Every lane has its own step, from its altitude, and rests with a step of zero when the next one
    would cross; one last step, with the distance from the centre as its variable, ends on 10 km exactly.
    """
    x = tuple(states.T)
    p = tuple(parameters.T)

    def f(x):
        return problem.rates(x, p, jnp.sqrt, jnp.exp)

    def f_radial(x):
        slowness = 1.0 / _radial(x)[1]
        return tuple(slowness * k for k in f(x))

    def next_step(x):
        r, climb = _radial(x)
        h = scale * (1.0 + jnp.clip((r - problem.RADIUS - 60e3) * 6e-5, 0.0, 2.0))
        return jnp.where(r + h * climb < _END, 0.0, h)

    def body(carry):
        x, h = carry
        x = rk8_step(f, x, h)
        return x, next_step(x)

    x, _ = jax.lax.while_loop(lambda carry: jnp.any(carry[1] > 0.0), body, (x, next_step(x)))
    return jnp.stack(rk8_step(f_radial, x, _END - _radial(x)[0]), 1)


def _radial(x):
    r = jnp.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
    return r, (x[0] * x[3] + x[1] * x[4] + x[2] * x[5]) / r
