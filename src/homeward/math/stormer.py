"""Long coasts under a force that depends on position alone: Stormer's multistep method.

One evaluation a step where an eighth-order Runge-Kutta step takes twelve. Equation: Hairer, Norsett,
Wanner, Solving Ordinary Differential Equations I, 2nd ed., section III.10; the weights are found here
from the condition that the formula is exact for polynomials. Valid for smooth forces and steps of at most
a sixtieth of a revolution or so: longer ones are unstable.
"""

import functools
from collections.abc import Callable
from fractions import Fraction

import jax

from homeward.math.runge_kutta8 import rk8_step
from homeward.math.xla_barrier import routine
from homeward.typing import Array

Components = tuple[Array, Array, Array]


@functools.cache
def weights(order: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Weights, newest first, of the last ``order`` accelerations in the next step and in the velocity.

    ``r1 - 2 r0 + r_1 = h^2 sum(step[j] a_j)`` and ``v0 = (r0 - r_1) / h + h sum(speed[j] a_j)``.
    """
    powers = [[Fraction(-j) ** m for j in range(order)] for m in range(order)]
    step = [Fraction(1 + (-1) ** m, (m + 1) * (m + 2)) for m in range(order)]
    speed = [Fraction((-1) ** m, (m + 1) * (m + 2)) for m in range(order)]
    return _solve(powers, step), _solve(powers, speed)


def coast(
    acceleration: Callable[[Components], Components],
    r: Components,
    v: Components,
    h: float,
    steps: int,
    order: int = 10,
) -> tuple[Components, Components]:
    """Position and velocity after ``steps`` steps of ``h`` (s) from ``r`` and ``v``, by components.

    ``acceleration`` maps the components of position to those of acceleration in an inertial frame; every
    component may carry lanes. ``steps`` is at least ``order``.
    """
    ahead, speed = weights(order)
    one = jax.numpy.asarray(h)

    def rates(x: tuple[Components, Components]) -> tuple[Components, Components]:
        return x[1], acceleration(x[0])

    def first_step(x: tuple[Components, Components], _: None) -> tuple:
        return rk8_step(rates, x, one), (x[0], acceleration(x[0]))

    x, (places, pushes) = jax.lax.scan(first_step, (r, v), None, order - 1)
    before = tuple(c[-1] for c in places)
    history = [acceleration(x[0]), *(tuple(c[k] for c in pushes) for k in range(order - 2, -1, -1))]

    def sums(factors: tuple[float, ...], past: list[Components]) -> Components:
        return tuple(
            functools.reduce(lambda a, b: a + b, (f * k[i] for f, k in zip(factors, past, strict=True)))
            for i in range(3)
        )  # type: ignore[return-value]

    def advance(r: Components, d: Components, *past: Components) -> tuple[Components, Components]:
        push = sums(tuple(h * h * f for f in ahead), list(past))
        d = tuple(a + b for a, b in zip(d, push, strict=True))  # type: ignore[assignment]
        return tuple(a + b for a, b in zip(r, d, strict=True)), d  # type: ignore[return-value]

    def one_step(carry: tuple, _: None) -> tuple[tuple, None]:
        r, d, *past = carry
        r, d = routine(advance, r, d, *past)
        return (r, d, routine(acceleration, r), *past[:-1]), None

    d = tuple(a - b for a, b in zip(x[0], before, strict=True))
    carry = (x[0], d, *history)
    # A multiple of the order unrolled: the history then moves by renaming, not by copying.
    (r, d, *past), _ = jax.lax.scan(one_step, carry, None, steps - (order - 1), unroll=order)
    last = sums(tuple(h * f for f in speed), list(past))
    return r, tuple(a / h + b for a, b in zip(d, last, strict=True))  # type: ignore[return-value]


def _solve(matrix: list[list[Fraction]], right: list[Fraction]) -> tuple[float, ...]:
    """Exact elimination; the systems are tiny and badly conditioned in floating point."""
    n = len(right)
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    for i in range(n):
        pivot = next(k for k in range(i, n) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [a / rows[i][i] for a in rows[i]]
        for k in range(n):
            if k != i and rows[k][i] != 0:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i], strict=True)]
    return tuple(float(row[n]) for row in rows)
