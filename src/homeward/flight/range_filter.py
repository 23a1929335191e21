"""Pseudo-ranges and range rates in the error-state filter: as many as there are, in one update of four.

Every range sees the same four errors, of place (with the satellites' slow error) and clock: all of them
together say no more than the two sums of ``g g' / r`` and ``g z / r``. What is left is an update by four
numbers, however many satellites are in view, and by fewer where they do not span four. Groves (2013), section
9.4; the sums are the information form, their root makes of them four readings with unit noise.
"""

import jax.numpy as jnp

from homeward.flight.beliefs import RangeBelief
from homeward.flight.navigation_filter import (
    CLOCK,
    DRIFT,
    PLACE,
    SIZE,
    SLOW_PLACE,
    SPEED,
    Covariance,
    Errors,
    corrected,
    multiply,
)  # fmt: skip
from homeward.icd import Ranges
from homeward.math.routine import routine
from homeward.typing import Array, Bool, Flag, Float, Scalar, Vec3

Four = Float[Array, "4"]
Mat44 = Float[Array, "4 4"]
ENOUGH = 0.5  # of the satellites followed, which must pass the gate, or the whole reading counts as refused


def correct_ranges(
    belief: RangeBelief, P: Covariance, x: Errors, ranges: Ranges, place_I: Vec3, speed_I: Vec3,
    slow_I: Vec3, clock: Float[Array, "2"], gate: Scalar, warm: Flag, give_in: tuple[Flag, Flag],
) -> tuple[Covariance, Errors, tuple[Flag, Flag], tuple[Scalar, Scalar]]:  # fmt: skip
    """Ranges, then rates. Place, velocity, slow error and ``clock`` [m, m/s] are as believed.

    A satellite that is ``gate`` sigmas off is left out. Returns covariance, errors, whether each of the two
    was believed (half of the satellites at least), and the normalised square of each over its dimensions.
    Where the filter is to give in, the first errors are widened by the readings' own spread before.
    """
    offered = warm & jnp.any(ranges.valid)

    def of_ranges(P, x):
        near = place_I + slow_I + x[PLACE] + x[SLOW_PLACE]
        sight, distance = _sights(ranges, near)
        residual = ranges.range - distance - clock[0] - x[CLOCK]
        return _update(
            P, x, (PLACE, SLOW_PLACE, CLOCK), -sight, residual, belief.range_noise, belief.range_rest,
            ranges.valid & warm, gate, give_in[0],
        )  # fmt: skip

    def of_rates(P, x):
        sight, _ = _sights(ranges, place_I + x[PLACE])
        closing = jnp.sum(sight * (ranges.speed - (speed_I + x[SPEED])[None, :]), axis=1)
        residual = ranges.rate - closing - clock[1] - x[DRIFT]
        return _update(
            P, x, (SPEED, None, DRIFT), -sight, residual, belief.rate_noise, jnp.zeros(()),
            ranges.valid & warm, gate, give_in[1],
        )  # fmt: skip

    P, x, place_taken, one = routine(of_ranges, P, x)
    P, x, speed_taken, other = routine(of_rates, P, x)
    return P, x, (place_taken & offered, speed_taken & offered), (one, other)


def clock_by(ranges: Ranges, place_I: Vec3, speed_I: Vec3) -> Float[Array, "2"]:
    """The receiver's clock [m, m/s] where place and velocity are those of its own fix: the mean over all."""
    weight = jnp.where(ranges.valid, 1.0, 0.0)
    weight = weight / jnp.maximum(jnp.sum(weight), 1.0)
    sight, distance = _sights(ranges, place_I)
    closing = jnp.sum(sight * (ranges.speed - speed_I[None, :]), axis=1)
    told = jnp.stack([ranges.range - distance, ranges.rate - closing])
    return jnp.sum(weight[None, :] * told, axis=1)


def _sights(ranges: Ranges, place_I: Vec3) -> tuple[Float[Array, "n 3"], Float[Array, " n"]]:
    apart = ranges.place - place_I[None, :]
    distance = jnp.sqrt(jnp.sum(apart * apart, axis=1))
    return apart / jnp.maximum(distance, 1.0)[:, None], distance


def _update(
    P: Covariance, x: Errors, errors: tuple[slice, slice | None, int], minus_sight: Float[Array, "n 3"],
    residual: Float[Array, " n"], noise: Scalar, rest: Scalar, valid: Bool[Array, " n"], gate: Scalar,
    give_in: Flag,
) -> tuple[Covariance, Errors, Flag, Scalar]:  # fmt: skip
    first, second, clock = errors
    count = jnp.maximum(jnp.sum(jnp.where(valid, 1.0, 0.0)), 1.0)
    off = jnp.sum(jnp.where(valid, residual * residual, 0.0)) / count
    # Four times: a place can be twice as wrong as its ranges.
    widening = jnp.where(give_in, 4.0 * off, 0.0)
    index = jnp.arange(SIZE)
    touched = ((index >= first.start) & (index < first.stop)) | (index == clock)
    wide = P + jnp.where(touched, widening, 0.0)[:, None] * jnp.eye(SIZE)

    def seen(rows: Float[Array, "m n"]) -> Float[Array, "4 n"]:
        space = rows[first] if second is None else rows[first] + rows[second]
        return jnp.concatenate([space, rows[clock : clock + 1]])

    rows = seen(wide)
    spread = seen(rows.T)  # 4 by 4: of what every range sees
    g = jnp.concatenate([minus_sight, jnp.ones_like(residual)[:, None]], axis=1)
    variance = noise * noise
    expected = (
        jnp.sum(jnp.sum(g[:, :, None] * spread[None, :, :], axis=1) * g, axis=1) + variance + rest * rest
    )
    good = valid & (residual * residual < gate * gate * expected)
    weight = jnp.where(good, 1.0 / variance, 0.0)
    weighted = weight[:, None] * g
    information = jnp.sum(weighted[:, :, None] * g[:, None, :], axis=0)
    pull = jnp.sum(weighted * residual[:, None], axis=0)
    root = cholesky4(information)
    reading = solve_lower(root, pull)
    H = root.T
    whitened = multiply(H, rows)
    S = multiply(multiply(H, spread), root) + jnp.eye(4)
    inverse = inverse4(S)
    square = jnp.sum(jnp.sum(inverse * reading[None, :], axis=1) * reading)
    passed = jnp.sum(jnp.where(good, 1.0, 0.0))
    taken = (passed >= ENOUGH * count) & (passed > 0.0)
    P, x, taken = corrected(wide, P, x, whitened, S, inverse, reading, taken)
    return P, x, taken, square / 4.0


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
