"""Vectors as triples do what arrays do."""

import jax.numpy as jnp
import numpy as np
import pytest

from homeward.math.triples import add, axpy, cross, dot, join, scale, split, subtract

A, B, K = np.array([1.0, -2.0, 3.5]), np.array([0.3, 4.0, -1.0]), 2.5


@pytest.mark.parametrize(
    ("name", "ours", "numpy"),
    [
        ("cross", cross, np.cross),
        ("add", add, np.add),
        ("subtract", subtract, np.subtract),
        ("scale", lambda a, b: scale(K, a), lambda a, b: K * a),
        ("axpy", lambda a, b: axpy(jnp.asarray(K), a, b), lambda a, b: K * a + b),
    ],
)
def test_triples_do_as_arrays(name, ours, numpy):
    a, b = split(jnp.asarray(A)), split(jnp.asarray(B))
    assert np.asarray(join(ours(a, b))) == pytest.approx(numpy(A, B), abs=1e-14)


def test_dot_is_the_scalar_product_and_split_undoes_join():
    a, b = split(jnp.asarray(A)), split(jnp.asarray(B))
    assert float(dot(a, b)) == pytest.approx(A @ B)
    assert np.array_equal(np.asarray(join(a)), A)
