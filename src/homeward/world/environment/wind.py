"""Wind by altitude. A positive component blows toward north or east, all the way to the ground."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.errors import InputError
from homeward.math.numerics import interpolate_uniform
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.world.environment.interfaces import AbstractWind
from homeward.world.environment.random_profiles import gauss_markov_profile

Column = np.ndarray | Sequence[float] | Sequence[int]


def _scalar(value: float | int | Array) -> Array:
    return jnp.asarray(value, float)


class NoWind(AbstractWind):
    """Air that turns with the Earth."""

    def at(self, altitude: Scalar) -> Vec3:
        """Zero at every altitude."""
        return jnp.zeros(3, altitude.dtype)


class WindTable(AbstractWind):
    """Wind on an evenly spaced altitude grid.

    ``rows`` [m/s] holds the north and east components at ``h0 + i dh`` [m], linear between rows and held
    beyond the ends. The sign says where the air goes: +10 east is a westerly, and a capsule under its
    parachute drifts east. (Weather reports name where wind comes from: turn those round first.)
    """

    h0: Scalar = eqx.field(converter=_scalar)
    dh: Scalar = eqx.field(converter=_scalar)
    rows: Float[Array, "n 2"]

    def at(self, altitude: Scalar) -> Vec3:
        """Velocity of the air [m/s] relative to the Earth, north-east-down; the vertical part is zero."""
        north_east = interpolate_uniform(self.rows, self.h0, self.dh, altitude)
        return jnp.concatenate([north_east, jnp.zeros(1, north_east.dtype)])

    def altitudes(self) -> Float[Array, " n"]:
        """Altitudes [m] of the rows."""
        return self.h0 + self.dh * jnp.arange(self.rows.shape[0], dtype=float)


def wind_table(altitude: Column, north: Column, east: Column, *, step: float = 100.0) -> WindTable:
    """A wind table from any ascending altitudes [m] and components [m/s], resampled to ``step`` [m].

    Raises ``InputError`` for columns of unequal length, altitudes that do not increase, or a value that
    is not finite.
    """
    h, n, e = (np.atleast_1d(np.asarray(column, float)) for column in (altitude, north, east))
    if h.ndim != 1 or n.shape != h.shape or e.shape != h.shape:
        raise InputError("wind table: altitude, north and east must have equal lengths")
    if not all(np.all(np.isfinite(column)) for column in (h, n, e)) or np.any(np.diff(h) <= 0.0):
        raise InputError("wind table: altitude: finite values that increase from row to row")
    if h.size == 1:  # A single row is a wind that does not change with altitude.
        h, n, e = np.array([h[0], h[0] + step]), np.repeat(n, 2), np.repeat(e, 2)
    count = max(int(np.ceil((h[-1] - h[0]) / step)), 1)
    grid = np.linspace(h[0], h[-1], count + 1)
    rows = np.stack([np.interp(grid, h, n), np.interp(grid, h, e)], axis=1)
    return WindTable(h[0], (h[-1] - h[0]) / count, jnp.asarray(rows, float))


def disturbed_wind(
    wind: WindTable, key: Array, sigma: Float[Array, " n"], length: Scalar | float
) -> WindTable:
    """The table plus an independent correlated draw on each component.

    ``sigma`` [m/s] (1 standard deviation) stands at the table's own altitudes, ``length`` [m] is the
    correlation height: a forecast's error with kilometres, gusts with hundreds of metres. The grid must
    be finer than the length for the draw to be seen; it is exact at the rows for any spacing. ``key`` is a
    random key, or standard normal numbers (2, n), north and east.
    """
    north, east = jax.random.split(key) if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else key
    heights = wind.altitudes()
    draws = [gauss_markov_profile(k, heights, sigma, length) for k in (north, east)]
    return eqx.tree_at(lambda w: w.rows, wind, wind.rows + jnp.stack(draws, axis=1))
