"""Attitude by components against the quaternions and matrices that everything else uses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homeward.math import quaternion
from homeward.math.attitude_triples import (
    apply,
    apply_transposed,
    bank_angle,
    conjugate,
    join4,
    motion_axes,
    product,
    rows,
    split4,
    symmetric_inverse,
    turn_rate,
    unit4,
)
from homeward.math.triples import join, split

ROUNDING = 1e-14
TRIALS = 8


def attitudes(seed):
    q = np.random.default_rng(seed).normal(size=(TRIALS, 4))
    return [quaternion.normalise(jnp.asarray(x)) for x in q]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_the_same_algebra(seed):
    rng = np.random.default_rng(seed)
    for a, b in zip(attitudes(seed), attitudes(seed + 100), strict=True):
        v, omega = jnp.asarray(rng.normal(size=3)), jnp.asarray(rng.normal(size=3))
        C = rows(split4(a))
        np.testing.assert_allclose(jnp.stack([join(r) for r in C]), quaternion.to_matrix(a), atol=ROUNDING)
        np.testing.assert_allclose(join(apply(C, split(v))), quaternion.rotate(a, v), atol=4 * ROUNDING)
        back = quaternion.rotate(quaternion.conjugate(a), v)
        np.testing.assert_allclose(join(apply_transposed(C, split(v))), back, atol=4 * ROUNDING)
        together = quaternion.multiply(a, b)
        np.testing.assert_allclose(join4(product(split4(a), split4(b))), together, atol=ROUNDING)
        np.testing.assert_allclose(join4(conjugate(split4(a))), quaternion.conjugate(a), atol=0.0)
        rate = quaternion.derivative(a, omega)
        np.testing.assert_allclose(join4(turn_rate(split4(a), split(omega))), rate, atol=ROUNDING)
        np.testing.assert_allclose(join4(unit4(split4(3.0 * a))), a, atol=ROUNDING)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.floats(1.0, 1e4))
def test_a_symmetric_matrix_times_its_inverse_is_one(seed, spread):
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    m = axes @ np.diag([1.0, rng.uniform(1.0, spread), spread]) @ axes.T
    m = jnp.asarray(0.5 * (m + m.T))
    told, inverse = (np.array([[float(x) for x in row] for row in part]) for part in symmetric_inverse(m))
    np.testing.assert_allclose(told, m)
    assert np.max(np.abs(told @ inverse - np.eye(3))) < 1e-11 * spread


@pytest.mark.parametrize("bank", [-2.5, -0.4, 0.0, 1.0, 3.0])
def test_bank_is_read_back_at_any_angle_of_attack(bank):
    """A body is put at an angle of attack, banked about the velocity, and asked."""
    r, v = jnp.asarray([6.5e6, 1e5, 2e5]), jnp.asarray([-900.0, 7000.0, 2500.0])
    axes = motion_axes(split(r), split(v))
    forward, right, above = (np.asarray(join(x)) for x in axes)
    np.testing.assert_allclose(np.linalg.norm([forward, right, above], axis=1), 1.0, atol=1e-12)
    assert abs(float(right @ np.asarray(r))) < 1e-3 and float(above @ np.asarray(r)) > 0.0
    lift = np.cos(bank) * above + np.sin(bank) * right
    for attack in np.radians([95.0, 157.0, 180.0, 200.0]):  # heat shield first
        x = np.cos(attack) * forward + np.sin(attack) * lift
        z = np.sin(attack) * forward - np.cos(attack) * lift
        C = tuple(split(jnp.asarray(a)) for a in (x, np.cross(z, x), z))
        assert float(bank_angle(C, axes)) == pytest.approx(bank, abs=1e-12)


def test_all_of_it_runs_over_lanes():
    q = jnp.stack(attitudes(4))
    v = jnp.asarray(np.random.default_rng(4).normal(size=(TRIALS, 3)))
    many = jax.vmap(lambda q, v: join(apply(rows(split4(q)), split(v))))(q, v)
    np.testing.assert_allclose(many, jax.vmap(quaternion.rotate)(q, v), atol=4 * ROUNDING)
