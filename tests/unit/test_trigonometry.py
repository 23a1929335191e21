"""The predictor's polynomials of sine and cosine."""

import jax
import jax.numpy as jnp
import numpy as np

from homeward.math.trigonometry import sine_cosine

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
