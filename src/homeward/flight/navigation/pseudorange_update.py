"""Pseudo-ranges and range rates in the error-state filter: as many as there are, in one update of four.

Every range sees the same four errors, of place and clock, with the satellites' slow error of both
(``gnss_error_states``): together they say no more than the two sums of ``g g' / r`` and ``g z / r``. What is
left is an update by four numbers, however many satellites are in view, and by fewer where they do not span
four. Groves (2013), section 9.4; the sums are the information form, their root makes of them four readings
with unit noise.
"""

import jax.numpy as jnp

from homeward.earth.constants import SPEED_OF_LIGHT
from homeward.flight.navigation.error_state_filter import (
    CLOCK,
    DRIFT,
    PLACE,
    SIZE,
    SLOW,
    SLOW_CLOCK,
    SPEED,
    Covariance,
    Errors,
    corrected,
    multiply,
)  # fmt: skip
from homeward.flight.navigation.gnss_error_states import MAPPING
from homeward.flight.navigation.sensor_parameters import RangeBelief
from homeward.flight.navigation.small_matrices import cholesky4, inverse4, solve_lower
from homeward.icd import Ranges
from homeward.math.xla_barrier import routine
from homeward.typing import Array, Bool, Flag, Float, Scalar, Vec3

ENOUGH = 0.5  # of the satellites followed, which must pass the gate, or the whole reading counts as refused


def correct_ranges(
    belief: RangeBelief, P: Covariance, x: Errors, ranges: Ranges, place_I: Vec3, speed_I: Vec3,
    slow: Float[Array, "4"], clock: Float[Array, "2"], noise: Scalar, gate: Scalar, warm: Flag,
    give_in: tuple[Flag, Flag],
) -> tuple[Covariance, Errors, tuple[Flag, Flag], tuple[Scalar, Scalar]]:  # fmt: skip
    """Ranges, then rates. Place, velocity, ``clock`` [m, m/s] and ``slow`` (of place, I, and clock [m]) are
    as believed, ``noise`` [m] is that of a range.

    A satellite that is ``gate`` sigmas off is left out. Returns covariance, errors, whether each of the two
    was believed (half of the satellites at least), and the normalised square of each over its dimensions.
    Where the filter is to give in, the first errors are widened by the readings' own spread before.
    """
    offered = warm & jnp.any(ranges.valid)
    # What no place and clock explain stays from one reading to the next: the gate alone allows for it.
    rest = jnp.sqrt(belief.slow**2 + (belief.ionosphere / MAPPING) ** 2)

    def of_ranges(P, x):
        near = place_I + slow[:3] + x[PLACE] + x[SLOW]
        sight, distance = _sights(ranges, near)
        residual = ranges.range - distance - clock[0] - slow[3] - x[CLOCK] - x[SLOW_CLOCK]
        return _update(
            P, x, (PLACE, CLOCK), True, -sight, residual, noise, rest,
            ranges.valid & warm, gate, give_in[0],
        )  # fmt: skip

    def of_rates(P, x):
        sight, _ = _sights(ranges, place_I + x[PLACE])
        closing = _closing(ranges, sight, speed_I + x[SPEED])
        residual = ranges.rate - closing - clock[1] - x[DRIFT]
        return _update(
            P, x, (SPEED, DRIFT), False, -sight, residual, belief.rate_noise, jnp.zeros(()),
            ranges.valid & warm, gate, give_in[1],
        )  # fmt: skip

    P, x, place_taken, one = routine(of_ranges, P, x)
    P, x, speed_taken, other = routine(of_rates, P, x)
    return P, x, (place_taken & offered, speed_taken & offered), (one, other)


def clock_by(ranges: Ranges, place_I: Vec3, speed_I: Vec3) -> Float[Array, "2"]:
    """The receiver's clock [m, m/s] where place and velocity are those of its own fix: the mean over all."""
    weight = jnp.where(ranges.valid, 1.0, 0.0)
    weight = weight / jnp.maximum(jnp.sum(weight), 1.0)
    sight, distance = _sights(ranges, place_I)
    closing = _closing(ranges, sight, speed_I)
    told = jnp.stack([ranges.range - distance, ranges.rate - closing])
    return jnp.sum(weight[None, :] * told, axis=1)


def _closing(ranges: Ranges, sight: Float[Array, "n 3"], speed_I: Vec3) -> Float[Array, " n"]:
    """Rates [m/s] of the ways the signals come, for a receiver that moves at ``speed_I`` [m/s].

    Places and velocities are told of the instant at which a signal left; while the way grows, so does its
    light time. Groves (2013), section 8.5.3.
    """
    along = 1.0 + jnp.sum(sight * ranges.speed, axis=1) / SPEED_OF_LIGHT
    return jnp.sum(sight * (ranges.speed - speed_I[None, :]), axis=1) / along


def _sights(ranges: Ranges, place_I: Vec3) -> tuple[Float[Array, "n 3"], Float[Array, " n"]]:
    apart = ranges.place - place_I[None, :]
    distance = jnp.sqrt(jnp.sum(apart * apart, axis=1))
    return apart / jnp.maximum(distance, 1.0)[:, None], distance


def _update(
    P: Covariance, x: Errors, errors: tuple[slice, int], with_slow: bool, minus_sight: Float[Array, "n 3"],
    residual: Float[Array, " n"], noise: Scalar, rest: Scalar, valid: Bool[Array, " n"], gate: Scalar,
    give_in: Flag,
) -> tuple[Covariance, Errors, Flag, Scalar]:  # fmt: skip
    first, clock = errors
    count = jnp.maximum(jnp.sum(jnp.where(valid, 1.0, 0.0)), 1.0)
    off = jnp.sum(jnp.where(valid, residual * residual, 0.0)) / count
    # Four times: a place can be twice as wrong as its ranges.
    widening = jnp.where(give_in, 4.0 * off, 0.0)
    index = jnp.arange(SIZE)
    touched = ((index >= first.start) & (index < first.stop)) | (index == clock)
    wide = P + jnp.where(touched, widening, 0.0)[:, None] * jnp.eye(SIZE)

    def seen(rows: Float[Array, "m n"]) -> Float[Array, "4 n"]:
        mine = jnp.concatenate([rows[first], rows[clock : clock + 1]])
        if not with_slow:
            return mine
        return mine + jnp.concatenate([rows[SLOW], rows[SLOW_CLOCK : SLOW_CLOCK + 1]])

    rows = seen(wide)
    spread = seen(rows.T)  # 4 by 4: of what every range sees
    g = jnp.concatenate([minus_sight, jnp.ones_like(residual)[:, None]], axis=1)
    variance = noise * noise
    expected = (
        jnp.sum(jnp.sum(g[:, :, None] * spread[None, :, :], axis=1) * g, axis=1) + variance + rest * rest
    )
    good = valid & (residual * residual < gate * gate * expected)
    weight = jnp.where(good, 1.0 / variance, 0.0)
    weighted = weight[:, None] * g
    information = jnp.sum(weighted[:, :, None] * g[:, None, :], axis=0)
    pull = jnp.sum(weighted * residual[:, None], axis=0)
    root = cholesky4(information)
    reading = solve_lower(root, pull)
    H = root.T
    whitened = multiply(H, rows)
    S = multiply(multiply(H, spread), root) + jnp.eye(4)
    inverse = inverse4(S)
    square = jnp.sum(jnp.sum(inverse * reading[None, :], axis=1) * reading)
    passed = jnp.sum(jnp.where(good, 1.0, 0.0))
    taken = (passed >= ENOUGH * count) & (passed > 0.0)
    P, x, taken = corrected(wide, P, x, whitened, S, inverse, reading, taken)
    return P, x, taken, square / 4.0
