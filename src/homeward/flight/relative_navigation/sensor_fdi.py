"""Which of a rendezvous' sensors are still listened to: two that were refused too often are dropped for good.

A filter that gives in to a sensor which it has refused again and again can be led anywhere by one that lies
slowly. Both of these can be spared: the ship's satellite receiver everywhere, since radar, lidar and camera
see the station; the camera where the lidar agrees with what is believed, or, nearer than the lidar sees,
where it has left what is believed from one cycle to the next. So they are dropped before the filter gives in.

The lidar is coarser than the camera by ten: of centimetres it cannot say whose they are. Then belief is the
likelier culprit, since an instrument of motion may have been wrong for long before it was found.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.relative_navigation.measurement_editing import OWN
from homeward.icd.rendezvous_messages import PairAids
from homeward.math.numerics import norm
from homeward.typing import Array, Flag, Int, Scalar

CAMERA, LIDAR, SATELLITES = 0, 2, 3  # places among the filter's counts of refusals
SOONER = 2  # refusals before those at which the filter gives in
# m: three sigmas of the lidar, and more than a ship that comes in moves unfelt in a cycle
APART = 0.3
NEAR = 20.0  # m: where the camera's own noise is far below that
DARK = 15.0  # s: longer than a filter takes to give in


class Trust(eqx.Module):
    """Which are dropped, and what was seen of the port lately."""

    satellite: Flag
    camera: Flag
    taken: Flag  # the camera's reading of this cycle was believed
    leapt: Flag  # the camera went far off in one cycle and has been refused since
    dark: Scalar  # s since a reading of camera or lidar was believed


def full_trust() -> Trust:
    """All are listened to."""
    no = jnp.asarray(False)
    return Trust(no, no, no, no, jnp.zeros(()))


def heard(trust: Trust, aids: PairAids) -> PairAids:
    """The message without the sensors that are dropped."""
    return eqx.tree_at(
        lambda a: (a.satellite_valid, a.relative_valid, a.camera_valid), aids,
        (
            aids.satellite_valid & ~trust.satellite, aids.relative_valid & ~trust.satellite,
            aids.camera_valid & ~trust.camera,
        ),
    )  # fmt: skip


def judged(
    trust: Trust, refused: Int[Array, "6"], patience: Scalar, aids: PairAids, apart: Scalar, dt: Scalar
) -> Trust:
    """After a cycle of ``dt`` [s] with ``refused`` readings in a row; the filter gives in at ``patience``.

    ``apart`` [m] is how far the camera's place is from what is believed.
    """
    most = patience.astype(int) - SOONER
    led = (refused[OWN] >= most) | (refused[SATELLITES] >= most)
    eye, count = aids.camera_valid, refused[CAMERA]
    far = apart > APART
    leaps = trust.taken & far & (count == 1) & (norm(aids.camera_position) < NEAR)
    leapt = jnp.where(eye, (count > 0) & (trust.leapt | leaps), trust.leapt)
    # Two against one: what is believed and the lidar. Without it, a leap that nobody has felt.
    agreed = aids.lidar_valid & (refused[LIDAR] == 0)
    alone = eye & (count >= most) & jnp.where(aids.lidar_valid, agreed & far, leapt)
    taken = eye & (count == 0)
    dark = jnp.where(taken | agreed, 0.0, trust.dark + dt)
    return Trust(trust.satellite | led, trust.camera | alone, taken, leapt, dark)


def blind(trust: Trust, refused: Int[Array, "6"]) -> Flag:
    """Whether the port has been lost in dispute.

    Nothing that sees it was believed for long, and the last that was heard of it spoke against belief. A
    sensor that fell silent while it agreed leaves a sound reckoning.
    """
    disputed = (refused[LIDAR] > 0) | ((refused[CAMERA] > 0) & ~trust.camera)
    return disputed & (trust.dark >= DARK)
