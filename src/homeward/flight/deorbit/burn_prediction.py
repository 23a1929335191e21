"""What a burn that is named, not solved for, leads to, by the flight's own orbit model."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from homeward._aot.program import program
from homeward.flight.deorbit.footprint import coasted
from homeward.flight.deorbit.orbit_propagator import OrbitModel, propagate
from homeward.flight.deorbit.targeting import DeorbitTask
from homeward.math.numerics import unit
from homeward.typing import Scalar, Vec3

STEPS = 60  # of the coast to the burn and of the burn


@dataclasses.dataclass(frozen=True)
class BurnOutcome:
    """A burn: direction at ignition in E, how long [s]; the interface: s after ignition, state in E, inertial
    flight-path angle [rad]."""

    direction_E: np.ndarray
    duration: float
    fall: float
    r_E: np.ndarray
    v_E: np.ndarray
    angle: float


def burn_outcome(
    model: OrbitModel, task: DeorbitTask, r_E: np.ndarray, v_E: np.ndarray, ignition: float, delta_v: float,
    pitch: float, yaw: float,
) -> BurnOutcome | None:  # fmt: skip
    """From a state [m, m/s, E], ``ignition`` [s] later ``delta_v`` [m/s] along a direction fixed in space.

    ``pitch`` turns it up from the backward horizontal, ``yaw`` to the right of the motion [rad]. None where
    the ship does not come down to the interface within a revolution.
    """
    numbers = (np.asarray(x, float) for x in (r_E, v_E, ignition, delta_v, pitch, yaw))
    r, v, direction, duration = _burnt(model, task.mass, task.thrust, task.exhaust_speed, *numbers)
    down = coasted(model, np.asarray(r), np.asarray(v), float(task.interface_altitude))
    if down is None:
        return None
    time, r, v = down
    v_I = v + np.cross(np.asarray(model.omega_E), r)
    angle = float(np.arcsin(r @ v_I / (np.linalg.norm(r) * np.linalg.norm(v_I))))
    lasted = float(duration)
    return BurnOutcome(np.asarray(direction), lasted, lasted + time, r, v, angle)


@program
def _burnt(
    model: OrbitModel, mass: Scalar, thrust: Scalar, exhaust: Scalar, r: Vec3, v: Vec3, ignition: Scalar,
    delta_v: Scalar, pitch: Scalar, yaw: Scalar,
):  # fmt: skip
    r, v, _ = propagate(model, r, v, ignition, STEPS)
    v_I = v + jnp.cross(model.omega_E, r)
    up = unit(r)
    forward = unit(v_I - up * jnp.sum(v_I * up))
    right = jnp.cross(forward, up)
    level = -jnp.cos(yaw) * forward + jnp.sin(yaw) * right
    direction = jnp.cos(pitch) * level + jnp.sin(pitch) * up
    flow = thrust / exhaust
    duration = mass / flow * (1.0 - jnp.exp(-delta_v / exhaust))
    r, v, _ = propagate(model, r, v, duration, STEPS, direction * (thrust / mass), flow / mass)
    return r, v, direction, duration
