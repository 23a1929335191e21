"""The ship's own state: six errors, corrected by its fix, or without one by the station's."""

import jax.numpy as jnp

from homeward.flight.relative_navigation.covariance import MOVING, PLACE, SPEED, Rows, correct, widened
from homeward.flight.relative_navigation.measurement_models import lasting
from homeward.flight.relative_navigation.relative_propagation import PairMotion
from homeward.flight.relative_navigation.sensor_parameters import PairBelief
from homeward.icd.rendezvous_messages import PairAids
from homeward.typing import Array, Flag, Float, Scalar

Own = Float[Array, "6 6"]


def correct_own(
    belief: PairBelief,
    own: Own,
    motion: PairMotion,
    aids: PairAids,
    P: Float[Array, "n n"],
    x: Float[Array, " n"],
    dt: Scalar,
    factor: Scalar,
) -> tuple[Own, Float[Array, "6"], Flag, Flag]:
    """Covariance and errors found; whether there was a fix, and whether it was taken.

    Without a fix of the ship, that of the station and the relative state (its covariance ``P``, its errors
    ``x`` just found) make one. ``factor`` widens first. Slow errors are taken for noise that lasts: how well
    the pair knows where it is hardly matters to it, and the filter stays small.
    """
    figures, ones = belief.satellite, jnp.ones(3)
    through = ~aids.satellite_valid & aids.station_valid
    place = jnp.where(through, aids.station_position + motion.r_BT_I + x[PLACE], aids.satellite_position)
    speed = jnp.where(through, aids.station_velocity + motion.v_BT_I + x[SPEED], aids.satellite_velocity)
    time = belief.satellite_time
    variance = jnp.concatenate(
        [
            lasting(figures.position_white, figures.position_slow, time, dt) * ones,
            lasting(figures.velocity_white, figures.velocity_slow, time, dt) * ones,
        ]
    )
    valid = aids.satellite_valid | through
    rows = Rows(
        jnp.eye(MOVING),
        jnp.concatenate([place - motion.r_BI_I, speed - motion.v_BI_I]),
        variance + jnp.where(through, jnp.diagonal(P)[:MOVING], jnp.zeros(MOVING)),
        valid & jnp.ones(MOVING, bool),
    )
    own, found, taken, _ = correct(widened(own, factor, jnp.ones(())), rows, belief.gate)
    return own, found, valid, jnp.all(taken)
