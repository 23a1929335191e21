"""Correlated profiles: same key same bits, any grid."""

import jax
import jax.numpy as jnp
import numpy as np

from homeward.world.environment.random_profiles import gauss_markov_profile


def test_the_same_key_gives_the_same_profile():
    h, sigma = jnp.linspace(0.0, 1e5, 50), jnp.full(50, 0.1)
    first, second = (gauss_markov_profile(jax.random.key(9), h, sigma, 8e3) for _ in range(2))
    assert np.array_equal(first, second)


def test_no_spread_means_no_profile():
    h = jnp.linspace(0.0, 1e5, 50)
    assert not np.any(gauss_markov_profile(jax.random.key(9), h, jnp.zeros(50), 8e3))


def test_far_apart_heights_are_independent_and_near_ones_are_not():
    h, sigma = jnp.asarray([0.0, 1.0, 1e9]), jnp.ones(3)
    keys = jax.random.split(jax.random.key(2), 5000)
    draws = np.asarray(jax.vmap(lambda k: gauss_markov_profile(k, h, sigma, 8e3))(keys))
    correlation = np.corrcoef(draws.T)
    assert correlation[0, 1] > 0.999
    assert abs(correlation[1, 2]) < 5.0 / np.sqrt(5000)
