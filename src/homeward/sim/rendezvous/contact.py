"""The ports meet: what the contact is like, and whether the latches catch.

The box is that of the International Docking System Standard, Revision E: closing 0.05 to 0.10 m/s, lateral
rate 0.04 m/s, lateral offset 0.10 m, pitch/yaw and roll 4 deg each, their rates 0.20 deg/s. Inside it the
latches catch, unless they fail; outside, the ship is thrown back along the axis, and far outside it is a
collision.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.math.numerics import norm
from homeward.math.quaternion import conjugate, rotate
from homeward.sim.core.carry import select
from homeward.sim.rendezvous.telemetry import ports
from homeward.typing import Flag, Scalar
from homeward.world.dynamics.docking_bodies import station_attitude
from homeward.world.dynamics.rendezvous_state import Contact, PairTruth
from homeward.world.dynamics.two_spacecraft import PairWorld

DEGREE = jnp.pi / 180.0
CLOSING = (0.05, 0.10)  # m/s
LATERAL_RATE, LATERAL, ANGLE, RATE = 0.04, 0.10, 4.0 * DEGREE, 0.20 * DEGREE
COLLISION_SPEED, COLLISION_SIDE = 0.5, 0.6  # m/s, m: beyond them it is no contact any more
DEEP, ASIDE = 1.0, 5.0  # m behind the port's face and beside its axis within which the station is met


def inside_box(c: Contact) -> Flag:
    """Whether a contact is inside the box."""
    return (
        (c.closing >= CLOSING[0]) & (c.closing <= CLOSING[1]) & (c.lateral_rate <= LATERAL_RATE)
        & (norm(c.lateral_offset) <= LATERAL) & (c.angle <= ANGLE) & (jnp.abs(c.roll) <= ANGLE)
        & (c.rate <= RATE) & (jnp.abs(c.roll_rate) <= RATE)
    )  # fmt: skip


def meet(world: PairWorld, before: PairTruth, after: PairTruth, h: Scalar) -> PairTruth:
    """The truth after a tick of ``h`` [s] in which the ports may have met."""
    hull = world.hull
    place, speed, off, rate = ports(hull, after)
    near = (place[0] > -DEEP) & (norm(place[1:]) < ASIDE)
    free = ~(before.contact.captured | before.contact.collided)
    # Not only a crossing: thrown back, a ship stands a hair inside, and may be pushed in again from there.
    crossed = (place[0] <= 0.0) & (speed[0] < 0.0) & near & free
    # Back to the instant of the crossing.
    back = jnp.clip(jnp.where(crossed, place[0] / jnp.where(crossed, speed[0], -1.0), 0.0), 0.0, h)
    side = place[1:] - speed[1:] * back
    sign = jnp.where(off[0] < 0.0, -1.0, 1.0)
    # q_off = [cos, axis sin]: roll about x, and the angle between the axes from what is left.
    roll = 2.0 * jnp.arctan2(sign * off[1], sign * off[0])
    cosine = 1.0 - 2.0 * (off[2] * off[2] + off[3] * off[3])
    found = Contact(
        count=before.contact.count + 1, captured=jnp.asarray(False), collided=jnp.asarray(False),
        time=after.time - back, closing=-speed[0], lateral_rate=norm(speed[1:]),
        lateral_offset=jnp.concatenate([jnp.zeros(1), side]),
        angle=jnp.arccos(jnp.clip(cosine, -1.0, 1.0)), roll=roll, rate=norm(rate[1:]), roll_rate=rate[0],
    )  # fmt: skip
    caught = inside_box(found) & (found.count > hull.missed_captures)
    crashed = (found.closing > COLLISION_SPEED) | (norm(side) > COLLISION_SIDE)
    found = eqx.tree_at(lambda c: (c.captured, c.collided), found, (caught, crashed))
    contact = select(crossed, found, before.contact)
    b = after.bodies
    q_TI, _ = station_attitude(hull.motion, after.time, b.r_TI_I, b.v_TI_I)
    axis_I = rotate(conjugate(q_TI), hull.C_DT[0])
    # Thrown back along the axis, each body by its part; what turns that gives is left out.
    share = hull.station_mass / (hull.station_mass + after.mass)
    jump = jnp.where(crossed & ~caught, -(1.0 + hull.restitution) * speed[0], 0.0)
    ship = b.v_BI_I + share * jump * axis_I
    station = b.v_TI_I - (1.0 - share) * jump * axis_I
    return eqx.tree_at(
        lambda t: (t.contact, t.bodies.v_BI_I, t.bodies.v_TI_I), after, (contact, ship, station)
    )
