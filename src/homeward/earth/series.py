"""A smooth quantity of time, sampled evenly and interpolated with the cubic through four samples."""

import equinox as eqx
import jax.numpy as jnp
from jax import lax

from homeward.typing import Array, Float, Scalar


class UniformSeries(eqx.Module):
    """Rows of ``k`` values, ``step`` [s] apart from ``start`` [s]; held constant beyond the ends.

    Third-degree Lagrange interpolation: for a period P the error is about 0.02 (2 pi step / P)^4 of
    the amplitude. A table needs no search and its cost does not grow with the length of the mission,
    which is why it stands where a Chebyshev series might.
    """

    rows: Float[Array, "n k"]
    start: Scalar
    step: Scalar

    def at(self, t: Scalar) -> Float[Array, " k"]:
        """The row at time ``t`` [s]."""
        n = self.rows.shape[0]
        x = jnp.clip((t - self.start) / self.step, 1.0, n - 2.0)
        i = jnp.minimum(x.astype(jnp.int32), n - 3)
        f = x - i.astype(x.dtype)
        weights = jnp.stack(
            [
                -f * (f - 1.0) * (f - 2.0) / 6.0,
                (f + 1.0) * (f - 1.0) * (f - 2.0) / 2.0,
                -(f + 1.0) * f * (f - 2.0) / 2.0,
                (f + 1.0) * f * (f - 1.0) / 6.0,
            ]
        )
        four = lax.dynamic_slice_in_dim(self.rows, i - 1, 4)
        return jnp.sum(weights[:, None] * four, axis=0)
