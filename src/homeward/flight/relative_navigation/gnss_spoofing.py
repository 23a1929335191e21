"""Whether the ship's satellite receiver leads the relative state away in the far legs, and by how much.

Beyond the radar nothing but satellites sees the station, and a filter that trusts its gravity little follows
a receiver led away slowly for ten minutes before its gate refuses it. By then the velocity believed is off by
metres a second, and reckoning on with it for hours misses the station by a hundred kilometres. So what
satellites move the state by is summed, fading, and held against the variance that they take off it, as on the
way home (``navigation.gnss_spoofing``). Where it adds up to far more than chance, the receiver is dropped,
and what it has moved the state by is taken back.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.navigation.gnss_spoofing import GATE
from homeward.flight.relative_navigation.covariance import MOVING, PLACE, SPEED
from homeward.flight.relative_navigation.relative_filter import PairFilterState
from homeward.icd.rendezvous_messages import PairAids
from homeward.typing import Array, Flag, Float, Scalar, Vec3

MEMORY = 300.0  # s: as long as the satellites' own slow errors, which the filter needs to follow a lead
# m/s an axis: what gravity beyond the zonal field, of ship and of station, moves the velocity by meanwhile.
FLOOR = 0.03


class PairLead(eqx.Module):
    """What is remembered of the corrections while satellites alone see the station."""

    moved: Float[Array, "6"]  # m and m/s, I, of ship less station: fading sum, carried on as an error moves
    spread: Vec3  # m2/s2, I, the variance that its velocity should have


def no_lead() -> PairLead:
    """Before the first correction."""
    return PairLead(jnp.zeros(MOVING), jnp.zeros(3))


def alone(aids: PairAids) -> Flag:
    """Whether nothing but satellites can have seen the station."""
    return ~(aids.radar_valid | aids.lidar_valid | aids.camera_valid)


def summed(
    lead: PairLead, before: PairFilterState, after: PairFilterState, counts: Flag, dt: Scalar
) -> PairLead:
    """After a cycle of ``dt`` [s] whose readings made ``after`` of ``before``.

    Where it does not count, since another sensor had a hand in it, what was summed before fades.
    """
    a, b = before.motion, after.motion
    moved = jnp.concatenate([b.r_BT_I - a.r_BT_I, b.v_BT_I - a.v_BT_I])
    taken_off = jnp.diagonal(before.covariance - after.covariance)[SPEED]
    fade = jnp.exp(-dt / MEMORY)
    carried = lead.moved.at[PLACE].add(dt * lead.moved[SPEED])
    return PairLead(
        fade * carried + jnp.where(counts, moved, 0.0),
        fade * fade * lead.spread + jnp.where(counts, jnp.maximum(taken_off, 0.0), 0.0),
    )


def sigmas(lead: PairLead) -> Scalar:
    """How far the velocity was moved, in parts of what chance makes of it."""
    v = lead.moved[SPEED]
    return jnp.sqrt(jnp.sum(v * v) / (jnp.sum(lead.spread) / 3.0 + FLOOR * FLOOR))


def led(lead: PairLead) -> Flag:
    """Whether that is far more than chance."""
    return sigmas(lead) > GATE


def taken_back(state: PairFilterState, lead: PairLead, now: Flag) -> PairFilterState:
    """The state without what it was moved by, if the receiver is dropped ``now``.

    What has faded, and what came before it was noticed, stays in: so it is that much less sure along the way
    that it was led.
    """
    moved = jnp.where(now, lead.moved, 0.0)
    motion = state.motion
    return eqx.tree_at(
        lambda s: (s.motion.r_BT_I, s.motion.v_BT_I, s.covariance), state,
        (
            motion.r_BT_I - moved[PLACE], motion.v_BT_I - moved[SPEED],
            state.covariance.at[:MOVING, :MOVING].add(moved[:, None] * moved[None, :]),
        ),
    )  # fmt: skip
