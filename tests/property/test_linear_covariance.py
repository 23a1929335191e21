"""Linear covariance: the flight's code differentiated by all that chance does in it, against 300 runs of it.

| verifies | against |
|---|---|
| 1-sigma of navigation's place and velocity, from orbit to the canopy | the same code flown 300 times |
| a count of pulses has a slope of one | its own sum |
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from strapdown_course import SECONDS, course, draws, fly_drawn, navigation

from homeward.math.quantize import whole

RUNS = 300
# s: in orbit, within the black-out, right before its end, a minute after it, at the canopy, under it.
AT = np.array([100, 155, 300, 460, 520, 660, 870])
AGREES = 0.15  # 300 runs know a sigma to 4 %; the largest of 42 such errors is some 10 %


def _errors(drawn):
    """Place [m] and velocity [m/s], I, truth less belief."""
    return fly_drawn(navigation(), course(), drawn).errors[AT, 3:9]


@functools.cache
def _linear():
    """Variance of each error by each group of draws: J J^T, a row of J an adjoint of the whole course."""

    @jax.jit
    def squares(still):
        _, back = jax.vjp(_errors, still)
        n = AT.size * 6
        J = jax.lax.map(lambda one: back(one)[0], jnp.eye(n).reshape(n, AT.size, 6))
        return jax.tree.map(lambda x: jnp.sum((x * x).reshape(n, -1), axis=1).reshape(AT.size, 6), J)

    shapes = jax.eval_shape(lambda key: draws(key, SECONDS), jax.random.key(0))
    return jax.tree.map(np.asarray, squares(jax.tree.map(lambda x: jnp.zeros(x.shape), shapes)))


@functools.cache
def _flown():
    run = jax.jit(jax.vmap(lambda key: _errors(draws(key, SECONDS))))
    return np.asarray(run(jax.random.split(jax.random.key(3), RUNS)))


@pytest.mark.slow
def test_sigma_of_the_derivative_is_that_of_300_runs():
    linear, flown = np.sqrt(sum(_linear())), _flown().std(axis=0)
    assert np.all(np.abs(linear / flown - 1.0) < AGREES)


@pytest.mark.slow
def test_it_tells_what_the_error_comes_from():
    parts = _linear()
    dark = list(AT).index(460)
    total = sum(parts)[dark]
    # By the end of the black-out it is the inertial unit's own errors, and satellites are forgotten.
    assert np.all((parts.unit + parts.wander + parts.ticks)[dark] > 0.5 * total)


def test_a_count_of_pulses_is_felt_to_the_full():
    assert float(jax.grad(lambda x: 0.1 * whole(x / 0.1))(0.234)) == pytest.approx(1.0)
    assert float(whole(jnp.asarray(2.5))) == 2.0 and float(whole(jnp.asarray(-1.2))) == -1.0
