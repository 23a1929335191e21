"""Small numerical tools that compiled loops need: integrators, tables, event times."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

import jax
import jax.numpy as jnp

from homeward.typing import Array, Count, Flag, Float, Scalar

Tree = TypeVar("Tree")


def add_scaled(x: Tree, k: Tree, h: Scalar) -> Tree:
    """``x + h k``, leaf by leaf."""
    return jax.tree.map(lambda a, b: a + h * b, x, k)


def rk4_step(f: Callable[[Scalar, Tree], Tree], t: Scalar, x: Tree, h: Scalar) -> Tree:
    """One classical fourth-order Runge-Kutta step of ``dx/dt = f(t, x)`` over any pytree.

    The four stages are a loop, not four copies of ``f``: XLA's fusion recomputes what two readers share, so
    that copies of ``f`` cost five times the compile time and half again the run time (measured on the entry
    predictor).
    """
    share = jnp.asarray([0.0, 0.5, 0.5, 1.0], h.dtype) * h
    weight = jnp.asarray([1.0, 2.0, 2.0, 1.0], h.dtype) * (h / 6.0)

    def stage(carry: tuple[Tree, Tree], ahead: tuple[Scalar, Scalar]) -> tuple[tuple[Tree, Tree], None]:
        total, k = carry
        k = f(t + ahead[0], add_scaled(x, k, ahead[0]))
        return (add_scaled(total, k, ahead[1]), k), None

    still = jax.tree.map(jnp.zeros_like, x)
    (total, _), _ = jax.lax.scan(stage, (x, still), (share, weight))
    return total


def norm(x: Float[Array, " n"]) -> Scalar:
    """Euclidean length."""
    return jnp.sqrt(jnp.sum(x * x))


def unit(x: Float[Array, " n"]) -> Float[Array, " n"]:
    """Unit vector; a zero vector stays zero instead of becoming NaN."""
    length = norm(x)
    return x / jnp.where(length > 0.0, length, jnp.ones_like(length))


def wrap_angle(angle: Scalar) -> Scalar:
    """The same angle within [-pi, pi)."""
    # Not jnp.mod, which is a library call lane by lane.
    return angle - (2.0 * jnp.pi) * jnp.floor((angle + jnp.pi) * (0.5 / jnp.pi))


def interpolate_uniform(table: Float[Array, "n k"], x0: Scalar, dx: Scalar, x: Scalar) -> Float[Array, " k"]:
    """Row of a table with evenly spaced rows, linear between rows, held constant beyond its ends.

    A uniform grid needs no search: one multiply finds the row. That is what makes tables cheap
    under ``vmap``.
    """
    position = jnp.clip((x - x0) / dx, 0.0, table.shape[0] - 1.0)
    index = jnp.minimum(position.astype(jnp.int32), table.shape[0] - 2)
    fraction = position - index.astype(position.dtype)
    lower, upper = table[index], table[index + 1]
    return lower + fraction * (upper - lower)


def interpolate_ramps(xp: Float[Array, " n"], fp: Float[Array, "n k"], x: Scalar) -> Float[Array, " k"]:
    """Piecewise-linear interpolation on a short uneven grid, held constant beyond its ends.

    Written as a sum of ramps: no search and no gather, so that it vectorises over lanes.
    """
    slopes = (fp[1:] - fp[:-1]) / (xp[1:] - xp[:-1])[:, None]
    along = jnp.clip(x - xp[:-1], 0.0, xp[1:] - xp[:-1])
    return fp[0] + jnp.sum(slopes * along[:, None], axis=0)


def bends(xp: Sequence[Scalar], fp: Sequence[Scalar]) -> tuple[Scalar, ...]:
    """A line through knots, ready for ``on_line``: its first value, then the change of slope at each knot."""
    slopes = [(fp[k + 1] - fp[k]) / (xp[k + 1] - xp[k]) for k in range(len(xp) - 1)]
    return fp[0], slopes[0], *(b - a for a, b in pairwise(slopes))


def beyond_knots(xp: Sequence[Scalar], x: Scalar) -> list[Scalar]:
    """How far ``x`` lies beyond each knot but the last, beyond which the line is held."""
    held = choose(x > xp[-1], xp[-1], x)
    return [greater(held - knot, 0.0) for knot in xp[:-1]]


def on_line(line: Sequence[Scalar], beyond: Sequence[Scalar]) -> Scalar:
    """Value of a line of ``bends``: one multiplication a knot, no search, no division."""
    value = line[0]
    for bend, along in zip(line[1:], beyond, strict=True):
        value = value + bend * along
    return value


# A choice instead of jnp.maximum and jnp.clip: the order of their not-a-numbers costs four instructions each.
# Those of lax, since what jnp has compiled on its own within a routine would become a routine, too.
def choose(yes: Flag, a: Scalar | float, b: Scalar | float) -> Scalar:
    """``a`` where ``yes``, else ``b``; one of the two is an array."""
    kind = jnp.result_type(a, b)
    return jax.lax.select(yes, jnp.asarray(a, kind), jnp.asarray(b, kind))


def greater(a: Scalar, b: Scalar | float) -> Scalar:
    """The greater of two; ``a`` where it is not a number."""
    return choose(a < b, b, a)


def within(x: Scalar, low: Scalar | float, high: Scalar | float) -> Scalar:
    """``x`` held between two bounds."""
    return choose(x < low, low, choose(x > high, high, x))


def elapsed(clock: Scalar, limit: Scalar | float, tick: Scalar) -> Flag:
    """Whether a clock that is a sum of ticks [s] has reached ``limit`` [s]: at the tick nearest to it.

    A hundred and fifty ticks of 0.1 s add up to a little more or less than 15 s, by the machine and the
    compiler; half a tick of margin takes the decision out of the rounding.
    """
    return clock > limit - 0.5 * tick


def hermite(x0: Tree, d0: Tree, x1: Tree, d1: Tree, h: Scalar, s: Scalar) -> Tree:
    """Cubic through two states and their rates, a step ``h`` apart, at fraction ``s`` of it."""
    a = (1 + 2 * s) * (1 - s) ** 2
    b = s * (1 - s) ** 2 * h
    c = s * s * (3 - 2 * s)
    d = s * s * (s - 1) * h
    return jax.tree.map(lambda p, q, r, w: a * p + b * q + c * r + d * w, x0, d0, x1, d1)


def crossing_fraction(g0: Scalar, dg0: Scalar, g1: Scalar, dg1: Scalar, h: Scalar) -> Scalar:
    """Fraction of a step at which a quantity crosses zero, on its Hermite cubic.

    Bisection to 2**-40: bounded work and always inside the step. The caller has seen the sign change.
    """

    def body(_: Count, bounds: tuple[Scalar, Scalar]) -> tuple[Scalar, Scalar]:
        low, high = bounds
        middle = 0.5 * (low + high)
        value = hermite(g0, dg0, g1, dg1, h, middle)
        same = (value > 0.0) == (g0 > 0.0)
        return jnp.where(same, middle, low), jnp.where(same, high, middle)

    zero = jnp.zeros_like(g0)
    low, high = jax.lax.fori_loop(0, 40, body, (zero, jnp.ones_like(g0)))
    return 0.5 * (low + high)
