"""Winds by altitude: values, signs, draws, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.errors import InputError
from homeward.world.environment.wind import NoWind, disturbed_wind, wind_table


def test_no_wind_is_zero():
    assert NoWind().at(jnp.asarray(1e4)).tolist() == [0.0, 0.0, 0.0]


def test_positive_is_toward_north_and_east_and_held_beyond_the_ends():
    wind = wind_table([0.0, 10e3, 30e3], [1.0, 2.0, -4.0], [0.0, 15.0, 5.0])
    assert wind.at(jnp.asarray(5e3)).tolist() == pytest.approx([1.5, 7.5, 0.0])
    assert wind.at(jnp.asarray(-1e3)).tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert wind.at(jnp.asarray(1e6)).tolist() == pytest.approx([-4.0, 5.0, 0.0])


def test_one_row_blows_everywhere():
    assert wind_table([0.0], [3.0], [-4.0]).at(jnp.asarray(7e4)).tolist() == pytest.approx([3.0, -4.0, 0.0])


def test_gusts_have_their_size_and_two_independent_components():
    wind = wind_table([0.0, 20e3], [0.0, 0.0], [10.0, 10.0])
    sigma = jnp.full(wind.rows.shape[0], 4.0)
    keys = jax.random.split(jax.random.key(5), 4000)
    rows = np.asarray(jax.vmap(lambda k: disturbed_wind(wind, k, sigma, 500.0).rows)(keys))[:, 80]
    five_sigma = 5.0 / np.sqrt(2 * 4000)
    assert np.max(np.abs(rows.std(axis=0) / 4.0 - 1)) < five_sigma
    assert np.max(np.abs(rows.mean(axis=0) - [0.0, 10.0])) < 5.0 * 4.0 / np.sqrt(4000)
    assert abs(np.corrcoef(rows.T)[0, 1]) < 5.0 / np.sqrt(4000)


@pytest.mark.parametrize(
    "columns",
    [
        ([0.0, 1.0], [0.0], [0.0, 0.0]),
        ([1.0, 0.0], [0.0, 0.0], [0.0, 0.0]),
        ([0.0, 1.0], [0.0, float("nan")], [0.0, 0.0]),
    ],
)
def test_bad_tables_are_refused(columns):
    with pytest.raises(InputError):
        wind_table(*columns)
