"""Voting among the instruments of a redundant inertial unit: one turn and one velocity out of six of each.

Least squares over those that are trusted; what they do not agree on (the parity vector, here as residuals)
tells that one of them is wrong, and which. Potter and Suman (1977), Thresholdless redundancy management with
arrays of skewed instruments, AGARDograph 224; Sturza (1988), Navigation 35(4).
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.navigation.error_state_filter import BiasStep, inverse3, multiply
from homeward.icd import InertialReadings, InertialSample
from homeward.typing import Array, Flag, Float, Scalar, Vec3

NEEDED = 5.0  # trusted instruments without which one that is wrong cannot be told from the others
STRIKES = 3.0  # ticks of a cycle in which an instrument has to be left out before it is left out for good
# s: what was cut off is doubted in later cycles too, half as much in each, down to here. A missing turn of
# half a radian is found by steps, and the first of them, being linear, believes that it has found it all.
FORGOTTEN = 1e-4
APART = 5.0  # s: a cycle that is longer is one of a drift
FULL = 0.99  # of an instrument's limit: from here on it is taken to be there
WRONG = 1e3  # rad or m/s a tick: stands for a reading that is no number, and is voted out as one


class SetBelief(eqx.Module):
    """1-sigma figures of one instrument of a set, and its axis: rad or m/s, over time for rates."""

    axes: Float[Array, "3 n"]  # unit vectors, in the unit's axes
    bias: Scalar
    walk: Scalar  # over sqrt(s)
    relative: Scalar  # error in proportion to what is sensed
    quantum: Scalar
    limit: Scalar  # largest rate or force that it tells: beyond, it stays there


class SetState(eqx.Module):
    """Who is trusted, what follows from it, and the sums that slow errors show in."""

    trusted: Float[Array, " n"]  # 1 or 0
    weights: Float[Array, "3 n"]  # least squares over the trusted
    left: Float[Array, " n"]  # part of an instrument's own error that its residual shows; 1 where not trusted
    strikes: Float[Array, " n"]  # ticks of this cycle in which it was left out
    cycle: Float[Array, " n"]  # readings added up since the cycle before
    slow: Float[Array, " n"]  # readings added up, fading
    over: Scalar  # s in which the set was at its limit: of this cycle, and half of what was before


class VotingState(eqx.Module):
    """Both sets."""

    gyro: SetState
    accelerometer: SetState


class Voting(eqx.Module):
    """The law with the figures it was loaded with."""

    gyro: SetBelief
    accelerometer: SetBelief
    gate: Scalar  # sigmas of a residual beyond which an instrument is wrong
    memory: Scalar  # s over which slow errors are looked for

    def init(self) -> VotingState:
        """All are trusted."""
        return VotingState(_first(self.gyro), _first(self.accelerometer))

    def combine(self, state: VotingState, readings: InertialReadings) -> tuple[VotingState, InertialSample]:
        """One tick. Instruments that do not agree are left out of it at once.

        Where a second one of a kind is no number in the same tick, the sample is none either.
        """
        dt = readings.duration
        gyro, turn = _vote(self.gyro, state.gyro, readings.angles, dt, self.gate)
        accelerometer, gained = _vote(
            self.accelerometer, state.accelerometer, readings.velocities, dt, self.gate
        )
        return VotingState(gyro, accelerometer), InertialSample(turn, gained, dt)

    def review(self, state: VotingState, duration: Scalar) -> tuple[VotingState, BiasStep, BiasStep, Flag]:
        """Once a cycle: who is trusted from now on, what that changes, and whether anything did."""
        gyro, one, first = _review(self.gyro, state.gyro, duration, self.gate, self.memory)
        accelerometer, other, second = _review(
            self.accelerometer, state.accelerometer, duration, self.gate, self.memory
        )
        return VotingState(gyro, accelerometer), one, other, first | second

    def cut_off(self, state: VotingState) -> tuple[Scalar, Scalar]:
        """What may be missing of this cycle's turn [rad] and velocity [m/s], where instruments were at their
        limit: 1 sigma an axis, as much as was told in that time. To be asked before ``review``."""
        gyro, accelerometer = state.gyro, state.accelerometer
        return self.gyro.limit * gyro.over, self.accelerometer.limit * accelerometer.over

    def thinned(self, state: VotingState) -> tuple[Scalar, Scalar]:
        """Variance of what gyros and accelerometers tell together, over that of all of them."""
        return _thinned(self.gyro, state.gyro), _thinned(self.accelerometer, state.accelerometer)


def _first(told: SetBelief) -> SetState:
    zeros = jnp.zeros(told.axes.shape[1])
    trusted = jnp.ones(told.axes.shape[1])
    weights, left = _weighted(told.axes, trusted)
    return SetState(trusted, weights, left, zeros, zeros, zeros, jnp.zeros(()))


def _weighted(
    axes: Float[Array, "3 n"], trusted: Float[Array, " n"]
) -> tuple[Float[Array, "3 n"], Float[Array, " n"]]:
    """``(H' M H)^-1 H' M``; and, of each instrument, how little it shares in its own prediction."""
    seen = axes * trusted[None, :]
    weights = multiply(inverse3(multiply(seen, seen.T)), seen)
    left = 1.0 - jnp.sum(axes * weights, axis=0)
    return weights, jnp.where(trusted > 0.5, jnp.maximum(left, 1e-6), 1.0)


def _together(weights: Float[Array, "3 n"], readings: Float[Array, " n"]) -> Vec3:
    return jnp.sum(weights * readings[None, :], axis=1)


def _residual(axes: Float[Array, "3 n"], x: Vec3, readings: Float[Array, " n"]) -> Float[Array, " n"]:
    return readings - (axes[0] * x[0] + axes[1] * x[1] + axes[2] * x[2])


def _worst(
    state: SetState, residual: Float[Array, " n"], variance: Scalar, gate: Scalar
) -> Float[Array, " n"]:
    """1 for the one trusted instrument that is farthest off, if it is beyond the gate and can be told."""
    off = state.trusted * residual * residual / state.left
    most = jnp.max(off)
    enough = jnp.sum(state.trusted) >= NEEDED
    return jnp.where((off >= most) & (most > gate * gate * variance) & enough, 1.0, 0.0)


def _vote(
    told: SetBelief, state: SetState, readings: Float[Array, " n"], dt: Scalar, gate: Scalar
) -> tuple[SetState, Vec3]:
    good = jnp.isfinite(readings)
    missing = jnp.sum(jnp.where(good, 0.0, state.trusted))
    # Two at their limit: the motion is beyond what the set can tell. Nobody is to blame for that.
    full = jnp.where(good & (jnp.abs(readings) >= FULL * told.limit * dt + 2.0 * told.quantum), 1.0, 0.0)
    over = jnp.sum(full * state.trusted) > 1.5
    readings = jnp.where(good, readings, WRONG)
    x = _together(state.weights, readings)
    residual = _residual(told.axes, x, readings)
    variance = told.walk**2 * dt + (told.bias * dt) ** 2 + told.quantum**2 / 6.0
    variance = variance + told.relative**2 * jnp.sum(x * x)
    out = jnp.where(over, 0.0, _worst(state, residual, variance, gate))
    # Without the one left out: least squares of the others, by the step that its residual stands for.
    x = x - jnp.sum(state.weights * (out * residual / state.left)[None, :], axis=1)
    x = jnp.where(missing > 1.5, jnp.nan, x)
    # One left out counts as what the others say it should have told: slow sums stay clean of it.
    said = told.axes[0] * x[0] + told.axes[1] * x[1] + told.axes[2] * x[2]
    kept = jnp.where((out > 0.5) | ~good | over, jnp.where(missing > 1.5, 0.0, said), readings)
    return SetState(
        state.trusted, state.weights, state.left, state.strikes + out, state.cycle + kept, state.slow,
        state.over + jnp.where(over, dt, 0.0),
    ), x  # fmt: skip


def _review(
    told: SetBelief, state: SetState, duration: Scalar, gate: Scalar, memory: Scalar
) -> tuple[SetState, BiasStep, Flag]:
    # A cycle of a drift is judged by itself: it may be longer than the memory.
    drifts = duration > APART
    fade = jnp.where(drifts, 0.0, jnp.exp(-duration / memory))
    slow = fade * state.slow + state.cycle
    x = _together(state.weights, slow)
    residual = _residual(told.axes, x, slow)
    spell = jnp.where(drifts, duration, memory)
    walked = told.walk**2 * jnp.where(drifts, duration, 0.5 * memory)
    variance = walked + (told.bias * spell) ** 2 + told.quantum**2
    variance = variance + told.relative**2 * jnp.sum(x * x)
    drifting = _worst(state, residual, variance, gate)
    struck = jnp.where(state.strikes >= STRIKES, state.trusted, 0.0)
    # One at a time: the next is judged without it.
    out = jnp.where(jnp.any(struck > 0.5), _foremost(struck * state.strikes), drifting)
    trusted = state.trusted * (1.0 - out)
    changed = jnp.any(out > 0.5)
    weights, left = _weighted(told.axes, trusted)
    weights = jnp.where(changed, weights, state.weights)
    apart = weights - state.weights
    bent = jnp.sum(state.weights * (out * residual / state.left)[None, :], axis=1) / spell
    zeros = jnp.zeros_like(out)
    over = jnp.where(state.over > FORGOTTEN, 0.5 * state.over, 0.0)
    slow = jnp.where(drifts, 0.0, slow)
    new = SetState(trusted, weights, jnp.where(changed, left, state.left), zeros, zeros, slow, over)
    return new, BiasStep(told.bias**2 * multiply(apart, apart.T), bent), changed


def _foremost(x: Float[Array, " n"]) -> Float[Array, " n"]:
    """1 for the first of the largest, where any is above zero."""
    first = jnp.arange(x.shape[0]) == jnp.argmax(x)
    return jnp.where(first & (x > 0.0), 1.0, 0.0)


def _thinned(told: SetBelief, state: SetState) -> Scalar:
    every = jnp.asarray(told.axes.shape[1], float)
    return jnp.sum(state.weights * state.weights) * every / 9.0
