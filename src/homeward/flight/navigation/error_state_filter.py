"""The error-state filter: 24 errors of what is reckoned, of the sensors and of the satellites' slow part.

Errors are truth less belief. That of attitude is a small turn in I (multiplicative), so that it keeps still
while the capsule turns. Sources: Carpenter and D'Souza, Navigation Filter Best Practices,
NASA/TP-2018-219822; Groves (2013), chapters 3 and 14. See docs/models/strapdown_navigation.md.
"""

from functools import partial

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.navigation.mechanization import CycleSums
from homeward.flight.navigation.scale_factor_noise import SlowMotion, eased
from homeward.flight.navigation.sensor_parameters import AidBelief, InertialBelief
from homeward.math.xla_barrier import routine
from homeward.typing import Array, Flag, Float, Mat33, Scalar, Vec3

SIZE = 24
TURN, PLACE, SPEED = slice(0, 3), slice(3, 6), slice(6, 9)  # rad, m, m/s; in I
GYRO, ACCELEROMETER = slice(9, 12), slice(12, 15)  # biases, rad/s and m/s2, in the unit's axes
MOUNTING = slice(15, 18)  # body axes against the unit's, rad
SLOW_PLACE, SLOW_SPEED = slice(18, 21), slice(21, 24)  # Gauss-Markov errors of the satellites, m and m/s, I
# Where the receiver tells ranges, its velocity has no slow error; its clock [m], that one's rate [m/s] and
# the satellites' slow error of the clock [m] stand there.
SLOW, CLOCK, DRIFT, SLOW_CLOCK = SLOW_PLACE, 21, 22, 23
MOVING = 9  # the first errors, which the reckoning mixes

UNKNOWN_TURN = 1.0  # rad an axis: an attitude that nobody knows

# A bias that is a random walk in step with the force has less effect than the constant scale factor which it
# stands for: 2/3 of the variance of the velocity after a force that grows evenly.
WALK_FOR_CONSTANT = 1.5

# In orbit what the zonal field leaves out changes over a quarter of an hour and looks like a bias. So the
# bias is not known for good: it walks by its prior spread in half this time, s.
BIAS_TIME = 5000.0

Covariance = Float[Array, "24 24"]
Errors = Float[Array, "24"]


class BiasStep(eqx.Module):
    """A change of a bias: its covariance, and a step it may have had before."""

    spread: Mat33
    step: Vec3


def initial_covariance(unit: InertialBelief, aids: AidBelief, C_IB: Mat33, noise_B: Mat33) -> Covariance:
    """Covariance where attitude, position and velocity were just set from stars and satellites.

    ``noise_B`` is the stars' covariance [rad2].
    """
    return with_place(with_attitude(unknown(unit, aids), unit, C_IB, noise_B), aids)


def unknown(unit: InertialBelief, aids: AidBelief) -> Covariance:
    """Covariance where neither attitude nor position is known, but the sensors as they were delivered.

    That of position and velocity is zero: nothing is believed, and nothing reckoned.
    """
    eye = jnp.eye(3)
    P = jnp.zeros((SIZE, SIZE)).at[TURN, TURN].set(UNKNOWN_TURN**2 * eye)
    P = P.at[MOUNTING, MOUNTING].set(unit.mounting**2 * eye)
    P = P.at[SLOW_PLACE, SLOW_PLACE].set(aids.satellite_position**2 * eye)
    P = P.at[SLOW_SPEED, SLOW_SPEED].set(aids.satellite_velocity**2 * eye)
    P = P.at[GYRO, GYRO].set(unit.gyro_bias**2 * eye)
    return P.at[ACCELEROMETER, ACCELEROMETER].set(unit.accelerometer_bias**2 * eye)


def with_attitude(P: Covariance, unit: InertialBelief, C_IB: Mat33, noise_B: Mat33) -> Covariance:
    """Covariance where the attitude was just set from stars; ``noise_B`` is theirs [rad2].

    What was set carries the mounting of the inertial unit.
    """
    mounting = unit.mounting**2 * jnp.eye(3)
    P = forgotten(P, TURN, MOUNTING)
    P = P.at[TURN, TURN].set(multiply(C_IB, multiply(mounting + noise_B, C_IB.T)))
    P = P.at[TURN, MOUNTING].set(-(unit.mounting**2) * C_IB)
    P = P.at[MOUNTING, TURN].set(-(unit.mounting**2) * C_IB.T)
    return P.at[MOUNTING, MOUNTING].set(mounting)


def with_place(P: Covariance, aids: AidBelief) -> Covariance:
    """Covariance where position and velocity were just set from satellites, whose slow errors they carry."""
    eye = jnp.eye(3)
    slow_r, slow_v = aids.satellite_position**2 * eye, aids.satellite_velocity**2 * eye
    P = forgotten(P, PLACE, SPEED, SLOW_PLACE, SLOW_SPEED)
    P = P.at[PLACE, PLACE].set(slow_r + aids.satellite_position_noise**2 * eye)
    P = P.at[PLACE, SLOW_PLACE].set(-slow_r).at[SLOW_PLACE, PLACE].set(-slow_r)
    P = P.at[SPEED, SPEED].set(slow_v + aids.satellite_velocity_noise**2 * eye)
    P = P.at[SPEED, SLOW_SPEED].set(-slow_v).at[SLOW_SPEED, SPEED].set(-slow_v)
    return P.at[SLOW_PLACE, SLOW_PLACE].set(slow_r).at[SLOW_SPEED, SLOW_SPEED].set(slow_v)


def forgotten(P: Covariance, *errors: slice) -> Covariance:
    """The covariance with the rows and columns of some errors at zero."""
    for one in errors:
        P = P.at[one, :].set(0.0).at[:, one].set(0.0)
    return P


def propagate(
    unit: InertialBelief,
    aids: AidBelief,
    P: Covariance,
    sums: CycleSums,
    gradient: Mat33,
    motion: SlowMotion,
    falling: bool = False,
) -> Covariance:
    """The covariance one cycle on, ``Phi P Phi' + Q``, symmetric to the last bit.

    ``sums`` are those of the cycle, ``gradient`` [1/s2] that of gravity in I. ``falling`` (static): the
    accelerometers were not used, and their errors do nothing.
    """
    return routine(partial(_propagate, falling=falling), unit, aids, P, sums, gradient, motion)


def _propagate(
    unit: InertialBelief,
    aids: AidBelief,
    P: Covariance,
    sums: CycleSums,
    gradient: Mat33,
    motion: SlowMotion,
    falling: bool,
) -> Covariance:
    t = sums.duration
    A, half = sums.attitude, 0.5 * t
    lever = cross_matrix(sums.delta_v)
    lever_A = 0.5 * multiply(lever, A)
    pull = 0.5 * t * t * gradient

    def mix(rows: Float[Array, "24 n"]) -> Float[Array, "9 n"]:
        """The upper rows of the transition matrix times ``rows``."""
        turn, place, speed = rows[TURN], rows[PLACE], rows[SPEED]
        tilt = multiply(lever, turn)
        if not falling:
            tilt = tilt + multiply(A, rows[ACCELEROMETER])
        fall = multiply(gradient, place)
        return jnp.concatenate(
            [
                turn - multiply(A, rows[GYRO]),
                place + t * speed + half * t * fall - half * tilt,
                speed + t * fall + multiply(pull, speed) - tilt + multiply(lever_A, rows[GYRO]),
            ]
        )

    decay = aids.decay(t)
    u, along, across = eased(unit, motion)
    keep = jnp.concatenate([jnp.ones(3), across * jnp.ones(3), jnp.ones(3), decay * jnp.ones(6)])
    of_force = jnp.concatenate([jnp.zeros(3), u, jnp.zeros(9)])

    def kept(columns: Float[Array, "m 15"]) -> Float[Array, "m 15"]:
        """Errors of the sensors, as columns, one cycle on."""
        seen = (along - across) * jnp.sum(columns * of_force[None, :], axis=1)
        return columns * keep[None, :] + seen[:, None] * of_force[None, :]

    upper = routine(mix, P)
    square = mix(upper.T)
    wide = kept(upper[:, MOVING:])
    lower = kept(kept(P[MOVING:, MOVING:]).T)
    lower = 0.5 * (lower + lower.T)
    square = 0.5 * (square + square.T) + _reckoning_noise(unit, motion, t)
    lower = lower + _sensor_noise(unit, aids, motion, t, 1.0 - decay * decay)
    return jnp.concatenate(
        [jnp.concatenate([square, wide], axis=1), jnp.concatenate([wide.T, lower], axis=1)], axis=0
    )


def _reckoning_noise(unit: InertialBelief, motion: SlowMotion, t: Scalar) -> Float[Array, "9 9"]:
    """Random walks, and the gyros' errors in proportion to the turn.

    Errors of one turn add up and not their squares: pi times the turn is the square of half a turn at half a
    turn, more before, and less only beyond. There and back nearly all of it is taken back.
    """
    turn = unit.gyro_walk**2 * t + unit.gyro_scale**2 * jnp.pi * motion.new * motion.rate() * t
    walk = unit.accelerometer_walk**2 + unit.gravity_walk**2
    eye, zero = jnp.eye(3), jnp.zeros((3, 3))
    both = (0.5 * walk * t * t) * eye
    return jnp.concatenate(
        [
            jnp.concatenate([turn * eye, zero, zero], axis=1),
            jnp.concatenate([zero, (walk * t * t * t / 3.0) * eye, both], axis=1),
            jnp.concatenate([zero, both, (walk * t) * eye], axis=1),
        ]
    )


def _sensor_noise(
    unit: InertialBelief, aids: AidBelief, motion: SlowMotion, t: Scalar, fresh: Scalar
) -> Float[Array, "15 15"]:
    """What the changing force does to the accelerometers' bias, and the renewal of the satellites' errors.

    The gyros' own misalignments make the mounting look different about each axis of turn: a whole turn adds
    their square.
    """
    u = motion.direction()
    across2 = unit.force_cross**2
    excess = unit.force_scale**2 - across2
    bias = across2 * jnp.eye(3) + excess * u[:, None] * u[None, :]
    bias = WALK_FOR_CONSTANT * jnp.maximum(motion.square_change, 0.0) * bias
    bias = bias + (2.0 * t / BIAS_TIME * unit.accelerometer_bias**2) * jnp.eye(3)
    mounting = unit.gyro_scale**2 * motion.rate() * t / (2.0 * jnp.pi)
    Q = jnp.zeros((SIZE - MOVING, SIZE - MOVING))
    Q = Q.at[3:6, 3:6].set(bias).at[6:9, 6:9].set(mounting * jnp.eye(3))
    Q = Q.at[9:12, 9:12].set(fresh * aids.satellite_position**2 * jnp.eye(3))
    return Q.at[12:15, 12:15].set(fresh * aids.satellite_velocity**2 * jnp.eye(3))


def doubt(C_IB: Mat33, gyro: BiasStep, accelerometer: BiasStep, memory: Scalar) -> Covariance:
    """What to add to the covariance when an instrument is left out of the unit.

    The bias of what the others tell together is another one, and the reckoning has followed the one left out
    for a while: ``memory`` [s]. Axes of the unit and of B are taken as the same.
    """
    bent, pushed = C_IB @ gyro.step, C_IB @ accelerometer.step
    P = jnp.zeros((SIZE, SIZE))
    P = P.at[GYRO, GYRO].set(gyro.spread + jnp.outer(gyro.step, gyro.step))
    P = P.at[ACCELEROMETER, ACCELEROMETER].set(
        accelerometer.spread + jnp.outer(accelerometer.step, accelerometer.step)
    )
    P = P.at[TURN, TURN].set(memory**2 * jnp.outer(bent, bent))
    return P.at[SPEED, SPEED].set(memory**2 * jnp.outer(pushed, pushed))


def cut_off(turn: Scalar, velocity: Scalar, sums: CycleSums) -> Covariance:
    """What to add to the covariance where the unit was at its limit: 1 sigma an axis, rad and m/s.

    What was gained in a wrong attitude went a wrong way, and both move the place for half the cycle.
    """
    lever, half, eye = cross_matrix(sums.delta_v), 0.5 * sums.duration, jnp.eye(3)
    by_turn = turn * jnp.concatenate([eye, -half * lever, -lever])
    by_force = velocity * jnp.concatenate([0.0 * eye, half * eye, eye])
    added = multiply(by_turn, by_turn.T) + multiply(by_force, by_force.T)
    return jnp.zeros((SIZE, SIZE)).at[:MOVING, :MOVING].set(0.5 * (added + added.T))


def correct3(
    P: Covariance,
    x: Errors,
    errors: tuple[slice, slice],
    H: Mat33,
    R: Mat33,
    innovation: Vec3,
    gate: Scalar,
    valid: Flag,
    give_in: Flag,
) -> tuple[Covariance, Errors, Flag, Scalar]:
    """Three readings at once; returns covariance, errors, whether the gate let them through, and the
    normalised square of the innovation, a dimension.

    They see ``H`` times the first of ``errors`` plus the second, with the noise ``R``; ``innovation`` is
    reading less belief, of which ``x`` explains a part already. Joseph's form ``(I-KH) P (I-KH)' + K R K'``
    (NASA/TP-2018-219822), written out. Where the filter is to ``give_in``, the first errors
    are first widened by the innovation itself, so that the gate lets it through and belief follows it. A
    reading that is not taken leaves ``P`` and ``x`` as they are, bit for bit.
    """

    def correct(P, x, H, R, innovation, gate, valid, give_in):
        first, second = errors
        residual = innovation - jnp.sum(H * x[first][None, :], axis=1) - x[second]
        widening = jnp.where(give_in, jnp.sum(residual * residual), 0.0)
        wide = jnp.zeros((SIZE, SIZE)).at[first, first].set(jnp.eye(3))
        rows = multiply(H, P[first]) + P[second] + widening * multiply(H, wide[first])
        S = multiply(rows[:, first], H.T) + rows[:, second] + R
        weight = inverse3(S)
        weighted = jnp.sum(weight * residual[None, :], axis=1)
        square = jnp.sum(weighted * residual)
        taken = valid & (square < gate * gate)
        told = corrected(P + widening * wide, P, x, rows, S, weight, residual, taken)
        return (*told, square / 3.0)

    return routine(correct, P, x, H, R, innovation, gate, valid, give_in)


def corrected(
    widened: Covariance,
    P: Covariance,
    x: Errors,
    rows: Float[Array, "m 24"],
    S: Float[Array, "m m"],
    weight: Float[Array, "m m"],
    residual: Float[Array, " m"],
    taken: Flag,
) -> tuple[Covariance, Errors, Flag]:
    """Covariance and errors after a reading that sees ``rows = H P`` with the spread ``S``; see ``correct3``.

    ``weight`` is the inverse of ``S``. Where it is not ``taken``, ``P`` and ``x`` stay as they are.
    """
    gain = multiply(weight, rows)  # K'
    left = rows - multiply(S, gain)  # rounding only: what makes the form Joseph's
    for k in range(rows.shape[0]):
        widened = widened - (rows[k][:, None] * gain[k][None, :] + gain[k][:, None] * left[k][None, :])
    moved = x
    for k in range(rows.shape[0]):
        moved = moved + gain[k] * residual[k]
    return jnp.where(taken, widened, P), jnp.where(taken, moved, x), taken


def correct1(
    P: Covariance, x: Errors, H: Vec3, r: Scalar, innovation: Scalar, gate: Scalar, valid: Flag
) -> tuple[Covariance, Errors, Flag]:
    """One reading that sees ``H`` times the error of position, with the variance ``r``; as ``correct3``."""

    def correct(P, x, H, r, innovation, gate, valid):
        residual = innovation - jnp.sum(H * x[PLACE])
        row = jnp.sum(H[:, None] * P[PLACE], axis=0)
        s = jnp.sum(H * row[PLACE]) + r
        taken = valid & (residual * residual < gate * gate * s)
        gain = row * (1.0 / s)
        left = row - s * gain
        change = row[:, None] * gain[None, :] + gain[:, None] * left[None, :]
        return jnp.where(taken, P - change, P), jnp.where(taken, x + gain * residual, x), taken

    return routine(correct, P, x, H, r, innovation, gate, valid)


def multiply(A: Float[Array, "m k"], B: Float[Array, "k n"]) -> Float[Array, "m n"]:
    """``A B`` as a sum of outer products, which runs along the last axis where a batched dot would not."""
    total = A[:, 0, None] * B[0, None, :]
    for k in range(1, A.shape[1]):
        total = total + A[:, k, None] * B[k, None, :]
    return total


def inverse3(S: Mat33) -> Mat33:
    """Inverse of a symmetric matrix by its cofactors."""
    a, b, c, d, e, f = S[0, 0], S[0, 1], S[0, 2], S[1, 1], S[1, 2], S[2, 2]
    A, B, C = d * f - e * e, c * e - b * f, b * e - c * d
    D, E, F = a * f - c * c, b * c - a * e, a * d - b * b
    over = 1.0 / (a * A + b * B + c * C)
    return over * jnp.stack([jnp.stack([A, B, C]), jnp.stack([B, D, E]), jnp.stack([C, E, F])])


def cross_matrix(w: Vec3) -> Mat33:
    """The matrix of the cross product with ``w``."""
    x, y, z = w[0], w[1], w[2]
    zero = jnp.zeros_like(x)
    return jnp.stack([jnp.stack([zero, -z, y]), jnp.stack([z, zero, -x]), jnp.stack([-y, x, zero])])
