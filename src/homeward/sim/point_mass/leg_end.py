"""The end of a leg to the instant: the last part of a tick, flown exactly."""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import height_and_up
from homeward.earth.orientation import earth_to_inertial, inertial_to_earth
from homeward.math.triples import split
from homeward.sim.core.legs import BURN, Leg
from homeward.sim.point_mass.tick import forces_inputs, in_orbit
from homeward.world.dynamics.point_mass import integrate_tick, third_body_pull
from homeward.world.world import World

ROUNDS = 7  # both ends, then false position: a tick is nearly straight, a round gains some three digits


def settle(world: World, leg: Leg, carry):
    """Move a lane whose end lies within its next tick to that end; leave every other lane alone.

    The time at which the altitude is crossed comes from false position on single RK4 steps, so
    the end lies on the integrated path and not on an interpolant.
    """
    truth = carry.truth
    if leg.kind == BURN:
        # It ends where it stands: the flight software sees the end of a burn, and does not foretell it.
        due = truth.done & ~truth.settled
        return eqx.tree_at(lambda c: c.truth.settled, carry, truth.settled | due)
    end_time = jnp.minimum(leg.end_time, truth.ends_at)
    spin = world.orientation.at(truth.time)
    r_E, v_E = inertial_to_earth(spin, truth.time, truth.r_BI_I, truth.v_BI_I)
    inputs = forces_inputs(world, leg.kind, truth)
    orbit = in_orbit(leg.kind)
    pull = third_body_pull(world, spin, truth.time, r_E) if orbit else None

    def visit(carry, k):
        low, high, g_low, g_high, _, _, _ = carry
        # Both ends first, then where the straight line between the nearest two crosses.
        share = jnp.clip(low + (high - low) * g_low / (g_low - g_high), 0.0, 1.0)
        share = jnp.where(k == 0, 0.0, jnp.where(k == 1, 1.0, share))
        r, v = integrate_tick(world, inputs, spin.omega_EI_E, r_E, v_E, share * leg.tick, None, orbit, pull)
        height, _ = height_and_up(world.ellipsoid, split(r))
        g = jnp.minimum(height - leg.end_altitude, end_time - (truth.time + share * leg.tick))
        g = jnp.where(k == 0, jnp.maximum(g, 1e-12), jnp.where(k == 1, jnp.minimum(g, -1e-12), g))
        up = g > 0.0
        return (
            jnp.where(up, share, low), jnp.where(up, high, share),
            jnp.where(up, g, g_low), jnp.where(up, g_high, g), share, r, v,
        ), None  # fmt: skip

    zero, one = jnp.zeros_like(leg.tick), jnp.ones_like(leg.tick)
    start = (zero, one, one, -one, zero, r_E, v_E)
    (_, _, _, _, share, r_end, v_end), _ = jax.lax.scan(visit, start, jnp.arange(ROUNDS))
    time = truth.time + share * leg.tick
    r_I, v_I = earth_to_inertial(spin, time, r_end, v_end)
    moved = eqx.tree_at(
        lambda t: (t.time, t.r_BI_I, t.v_BI_I, t.settled, t.bank),
        truth,
        (time, r_I, v_I, jnp.ones_like(truth.settled), truth.bank + truth.bank_rate * share * leg.tick),
    )
    due = truth.done & ~truth.settled
    truth = jax.tree.map(lambda a, b: jnp.where(due, b, a), truth, moved)
    return eqx.tree_at(lambda c: c.truth, carry, truth)
