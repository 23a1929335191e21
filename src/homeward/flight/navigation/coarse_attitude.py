"""Attitude by the Sun and the horizon: the last resort of a ship that has lost it and sees no stars.

Two directions that are known in I, to the Sun by the almanac and down by the believed place, and both as they
are seen in the body, give the attitude: the first exactly, the second as far as its angle about the first.
Black (1964), AIAA J. 2(7); Wertz (1978), section 12.2. It is good to a degree, enough to light an engine by
and to find out where stars must be. Its errors last: it is taken in once, and not averaged.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import Coarse
from homeward.math.numerics import norm
from homeward.math.quaternion import from_matrix
from homeward.typing import Flag, Mat33, Quat, Scalar, Vec3

APART = 0.35  # sine of the angle between both directions, from which on they tell an attitude: 20 deg
LOST = 3.0  # times its own 1-sigma: an attitude believed to be worse than this is lost
UNIT = 1e-3  # by which a direction's length may be off one


class CoarseBelief(eqx.Module):
    """What is loaded: the almanac's Sun, and 1-sigma [rad] an axis of both sensors together."""

    sun_I: Vec3
    sigma: Scalar


def coarse_attitude(
    belief: CoarseBelief, seen: Coarse, place_I: Vec3, placed: Flag, attitude_spread: Mat33, aligned: Flag
) -> tuple[Flag, Quat, Mat33]:
    """Whether the attitude is to be set by Sun and horizon, to what, and its covariance [rad2, B].

    ``place_I`` [m] is believed if ``placed``; so is an attitude if ``aligned``, with the covariance
    ``attitude_spread`` [rad2].
    """
    down_I = -place_I / jnp.maximum(norm(place_I), 1.0)
    frame_I, sine_I = _frame(belief.sun_I, down_I)
    frame_B, sine_B = _frame(seen.sun_B, seen.down_B)
    told = seen.sun_valid & seen.down_valid & _unit(seen.sun_B) & _unit(seen.down_B)
    told = told & placed & (sine_I > APART) & (sine_B > APART)
    worst = jnp.max(jnp.diagonal(attitude_spread))
    lost = ~aligned | (worst > (LOST * belief.sigma) ** 2)
    C_BI = jnp.sum(frame_B[:, :, None] * frame_I[:, None, :], axis=0)
    spread = (belief.sigma / jnp.maximum(sine_I, APART)) ** 2
    found = told & lost
    C_BI = jnp.where(found, C_BI, jnp.eye(3))
    return found, from_matrix(C_BI), spread * jnp.eye(3)


def _unit(direction: Vec3) -> Flag:
    return jnp.abs(jnp.sum(direction * direction) - 1.0) < UNIT


def _frame(first: Vec3, second: Vec3) -> tuple[Mat33, Scalar]:
    """Rows: the first direction, one across both, and the third; and the sine of the angle between them."""
    across = jnp.cross(first, second)
    sine = norm(across)
    across = across / jnp.maximum(sine, 1e-9)
    return jnp.stack([first, across, jnp.cross(first, across)]), sine


__all__ = ["CoarseBelief", "coarse_attitude"]
