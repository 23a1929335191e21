"""The relative filter's covariance: 34 errors, carried on by the gradient, corrected number by number.

Errors are truth less belief. The sensors' lasting errors are states, in units of their own 1-sigma, so that
readings of one error are not taken for many. Sources: Carpenter and D'Souza, Navigation Filter Best
Practices, NASA/TP-2018-219822; docs/models/relative_navigation.md.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.math.xla_barrier import routine
from homeward.typing import Array, Bool, Flag, Float, Mat33, Scalar, Vec3

SIZE = 34
PLACE, SPEED = slice(0, 3), slice(3, 6)  # m and m/s, I, ship less station
SLOW = slice(6, 9)  # slow error of satellites (I) or, near, of the camera (B); of its 1-sigma
LIDAR = slice(9, 12)  # error of the lidar drawn once a flight: range, two angles; of its 1-sigma
TOLD = slice(12, 15)  # rad, T: the station against its told attitude
FAST = slice(
    15, 18
)  # slow error of the satellites' velocity (I) or of the camera's attitude (B); of its 1-sigma
RADAR = slice(18, 22)  # error of the radar drawn once a flight: range, rate, two angles; of its 1-sigma
# What was built off its drawing, for good; of its tolerance, B: camera's axes against the star tracker's,
# axes of target and port as the camera sees them, place of camera and target from their ports, axes of the
# lidar against the star tracker's.
BUILT = slice(22, 34)
BORE, AXES, SHIFT, LASER = slice(22, 25), slice(25, 28), slice(28, 31), slice(31, 34)
MOVING = 6  # the first errors, which motion mixes

# A "constant" error of lidar or radar renews itself in this time, s: its variance can never run to zero.
LASTING_TIME = 20_000.0

Covariance = Float[Array, "n n"]


class Rows(eqx.Module):
    """Scalar readings of a cycle, or one of them."""

    H: Float[Array, "*m n"]  # what they see of the errors
    residual: Float[Array, "*m"]  # reading less belief
    variance: Float[Array, "*m"]
    valid: Bool[Array, "*m"]


def joined(*rows: Rows) -> Rows:
    """All rows in one."""
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), *rows)


def initial(place: Vec3, speed: Vec3, told: Scalar) -> Float[Array, "n n"]:
    """Covariance of 1-sigma figures [m, m/s, I; rad]; the sensors' errors in their own spread."""
    sigma = jnp.concatenate([place, speed, jnp.ones(6), told * jnp.ones(3), jnp.ones(SIZE - 15)])
    return jnp.eye(SIZE) * (sigma * sigma)[:, None]


def carry_motion(P: Covariance, gradient: Mat33, dt: Scalar) -> Covariance:
    """The first six errors of ``P`` moved on by ``dt`` [s]; ``gradient`` [1/s2] is that of gravity, I.

    ``r' = (1 + G T^2/2) r + (T + G T^3/6) v``, ``v' = T G r + (1 + G T^2/2) v``.
    """
    half, sixth = 0.5 * dt * dt * gradient, dt * dt * dt / 6.0 * gradient

    def mix(rows: Float[Array, "m n"]) -> Float[Array, "6 n"]:
        place, speed = rows[PLACE], rows[SPEED]
        return jnp.concatenate(
            [
                place + dt * speed + times(half, place) + times(sixth, speed),
                speed + dt * times(gradient, place) + times(half, speed),
            ]
        )

    upper = mix(P)
    square = mix(upper[:, :MOVING].T)
    square = 0.5 * (square + square.T)
    if P.shape[0] == MOVING:
        return square
    wide = upper[:, MOVING:]
    return jnp.concatenate(
        [
            jnp.concatenate([square, wide], axis=1),
            jnp.concatenate([wide.T, P[MOVING:, MOVING:]], axis=1),
        ]
    )


def moving_noise(walk2: Scalar | Mat33, kick2: Scalar, dt: Scalar) -> Float[Array, "6 6"]:
    """Noise of place and speed: a random walk of speed [m2/s3] and a gain's error [m2/s2] spread evenly.

    A walk that is not the same in every direction comes as a matrix, I.
    """
    walk2 = walk2 * jnp.eye(3) if walk2.ndim == 0 else walk2
    kick2 = kick2 * jnp.eye(3)
    place = walk2 * (dt * dt * dt / 3.0) + 0.25 * kick2 * dt * dt
    both = 0.5 * walk2 * dt * dt + 0.5 * kick2 * dt
    speed = walk2 * dt + kick2
    return jnp.concatenate([jnp.concatenate([place, both], axis=1), jnp.concatenate([both, speed], axis=1)])


def carry(
    P: Float[Array, "n n"],
    gradient: Mat33,
    dt: Scalar,
    noise: Float[Array, "6 6"],
    slow_decay: Scalar,
    told_decay: Scalar,
    told: Scalar,
) -> Float[Array, "n n"]:
    """The covariance one cycle on; decays are those of the slow errors, ``told`` [rad] a steady spread."""
    return routine(_carry, P, gradient, dt, noise, slow_decay, told_decay, told)


def _carry(
    P: Float[Array, "n n"],
    gradient: Mat33,
    dt: Scalar,
    noise: Float[Array, "6 6"],
    slow_decay: Scalar,
    told_decay: Scalar,
    told: Scalar,
) -> Float[Array, "n n"]:
    drawn_decay = jnp.exp(-dt / LASTING_TIME)
    three, rest = jnp.ones(3), jnp.ones(SIZE - RADAR.start)
    keep = jnp.concatenate(
        [
            jnp.ones(MOVING), slow_decay * three, drawn_decay * three, told_decay * three, slow_decay * three,
            drawn_decay * rest,
        ]
    )  # fmt: skip
    fresh = jnp.concatenate([three, three, told * told * three, three, rest])
    fresh = (1.0 - keep[MOVING:] * keep[MOVING:]) * fresh
    moved = carry_motion(P, gradient, dt) * (keep[:, None] * keep[None, :])
    added = jnp.zeros((SIZE, SIZE)).at[:MOVING, :MOVING].set(noise)
    added = added.at[MOVING:, MOVING:].set(jnp.eye(SIZE - MOVING) * fresh[:, None])
    return moved + added


def renewed(P: Float[Array, "n n"], same: Scalar) -> Float[Array, "n n"]:
    """Slow errors that begin anew with another sensor where ``same`` is 0; nothing changed where it is 1."""
    three = jnp.ones(3)
    keep = jnp.concatenate(
        [three, three, same * three, three, three, same * three, jnp.ones(SIZE - RADAR.start)]
    )
    return P * (keep[:, None] * keep[None, :]) + jnp.eye(SIZE) * (1.0 - keep)[:, None]


def widened(P: Covariance, moving: Scalar, told: Scalar) -> Covariance:
    """Place and speed, and the told attitude, less sure by factors; what errors have in common is kept."""
    three = jnp.ones(3)
    s = jnp.concatenate(
        [moving * three, moving * three, three, three, told * three, jnp.ones(SIZE - FAST.start)]
    )
    s = s[: P.shape[0]]
    return P * (s[:, None] * s[None, :])


def correct(
    P: Covariance, rows: Rows, gate: Scalar
) -> tuple[Covariance, Float[Array, " n"], Bool[Array, " m"], Float[Array, " m"]]:
    """Readings taken in one by one; returns covariance, errors found, which readings were taken, and the
    squares of their innovations over the believed variances (0: not taken).

    ``P - g g'`` with ``g = P h / sqrt(s)``: symmetric to the last bit. An innovation beyond ``gate`` sigmas
    is not taken.
    """

    def one(carry: tuple[Covariance, Float[Array, " n"]], row: Rows):
        # A routine of its own: fused with the loop, what is seen of P is worked out again and again.
        P, x, taken, square = routine(_correct_one, *carry, row, gate)
        return (P, x), (taken, square)

    (P, x), (taken, squares) = jax.lax.scan(one, (P, jnp.zeros(P.shape[0])), rows)
    return P, x, taken, squares


def _correct_one(
    P: Covariance, x: Float[Array, " n"], row: Rows, gate: Scalar
) -> tuple[Covariance, Float[Array, " n"], Flag, Scalar]:
    seen = jnp.sum(row.H[:, None] * P, axis=0)
    s = jnp.sum(row.H * seen) + row.variance
    rest = row.residual - jnp.sum(row.H * x)
    taken = row.valid & (rest * rest < gate * gate * s)
    scale = jnp.where(taken, 1.0 / jnp.sqrt(s), 0.0)
    g = seen * scale
    square = jnp.where(taken, rest * rest / s, 0.0)
    return P - g[:, None] * g[None, :], x + g * (rest * scale), taken, square


def times(A: Float[Array, "m k"], B: Float[Array, "k n"]) -> Float[Array, "m n"]:
    """``A B`` as a sum of outer products, which runs along the last axis where a batched dot would not."""
    total = A[:, 0, None] * B[0, None, :]
    for k in range(1, A.shape[1]):
        total = total + A[:, k, None] * B[k, None, :]
    return total
