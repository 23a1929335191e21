"""Star trackers as they are: one head, and two of them that look different ways and are blinded in turn."""

import equinox as eqx
import jax.numpy as jnp

from homeward.math.quaternion import multiply, normalise, to_matrix
from homeward.math.triples import axpy, dot, scale, split
from homeward.typing import Array, Bool, Flag, Float, Quat, Scalar, Vec3


class StarTracker(eqx.Module):
    """Attitude by stars: 1-sigma across and about the boresight, where it sees. Body axes are its own."""

    cross_sigma: Scalar  # rad
    roll_sigma: Scalar  # rad
    boresight_B: Vec3  # unit vector
    lowest_altitude: Scalar  # m
    highest_rate: Scalar  # rad/s

    def reading(self, q_BI: Quat, noise: Vec3) -> Quat:
        """The attitude with a small turn as its error."""
        n, b = split(noise), split(self.boresight_B)
        about = dot(n, b)
        error = axpy((self.roll_sigma - self.cross_sigma) * about, b, scale(self.cross_sigma, n))
        turn = jnp.stack([jnp.ones_like(about), *scale(-0.5, error)])
        return normalise(multiply(turn, q_BI))


class StarHeads(eqx.Module):
    """Two heads on one block. A head is blind where Sun or Earth stand too near its boresight.

    ``sun_I`` is the unit vector to the Sun, held for the flight: it moves by a degree a day. The exclusion
    angles [rad] count from the Sun's middle and from the limb of the Earth's sphere.
    """

    heads: tuple[StarTracker, StarTracker]
    sun_I: Vec3
    sun_exclusion: Scalar
    limb_exclusion: Scalar
    earth_radius: Scalar  # m

    def seeing(self, q_BI: Quat, omega_BI_B: Vec3, r_BI_I: Vec3, altitude: Scalar) -> Bool[Array, "2"]:
        """Which heads see stars; the Sun does no harm from behind the Earth."""
        rate = split(omega_BI_B)
        rate2 = dot(rate, rate)
        C_BI = to_matrix(q_BI)
        r2 = jnp.sum(r_BI_I * r_BI_I)
        up = r_BI_I / jnp.sqrt(r2)
        sine2 = jnp.minimum(self.earth_radius**2 / r2, 1.0)
        cosine = jnp.sqrt(1.0 - sine2)  # of the Earth's angular radius
        sine = jnp.sqrt(sine2)
        limb = cosine * jnp.cos(self.limb_exclusion) - sine * jnp.sin(self.limb_exclusion)
        shone_on = jnp.sum(up * self.sun_I) > -cosine
        dazzling = jnp.cos(self.sun_exclusion)

        def one(head: StarTracker) -> Flag:
            b_I = jnp.sum(C_BI * head.boresight_B[:, None], axis=0)
            sun = shone_on & (jnp.sum(b_I * self.sun_I) > dazzling)
            earth = -jnp.sum(b_I * up) > limb
            still = rate2 < head.highest_rate**2
            return still & (altitude > head.lowest_altitude) & ~sun & ~earth

        return jnp.stack([one(head) for head in self.heads])

    def readings(self, q_BI: Quat, noise: Float[Array, "6"]) -> Float[Array, "2 4"]:
        """What both heads tell where they see."""
        return jnp.stack([head.reading(q_BI, noise[3 * k : 3 * k + 3]) for k, head in enumerate(self.heads)])
