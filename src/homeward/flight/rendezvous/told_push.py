"""An axis law that flies what it is told: in the law's place for whoever steers from outside the computer."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.rendezvous.port_dynamics import Seen, SpeedProfile, unseen
from homeward.typing import Scalar, Vec3


class ToldPush(eqx.Module):
    """``given`` of its state is the delta-v [m/s, D] of every cycle; what was seen last stands beside it."""

    most: Vec3  # m/s2: what the thrusters give in one second
    profile: SpeedProfile  # of the law in whose place it stands; nothing is held to it

    def init(self) -> Seen:
        """Before the first step."""
        return unseen()

    def step(
        self, state: Seen, rho_D: Vec3, v_D: Vec3, goal_x: Scalar, speed_limit: Scalar, dt: Scalar
    ) -> tuple[Seen, Vec3]:
        """The delta-v [m/s, D] that was told; what is wanted of the distance is another's affair."""
        push = jnp.clip(state.given, -dt * self.most, dt * self.most)
        return Seen(rho_D, v_D, state.given, jnp.ones_like(state.begun)), push
