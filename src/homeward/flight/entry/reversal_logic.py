"""When the bank is turned to the other side."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.entry.aim_point import LEAST
from homeward.flight.entry.drag_lift_estimation import LOW
from homeward.flight.entry.predictor import MEAN_PACE
from homeward.math.trigonometry import arc_tangent

TURNED_EARLY = 900.0  # m/s
LEFT_ASIDE = 1.5e3  # m beside the aim that a terminal phase begun in time brings back with ease
MEAN_SPEED = 0.72  # of the present speed, over an entry: the first guess of the time to go


def first_duration(state, navigation, target, speed):
    """Time to go before the first prediction: the arc to the aim point at a typical mean speed."""
    r, aim = navigation.r_BE_E, target.aim_E
    sine, cosine = jnp.cross(r, aim), jnp.sum(r * aim)
    angle = arc_tangent(jnp.sqrt(jnp.sum(sine * sine)).astype(LOW), cosine.astype(LOW))
    arc = angle * jnp.sqrt(jnp.sum(aim * aim)).astype(LOW)
    guess = jnp.maximum(arc / (MEAN_SPEED * speed), 60.0)
    new = state.duration < 0.0
    length = jnp.where(new, MEAN_PACE * guess, state.bracket.length)
    return eqx.tree_at(
        lambda p: (p.duration, p.bracket.length), state, (jnp.where(new, guess, state.duration), length)
    )


def first_side(navigation, target, straight, sure):
    """The side to begin on: toward the aim, so that the first reversal is not at once.

    ``straight`` [m]: right of the aim, where no sideways lift would end. Where the prediction is not ``sure``
    the plane of the motion tells.
    """
    normal = jnp.cross(navigation.r_BE_E, navigation.v_BE_E)  # to the left of the motion
    left = jnp.where(sure, straight > 0.0, jnp.sum(normal * target.aim_E) > 0.0)
    return jnp.where(left, -1.0, 1.0).astype(LOW)


def left_aside(state, speed):
    """Whether the lift is to be turned in all directions early: nothing else brings the end back sideways.

    After the last reversal what air and lift do otherwise than foretold is left to the terminal phase; begun
    at ``TURNED_EARLY`` it has the reach for more.
    """
    return state.reversed & (speed < TURNED_EARLY) & (jnp.abs(state.aside) > LEFT_ASIDE)


def next_reversal(s, state, planned, final, balance, duration, roll_time):
    """Side, time to the planned reversal, and whether the last one is behind.

    ``balance`` is the end without sideways lift over the reach: +1 means that all reach, spent leftwards,
    just brings it back. At high speed the bank is turned over when ``reversal_share`` of the reach is needed
    on the other side. Below ``final_speed`` one last reversal is planned: what is left of the reach falls
    with the square of the time to go, so it comes after ``1 - sqrt((1 + balance) / 2)`` of it.
    """
    toward = state.side * balance
    early = (toward > s.reversal_share) & ~final
    left = jnp.sqrt(jnp.clip(0.5 * (1.0 + toward), LEAST, 1.0))
    switch = duration * (1.0 - left)
    now = planned & (switch < 0.5 * roll_time + 0.5 * s.cycle)
    side = jnp.where(early | now, -state.side, state.side)
    return side, jnp.maximum(switch - s.cycle, 0.0), state.reversed | now
