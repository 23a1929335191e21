"""Which thruster has failed: rates, pushes and propellant flow against what was commanded, and a trial.

Each thruster is suspected of two things: it gives nothing, or it does not stop. Once a cycle the change of
angular momentum, that of momentum and the propellant used, less what the commands should have made, are held
against what each suspicion foretells: a cumulated likelihood ratio (Page, Biometrika 41 (1954) 100). The
worst suspect's feed is shut and it is left out of the thruster table. In thick air rates and pushes say
little, and the flow alone does not say which; so if the evidence goes on, the feed is opened again and the
next one's shut.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.math.attitude_triples import Rows, apply
from homeward.math.triples import cross, join, split
from homeward.typing import Array, Count, Flag, Float, Mat33, Scalar, Vec3
from homeward.vehicle.thrusters import Thrusters

DRIFT = 0.5  # of the ratio a cycle: evidence weaker than that is forgotten
SURE = 25.0  # ratio at which a suspect is taken for failed
MOST = 60.0
WAIT = 2.0  # s after a feed was shut before another is
QUIET = 4.0  # N m s a cycle: what rates and lags leave, 1-sigma
OF_USED = 0.05  # of the torques commanded: how far the true ones are off
AIR, AIR_ROLL = 3000.0, 40.0  # N m s a cycle and g: what the air may do about y and z, and about x
ENGINE = 80.0  # N m s a cycle while the main engine burns: its thrust misses the centre of mass
UNKNOWN, SETTLED, SLOWLY = 600.0, 5.0, 8.0  # N m s or N s before that is seen, cycles till then, s to follow
FORGIVEN = 15.0  # s after which one whose feed was opened again may be suspected anew
BIAS = 2e-3  # m/s a cycle: of the accelerometers, their pulses and what the filter leaves
AIR_PUSH = 1e5  # N s a cycle and g: so much more than thrusters give that nothing is concluded
ENGINE_AHEAD = 1e5  # N s a cycle: along its thrust the engine drowns all else
FLOW, FLOW_USED = 0.08, 0.04  # thruster seconds a cycle of the flow meter, and of what was commanded


class MonitorState(eqx.Module):
    """What is remembered. ``isolated``: 0, or 1 and the number of the thruster whose feed is shut."""

    on: Float[Array, " n"]  # likelihood ratios
    off: Float[Array, " n"]
    opened: Float[Array, " n"]  # s that each valve was told to be open since the last cycle
    felt: Float[Array, " n"]  # the same as rates feel it: told as means of a tick, they lag by half of one
    before: Float[Array, " n"]  # s within the last tick
    turned: Vec3  # N m s that the ship's own turning took since then
    gained: Vec3  # m/s sensed since then, in B
    rate: Vec3  # rad/s at the last cycle
    askew: Float[Array, "2 3"]  # N m s and N s a cycle that the main engine gives aside, as seen so far
    lit: Scalar  # cycles that it has burnt
    tried: Float[Array, " n"]  # 1: its feed was shut and that did not help
    isolated: Count
    since: Scalar  # s since it is
    noted: Flag  # a tick has been: before, a rate is none that was sensed
    known: Flag  # a rate was known at the last cycle


def no_suspects(n: int) -> MonitorState:
    """All sound."""
    zeros, none, zero, no = jnp.zeros(n), jnp.zeros(3), jnp.zeros(()), jnp.asarray(False)
    return MonitorState(
        on=zeros, off=zeros, opened=zeros, felt=zeros, before=zeros, turned=none, gained=none, rate=none,
        askew=jnp.zeros((2, 3)), lit=zero, tried=zeros, isolated=jnp.asarray(0), since=zero, noted=no,
        known=no,
    )  # fmt: skip


def paused(state: MonitorState) -> MonitorState:
    """While nobody looks: evidence and sums at nothing; who was found to have failed stays shut off."""
    fresh = no_suspects(state.on.shape[0])
    return eqx.tree_at(
        lambda s: (s.isolated, s.since, s.tried), fresh, (state.isolated, state.since, state.tried)
    )


def note_tick(
    state: MonitorState, inertia: Mat33, seconds: Float[Array, " n"], rate: Vec3, dt: Scalar
) -> MonitorState:
    """One control tick: the valve times [s] that acted in it, and the rate [rad/s, B] sensed."""
    omega = split(rate)
    own = join(cross(omega, apply(rows_of(inertia), omega)))
    felt = state.felt + 0.5 * (seconds + state.before)
    return eqx.tree_at(
        lambda s: (s.opened, s.felt, s.before, s.turned, s.noted), state,
        (state.opened + seconds, felt, seconds, state.turned + dt * own, jnp.ones_like(state.noted)),
    )  # fmt: skip


def note_gain(state: MonitorState, delta_velocity: Vec3) -> MonitorState:
    """What the accelerometers made of a tick [m/s, B]."""
    return eqx.tree_at(lambda s: s.gained, state, state.gained + delta_velocity)


def rows_of(m: Mat33) -> Rows:
    """A matrix as rows of scalars."""
    return tuple(split(m[k]) for k in range(3))  # pyright: ignore[reportReturnType]


def watch(
    state: MonitorState, thrusters: Thrusters, inertia: Mat33, rate: Vec3, flow: Scalar, load: Scalar,
    burning: Flag, trusted: Flag, dt: Scalar, mass: Scalar,
) -> MonitorState:  # fmt: skip
    """One cycle of ``dt`` [s]: the evidence weighed, and whose feed is shut from now on.

    ``thrusters`` are the believed ones, ``rate`` [rad/s, B] the sensed rate, ``flow`` [kg] the propellant
    that they took, ``mass`` [kg] the ship's, ``load`` [g] what is felt of the air. While rates are not
    ``trusted`` nothing is concluded.
    """
    n = state.on.shape[0]
    torque = thrusters.torques()
    there = (thrusters.thrust > 0.0).astype(float)
    use = thrusters.thrust / thrusters.exhaust_speed
    mean_use = jnp.sum(use) / jnp.maximum(jnp.sum(there), 1.0)
    shut = jnp.arange(n) == state.isolated - 1
    opened = jnp.where(shut, 0.0, jnp.minimum(state.opened, dt))
    felt = jnp.where(shut, 0.0, jnp.minimum(state.felt, dt))
    spent = jnp.sum(opened)
    made = jnp.sum(felt[:, None] * torque, axis=0)
    change = jnp.sum(inertia * (rate - state.rate)[None, :], axis=1)
    left = change + state.turned - made - state.askew[0]
    beyond = flow / mean_use - jnp.sum(opened * use) / mean_use

    used = jnp.sum(felt[:, None] * jnp.abs(torque), axis=0)
    air = load * jnp.asarray([AIR_ROLL, AIR, AIR])
    # The engine's thrust misses the centre of mass by some degrees: at first that is not known.
    new = (state.lit < SETTLED) | ~burning
    burnt_too = burning | (state.lit > 0.0)
    engine = jnp.where(burnt_too, jnp.where(new, UNKNOWN, ENGINE), 0.0)
    variance = QUIET**2 + (OF_USED * used) ** 2 + air * air + engine * engine
    force = thrusters.direction * thrusters.thrust[:, None]
    pushed = mass * state.gained - jnp.sum(opened[:, None] * force, axis=0) - state.askew[1]
    share = jnp.sum(opened[:, None] * jnp.abs(force), axis=0)
    lit = jnp.where(burnt_too, jnp.stack([ENGINE_AHEAD + 0.0 * engine, engine, engine]), 0.0)
    push_variance = (
        QUIET**2 + (mass * BIAS) ** 2 + (OF_USED * share) ** 2 + (load * AIR_PUSH) ** 2 + lit * lit
    )
    flow_variance = FLOW**2 + (FLOW_USED * spent) ** 2

    def ratio(turning: Float[Array, " n"], seconds: Float[Array, " n"]) -> Float[Array, " n"]:
        """Log-likelihood of each thruster having been open so much longer than told, over none: ``turning``
        as rates feel it, ``seconds`` as it was."""
        turn = turning[:, None] * torque
        by_rate = jnp.sum((left[None, :] * turn - 0.5 * turn * turn) / variance[None, :], axis=1)
        push = seconds[:, None] * force
        by_push = jnp.sum((pushed[None, :] * push - 0.5 * push * push) / push_variance[None, :], axis=1)
        burnt = seconds * use / mean_use
        by_flow = (beyond * burnt - 0.5 * burnt * burnt) / flow_variance
        return by_rate + by_push + by_flow

    good = state.known & trusted
    usable = there * jnp.where(shut, 0.0, 1.0)
    on = _summed(state.on, jnp.where(good, ratio(dt - felt, dt - opened), 0.0)) * usable
    off = _summed(state.off, jnp.where(good, ratio(-felt, -opened), 0.0)) * usable
    suspicion = jnp.where(state.tried > 0.0, 0.0, jnp.maximum(on, off))
    worst = jnp.argmax(suspicion)
    since = state.since + dt
    found = (suspicion[worst] > SURE) & ((state.isolated == 0) | (since > WAIT))
    # Forgiven after a while: who is shut off on false evidence must not set free for good who was rightly so.
    tried = jnp.where(found & shut, 1.0, jnp.maximum(state.tried - dt / FORGIVEN, 0.0))
    tried = jnp.where(jnp.sum(tried) > jnp.sum(there) - 1.5, 0.0, tried)
    share = jnp.where(state.lit < SETTLED, 1.0, dt / SLOWLY)
    steady = jnp.where(jnp.max(jnp.maximum(on, off)) < SURE / 3.0, share, 0.0)
    askew = state.askew + steady * jnp.stack([left, pushed])
    return MonitorState(
        askew=jnp.where(burning, askew, 0.0), lit=jnp.where(burning, state.lit + 1.0, 0.0),
        on=jnp.where(found, 0.0, jnp.minimum(on, MOST)),
        off=jnp.where(found, 0.0, jnp.minimum(off, MOST)), opened=jnp.zeros(n), felt=jnp.zeros(n),
        before=state.before,
        turned=jnp.zeros(3), gained=jnp.zeros(3), rate=rate, tried=tried,
        isolated=jnp.where(found, worst + 1, state.isolated).astype(state.isolated.dtype),
        since=jnp.where(found, 0.0, jnp.minimum(since, 1e4)), noted=state.noted, known=state.noted,
    )  # fmt: skip


def _summed(ratio: Float[Array, " n"], more: Float[Array, " n"]) -> Float[Array, " n"]:
    return jnp.maximum(ratio + more - DRIFT, 0.0)
