"""The predictor's polynomials of sine, cosine and arc tangent."""

import jax
import jax.numpy as jnp
import numpy as np

from homeward.math.trigonometry import arc_tangent, sine_cosine

ERROR = 1e-6  # what the docstring promises on [-2 pi, 2 pi]
ROUNDING = 5e-7  # of single precision at 2 pi


def _both(angles, kind):
    s, c = jax.jit(sine_cosine)(jnp.asarray(angles, kind))
    return np.asarray(s), np.asarray(c)


def test_error_on_the_whole_range():
    angles = np.linspace(-2.0 * np.pi, 2.0 * np.pi, 20_001)
    s, c = _both(angles, jnp.float64)
    assert np.max(np.abs(s - np.sin(angles))) < ERROR
    assert np.max(np.abs(c - np.cos(angles))) < ERROR


def test_single_precision_stays_single_and_as_good():
    angles = np.linspace(-2.0 * np.pi, 2.0 * np.pi, 2001)
    s, c = _both(angles, jnp.float32)
    assert s.dtype == np.float32
    assert np.max(np.abs(s - np.sin(angles))) < ERROR + ROUNDING
    assert np.max(np.abs(c - np.cos(angles))) < ERROR + ROUNDING


def test_signs_in_every_quadrant():
    angles = np.radians([-350.0, -260.0, -170.0, -80.0, 10.0, 100.0, 190.0, 280.0])
    s, c = _both(angles, jnp.float64)
    assert np.array_equal(np.sign(s), np.sign(np.sin(angles)))
    assert np.array_equal(np.sign(c), np.sign(np.cos(angles)))


def test_arc_tangent_all_round_and_near_the_axes():
    on_axes = [1e-6, -1e-6, 0.5 * np.pi, -0.5 * np.pi]
    angles = np.concatenate([np.linspace(-np.pi, np.pi, 2001)[1:-1], on_axes])
    y, x = (jnp.asarray(1e7 * f(angles), jnp.float32) for f in (np.sin, np.cos))
    found = np.asarray(jax.vmap(arc_tangent)(y, x), float)
    true = np.arctan2(np.asarray(y, float), np.asarray(x, float))
    assert np.max(np.abs(found - true)) < ROUNDING
    # Small angles to as many digits: the misses of the last seconds are such.
    assert np.max(np.abs(found / np.where(true == 0.0, 1.0, true) - 1.0)[true != 0.0]) < ROUNDING


def test_arc_tangent_at_the_origin_and_of_no_number():
    values = [(0.0, 0.0), (0.0, 1.0), (np.nan, 1.0), (1.0, np.nan)]
    found = [float(arc_tangent(jnp.float32(y), jnp.float32(x))) for y, x in values]
    assert found[:2] == [0.0, 0.0]
    assert np.isnan(found[2]) and np.isnan(found[3])
