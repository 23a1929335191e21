"""The axes S that a port's axis is flown by: the orbit's far out, the station's own near by, and how S turns.

A station that swings or tumbles slowly takes its port along. What the link and the sensors tell is its
attitude; its own rate is taken from how that changes, smoothed.
"""

import jax.numpy as jnp

from homeward.astro.lvlh import lvlh_quaternion
from homeward.flight.relative_navigation.port_relative_state import port_relative
from homeward.flight.relative_navigation.sensor_parameters import PairGeometry
from homeward.icd.rendezvous_messages import PairNavigation
from homeward.math.numerics import norm
from homeward.math.quaternion import conjugate, multiply
from homeward.typing import Array, Float, Quat, Scalar, Vec3

# m: the port's axis is the station's as it stands within the one, its orbit's beyond the other, and goes over
# from this to that between them: all at once, it would turn the ship's aim by half a degree in a second.
STEADY = (110.0, 190.0)
# The port of one that tumbles has to be followed before the keep-out sphere is entered.
TUMBLING = (215.0, 390.0)
SMOOTHED = 20.0  # s over which the rate is averaged


def port_axes(geometry: PairGeometry, n: PairNavigation, blend: Float[Array, "2"]) -> Quat:
    """``q_SI``, by where the ship is; ``blend`` [m] as above: within which, and beyond which."""
    q_LI = lvlh_quaternion(n.r_TI_I, n.v_TI_I)
    distance = norm(port_relative(n, geometry).rho_D)
    share = jnp.clip((blend[1] - distance) / (blend[1] - blend[0]), 0.0, 1.0)
    off = multiply(n.q_TI, conjugate(q_LI))
    off = jnp.where(off[0] < 0.0, -off, off)
    # Between no turn and the whole of it; of length 0.7 at least.
    some = share * off + (1.0 - share) * jnp.asarray([1.0, 0.0, 0.0, 0.0])
    return multiply(some / norm(some), q_LI)


def own_turn(before: Quat, own: Vec3, q_SL: Quat, dt: Scalar) -> tuple[Quat, Vec3]:
    """S against the orbit's axes remembered, and its rate [rad/s, S] against them.

    ``before`` is what was remembered a cycle of ``dt`` [s] ago, zero if nothing was.
    """
    change = multiply(q_SL, conjugate(before))
    change = jnp.where(change[0] < 0.0, -change, change)
    # The passive turn of a small rotation vector is (1, -p / 2).
    rate = -2.0 * change[1:] / dt
    known = jnp.sum(before * before) > 0.5
    return q_SL, own + jnp.where(known, dt / SMOOTHED, 0.0) * (rate - own)
