"""What the ship's own antennas can hear, by the mounting in its data set.

A satellite behind the ship's body, farther from every boresight than its antenna hears, is none: its signal
comes from elsewhere, reflected or made, or the attitude is wrong. Such ranges are left alone.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import Ranges
from homeward.math.quaternion import to_matrix
from homeward.typing import Array, Flag, Float, Quat, Scalar, Vec3

MARGIN = 5.0  # deg: what the cone of a built antenna, and the attitude, may be off


class AntennaBelief(eqx.Module):
    """Mounting of the satellite receiver's antennas as drawn."""

    boresights_B: Float[Array, "k 3"]  # unit vectors, one or two
    cone: Scalar  # cosine of the angle from a boresight beyond which nothing is believed


def audible(antennas: AntennaBelief, ranges: Ranges, place_I: Vec3, q_BI: Quat, known: Flag) -> Ranges:
    """The ranges of satellites that the antennas can hear from ``place_I`` [m] in the attitude ``q_BI``.

    All of them where the attitude is not ``known`` yet.
    """
    apart = ranges.place - place_I[None, :]
    distance = jnp.sqrt(jnp.sum(apart * apart, axis=1))
    sight = apart / jnp.maximum(distance, 1.0)[:, None]
    axes_I = jnp.sum(to_matrix(q_BI)[None, :, :] * antennas.boresights_B[:, :, None], axis=1)
    heard = jnp.sum(sight[:, None, :] * axes_I[None, :, :], axis=2) > antennas.cone
    return eqx.tree_at(lambda r: r.valid, ranges, ranges.valid & (jnp.any(heard, axis=1) | ~known))
