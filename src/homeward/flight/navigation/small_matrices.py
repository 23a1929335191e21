"""Matrices of four by four, written out: their root, what it solves, and their inverse."""

import jax.numpy as jnp

from homeward.flight.navigation.error_state_filter import multiply
from homeward.typing import Array, Float, Scalar

Four = Float[Array, "4"]
Mat44 = Float[Array, "4 4"]


def cholesky4(A: Mat44) -> Mat44:
    """Lower root of a symmetric matrix that may lack rank: where nothing is left, a column of zeros."""
    entries: list[list[Scalar]] = [[jnp.zeros(())] * 4 for _ in range(4)]
    for j in range(4):
        rest = A[j, j] - sum(entries[j][k] * entries[j][k] for k in range(j))
        there = rest > 1e-9 * A[j, j]
        pivot = jnp.sqrt(jnp.where(there, rest, 1.0))
        entries[j][j] = jnp.where(there, pivot, 0.0)
        for i in range(j + 1, 4):
            left = A[i, j] - sum(entries[i][k] * entries[j][k] for k in range(j))
            entries[i][j] = jnp.where(there, left / pivot, 0.0)
    return jnp.stack([jnp.stack(row) for row in entries])


def solve_lower(L: Mat44, b: Four) -> Four:
    """``y`` with ``L y = b``; nothing along columns of zeros."""
    y: list[Scalar] = []
    for i in range(4):
        left = b[i] - sum(L[i, k] * y[k] for k in range(i))
        there = L[i, i] > 0.0
        y.append(jnp.where(there, left / jnp.where(there, L[i, i], 1.0), 0.0))
    return jnp.stack(y)


def inverse4(S: Mat44) -> Mat44:
    """Inverse of a symmetric positive matrix, by blocks of two."""
    A, B, D = S[:2, :2], S[:2, 2:], S[2:, 2:]
    a = _inverse2(A)
    aB = multiply(a, B)
    d = _inverse2(D - multiply(B.T, aB))
    upper = multiply(aB, d)
    return jnp.concatenate(
        [
            jnp.concatenate([a + multiply(upper, aB.T), -upper], axis=1),
            jnp.concatenate([-upper.T, d], axis=1),
        ]
    )


def _inverse2(M: Float[Array, "2 2"]) -> Float[Array, "2 2"]:
    a, b, d = M[0, 0], M[0, 1], M[1, 1]
    over = 1.0 / (a * d - b * b)
    return over * jnp.stack([jnp.stack([d, -b]), jnp.stack([-b, a])])
