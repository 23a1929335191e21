"""The parachute deployment unit's own sensors: static pressure behind the heat shield, and load.

The cavity is vented: its pressure follows that of the air outside with a lag of the first order, and the flow
round the capsule adds a part of the dynamic pressure (a pressure coefficient, negative in a wake).
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.icd import DeploymentReadings
from homeward.typing import Array, Float, Scalar

GAMMA = 1.4
WAKE_MACH = 1.5  # beyond it a wake's pressure is taken as the same part of that outside


class DeploymentSensors(eqx.Module):
    """Three transducers and three accelerometers: figures and this flight's draws."""

    bias: Float[Array, "3"]  # Pa, drawn for this flight
    scale_factor: Float[Array, "3"]  # drawn for this flight
    noise: Scalar  # Pa, 1-sigma, white
    cavity: Scalar  # pressure coefficient of the vent, over dynamic pressure
    lag: Scalar  # s, time constant of the vented cavity
    works: Float[Array, "3"]  # 1, or 0 for a dead transducer
    load_scale: Float[Array, "3"]  # scale error of each accelerometer, drawn for this flight


class CavityState(eqx.Module):
    """What the cavity carries on."""

    outside: Scalar  # Pa at the vent, a cycle ago
    inside: Scalar  # Pa


def empty_cavity() -> CavityState:
    """In vacuum."""
    return CavityState(jnp.zeros(()), jnp.zeros(()))


def static_pressure(density: Scalar, sound_speed: Scalar) -> Scalar:
    """Static pressure [Pa] of air of a density [kg/m3] and speed of sound [m/s]: ``rho a^2 / gamma``."""
    return density * sound_speed * sound_speed / GAMMA


def sense_deployment(
    sensors: DeploymentSensors, state: CavityState, density: Scalar, sound_speed: Scalar, speed: Scalar,
    load: Scalar, dt: Scalar, noise: Float[Array, "3"],
) -> tuple[CavityState, DeploymentReadings]:  # fmt: skip
    """One cycle of ``dt`` [s]: the cavity carried on to now, and what the unit reads.

    ``density`` [kg/m3], ``sound_speed`` and ``speed`` [m/s] are those of the air here, ``load`` in g. Between
    two cycles the pressure outside is taken to have changed evenly: the lag is then exact for any ``dt``.
    """
    pressure = static_pressure(density, sound_speed)
    mach = jnp.minimum(speed / sound_speed, WAKE_MACH)
    outside = pressure * (1.0 + sensors.cavity * 0.5 * GAMMA * mach * mach)
    fade = jnp.exp(-dt / sensors.lag)
    grown = (outside - state.outside) / dt
    behind = (state.inside - state.outside) * fade - grown * sensors.lag * (1.0 - fade)
    inside = jnp.maximum(outside + behind, 0.0)
    read = inside * (1.0 + sensors.scale_factor) + sensors.bias + sensors.noise * noise
    readings = DeploymentReadings(
        pressure=jnp.where(sensors.works > 0.5, jnp.maximum(read, 0.0), 0.0),
        load=load * (1.0 + sensors.load_scale),
    )
    return CavityState(outside, inside), readings


__all__ = ["CavityState", "DeploymentSensors", "empty_cavity", "sense_deployment", "static_pressure"]
