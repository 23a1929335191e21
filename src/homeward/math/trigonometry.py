"""Sine and cosine that vectorise.

XLA's single-precision sine and cosine on a CPU are scalar library calls; in the onboard predictor they
took half of the time. On [-2 pi, 2 pi], after folding to [-pi/2, pi/2], an odd and an even polynomial do
as well as the predictor's single precision can hold.
"""

import jax.numpy as jnp

from homeward.typing import Array, Float


def sine_cosine(angle: Float[Array, "..."]) -> tuple[Float[Array, "..."], Float[Array, "..."]]:
    """``(sin, cos)`` of an angle within +-2 pi, to 1e-6.

    Taylor polynomials of degree 11 and 10 about zero on the folded angle: truncation below 6e-8 and 5e-7.
    """
    turns = jnp.round(angle * (1.0 / jnp.pi))
    folded = angle - turns * jnp.pi  # within +-pi/2
    sign = 1.0 - 2.0 * jnp.abs(turns - 2.0 * jnp.round(0.5 * turns))
    x = folded * folded
    sine = folded * (1.0 + x * (-1 / 6 + x * (1 / 120 + x * (-1 / 5040 + x * (1 / 362880 - x / 39916800)))))
    cosine = 1.0 + x * (-1 / 2 + x * (1 / 24 + x * (-1 / 720 + x * (1 / 40320 - x / 3628800))))
    return sign * sine, sign * cosine
