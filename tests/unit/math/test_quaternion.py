"""Quaternion conventions: scalar first, Hamilton, q_BI takes components of I to B."""

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.math.numerics import rk4_step
from homeward.math.quaternion import (
    conjugate,
    derivative,
    from_axis_rotation,
    from_matrix,
    multiply,
    normalise,
    rotate,
    to_matrix,
)

ROUNDING = 1e-14
Z = jnp.asarray([0.0, 0.0, 1.0])


def random_quaternions(n=20):
    q = np.random.default_rng(5).normal(size=(n, 4))
    return [normalise(jnp.asarray(x)) for x in q]


def test_b_yawed_ninety_degrees():
    q_BI = from_axis_rotation(Z, jnp.asarray(np.pi / 2))
    np.testing.assert_allclose(q_BI, [np.sqrt(0.5), 0.0, 0.0, -np.sqrt(0.5)], atol=ROUNDING)
    np.testing.assert_allclose(rotate(q_BI, jnp.asarray([0.0, 1.0, 0.0])), [1.0, 0.0, 0.0], atol=ROUNDING)


def test_letters_cancel():
    q_AB, q_BC = random_quaternions(2)
    r_C = jnp.asarray([1.0, -2.0, 3.0])
    there = rotate(multiply(q_AB, q_BC), r_C)
    np.testing.assert_allclose(there, rotate(q_AB, rotate(q_BC, r_C)), atol=ROUNDING)
    np.testing.assert_allclose(rotate(conjugate(q_AB), rotate(q_AB, r_C)), r_C, atol=ROUNDING)


def test_matrices_there_and_back():
    # Random ones, and the four whose largest component is each in turn.
    for q in random_quaternions() + [jnp.asarray(row) for row in np.eye(4)]:
        C = to_matrix(q)
        r = jnp.asarray([0.3, -1.0, 2.0])
        np.testing.assert_allclose(C @ r, rotate(q, r), atol=ROUNDING)
        np.testing.assert_allclose(from_matrix(C), normalise(q), atol=ROUNDING)


def test_output_form():
    q = normalise(jnp.asarray([-2.0, 0.0, 0.0, 1.0]))
    assert q[0] > 0.0 and float(jnp.sum(q * q)) == pytest.approx(1.0)


def test_derivative_turns_the_body_the_right_way():
    """A body yawing at +0.1 rad/s for 10 s is yawed by 1 rad."""
    omega_BI_B = jnp.asarray([0.0, 0.0, 0.1])
    q_BI = jnp.asarray([1.0, 0.0, 0.0, 0.0])
    for k in range(100):
        q_BI = rk4_step(lambda t, q: derivative(q, omega_BI_B), jnp.asarray(0.1 * k), q_BI, jnp.asarray(0.1))
    np.testing.assert_allclose(q_BI, from_axis_rotation(Z, jnp.asarray(1.0)), atol=1e-12)
