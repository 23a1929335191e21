"""What the navigation of a turning capsule remembers, and how its beliefs are carried on and corrected."""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid
from homeward.flight.navigation import error_state_filter as filter_
from homeward.flight.navigation.delayed_measurements import Past, no_past
from homeward.flight.navigation.error_state_filter import Covariance, Errors
from homeward.flight.navigation.gnss_error_states import Sky
from homeward.flight.navigation.gnss_spoofing import SpoofingMonitor, no_lead
from homeward.flight.navigation.imu_fdi import VotingState
from homeward.flight.navigation.mechanization import CycleSums, NavState, bank_of, no_sums, small_turn
from homeward.flight.navigation.scale_factor_noise import SlowMotion, eased, no_motion
from homeward.flight.navigation.sensor_parameters import AidBelief, InertialBelief
from homeward.icd import InertialSample, Navigation, NavigationStart
from homeward.math.quaternion import to_matrix
from homeward.math.triples import cross, join, split
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

    reckoned: NavState
    errors: SensorErrors
    covariance: Covariance
    sums: CycleSums
    last: InertialSample
    C_EI: Mat33  # as of the last cycle
    motion: SlowMotion
    started: Flag  # position and velocity are believed
    aligned: Flag  # the attitude is
    rejected: Int[Array, "3"]  # readings in a row that the gate refused: stars, positions, velocities
    squares: Vec3  # normalised squares of the last innovations, a dimension: stars, places, velocities
    lead: SpoofingMonitor  # whether satellites lead it away
    voting: VotingState | None = None  # whom of a redundant unit it trusts
    sky: Sky | None = None  # of a receiver that tells ranges
    past: Past | None = None  # for readings that come late


def powered_on(
    reckoned: NavState, P: Covariance, started: Flag, aligned: Flag, voting: VotingState | None,
    sky: Sky | None,
) -> StrapdownState:  # fmt: skip
    """The state before the first tick, with what is believed of the motion and which of it is."""
    zero, zeros = jnp.zeros(()), jnp.zeros(3)
    return StrapdownState(
        reckoned=reckoned, errors=SensorErrors(zeros, zeros, zeros, zeros, zeros), covariance=P,
        sums=no_sums(), last=InertialSample(zeros, zeros, zero), C_EI=jnp.eye(3), motion=no_motion(),
        started=started, aligned=aligned, rejected=jnp.zeros(3, int), squares=zeros, lead=no_lead(),
        voting=voting, sky=sky, past=no_past(reckoned),
    )  # fmt: skip


def begun_from(
    start: NavigationStart, reckoned: NavState, P: Covariance
) -> tuple[NavState, Covariance, Flag, Flag]:
    """Belief and covariance from a state that was stored or sent, and whether place and attitude are known.

    ``reckoned`` and ``P`` are those of nothing known.
    """
    f, eye = filter_, jnp.eye(3)
    placed, aligned = jnp.isfinite(start.position_sigma), jnp.isfinite(start.attitude_sigma)
    r = jnp.where(placed, start.r_BI_I, reckoned.r_BI_I)
    v = jnp.where(placed, start.v_BI_I, reckoned.v_BI_I)
    q = jnp.where(aligned, start.q_BI, reckoned.q_BI)

    def square(known: Flag, sigma: Scalar) -> Mat33:
        return jnp.where(known, sigma, 0.0) ** 2 * eye

    P = P.at[f.PLACE, f.PLACE].set(square(placed, start.position_sigma))
    P = P.at[f.SPEED, f.SPEED].set(square(placed, start.velocity_sigma))
    turn = jnp.where(aligned, square(aligned, start.attitude_sigma), P[f.TURN, f.TURN])
    return NavState(q, r, v), P.at[f.TURN, f.TURN].set(turn), placed, aligned


def only_known(state: StrapdownState, reckoned: NavState) -> NavState:
    """What was reckoned, of what is known; the rest as it was."""
    old = state.reckoned
    return NavState(
        jnp.where(state.aligned, reckoned.q_BI, old.q_BI),
        jnp.where(state.started, reckoned.r_BI_I, old.r_BI_I),
        jnp.where(state.started, reckoned.v_BI_I, old.v_BI_I),
    )


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


def injected(reckoned: NavState, errors: SensorErrors, x: Errors) -> tuple[NavState, SensorErrors]:
    """Belief corrected by the errors found; an error of zero changes no bit."""
    f = filter_
    turn_B = jnp.sum(to_matrix(reckoned.q_BI) * x[f.TURN][None, :], axis=1)
    turned = small_turn(reckoned.q_BI, split(turn_B))
    return NavState(
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


def navigation_message(
    ellipsoid: Ellipsoid, state: StrapdownState, t: Scalar, omega_E: Vec3, force_I: Vec3, satellites: Flag
) -> Navigation:
    """The navigation message of a cycle: position and velocity in E, specific force, bank. SI units."""
    C_EI = state.C_EI
    r_E = jnp.sum(C_EI * state.reckoned.r_BI_I[None, :], axis=1)
    v_E = jnp.sum(C_EI * state.reckoned.v_BI_I[None, :], axis=1) - join(cross(split(omega_E), split(r_E)))
    return Navigation(
        time=t,
        r_BE_E=r_E,
        v_BE_E=v_E,
        specific_force=jnp.sum(C_EI * force_I[None, :], axis=1),
        bank=bank_of(ellipsoid, C_EI, state.reckoned.q_BI, r_E, v_E),
        blackout=~satellites,
    )
