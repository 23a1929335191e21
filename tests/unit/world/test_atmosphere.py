"""Air models: limits, continuity, tables."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.errors import InputError
from homeward.world.environment.atmosphere import (
    ExponentialAtmosphere,
    UsStandard1976,
    msis_table,
    sample,
    table_atmosphere,
)
from homeward.world.environment.random_profiles import disturbed_air, gauss_markov_profile

EXACT = 1e-12


def at(atmosphere, altitude):
    return atmosphere.at(jnp.asarray(float(altitude)))


def test_exponential_follows_its_formula():
    air = at(ExponentialAtmosphere(1.2, 7000.0), 14000.0)
    assert abs(float(air.density) / (1.2 * np.exp(-2.0)) - 1) < EXACT


def test_us1976_is_continuous_at_86_km_and_finite_everywhere():
    model = UsStandard1976()
    below, above = at(model, 86e3 - 0.01), at(model, 86e3 + 0.01)
    printed = 3e-4  # the table's digits against the closed form
    for a, b in zip(jax.tree.leaves(below), jax.tree.leaves(above), strict=True):
        assert abs(float(a / b) - 1) < printed
    wild = jnp.asarray([-1e12, -1e5, -5e3, 0.0, 86e3, 1e6, 1e7, 1e12])
    for leaf in jax.tree.leaves(jax.vmap(model.at)(wild)):
        assert bool(jnp.all(jnp.isfinite(leaf))) and bool(jnp.all(leaf >= 0.0))


def test_density_falls_with_altitude():
    density = jax.vmap(UsStandard1976().at)(jnp.linspace(-5e3, 1.2e6, 4001)).density
    assert bool(jnp.all(jnp.diff(density) < 0.0))


def test_a_sampled_table_stays_close_to_its_model():
    model = UsStandard1976()
    table = sample(model, -5e3, 100.0, 1551)
    h = jnp.linspace(-4.9e3, 149e3, 777)
    ratio = jax.vmap(table.at)(h).density / jax.vmap(model.at)(h).density
    linear_in_log = 1.5e-4  # the corners of the standard, the seam at 86 km first of all; 1e-6 elsewhere
    assert float(jnp.max(jnp.abs(ratio - 1.0))) < linear_in_log


def test_a_table_goes_on_with_the_last_scale_height_above_and_ends_10_km_below():
    table = sample(ExponentialAtmosphere(1.2, 7000.0), 0.0, 1000.0, 51)
    assert abs(float(at(table, 120e3).density) / (1.2 * np.exp(-120 / 7)) - 1) < 1e-9
    assert float(at(table, -10e3).density) == float(at(table, -1e9).density)
    assert float(at(table, 1e12).density) == 0.0


def test_a_rising_last_interval_does_not_grow_beyond_the_table():
    table = table_atmosphere([0.0, 1e3, 2e3], [1.0, 0.5, 0.6])
    assert float(at(table, 1e6).density) <= 0.6 * (1 + EXACT)


@pytest.mark.parametrize("method", ["linear", "cubic", "log-cubic"])
def test_an_uneven_table_goes_through_its_rows(method):
    h = np.array([0.0, 1.3e3, 5e3, 9.1e3, 20e3])
    density = 1.2 * np.exp(-h / 7e3)
    table = table_atmosphere(h, density, temperature=np.full(5, 250.0), step=100.0, method=method)
    ours = np.array([float(at(table, x).density) for x in h])
    assert np.max(np.abs(ours / density - 1)) < EXACT
    assert abs(float(at(table, 5e3).pressure) / (density[2] * 287.05287 * 250) - 1) < EXACT


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        (([0.0, 0.0], [1.0, 0.5]), "increase"),
        (([0.0, 1.0], [1.0, -0.5]), "positive"),
        (([0.0, 1.0], [1.0, float("nan")]), "positive"),
        (([0.0], [1.0]), "rows"),
        (([0.0, 1.0], [1.0, 0.5, 0.2]), "columns"),
    ],
)
def test_bad_tables_are_refused_in_one_sentence(columns, word):
    with pytest.raises(InputError, match=word) as caught:
        table_atmosphere(*columns)
    assert "\n" not in str(caught.value)


def test_a_missing_extra_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pymsis", None)
    with pytest.raises(InputError, match=r"pip install 'homeward\[msis\]'"):
        msis_table("2023-06-03T22:00:00", [0.0, 1e3], [0.0, 0.0], [0.0, 0.0])


def test_profile_has_its_standard_deviation_and_correlation():
    h = jnp.asarray([0.0, 1e3, 4e3, 12e3])
    sigma = jnp.asarray([0.02, 0.05, 0.05, 0.1])
    keys = jax.random.split(jax.random.key(3), 20_000)
    draws = np.asarray(jax.vmap(lambda k: gauss_markov_profile(k, h, sigma, 8e3))(keys))
    five_sigma = 5.0 / np.sqrt(2 * 20_000)
    assert np.max(np.abs(draws.std(axis=0) / np.asarray(sigma) - 1)) < five_sigma
    correlation = np.corrcoef(draws.T)
    wanted = np.exp(-np.abs(np.subtract.outer(np.asarray(h), np.asarray(h))) / 8e3)
    assert np.max(np.abs(correlation - wanted)) < 5.0 / np.sqrt(20_000)


def test_disturbed_air_keeps_temperature_and_stays_positive():
    table = sample(UsStandard1976(), 0.0, 500.0, 241)
    sigma = jnp.full(241, 3.0)  # far beyond anything real
    air = disturbed_air(table, jax.random.key(0), -0.9, sigma, 8e3)
    assert bool(jnp.all(jnp.isfinite(air.rows)))
    assert bool(jnp.all(air.rows[:, 1] == table.rows[:, 1]))
    same = disturbed_air(table, jax.random.key(0), 0.1, jnp.zeros(241), 8e3)
    assert abs(float(at(same, 30e3).density / at(table, 30e3).density) - 1.1) < EXACT


def test_air_is_differentiable_and_vectorises():
    model = UsStandard1976()
    slope = jax.grad(lambda h: model.at(h).density)(jnp.asarray(30e3))
    assert np.isfinite(float(slope)) and float(slope) < 0.0
    tables = eqx.filter_vmap(
        lambda k: disturbed_air(sample(model, 0.0, 1e3, 101), k, 0.0, jnp.full(101, 0.1), 8e3)
    )(jax.random.split(jax.random.key(1), 3))
    density = eqx.filter_vmap(lambda t: t.at(jnp.asarray(40e3)).density)(tables)
    assert density.shape == (3,) and len(set(np.asarray(density).tolist())) == 3
