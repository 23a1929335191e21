"""Correlated random profiles against altitude, and air that departs from its mean by one."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.typing import Array, Float, Scalar
from homeward.world.environment.atmosphere import TableAtmosphere

# No draw of a normal law may take the air away: a factor below this is cut off there.
SMALLEST_FACTOR = 0.05


def gauss_markov_profile(
    key: Array, altitudes: Float[Array, " n"], sigma: Float[Array, " n"], length: Scalar | float
) -> Float[Array, " n"]:
    """A random profile with standard deviation ``sigma(h)`` and correlation ``exp(-|dh| / length)``.

    A stationary unit Gauss-Markov process, discretised exactly on any ascending grid
    (``x[i+1] = phi x[i] + sqrt(1 - phi**2) w``, ``phi = exp(-dh / length)``), times ``sigma``.
    Altitudes and length in m; the values have the unit of ``sigma``. ``key`` is a random key, or the standard
    normal numbers w themselves, one an altitude.
    Source: Gelb (1974), Applied Optimal Estimation, section 3.8.
    """
    drawn = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    white = jax.random.normal(key, altitudes.shape, altitudes.dtype) if drawn else key
    phi = jnp.exp(-jnp.diff(altitudes) / length)
    drive = jnp.sqrt(-jnp.expm1(2.0 * jnp.log(phi))) * white[1:]

    def step(x: Scalar, item: tuple[Scalar, Scalar]) -> tuple[Scalar, Scalar]:
        x = item[0] * x + item[1]
        return x, x

    _, tail = jax.lax.scan(step, white[0], (phi, drive))
    return sigma * jnp.concatenate([white[:1], tail])


def disturbed_air(
    table: TableAtmosphere,
    key: Array,
    bias: Scalar | float,
    sigma: Float[Array, " n"],
    length: Scalar | float,
) -> TableAtmosphere:
    """A table whose density is ``(1 + bias) (1 + profile(h))`` times the given one.

    ``sigma`` [-] stands at the table's own altitudes, ``length`` [m] is the correlation height. Pressure
    takes the same factor, temperature and speed of sound stay. The result is again a table, so the
    disturbance costs nothing in flight.
    """
    profile = gauss_markov_profile(key, table.altitudes(), sigma, length)
    factor = jnp.maximum(1.0 + profile, SMALLEST_FACTOR) * jnp.maximum(1.0 + bias, SMALLEST_FACTOR)
    shift = jnp.log(factor)
    rows = table.rows.at[:, 0].add(shift).at[:, 2].add(shift)
    return eqx.tree_at(lambda t: t.rows, table, rows)
