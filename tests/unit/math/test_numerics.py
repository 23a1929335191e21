"""Integrator, tables and event times."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from homeward.earth.series import UniformSeries
from homeward.math.numerics import (
    crossing_fraction,
    hermite,
    interpolate_ramps,
    interpolate_uniform,
    rk4_step,
    unit,
    wrap_angle,
)


def test_rk4_is_of_fourth_order():
    def error(n):
        step = jax.jit(lambda t, x: rk4_step(lambda t, x: -x * jnp.cos(t), t, x, jnp.asarray(2.0 / n)))
        x = jnp.asarray(1.0)
        for k in range(n):
            x = step(jnp.asarray(2.0 * k / n), x)
        return abs(float(x) - np.exp(-np.sin(2.0)))

    assert error(8) / error(16) == pytest.approx(16.0, rel=0.25)


def test_rk4_over_a_tree_is_exact_for_a_cubic():
    rates = lambda t, x: {"a": 3.0 * t * t, "b": jnp.stack([x["a"] * 0.0 + 1.0, 2.0 * t])}  # noqa: E731
    x0 = {"a": jnp.asarray(1.0), "b": jnp.asarray([1.0, 1.0])}
    x = rk4_step(rates, jnp.asarray(1.0), x0, jnp.asarray(2.0))
    assert float(x["a"]) == pytest.approx(27.0)
    np.testing.assert_allclose(x["b"], [3.0, 9.0])


def test_tables_hold_their_ends():
    grid, rows = jnp.asarray([0.0, 1.0, 4.0]), jnp.asarray([[0.0, 1.0], [2.0, 1.0], [8.0, -2.0]])
    uniform = jnp.asarray([[0.0], [2.0], [8.0]])
    for x, ramp, even in ((-5.0, 0.0, 0.0), (0.5, 1.0, 1.0), (2.5, 5.0, 8.0), (9.0, 8.0, 8.0)):
        assert float(interpolate_ramps(grid, rows, jnp.asarray(x))[0]) == pytest.approx(ramp)
        zero, one = jnp.asarray(0.0), jnp.asarray(1.0)
        assert float(interpolate_uniform(uniform, zero, one, jnp.asarray(x))[0]) == pytest.approx(even)


def test_series_is_exact_for_a_cubic_and_holds_its_ends():
    t = np.arange(9.0)
    rows = np.stack([t**3 - 2 * t, 1.0 + 0 * t], axis=1)
    series = UniformSeries(jnp.asarray(rows), jnp.asarray(10.0), jnp.asarray(2.0))
    for x in (1.0, 1.3, 4.5, 6.99, 7.0):
        assert float(series.at(jnp.asarray(10.0 + 2.0 * x))[0]) == pytest.approx(x**3 - 2 * x, abs=1e-12)
    assert float(series.at(jnp.asarray(1e9))[0]) == float(series.at(jnp.asarray(10.0 + 2 * 7.0))[0])


def test_hermite_and_the_crossing_of_a_falling_body():
    # Height 10 m, thrown up at 5 m/s: the ground at t = (5 + sqrt(25 + 20 g)) / g
    g, h = 9.80665, 3.0
    end, rate = 10.0 + 5.0 * h - 0.5 * g * h * h, 5.0 - g * h
    values = [jnp.asarray(x) for x in (10.0, 5.0, end, rate, h)]
    fraction = float(crossing_fraction(*values))
    assert fraction * h == pytest.approx((5.0 + np.sqrt(25.0 + 20.0 * g)) / g, abs=1e-11)
    assert float(hermite(*values, jnp.asarray(0.5))) == pytest.approx(10.0 + 5.0 * 1.5 - 0.5 * g * 2.25)


def test_angles_and_unit_vectors():
    assert float(wrap_angle(jnp.asarray(3.0 * np.pi))) == pytest.approx(-np.pi)
    assert float(wrap_angle(jnp.asarray(-0.1 - 4 * np.pi))) == pytest.approx(-0.1)
    np.testing.assert_array_equal(unit(jnp.zeros(3)), np.zeros(3))
