"""What the sensors tell a point mass, or a ship without a filter: a fix with a model of its error."""

import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.icd import Measurements
from homeward.typing import Array, Float, Scalar, Vec3
from homeward.world.state import NavigationErrorState, TruthState
from homeward.world.world import NavigationErrorModel

REACQUISITION_TIME = 4.0  # s: time constant with which a drift vanishes once satellites are back

NOISES = 7  # standard normal numbers a cycle


def step_navigation_error(
    model: NavigationErrorModel,
    state: NavigationErrorState,
    density: Scalar,
    speed: Scalar,
    force_I: Vec3,
    noise: Float[Array, " n"],
    dt: Scalar,
) -> NavigationErrorState:
    """One cycle of the error: Gauss-Markov where satellites are seen, inertial drift where plasma hides them.

    The sheath is there where the air is dense enough to be ionised and the capsule still fast: both a density
    band (that of about 90 to 40 km) and a speed. ``force_I`` is the true specific force [m/s2]. In the
    black-out the Gauss-Markov part stands still and bias and misalignment integrate twice.
    """
    low, high = model.blackout_density
    blackout = (density > low) & (density < high) & (speed > model.blackout_speed)
    decay = jnp.exp(-dt / model.correlation_time)
    kick = jnp.sqrt(1.0 - decay * decay)
    position = decay * state.position + kick * model.position_sigma * noise[0:3]
    velocity = decay * state.velocity + kick * model.velocity_sigma * noise[3:6]
    wrong = model.accelerometer_bias + jnp.cross(model.misalignment, force_I)
    drift_velocity = state.drift_velocity + wrong * dt
    drift_position = state.drift_position + state.drift_velocity * dt + 0.5 * wrong * dt * dt
    fade = jnp.exp(-dt / REACQUISITION_TIME)
    return NavigationErrorState(
        position=jnp.where(blackout, state.position, position),
        velocity=jnp.where(blackout, state.velocity, velocity),
        drift_position=jnp.where(blackout, drift_position, fade * state.drift_position),
        drift_velocity=jnp.where(blackout, drift_velocity, fade * state.drift_velocity),
        blackout=blackout,
    )


def measure(
    model: NavigationErrorModel,
    truth: TruthState,
    force_I: Vec3,
    height: Scalar,
    noise: Float[Array, " n"],
) -> Measurements:
    """The message to the flight computer: truth plus the error as it stands."""
    error = truth.navigation_error
    sensed = force_I + model.accelerometer_bias + jnp.cross(model.misalignment, force_I)
    return Measurements(
        time=truth.time,
        fix_valid=~error.blackout,
        position_fix=truth.r_BI_I + error.position + error.drift_position,
        velocity_fix=truth.v_BI_I + error.velocity + error.drift_velocity,
        specific_force=sensed,
        bank=truth.bank,
        height=height + model.altimeter_sigma * noise[6],
        propellant=truth.propellant,
    )


def micro_g(value: float) -> float:
    """Acceleration [m/s2] of a figure in millionths of standard gravity."""
    return value * 1e-6 * G0
