"""The deployment unit's sensors in the loop: pressure behind the heat shield and load, once a cycle."""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import DeploymentReadings
from homeward.typing import Array, Float, Scalar
from homeward.world.dynamics.point_mass import Forces
from homeward.world.sensors.deployment_sensors import sense_deployment
from homeward.world.state import TruthState
from homeward.world.world import World


def sense_vent(
    world: World, truth: TruthState, felt: Forces, period: Scalar, noise: Float[Array, "3"]
) -> tuple[TruthState, DeploymentReadings]:
    """The vented cavity carried on by a cycle of ``period`` [s], and what the unit reads now."""
    sound_speed = felt.speed / jnp.maximum(felt.mach, 1e-6)
    cavity, readings = sense_deployment(
        world.deployment, truth.cavity, felt.density, sound_speed, felt.speed, felt.load, period, noise
    )
    return eqx.tree_at(lambda t: t.cavity, truth, cavity), readings
