"""Sun sensors and a horizon scanner as they are: two directions in the body, each half a degree off.

A set of Sun sensors looks all ways and sees the Sun wherever the Earth does not hide it; the scanner finds
the middle of the Earth's infrared disc. Above the air both work at any attitude. Most of an error is the
mounting's and the horizon's of the season: it lasts the flight; a tenth of it is noise. Source: Wertz (1978),
Spacecraft Attitude Determination and Control, sections 6.1, 6.2 and 7.1.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import Coarse
from homeward.math.quaternion import from_turn, multiply, rotate
from homeward.typing import Array, Float, Quat, Scalar, Vec3

NOISES = 6  # standard normal numbers a cycle: a small turn of each
INITIAL_NOISES = 6
NOISE = 0.1  # of the lasting error


class CoarseSensors(eqx.Module):
    """1-sigma an axis of both, and from where they see."""

    sun: Scalar  # rad
    horizon: Scalar  # rad
    sun_I: Vec3  # unit vector to the Sun, held for the flight
    earth_radius: Scalar  # m
    lowest_altitude: Scalar  # m

    def sense(
        self, lasting: Float[Array, "6"], q_BI: Quat, r_BI_I: Vec3, altitude: Scalar, noise: Float[Array, "6"]
    ) -> Coarse:
        """What both tell; ``lasting`` and ``noise`` count in their 1-sigma. Nothing true where not valid."""
        up = r_BI_I / jnp.sqrt(jnp.sum(r_BI_I * r_BI_I))
        sine2 = jnp.minimum(self.earth_radius**2 / jnp.sum(r_BI_I * r_BI_I), 1.0)
        lit = jnp.sum(up * self.sun_I) > -jnp.sqrt(1.0 - sine2)
        high = altitude > self.lowest_altitude

        def seen(direction_I: Vec3, sigma: Scalar, first: int) -> Vec3:
            own = slice(first, first + 3)
            turn = sigma * (lasting[own] + NOISE * noise[own])
            return rotate(multiply(from_turn(turn), q_BI), direction_I)

        zeros = jnp.zeros(3)
        return Coarse(
            sun_valid=high & lit, sun_B=jnp.where(high & lit, seen(self.sun_I, self.sun, 0), zeros),
            down_valid=high, down_B=jnp.where(high, seen(-up, self.horizon, 3), zeros),
        )  # fmt: skip


__all__ = ["INITIAL_NOISES", "NOISE", "NOISES", "CoarseSensors"]
