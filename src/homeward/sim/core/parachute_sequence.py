"""What a descent's orders set off, of a point mass and of a ship that turns alike."""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import Command
from homeward.typing import Count, Flag, Scalar
from homeward.world.actuators.parachute import next_stage
from homeward.world.state import CanopyLoads, TruthState
from homeward.world.world import World


class SetOff(eqx.Module):
    """Parachute stage after a tick, mass dropped, and what the landing rockets do in it."""

    stage: Count
    changed: Flag
    stage_time: Scalar  # s
    dropped: Scalar  # kg, the heat shield
    thrust: Scalar  # N, of the landing rockets
    retro_time: Scalar  # s that they have burnt


def set_off(world: World, truth: TruthState, active: Command, dt: Scalar) -> SetOff:
    """One tick [s] of the orders in ``active``: stages, heat shield, landing rockets."""
    stage, changed = next_stage(world.parachutes, truth.stage, truth.stage_time, active.deploy)
    shield = world.parachutes.heat_shield_mass
    dropping = active.drop_heat_shield & (truth.mass > world.capsule.mass - 0.5 * shield)
    firing = (active.fire_retro & (truth.retro_time < world.retro.burn_time)).astype(float)
    return SetOff(
        stage, changed, jnp.where(changed, 0.0, truth.stage_time + dt), jnp.where(dropping, shield, 0.0),
        # A clock below zero is the delay of the ignition.
        firing * (truth.retro_time >= 0.0).astype(float) * world.retro.thrust, truth.retro_time + firing * dt,
    )  # fmt: skip


def canopy_loads(
    kept: CanopyLoads | None, done: SetOff, area: Scalar, pressure: Scalar
) -> CanopyLoads | None:
    """The worst so far under each stage with one tick more; None where it is not kept.

    ``area`` [m2] is the canopies' mean CD x area over the tick, ``pressure`` [Pa] the dynamic pressure. In
    the tick of its order the stage before still brakes. Ticks of the landing rockets do not count.
    """
    if kept is None:
        return None
    mine = jnp.arange(1, 5) == done.stage
    pulls = mine & ~done.changed & (done.thrust <= 0.0) & (pressure * area > kept.force)
    return CanopyLoads(
        jnp.where(pulls, pressure * area, kept.force),
        jnp.where(mine & done.changed, pressure, kept.pressure),
        jnp.where(pulls, area, kept.area),
    )
