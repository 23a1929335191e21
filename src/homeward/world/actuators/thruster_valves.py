"""What a thruster really gives for a command: smallest pulse, rise and fall, leak, and an empty tank."""

import equinox as eqx
import jax.numpy as jnp

from homeward.math.triples import Triple
from homeward.typing import Array, Count, Float, Scalar
from homeward.vehicle.thrusters import Thrusters


def lag(
    level: Scalar | Float[Array, " n"], open_for: Scalar | Float[Array, " n"], dt: Scalar, opening: Scalar,
    closing: Scalar,
):  # fmt: skip
    """Force over full force at a tick's end, and its mean over the tick.

    A valve is open for the first ``open_for`` [s] of it; the force follows as a first-order lag with one time
    constant opening and another closing, in closed form.
    """
    up, rest = jnp.exp(-open_for / opening), dt - open_for
    down = jnp.exp(-rest / closing)
    top = 1.0 - (1.0 - level) * up
    risen = open_for - (1.0 - level) * opening * (1.0 - up)
    return top * down, (risen + top * closing * (1.0 - down)) / dt


def fire(
    thrusters: Thrusters,
    level: Float[Array, " n"],
    seconds: Float[Array, " n"],
    dt: Scalar,
    propellant: Scalar,
) -> tuple[Float[Array, " n"], Triple, Triple, Scalar]:
    """One control tick of all thrusters.

    ``level`` is each one's force over its full force at the tick's start, ``seconds`` how long its valve is
    held open from there on. What still falls after a pulse is felt in the next tick. Pulses shorter than
    the smallest are not made. Returns the level at the end, mean force [N, B], mean torque about the centre
    of mass [N m, B] and propellant used [kg].
    """
    t = thrusters
    open_for = jnp.clip(seconds, 0.0, dt)
    open_for = jnp.where(open_for < t.minimum_pulse, 0.0, open_for)
    wet = propellant > 0.0
    open_for = jnp.where(wet, open_for, 0.0)
    end, mean = lag(level, open_for, dt, t.opening, t.closing)
    mean = t.share * jnp.maximum(mean, jnp.where(wet, t.leak, 0.0))
    pushes = mean * t.thrust
    torque = t.torques()
    force = tuple(jnp.sum(pushes * t.direction[:, k]) for k in range(3))
    turning = tuple(jnp.sum(mean * torque[:, k]) for k in range(3))
    used = jnp.sum(pushes) * dt / t.exhaust_speed
    return end, force, turning, used  # pyright: ignore[reportReturnType]


def shut(thrusters: Thrusters, isolated: Count) -> Thrusters:
    """The thrusters with the feed of one of them shut: 0 none, else 1 and its number."""
    open_ = jnp.arange(thrusters.share.shape[0]) != isolated - 1
    return eqx.tree_at(lambda t: t.share, thrusters, jnp.where(open_, thrusters.share, 0.0))
