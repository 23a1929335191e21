"""The ship's attitude near the station: gyros reckon it, stars correct it; accelerometers calibrated at rest.

Six errors, each axis of B by itself: attitude and gyro bias, a Kalman filter of two states three times over.
What couples the axes, a bias turned by the ship's own turn, is small beside the stars at 1 Hz.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.earth.constants import G0
from homeward.flight.navigation.measurement_editing import choose, finite
from homeward.flight.navigation.mechanization import BRIEF, small_turn, turn_error
from homeward.icd import Attitude, InertialSample
from homeward.math.attitude_triples import turn_quaternion
from homeward.math.quaternion import multiply, normalise, to_matrix
from homeward.math.triples import axpy, dot, join, split
from homeward.typing import Flag, Quat, Scalar, Vec3

DEGREE = float(np.pi) / 180.0
ARCSECOND = DEGREE / 3600.0


class PairAttitudeState(eqx.Module):
    """All that is remembered from tick to tick."""

    q_BI: Quat
    gyro_bias: Vec3  # rad/s
    variance: Vec3  # rad2, of the attitude about each axis of B
    shared: Vec3  # rad2/s, covariance of attitude and bias
    bias_variance: Vec3  # rad2/s2
    accelerometer_bias: Vec3  # m/s2
    accelerometer_variance: Scalar  # m2/s4, of that bias about each axis
    delta_v_I: Vec3  # m/s since the cycle before
    moved_I: Vec3  # m, by that gain
    moved: Vec3  # m, I, by the gain of the cycle before
    force_B: Vec3  # m/s as sensed since then, bias and all
    turn: Vec3  # rad, turns added up since then
    duration: Scalar  # s since then
    last: InertialSample
    started: Flag
    refused: Scalar  # readings of the stars in a row


class PairAttitude(eqx.Module):
    """The law, with the figures it was loaded with."""

    gyro_bias: Scalar  # rad/s
    gyro_walk: Scalar  # rad/sqrt(s)
    gyro_scale: Scalar  # rad per rad turned: scale factors and misalignments
    star_cross: Scalar  # rad
    star_roll: Scalar  # rad, about the boresight
    boresight_B: Vec3
    accelerometer_bias: Scalar  # m/s2
    accelerometer_walk: Scalar  # m/s/sqrt(s)
    rest_gate: Scalar  # sigmas of what is felt in free fall beyond which it is none
    longest: Scalar  # s over which the bias is averaged
    gate: Scalar
    patience: Scalar

    def init(self, q_BI: Quat, sigma: Scalar) -> PairAttitudeState:
        """Known from before within ``sigma`` [rad]; the first stars replace it."""
        zero, zeros, ones = jnp.zeros(()), jnp.zeros(3), jnp.ones(3)
        return PairAttitudeState(
            q_BI=q_BI,
            gyro_bias=zeros,
            variance=sigma**2 * ones,
            shared=zeros,
            bias_variance=self.gyro_bias**2 * ones,
            accelerometer_bias=zeros,
            accelerometer_variance=self.accelerometer_bias**2,
            delta_v_I=zeros,
            moved_I=zeros,
            moved=zeros,
            force_B=zeros,
            turn=zeros,
            duration=zero,
            last=InertialSample(zeros, zeros, zero),
            started=jnp.asarray(False),
            refused=zero,
        )

    def tick(self, state: PairAttitudeState, sample: InertialSample) -> PairAttitudeState:
        """One control tick. A sample that is not finite is taken to be like the last one."""
        good = finite(sample.delta_angle, sample.delta_velocity, sample.duration)
        sample = choose(good, sample, state.last)
        dt = sample.duration
        turn = axpy(-dt, split(state.gyro_bias), split(sample.delta_angle))
        gained = sample.delta_velocity - dt * state.accelerometer_bias
        gained_I = jnp.sum(to_matrix(state.q_BI) * gained[:, None], axis=0)
        q = multiply(turn_quaternion(turn, dot(turn, turn)), state.q_BI)
        # First order is enough to keep the length at one: it is off by rounding only.
        q = q * (1.5 - 0.5 * jnp.sum(q * q))
        return eqx.tree_at(
            lambda s: (s.q_BI, s.delta_v_I, s.moved_I, s.force_B, s.turn, s.duration, s.last),
            state,
            (
                q,
                state.delta_v_I + gained_I,
                state.moved_I + dt * (state.delta_v_I + 0.5 * gained_I),
                state.force_B + sample.delta_velocity,
                state.turn + join(turn),
                state.duration + dt,
                sample,
            ),
        )

    def cycle(
        self, state: PairAttitudeState, star_valid: Flag, star_q_BI: Quat, coasting: Flag | None = None
    ) -> tuple[PairAttitudeState, Vec3, Scalar]:
        """Stars taken in, accelerometers calibrated; the cycle's gain [m/s, I] and its 1-sigma an axis.

        The 1-sigma is that of bias and noise; what is in proportion to the gain is not in it. ``coasting``
        tells that no valve has been open since the cycle before: a slow approach along the orbit takes a
        push of ``2 n v``, and a single pulse for the attitude is as much, which would be taken for a bias.
        Without it, what is felt decides by itself.
        """
        T = state.duration
        p, c = state.variance, state.shared
        turned = jnp.sqrt(jnp.sum(state.turn * state.turn))
        # Errors in proportion to the turn add up, not their squares: navigation_filter has the reasoning.
        fresh = self.gyro_walk**2 * T + jnp.pi * self.gyro_scale**2 * turned
        p = p - 2.0 * T * c + T * T * state.bias_variance + fresh
        c = c - T * state.bias_variance
        p, c, b, state = self._stars(state, p, c, state.bias_variance, star_valid, star_q_BI)
        bias, left = self._calibrated(state, coasting)
        spread = jnp.sqrt(left * T * T + self.accelerometer_walk**2 * T)
        delta_v = state.delta_v_I
        state = eqx.tree_at(
            lambda s: (s.variance, s.shared, s.bias_variance, s.accelerometer_bias, s.accelerometer_variance),
            state,
            (p, c, b, bias, left),
        )
        state = eqx.tree_at(
            lambda s: (s.delta_v_I, s.moved_I, s.moved, s.force_B, s.turn, s.duration),
            state,
            (jnp.zeros(3), jnp.zeros(3), state.moved_I, jnp.zeros(3), jnp.zeros(3), jnp.zeros(())),
        )
        return state, delta_v, spread

    def doubted(self, state: PairAttitudeState, gyro: Flag, accelerometer: Flag) -> PairAttitudeState:
        """An instrument of a kind has just been voted out: what was learnt of the bias had its share in it.

        A slow drift is taken for the bias of all, so that belief stays right until the vote; without the one
        that drifts, the same bias would push the ship by as much the other way. So it is forgotten for what
        the data sheet says.
        """
        ones, zeros = jnp.ones(3), jnp.zeros(3)
        return eqx.tree_at(
            lambda s: (
                s.gyro_bias, s.shared, s.bias_variance, s.accelerometer_bias, s.accelerometer_variance,
            ),
            state,
            (
                jnp.where(gyro, zeros, state.gyro_bias), jnp.where(gyro, zeros, state.shared),
                jnp.where(gyro, self.gyro_bias**2 * ones, state.bias_variance),
                jnp.where(accelerometer, zeros, state.accelerometer_bias),
                jnp.where(accelerometer, self.accelerometer_bias**2, state.accelerometer_variance),
            ),
        )  # fmt: skip

    def attitude(self, state: PairAttitudeState) -> Attitude:
        """Attitude and rate as of the last tick."""
        last = state.last
        told = last.duration > BRIEF
        rate = last.delta_angle / jnp.where(told, last.duration, 1.0) - state.gyro_bias
        return Attitude(
            q_BI=jnp.where(state.q_BI[0] < 0.0, -state.q_BI, state.q_BI),
            omega_BI_B=jnp.where(told, rate, jnp.zeros(3)),
            known=jnp.ones_like(state.started),
        )

    def sigma(self, state: PairAttitudeState) -> Vec3:
        """1-sigma [rad] about the axes of B."""
        return jnp.sqrt(state.variance)

    def _stars(
        self, state: PairAttitudeState, p: Vec3, c: Vec3, b: Vec3, valid: Flag, seen: Quat
    ) -> tuple[Vec3, Vec3, Vec3, PairAttitudeState]:
        length2 = jnp.sum(seen * seen)
        valid = valid & finite(seen) & (jnp.abs(length2 - 1.0) < 1e-3)
        seen = normalise(jnp.where(valid, seen, jnp.asarray([1.0, 0.0, 0.0, 0.0])))
        along2 = self.boresight_B * self.boresight_B
        noise = self.star_cross**2 + (self.star_roll**2 - self.star_cross**2) * along2
        error = join(turn_error(state.q_BI, seen))
        s = p + noise
        inside = jnp.all(error * error < self.gate**2 * s)
        # After many refusals the stars are right and the reckoning is not.
        anew = valid & ((~state.started) | (~inside & (state.refused >= self.patience)))
        taken = valid & inside & ~anew
        gain, of_bias = jnp.where(taken, p / s, 0.0), jnp.where(taken, c / s, 0.0)
        q = small_turn(state.q_BI, split(gain * error))
        state = eqx.tree_at(
            lambda s: (s.q_BI, s.gyro_bias, s.started, s.refused),
            state,
            (
                jnp.where(anew, seen, jnp.where(taken, q, state.q_BI)),
                state.gyro_bias + of_bias * error,
                state.started | anew,
                jnp.where(valid, jnp.where(taken | anew, 0.0, state.refused + 1.0), state.refused),
            ),
        )
        left = 1.0 - gain
        return (
            jnp.where(anew, noise, left * p),
            jnp.where(anew, jnp.zeros(3), left * c),
            b - of_bias * c,
            state,
        )

    def _calibrated(self, state: PairAttitudeState, coasting: Flag | None) -> tuple[Vec3, Scalar]:
        """The accelerometers' bias and its variance: what is felt while nothing but gravity acts.

        A Kalman filter of one state an axis, its memory ``longest``. What is beyond the gate is no bias; but
        where that goes on, it is the bias that was wrong: it is less and less sure and at last forgotten, and
        what the data sheet says of it is all that is believed.
        """
        falling = state.duration > BRIEF
        T = jnp.where(falling, state.duration, 1.0)
        off = state.force_B / T - state.accelerometer_bias
        noise, prior = self.accelerometer_walk**2 / T, self.accelerometer_bias**2
        P = state.accelerometer_variance + noise * (T / self.longest) ** 2
        falling = falling if coasting is None else falling & coasting
        inside = jnp.all(off * off < self.rest_gate**2 * (P + noise))
        taken = falling & inside
        doubted = falling & ~inside & (coasting is not None)
        P = jnp.where(doubted, P + prior / self.patience, P)
        bias = jnp.where(doubted & (prior <= P), 0.0, state.accelerometer_bias)
        P = jnp.minimum(P, prior)
        gain = jnp.where(taken, P / (P + noise), 0.0)
        return bias + gain * off, (1.0 - gain) * P


def pair_attitude() -> PairAttitude:
    """Figures of a navigation-grade unit and of a star tracker (docs/models/relative_navigation.md)."""
    n = jnp.asarray
    return PairAttitude(
        gyro_bias=n(0.0035 * DEGREE / 3600.0),
        gyro_walk=n(0.002 * DEGREE / 60.0),
        gyro_scale=n(20.0 * ARCSECOND),
        star_cross=n(5.0 * ARCSECOND),
        star_roll=n(20.0 * ARCSECOND),
        boresight_B=n([0.0, 0.6, -0.8]),
        accelerometer_bias=n(25e-6 * G0),
        accelerometer_walk=n(1e-4),
        rest_gate=n(4.0),
        longest=n(1000.0),
        gate=n(5.0),
        patience=n(10.0),
    )
