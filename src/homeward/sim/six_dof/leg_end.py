"""The end of a leg of a turning ship to the instant: the last part of a tick, flown exactly."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import height_and_up
from homeward.icd import InertialReadings
from homeward.math.triples import axpy
from homeward.sim.core.carry import Carry, added, select
from homeward.sim.core.legs import SUBSTEPS, WHERE, Leg
from homeward.sim.six_dof.cycle_frame import earth_fixed, from_frozen, into_frozen
from homeward.sim.six_dof.tick import felt, nothing_fired
from homeward.world.dynamics.rigid_body import around, fly_tick
from homeward.world.fault_injection import ailing_world
from homeward.world.fault_schedule import active_faults
from homeward.world.sensors.redundant_imu import NOISES
from homeward.world.world import World

ROUNDS = 7  # both ends, then false position


def settle_turning(world: World, leg: Leg, carry: Carry) -> Carry:
    """Move a lane whose end lies within its next tick to that end; leave every other lane alone.

    Nothing fires in this last part of a tick, which is 0.1 s at most, and the inertial unit is free of noise
    in it; but it is felt, or the navigation would fall behind by hundreds of metres: the flight software
    takes it in as the next leg begins.
    """
    truth = carry.truth
    assert world.body is not None and truth.body is not None
    where = WHERE[leg.kind]
    assert carry.command.thruster_seconds is not None
    a = active_faults(world.faults, truth.time, 2 * carry.command.thruster_seconds.shape[0])
    end_time = jnp.minimum(leg.end_time, truth.ends_at)
    spin = world.orientation.at(truth.time)
    frozen, motion = into_frozen(world, leg, spin, truth)
    zero = jnp.zeros_like(leg.tick)
    world = ailing_world(world, a, height_and_up(world.ellipsoid, motion[0])[0])
    body = world.body
    assert body is not None
    pushes = nothing_fired(world, leg, truth)

    def halfway(share):
        dt = share * leg.tick
        middle = axpy(0.5 * dt, motion[1], motion[0])
        return around(world, where, frozen.omega, 0.5 * dt, middle, frozen.slow)

    def fly(share):
        return fly_tick(body, where, halfway(share), pushes, motion, share * leg.tick, SUBSTEPS[leg.kind])

    def visit(state, k):
        low, high, g_low, g_high, _, _ = state
        # Both ends first, then where the straight line between the nearest two crosses.
        share = jnp.clip(low + (high - low) * g_low / (g_low - g_high), 0.0, 1.0)
        share = jnp.where(k == 0, 0.0, jnp.where(k == 1, 1.0, share))
        new = fly(share)
        time = truth.time + share * leg.tick
        height, _ = height_and_up(world.ellipsoid, earth_fixed(frozen, time, new[0]))
        g = jnp.minimum(height - leg.end_altitude, end_time - time)
        g = jnp.where(k == 0, jnp.maximum(g, 1e-12), jnp.where(k == 1, jnp.minimum(g, -1e-12), g))
        up = g > 0.0
        return (
            jnp.where(up, share, low), jnp.where(up, high, share),
            jnp.where(up, g, g_low), jnp.where(up, g_high, g), share, new,
        ), None  # fmt: skip

    one = jnp.ones_like(leg.tick)
    start = (zero, one, one, -one, zero, motion)
    (_, _, _, _, share, new), _ = jax.lax.scan(visit, start, jnp.arange(ROUNDS))
    quiet = jnp.zeros(NOISES)
    gravity = halfway(share).gravity_F
    unit, readings = felt(body, truth.body.unit, motion, new, gravity, share * leg.tick, quiet)
    moved = from_frozen(frozen, truth, new)
    moved = eqx.tree_at(
        lambda t: (t.time, t.settled, t.body.unit), moved,
        (truth.time + share * leg.tick, jnp.ones_like(truth.settled), unit),
    )  # fmt: skip
    due = truth.done & ~truth.settled
    assert isinstance(carry.inertial, InertialReadings)
    summed = added(carry.inertial, readings)
    return eqx.tree_at(
        lambda c: (c.truth, c.inertial), carry,
        (select(due, moved, truth), select(due, summed, carry.inertial)),
    )  # fmt: skip
