"""Homeward's way with open-loop lanes: eighth-order steps that grow with altitude, lanes side by side."""

import jax
import jax.numpy as jnp

from benchmarks import entry_problem as problem
from homeward.math.runge_kutta8 import rk8_step

_END = problem.RADIUS + problem.STOP


def fly(states: jax.Array, parameters: jax.Array, scale: float) -> jax.Array:
    """Position and velocity (n, 6) at the crossing of 10 km; ``scale`` stretches the step rule.

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
