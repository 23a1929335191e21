"""Which navigation satellites a ship hears: its antennas, the Earth, its own body, and the time to lock on.

Each antenna hears what lies within a cone about its boresight; beyond it the ship's own body stands before
it, or its gain is too small. A satellite is followed from some time after it has come into view, and has to
be found again after every loss. Source: Groves (2013), sections 8.1.3 and 9.1.2.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.math.quaternion import to_matrix
from homeward.typing import Array, Bool, Flag, Float, Quat, Scalar, Vec3
from homeward.world.sensors.gnss_constellation import Constellation

LEAST = 5  # satellites without which a receiver tells no fix


class Antennas(eqx.Module):
    """Antennas of a ship under the navigation satellites."""

    constellation: Constellation
    boresights_B: Float[Array, "k 3"]  # unit vectors, one or two
    cone: Scalar  # cosine of the angle from a boresight up to which a satellite is heard
    mask: Scalar  # sine of the elevation above the horizon's dip from which one is followed
    earth_radius: Scalar  # m
    reacquisition_time: Scalar  # s from a satellite's coming into view, or back into it, until it is followed

    def in_view(self, q_BI: Quat, r_BI_I: Vec3, sight: Float[Array, "n 3"]) -> Bool[Array, " n"]:
        """Which satellites, in the directions ``sight`` [I], neither Earth nor ship hides."""
        up, (sine, cosine) = up_and_dip(self.earth_radius, r_BI_I)
        elevation = jnp.sum(sight * up[None, :], axis=1)
        clear = elevation > -sine * jnp.sqrt(1.0 - self.mask * self.mask) + cosine * self.mask
        axes_I = jnp.sum(to_matrix(q_BI)[None, :, :] * self.boresights_B[:, :, None], axis=1)
        heard = jnp.sum(sight[:, None, :] * axes_I[None, :, :], axis=2) > self.cone
        return clear & jnp.any(heard, axis=1)

    def aside(self, q_BI: Quat, sight: Float[Array, "n 3"]) -> Float[Array, " n"]:
        """Square of the sine of the angle between each ``sight`` [I] and the boresight nearest to it."""
        axes_I = jnp.sum(to_matrix(q_BI)[None, :, :] * self.boresights_B[:, :, None], axis=1)
        along = jnp.max(jnp.sum(sight[:, None, :] * axes_I[None, :, :], axis=2), axis=1)
        return 1.0 - along * along

    def all_followed(self) -> Float[Array, " n"]:
        """Seconds in view of every satellite, where all have been followed for long."""
        return self.reacquisition_time * jnp.ones_like(self.constellation.radius)

    def follow(
        self, followed: Float[Array, " n"], dt: Scalar, seen: Bool[Array, " n"]
    ) -> tuple[Float[Array, " n"], Bool[Array, " n"]]:
        """Seconds in view [s] a time ``dt`` [s] on, held at what it takes to lock on; and who is followed."""
        followed = jnp.where(seen, jnp.minimum(followed + dt, self.reacquisition_time), 0.0)
        return followed, seen & (followed >= self.reacquisition_time)

    def heard(
        self, followed: Float[Array, " n"], t: Scalar, dt: Scalar, q_BI: Quat, r_BI_I: Vec3, open_: Flag
    ) -> tuple[Float[Array, " n"], Flag]:
        """For a receiver of which only the fix is told: seconds in view, and whether enough are followed.

        ``open_`` is false where plasma shuts the antennas off.
        """
        place, _ = self.constellation.at(t)
        apart = place - r_BI_I[None, :]
        sight = apart / jnp.sqrt(jnp.sum(apart * apart, axis=1))[:, None]
        followed, valid = self.follow(followed, dt, self.in_view(q_BI, r_BI_I, sight) & open_)
        return followed, jnp.sum(valid) >= LEAST


def up_and_dip(radius: Scalar, r_I: Vec3) -> tuple[Vec3, tuple[Scalar, Scalar]]:
    """The vertical, and sine and cosine of how far the horizon lies below the horizontal."""
    r2 = jnp.sum(r_I * r_I)
    cosine2 = jnp.minimum(radius * radius / r2, 1.0)
    return r_I / jnp.sqrt(r2), (jnp.sqrt(1.0 - cosine2), jnp.sqrt(cosine2))
