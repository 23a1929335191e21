"""Which of a rendezvous' sensors are still listened to: two that were refused too often are dropped for good.

A filter that gives in to a sensor which it has refused again and again can be led anywhere by one that lies
slowly. Both of these can be spared: the ship's satellite receiver everywhere, since radar, lidar and camera
see the station; the camera where the lidar agrees with what is believed. So they are dropped before the
filter gives in.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.pair_guard import OWN
from homeward.icd_pair import PairAids
from homeward.typing import Array, Flag, Int, Scalar

CAMERA, LIDAR, SATELLITES = 0, 2, 3  # places among the filter's counts of refusals
SOONER = 2  # refusals before those at which the filter gives in


class Trust(eqx.Module):
    """Which are dropped."""

    satellite: Flag
    camera: Flag


def full_trust() -> Trust:
    """All are listened to."""
    return Trust(jnp.asarray(False), jnp.asarray(False))


def heard(trust: Trust, aids: PairAids) -> PairAids:
    """The message without the sensors that are dropped."""
    return eqx.tree_at(
        lambda a: (a.satellite_valid, a.relative_valid, a.camera_valid), aids,
        (
            aids.satellite_valid & ~trust.satellite, aids.relative_valid & ~trust.satellite,
            aids.camera_valid & ~trust.camera,
        ),
    )  # fmt: skip


def judged(trust: Trust, refused: Int[Array, "6"], patience: Scalar, aids: PairAids) -> Trust:
    """After a cycle with ``refused`` readings in a row; the filter gives in at ``patience`` of them."""
    most = patience.astype(int) - SOONER
    led = (refused[OWN] >= most) | (refused[SATELLITES] >= most)
    # Two against one: what is believed and the lidar.
    alone = (refused[CAMERA] >= most) & aids.lidar_valid & (refused[LIDAR] == 0)
    return Trust(trust.satellite | led, trust.camera | alone)
