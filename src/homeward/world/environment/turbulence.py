"""Dryden turbulence against height, as a capsule meets it that falls through a frozen field.

Its horizontal components stand across the way, so that both have the lateral spectrum (MIL-F-8785C, 3.7.2):

    Phi(W) = sigma^2 L / pi (1 + 3 (L W)^2) / (1 + (L W)^2)^2,   R(x) = sigma^2 exp(-x / L) (1 - x / (2 L))

``L`` is the scale length, twice what the specification calls that of the lateral component.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.typing import Array, Float, Scalar
from homeward.world.environment.wind import WindTable

FOOT = 0.3048
HIGH_SCALE = 1750.0 * FOOT  # m, above 2,000 ft


def dryden_scales(height: np.ndarray, wind_20ft: float, sigma_high: float) -> tuple[np.ndarray, np.ndarray]:
    """1-sigma [m/s] and scale length [m] of the horizontal components at heights [m] above the ground.

    ``wind_20ft`` [m/s] is the mean wind at 20 ft, which makes the turbulence up to 1,000 ft, ``sigma_high``
    [m/s] that above 2,000 ft; straight between. MIL-F-8785C, 3.7.3.
    """
    feet = np.clip(np.asarray(height, float) / FOOT, 10.0, 1000.0)
    shape = 0.177 + 0.000823 * feet
    share = np.clip(np.asarray(height, float) / FOOT / 1000.0 - 1.0, 0.0, 1.0)
    low = 0.1 * wind_20ft / shape**0.4
    length = feet / shape**1.2 * FOOT
    return low + share * (sigma_high - low), length + share * (HIGH_SCALE - length)


def dryden_profile(
    key: Array, altitudes: Float[Array, " n"], sigma: Float[Array, " n"], length: Float[Array, " n"]
) -> Float[Array, " n"]:
    """A random profile of that spectrum on an ascending grid [m]; exact at its rows for a constant length.

    In scale lengths the shaping filter is ``x'' + 2 x' + x = w``, the output ``x + sqrt(3) x'``: state and
    noise of a step are those of the continuous filter.
    """
    steps = jnp.diff(altitudes) * 2.0 / (length[1:] + length[:-1])
    white = jax.random.normal(key, (altitudes.shape[0], 2), altitudes.dtype)
    decay = jnp.exp(-steps)
    kept = decay * decay
    q11 = jnp.maximum(0.25 * (1.0 - kept * ((1.0 + steps) ** 2 + steps**2)), 1e-18)
    q12 = 0.5 * kept * steps**2
    q22 = 0.25 * (1.0 - kept * (steps**2 + (1.0 - steps) ** 2))
    first = jnp.sqrt(q11)
    second = q12 / first
    third = jnp.sqrt(jnp.maximum(q22 - second**2, 0.0))

    def step(state: tuple[Scalar, Scalar], item: tuple[Array, ...]) -> tuple[tuple[Scalar, Scalar], Scalar]:
        (x, v), (s, e, a, b, c, w) = state, item
        new = e * ((1.0 + s) * x + s * v) + a * w[0], e * (-s * x + (1.0 - s) * v) + b * w[0] + c * w[1]
        return new, new[0] + jnp.sqrt(3.0) * new[1]

    begin = (0.5 * white[0, 0], 0.5 * white[0, 1])
    _, tail = jax.lax.scan(step, begin, (steps, decay, first, second, third, white[1:]))
    head = begin[0] + jnp.sqrt(3.0) * begin[1]
    return sigma * jnp.concatenate([head[None], tail])


def turbulent_wind(
    wind: WindTable, key: Array, sigma: Float[Array, " n"], length: Float[Array, " n"]
) -> WindTable:
    """The table plus an independent draw on each component; ``sigma`` [m/s], ``length`` [m] at its rows."""
    draws = [dryden_profile(k, wind.altitudes(), sigma, length) for k in jax.random.split(key)]
    return eqx.tree_at(lambda w: w.rows, wind, wind.rows + jnp.stack(draws, axis=1))


__all__ = ["dryden_profile", "dryden_scales", "turbulent_wind"]
