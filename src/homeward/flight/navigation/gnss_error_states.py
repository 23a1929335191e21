"""What the satellites' slow errors make of a place and a clock, and how it changes as satellites come and go.

Each range has a slow error of its own and shares the ionosphere's. Of all of them a solution for place and
clock takes over ``e = V G' s``, with ``G`` the rows ``[-u, 1]`` of the lines of sight, ``V = (G'G)^-1``: its
covariance is ``V`` times a satellite's variance, and follows from who is in view. From one reading to the
next ``e`` keeps what those satellites keep that stay: a Markov process whose covariance and correlation over
a step are those of the sum. A satellite that is lost for a while, at the edge of an antenna's view, comes
back with the error it had: it counts as one of the sum for ``HELD`` seconds more, and what the others'
solution then differs by counts as noise. Groves (2013), sections 9.3 and 9.4; conditional means of normal
variables.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.navigation.error_state_filter import (
    CLOCK,
    DRIFT,
    PLACE,
    SIZE,
    SLOW,
    SPEED,
    Covariance,
    multiply,
)
from homeward.flight.navigation.sensor_parameters import RangeBelief
from homeward.flight.navigation.small_matrices import inverse4
from homeward.icd import Ranges
from homeward.math.xla_barrier import routine
from homeward.typing import Array, Flag, Float, Scalar, Vec3

COUNT = 48  # satellites of a message
MAPPING = 0.3  # least sine of the elevation by which the ionosphere's path is stretched
LEAST = 1e-3  # information that stands for none: what nobody sees is known to 30 times a range
HELD = 120.0  # s
# Of the variance by which the others' solution differs, what counts as noise: it stays the same while a
# satellite is gone, and most of it is soon taken for the slow error that it is.
THIN = 0.1
Mat44 = Float[Array, "4 4"]
Mat66 = Float[Array, "6 6"]
Six = Float[Array, "6"]


class Sky(eqx.Module):
    """The satellites of the last readings, as the slow errors are to be carried on from them."""

    rows: Float[Array, "n 4"]  # [-u, 1] in I as last seen; zeros of one that is not one of the sum
    missed: Float[Array, " n"]  # s since each was seen
    unit: Mat44  # V of the sum
    share: Float[Array, "4"]  # what a metre of ionosphere straight up makes of place and clock, m
    place_I: Vec3  # m, from where
    age: Scalar  # s since those readings were true


def no_sky() -> Sky:
    """Before the first reading."""
    zeros = jnp.zeros(3)
    return Sky(jnp.zeros((COUNT, 4)), 1e9 * jnp.ones(COUNT), jnp.eye(4), jnp.zeros(4), zeros, jnp.zeros(()))


def sky_of(before: Sky, ranges: Ranges, place_I: Vec3, t: Scalar) -> tuple[Sky, Scalar]:
    """The sky with these ranges, seen from ``place_I`` [m], ``t`` [s] on; and how thin they are.

    The latter is the part of a satellite's slow variance that counts as noise, where some of the sum are
    gone.
    """
    apart = ranges.place - place_I[None, :]
    distance = jnp.maximum(jnp.sqrt(jnp.sum(apart * apart, axis=1)), 1.0)
    sight = apart / distance[:, None]
    up = place_I / jnp.sqrt(jnp.sum(place_I * place_I))
    seen = ranges.valid
    now = jnp.concatenate([-sight, jnp.ones_like(distance)[:, None]], axis=1)
    now = jnp.where(seen[:, None], now, 0.0)
    missed = jnp.where(seen, 0.0, before.missed + jnp.abs(t))
    rows = jnp.where((~seen & (missed < HELD))[:, None], before.rows, now)
    path = 1.0 / jnp.maximum(-jnp.sum(rows[:, :3] * up[None, :], axis=1), MAPPING)
    alone = inverse4(_crossed(now, now) + LEAST * jnp.eye(4))
    unit = inverse4(_crossed(rows, rows) + LEAST * jnp.eye(4))
    share = jnp.sum(unit * jnp.sum(rows * path[:, None], axis=0)[None, :], axis=1)
    thin = 1.0 - jnp.trace(unit) / jnp.trace(alone)
    return Sky(rows, missed, unit, share, place_I, jnp.zeros(())), jnp.maximum(thin, 0.0)


def slow_covariance(belief: RangeBelief, sky: Sky) -> Mat44:
    """Covariance [m2] of the slow error of place (I) and clock."""
    common = belief.ionosphere**2 * sky.share[:, None] * sky.share[None, :]
    return belief.slow**2 * sky.unit + common


def carried_on(belief: RangeBelief, before: Sky, seen: Sky, t: Scalar) -> tuple[Mat66, Mat66]:
    """Transition and noise of the last six errors over ``t`` [s] between two readings.

    Where the later reading is the older one, back in time: random walks look the same from both ends.
    """
    step, noise = routine(_slow_step, belief, before, seen, t)
    walk, drift = belief.clock_walk**2, belief.drift_walk**2
    both = 0.5 * drift * t * jnp.abs(t)
    one, zero = jnp.ones(()), jnp.zeros(())
    clock = jnp.stack([jnp.stack([one, t]), jnp.stack([zero, one])])
    row = jnp.stack([walk * jnp.abs(t) + drift * jnp.abs(t) ** 3 / 3.0, both])
    clock_noise = jnp.stack([row, jnp.stack([both, drift * jnp.abs(t)])])
    return _six(step, clock), _six(noise, clock_noise)


def prepared(
    belief: RangeBelief, before: Sky, ranges: Ranges, place_I: Vec3, t: Scalar, age: Scalar, P: Covariance,
    last: Six, found: Float[Array, "2"], cold: Flag, started: Flag,
) -> tuple[Covariance, Six, Sky, Scalar]:  # fmt: skip
    """Covariance, the last six errors as believed, the sky, and the ranges' noise [m], before their update.

    ``t`` [s] since the cycle before; the ranges were true, at ``place_I`` [m], ``age`` [s] ago: clock and
    slow errors are those of the last ranges' instant. Where place and velocity were just set by the
    receiver's own fix (``cold``), clock and rate are set to those ``found`` with it [m, m/s].
    """
    any_seen = jnp.any(ranges.valid)
    apart = before.age + t - age
    clear = eqx.tree_at(lambda s: s.rows, before, jnp.where(cold, 0.0, before.rows))
    seen, thin = sky_of(clear, ranges, place_I, apart)
    step, noise = carried_on(belief, before, seen, apart)
    carried = carried_covariance(P, step, noise)
    zeros = jnp.zeros(3)
    fresh = jnp.concatenate([zeros, found, zeros[:1]])
    warm = started & any_seen
    P = jnp.where(cold, covariance_of_a_fix(belief, P, seen), jnp.where(warm, carried, P))
    moved = jnp.sum(step * last[None, :], axis=1)
    held = eqx.tree_at(lambda s: s.age, before, before.age + t)
    seen = eqx.tree_at(lambda s: s.age, seen, age)
    sky = jax.tree.map(lambda a, b: jnp.where(cold | any_seen, a, b), seen, held)
    noisy = jnp.sqrt(belief.range_noise**2 + THIN * thin * belief.slow**2)
    return P, jnp.where(cold, fresh, jnp.where(warm, moved, last)), sky, noisy


def carried_covariance(P: Covariance, step: Mat66, noise: Mat66) -> Covariance:
    """The covariance after a step of the last six errors."""
    first = SLOW.start
    wide = multiply(P[:first, first:], step.T)
    last = multiply(multiply(step, P[first:, first:]), step.T) + noise
    last = 0.5 * (last + last.T)
    return jnp.concatenate(
        [jnp.concatenate([P[:first, :first], wide], axis=1), jnp.concatenate([wide.T, last], axis=1)]
    )


def covariance_of_a_fix(belief: RangeBelief, P: Covariance, sky: Sky) -> Covariance:
    """``P`` where place, velocity and clock were just set by a solution over this sky."""
    slow = slow_covariance(belief, sky)
    place = slow + belief.range_noise**2 * sky.unit
    speed = belief.rate_noise**2 * sky.unit
    last = SIZE - 1

    def put(P: Covariance, rows: tuple[slice, int], columns: tuple[slice, int], block: Mat44) -> Covariance:
        (a, i), (b, j) = rows, columns
        P = P.at[a, b].set(block[:3, :3]).at[a, j].set(block[:3, 3])
        return P.at[i, b].set(block[3, :3]).at[i, j].set(block[3, 3])

    at, of, moving = (PLACE, CLOCK), (SLOW, last), (SPEED, DRIFT)
    P = put(put(P, at, at, place), moving, moving, speed)
    return put(put(put(P, at, of, -slow), of, at, -slow), of, of, slow)


def _crossed(one: Float[Array, "n 4"], other: Float[Array, "n 4"]) -> Mat44:
    return jnp.sum(one[:, :, None] * other[:, None, :], axis=0)


def _slow_step(belief: RangeBelief, before: Sky, seen: Sky, t: Scalar) -> tuple[Mat44, Mat44]:
    """``F = C S^-1`` and ``Q = S' - F S F'``: conditional mean and spread of ``e`` given the one before."""
    decay = jnp.exp(-jnp.abs(t) / belief.slow_time)
    cross = multiply(multiply(seen.unit, _crossed(seen.rows, before.rows) + LEAST * jnp.eye(4)), before.unit)
    cross = decay * belief.slow**2 * cross
    apart = seen.place_I - before.place_I
    moved = jnp.sqrt(jnp.sum(apart * apart)) / belief.ionosphere_length
    common = jnp.exp(-jnp.abs(t) / belief.ionosphere_time - moved) * belief.ionosphere**2
    cross = cross + common * seen.share[:, None] * before.share[None, :]
    old = slow_covariance(belief, before)
    step = multiply(cross, inverse4(old))
    left = slow_covariance(belief, seen) - multiply(step, cross.T)
    return step, 0.5 * (left + left.T)


def _six(slow: Mat44, clock: Float[Array, "2 2"]) -> Mat66:
    """Three slow errors of place, clock and its rate, and the clock's slow error, in the filter's order."""
    zero = jnp.zeros((3, 2))
    return jnp.concatenate(
        [
            jnp.concatenate([slow[:3, :3], zero, slow[:3, 3:]], axis=1),
            jnp.concatenate([zero.T, clock, jnp.zeros((2, 1))], axis=1),
            jnp.concatenate([slow[3:, :3], jnp.zeros((1, 2)), slow[3:, 3:]], axis=1),
        ]
    )
