"""Sine, cosine and arc tangent that vectorise.

XLA's single-precision sine and cosine on a CPU are scalar library calls; in the onboard predictor they
took half of the time. On [-2 pi, 2 pi], after folding to [-pi/2, pi/2], an odd and an even polynomial do
as well as the predictor's single precision can hold.
"""

import math

import jax
import jax.numpy as jnp

from homeward.math.numerics import choose, greater
from homeward.typing import Array, Float, Scalar

# Abramowitz and Stegun (1964), equation 4.4.49: arc tangent over its argument, in the argument's square.
_ARC = (1.0, -0.3333314528, 0.1999355085, -0.1420889944, 0.1065626393,
        -0.0752896400, 0.0429096138, -0.0161657367, 0.0028662257)  # fmt: skip


def _nearest(x):
    # jnp.round is compiled on its own, which within a routine makes it a call.
    return jax.lax.round(x, jax.lax.RoundingMethod.TO_NEAREST_EVEN)


def _polynomials(kind: jnp.dtype) -> tuple[list[float], list[float]]:
    """Taylor coefficients of sine and cosine in the square of the angle, to the precision of a kind."""
    terms = 6 if kind == jnp.float32 else 11
    signs = [(-1.0) ** k for k in range(terms)]
    sine = [s / math.factorial(2 * k + 1) for k, s in enumerate(signs)]
    return sine, [s / math.factorial(2 * k) for k, s in enumerate(signs)]


def sine_cosine(angle: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """``(sin, cos)`` of an angle within +-2 pi: to 1e-6 in single precision, 1e-15 in double.

    Taylor polynomials of degree 11 and 10 (double: 21 and 20) about zero on the folded angle: truncation
    below 6e-8 and 5e-7 (double: 2e-18 and 2e-17).
    """
    turns = _nearest(angle * (1.0 / jnp.pi))
    folded = angle - turns * jnp.pi  # within +-pi/2
    sign = 1.0 - 2.0 * jnp.abs(turns - 2.0 * _nearest(0.5 * turns))
    x = folded * folded
    odd, even = _polynomials(angle.dtype)
    sine, cosine = odd[-1], even[-1]
    for a, b in zip(odd[-2::-1], even[-2::-1], strict=True):
        sine, cosine = sine * x + a, cosine * x + b
    return sign * folded * sine, sign * cosine


def arc_tangent(y: Scalar, x: Scalar) -> Scalar:
    """Angle [rad] of the point ``(x, y)``, within +-pi, to single precision; zero at the origin."""
    high, wide = jnp.abs(y), jnp.abs(x)
    steep = wide < high
    ratio = choose(steep, wide, high) / greater(choose(steep, high, wide), 1e-30)
    square, value = ratio * ratio, jnp.asarray(_ARC[-1], ratio.dtype)
    for a in _ARC[-2::-1]:
        value = value * square + a
    angle = ratio * value
    angle = choose(steep, 0.5 * math.pi - angle, angle)
    angle = choose(x < 0.0, math.pi - angle, angle)
    return choose(y < 0.0, -angle, angle)
