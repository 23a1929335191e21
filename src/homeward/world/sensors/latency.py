"""Messages on their way: what stars and satellites tell is read by the flight computer a cycle later.

A tracker's exposure and a receiver's correlations take a part of a second to work out. The flight computer
reads its sensors once a guidance cycle: a reading that took any time at all is read in the next one, and
tells how old it is. Now and then one comes at once, and the one before it after it: out of order.
"""

from typing import TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.icd import Aids, Ranges
from homeward.typing import Array, Bool, Flag, Float, Scalar, Vec3

Message = TypeVar("Message", "Stars", "Satellites")

NOISES = 2  # standard normal numbers a cycle: whether stars, and whether satellites, come out of order


class Stars(eqx.Module):
    """A reading of the star tracker on its way."""

    taken: Scalar  # s since the epoch
    valid: Bool[Array, "2"]
    q_BI: Float[Array, "2 4"]


class Satellites(eqx.Module):
    """A reading of the satellite receiver on its way."""

    taken: Scalar  # s since the epoch
    valid: Flag
    position: Vec3  # m, E
    velocity: Vec3  # m/s, E
    ranges: Ranges | None


class LatencyBuffer(eqx.Module):
    """What is on its way, and whether the last one that came had overtaken it."""

    stars: Stars
    satellites: Satellites
    overtaken: Bool[Array, "2"]


class Delivery(eqx.Module):
    """How long messages take [s, up to a cycle], and the standard normal number beyond which one comes out
    of order."""

    stars: Scalar
    satellites: Scalar
    seldom: Scalar

    def carried(
        self, post: LatencyBuffer, aids: Aids, t: Scalar, noise: Float[Array, "2"]
    ) -> tuple[LatencyBuffer, Aids]:
        """What is read at ``t`` [s] where the sensors tell ``aids`` of that instant."""
        stars, satellites = _split(aids, t)
        one, stars, held = _passed(post.stars, stars, self.stars, post.overtaken[0], noise[0] > self.seldom)
        other, satellites, kept = _passed(
            post.satellites, satellites, self.satellites, post.overtaken[1], noise[1] > self.seldom
        )
        told = eqx.tree_at(
            lambda a: (
                a.star_valid, a.star_q_BI, a.star_age, a.satellite_valid, a.satellite_position,
                a.satellite_velocity, a.satellite_age, a.ranges,
            ),
            aids,
            (
                stars.valid, stars.q_BI, t - stars.taken, satellites.valid, satellites.position,
                satellites.velocity, t - satellites.taken, satellites.ranges,
            ),
            is_leaf=lambda x: x is None,
        )  # fmt: skip
        return LatencyBuffer(one, other, jnp.stack([held, kept])), told


def nothing_sent(ranges: Ranges | None) -> LatencyBuffer:
    """Before the first reading; ``ranges`` is one that tells nothing, of a receiver that tells ranges."""
    zero, zeros, no = jnp.zeros(()), jnp.zeros(3), jnp.asarray(False)
    no_turn = jnp.asarray([[1.0, 0.0, 0.0, 0.0]] * 2)
    return LatencyBuffer(
        Stars(zero, jnp.zeros(2, bool), no_turn), Satellites(zero, no, zeros, zeros, ranges),
        jnp.zeros(2, bool),
    )  # fmt: skip


def _split(aids: Aids, t: Scalar) -> tuple[Stars, Satellites]:
    return Stars(t, aids.star_valid, aids.star_q_BI), Satellites(
        t, aids.satellite_valid, aids.satellite_position, aids.satellite_velocity, aids.ranges
    )


def _passed(
    waiting: Message, fresh: Message, takes: Scalar, overtaken: Flag, seldom: Flag
) -> tuple[Message, Message, Flag]:
    """What waits from now on, what is read, and whether that overtook the one that waits."""
    at_once = takes <= 0.0
    swap = ~at_once & ~overtaken & seldom
    told = _choose(at_once | swap, fresh, waiting)
    kept = _choose(swap, waiting, fresh)
    # What has been read already does not come a second time.
    return _without(at_once, kept), told, swap


def _choose(first: Flag, one: Message, other: Message) -> Message:
    return jax.tree.map(lambda a, b: jnp.where(first, a, b), one, other)


def _without(gone: Flag, message: Message) -> Message:
    message = eqx.tree_at(lambda m: m.valid, message, message.valid & ~gone)
    if isinstance(message, Stars) or message.ranges is None:
        return message
    return eqx.tree_at(lambda m: m.ranges.valid, message, message.ranges.valid & ~gone)
