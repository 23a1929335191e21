"""What turns commands into deeds: the bank actuator and the main engine."""

import jax.numpy as jnp

from homeward.math.numerics import wrap_angle
from homeward.typing import Scalar
from homeward.vehicle.parameters import Capsule


def bank_actuator(
    capsule: Capsule, bank: Scalar, rate: Scalar, command: Scalar, dt: Scalar
) -> tuple[Scalar, Scalar, Scalar]:
    """One control tick of an ideal roll control limited in rate and acceleration.

    It heads for the command along the shorter way, at a rate from which it can still stop there. Returns
    ``(bank, rate, mean rate of the tick)`` [rad, rad/s, rad/s]. Stands in for attitude dynamics where the
    capsule is a point mass.
    """
    error = wrap_angle(command - bank)
    size = jnp.abs(error)
    # The rate from which the limit brings it to rest at the command, and never past it within a tick. Of
    # nothing the root is kept a little off it, where it would have no derivative; the other one is less.
    braked = jnp.sqrt(jnp.maximum(1.8 * capsule.bank_acceleration_limit * size, 1e-30))
    wanted = jnp.minimum(braked, 0.7 * size / dt)
    wanted = jnp.sign(error) * jnp.minimum(wanted, capsule.bank_rate_limit)
    change = capsule.bank_acceleration_limit * dt
    new_rate = rate + jnp.clip(wanted - rate, -change, change)
    mean = 0.5 * (rate + new_rate)
    return wrap_angle(bank + mean * dt), new_rate, mean
