"""Whether the satellite receiver leads the reckoning away, slowly enough to pass every gate.

Innovations of a filter that is right are white: what readings move the velocity by adds up as chance does, to
the variance that they take off it (Mehra and Peschon, Automatica 7 (1971) 637). A receiver led away moves it
the same way again and again. So both sums are kept, fading, and where the one is far beyond the other the
receiver is dropped for good: inertial reckoning alone is good to kilometres, one led away to nothing.

Nor is it followed where it is found far off, as after a black-out in which it went on leading: a fix that
was refused again and again is dropped before the filter would give in to it. What the inertial unit's own
failures do to the reckoning is known by then, since its instruments are voted on.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.navigation.error_state_filter import SPEED, Covariance, Errors
from homeward.flight.navigation.sensor_parameters import AidBelief
from homeward.icd import Aids
from homeward.typing import Array, Flag, Int, Scalar, Vec3

MEMORY = 100.0  # s
GATE = 8.0  # sigmas of the sum
SOONER = 2  # refusals before those at which the filter gives in
# m/s an axis: what gravity beyond the zonal field (1e-4 m/s2) moves the velocity by in the memory, and as
# much again for what the unit's errors do while it is pushed.
FLOOR = 0.02


class SpoofingMonitor(eqx.Module):
    """What is remembered of the corrections by satellites."""

    moved: Vec3  # m/s, I, fading sum
    spread: Vec3  # m2/s2, I, the variance that it should have
    dropped: Flag  # the receiver is not heard any more


def no_lead() -> SpoofingMonitor:
    """Before the first correction."""
    return SpoofingMonitor(jnp.zeros(3), jnp.zeros(3), jnp.asarray(False))


def heard(lead: SpoofingMonitor, aids: Aids) -> Aids:
    """The message without a receiver that was dropped."""
    aids = eqx.tree_at(lambda a: a.satellite_valid, aids, aids.satellite_valid & ~lead.dropped)
    if aids.ranges is None:
        return aids
    return eqx.tree_at(lambda a: a.ranges.valid, aids, aids.ranges.valid & ~lead.dropped)


def change(before: tuple[Covariance, Errors], after: tuple[Covariance, Errors]) -> tuple[Vec3, Vec3]:
    """What readings moved the velocity by [m/s, I], and what they took off its variance [m2/s2]."""
    (P, x), (less, y) = before, after
    return (y - x)[SPEED], jnp.diagonal(P - less)[SPEED]


def judged(
    lead: SpoofingMonitor, moved: Vec3, taken_off: Vec3, refused: Int[Array, "2"], aids: AidBelief, dt: Scalar
) -> SpoofingMonitor:
    """After a cycle of ``dt`` [s] in which satellites moved the velocity by ``moved`` [m/s, I].

    ``taken_off`` [m2/s2] is what they took off its variance along each axis, ``refused`` how many places and
    velocities in a row were refused before this cycle. Where the filter gives in to them, as it does to
    ranges, what it had been led by before says nothing of what follows.
    """
    patience = aids.patience.astype(int)
    anew = jnp.any(refused >= patience)
    far_off = jnp.any(refused >= patience - SOONER) & (aids.ranges is None)
    fade = jnp.exp(-dt / MEMORY)
    moved = jnp.where(anew, 0.0, fade * lead.moved + moved)
    spread = jnp.where(anew, 0.0, fade * fade * lead.spread + jnp.maximum(taken_off, 0.0))
    far = jnp.sum(moved * moved) > GATE * GATE * (jnp.sum(spread) / 3.0 + FLOOR * FLOOR)
    return SpoofingMonitor(moved, spread, lead.dropped | far | far_off)
