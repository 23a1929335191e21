"""What the navigation of a turning capsule remembers, and how its beliefs are carried on and corrected."""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight import navigation_filter as filter_
from homeward.flight.beliefs import AidBelief, InertialBelief
from homeward.flight.led_away import Lead
from homeward.flight.navigation_filter import Covariance, Errors
from homeward.flight.past import Past
from homeward.flight.range_errors import Sky
from homeward.flight.slow_motion import SlowMotion, eased
from homeward.flight.strapdown import CycleSums, Reckoned, small_turn
from homeward.flight.voting import VotingState
from homeward.icd import InertialSample
from homeward.math.components import split
from homeward.math.quaternion import to_matrix
from homeward.typing import Array, Flag, Int, Mat33, Scalar, Vec3


class SensorErrors(eqx.Module):
    """Believed errors of the sensors."""

    gyro_bias: Vec3  # rad/s
    accelerometer_bias: Vec3  # m/s2
    mounting: Vec3  # rad, body axes against the unit's
    slow_position: Vec3  # m, satellites, I
    slow_velocity: (
        Vec3  # m/s; of a receiver that tells ranges: its clock [m], its rate [m/s], their clock error [m]
    )


class StrapdownState(eqx.Module):
    """All that the navigation remembers."""

    reckoned: Reckoned
    errors: SensorErrors
    covariance: Covariance
    sums: CycleSums
    last: InertialSample
    C_EI: Mat33  # as of the last cycle
    motion: SlowMotion
    started: Flag
    rejected: Int[Array, "3"]  # readings in a row that the gate refused: stars, positions, velocities
    squares: Vec3  # normalised squares of the last innovations, a dimension: stars, places, velocities
    lead: Lead  # whether satellites lead it away
    voting: VotingState | None = None  # whom of a redundant unit it trusts
    sky: Sky | None = None  # of a receiver that tells ranges
    past: Past | None = None  # for readings that come late


def carried(
    errors: SensorErrors, unit: InertialBelief, aids: AidBelief, motion: SlowMotion, duration: Scalar
) -> SensorErrors:
    """The slow errors of a receiver's fixes, and a bias that goes with the force, one cycle on."""
    decay = aids.decay(duration)
    u, along, across = eased(unit, motion)
    bias = errors.accelerometer_bias
    bias = across * bias + (along - across) * jnp.sum(u * bias) * u
    return eqx.tree_at(
        lambda e: (e.accelerometer_bias, e.slow_position, e.slow_velocity), errors,
        (bias, decay * errors.slow_position, decay * errors.slow_velocity),
    )  # fmt: skip


def injected(reckoned: Reckoned, errors: SensorErrors, x: Errors) -> tuple[Reckoned, SensorErrors]:
    """Belief corrected by the errors found; an error of zero changes no bit."""
    f = filter_
    turn_B = jnp.sum(to_matrix(reckoned.q_BI) * x[f.TURN][None, :], axis=1)
    turned = small_turn(reckoned.q_BI, split(turn_B))
    return Reckoned(
        q_BI=jnp.where(jnp.any(x[f.TURN] != 0.0), turned, reckoned.q_BI),
        r_BI_I=reckoned.r_BI_I + x[f.PLACE],
        v_BI_I=reckoned.v_BI_I + x[f.SPEED],
    ), SensorErrors(
        gyro_bias=errors.gyro_bias + x[f.GYRO],
        accelerometer_bias=errors.accelerometer_bias + x[f.ACCELEROMETER],
        mounting=errors.mounting + x[f.MOUNTING],
        slow_position=errors.slow_position + x[f.SLOW_PLACE],
        slow_velocity=errors.slow_velocity + x[f.SLOW_SPEED],
    )
