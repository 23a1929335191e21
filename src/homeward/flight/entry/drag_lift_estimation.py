"""Where a prediction starts, and what the entry so far says of drag and lift."""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor_dynamics import PredictorStart
from homeward.icd import Navigation
from homeward.math.triples import dot, scale, split
from homeward.typing import Scalar

LOW = jnp.float32  # the predictor's precision: same miss percentiles as double, half the time


def predictor_start(model: OnboardModel, navigation: Navigation) -> tuple[PredictorStart, Scalar]:
    """The predictor's start, subtracted in double precision before it is rounded; and the speed [m/s]."""
    r = jnp.sqrt(jnp.sum(navigation.r_BE_E**2))
    u = navigation.r_BE_E / r
    altitude = r - model.radius(u[2])
    speed = jnp.sqrt(jnp.sum(navigation.v_BE_E**2))
    start = PredictorStart(
        split(u.astype(LOW)), altitude.astype(LOW), split(navigation.v_BE_E.astype(LOW)),
        navigation.bank.astype(LOW),
    )  # fmt: skip
    return start, speed.astype(LOW)


def adapt_factors(
    model: OnboardModel, settings, state, start: PredictorStart, speed: Scalar, navigation: Navigation
):
    """Fading-memory drag and lift factors from sensed against expected acceleration.

    ``settings`` has ``drag_memory``, ``lasting_memory`` and ``cycle`` [s]; ``state`` has ``drag_here``,
    ``drag_lasting`` and ``lift`` and comes back with new ones.
    """
    force = split(navigation.specific_force.astype(LOW))
    air = scale(1.0 / speed, start.velocity)
    drag = -dot(force, air)
    total2 = dot(force, force)
    lift = jnp.sqrt(jnp.maximum(total2 - drag * drag, 0.0))
    area, ratio = model.aerodynamics(speed)
    expected = 0.5 * model.density(start.altitude) * area * speed * speed
    seen = jnp.clip(drag / jnp.maximum(expected, 1e-6), 0.3, 3.0)
    # Below 0.02 g bias and noise speak louder than air.
    trust = jnp.clip((drag - 0.02 * G0) / (0.05 * G0), 0.0, 1.0)
    fast = trust * settings.cycle / (settings.drag_memory + settings.cycle)
    slow = trust * settings.cycle / (settings.lasting_memory + settings.cycle)
    seen_lift = jnp.clip(lift / jnp.maximum(drag * ratio, 1e-3), 0.5, 2.0)
    return eqx.tree_at(
        lambda p: (p.drag_here, p.drag_lasting, p.lift),
        state,
        (
            state.drag_here + fast * (seen - state.drag_here),
            state.drag_lasting + slow * (seen - state.drag_lasting),
            state.lift + slow * (seen_lift - state.lift),
        ),
    )
