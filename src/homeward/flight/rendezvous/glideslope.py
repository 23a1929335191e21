"""The classical law of the last 200 m: a speed for every distance, and the axis held from the side.

The rate wanted along x is read off a profile; sideways it is proportional to what the ship is off the port's
axis. What differs from it, and what the orbit will do within the cycle, is fired once it exceeds a dead
band that narrows toward the port.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.rendezvous.port_dynamics import (
    Plume,
    PortMotion,
    Seen,
    SpeedProfile,
    look,
    plume,
    remember,
    speed_profile,
    unseen,
)
from homeward.math.triples import Triple, axpy, join, split
from homeward.typing import Scalar, Vec3


class Glideslope(eqx.Module):
    """``init() -> state``, ``step(state, rho_D, v_D, goal_x, speed_limit, dt) -> (state, delta_v_D)``."""

    motion: PortMotion
    profile: SpeedProfile
    plume: Plume
    share: Vec3  # of what is seen, see ``look``
    gain: Scalar  # 1/s: rate toward the axis for an offset from it
    side_limit: Scalar  # m/s
    band: Vec3  # m/s of each axis at the port, beyond which is fired
    widening: Scalar  # 1/m: how the band grows with distance
    most: Vec3  # m/s: what the thrusters give in one second

    def init(self) -> Seen:
        """Before the first step."""
        return unseen()

    def step(
        self, state: Seen, rho_D: Vec3, v_D: Vec3, goal_x: Scalar, speed_limit: Scalar, dt: Scalar
    ) -> tuple[Seen, Vec3]:
        """Delta-v [m/s, D] wanted in this cycle of ``dt`` [s]; it replaces what was wanted before.

        ``rho_D``, ``v_D`` [m, m/s]: the ship's port from the station's, rates as seen from D. A ``goal_x``
        beyond 0 is the distance to hold at, coming in or going out; 0 or less, contact. ``speed_limit``
        [m/s] lies on top of the profile.
        """
        rho, v = look(self.motion, self.share, state, rho_D, v_D, dt)
        a = self.motion.acceleration(rho, v)
        # Errors at the cycle's end, when what is fired now has acted.
        ahead = axpy(dt, v, rho)
        wanted = (
            self.profile.rate(ahead[0], goal_x, speed_limit),
            jnp.clip(-self.gain * ahead[1], -self.side_limit, self.side_limit),
            jnp.clip(-self.gain * ahead[2], -self.side_limit, self.side_limit),
        )
        error = tuple(wanted[k] - v[k] - dt * a[k] for k in range(3))
        wide = 1.0 + self.widening * jnp.maximum(rho[0], 0.0)
        bands = split(self.band)
        push = [jnp.where(jnp.abs(error[k]) > wide * bands[k], error[k], 0.0) for k in range(3)]
        most = tuple(dt * m for m in split(self.most))
        brake = self.plume.most_braking(rho[0], goal_x, most[0])
        given: Triple = (
            jnp.clip(push[0], -most[0], brake),
            jnp.clip(push[1], -most[1], most[1]),
            jnp.clip(push[2], -most[2], most[2]),
        )
        return remember(rho, v, given), join(given)


def glideslope(
    motion: PortMotion, *, profile: SpeedProfile | None = None, limits: Plume | None = None,
    share: tuple[float, float, float] = (0.2, 0.1, 0.01), gain: float = 0.06, side_limit: float = 0.15,
    band: tuple[float, float, float] = (0.003, 0.001, 0.001), widening: float = 0.05,
    most: tuple[float, float, float] = (0.03, 0.005, 0.005),
) -> Glideslope:  # fmt: skip
    """The law with its standard numbers; ``most`` [m/s2] are the accelerations that the thrusters make."""
    return Glideslope(
        motion=motion, profile=speed_profile() if profile is None else profile,
        plume=plume() if limits is None else limits, share=jnp.asarray(share),
        gain=jnp.asarray(float(gain)), side_limit=jnp.asarray(float(side_limit)), band=jnp.asarray(band),
        widening=jnp.asarray(float(widening)), most=jnp.asarray(most),
    )  # fmt: skip
