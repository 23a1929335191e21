"""Parameter types of what turns the ship: attitude thrusters, one by one, and inertia."""

import equinox as eqx
import jax.numpy as jnp

from homeward.typing import Array, Float, Scalar


class Thrusters(eqx.Module):
    """Attitude thrusters, ``n`` of them.

    ``place`` [m] is from the centre of mass, ``direction`` the unit vector of the *force on the ship* (B).
    ``opening`` and ``closing`` [s] are the time constants with which the force rises and falls;
    ``share`` scales each one's force (0: dead, 1: sound) and ``leak`` is the part of its force that never
    stops.
    """

    place: Float[Array, "n 3"]
    direction: Float[Array, "n 3"]
    thrust: Float[Array, " n"]  # N
    minimum_pulse: Scalar  # s
    opening: Scalar
    closing: Scalar
    exhaust_speed: Scalar  # m/s
    share: Float[Array, " n"]
    leak: Float[Array, " n"]

    def torques(self) -> Float[Array, "n 3"]:
        """Torque [N m, B] of each at full force."""
        return jnp.cross(self.place, self.direction * self.thrust[:, None])
