"""Readings that come late: what was believed when they were true, and the errors as they were then.

The filter keeps its belief of the last two cycles, corrected by whatever was learnt since. A reading of one
of these instants is compared with the belief of its instant; covariance and errors are carried back to it,
take the reading in, and are carried on again. What the reckoning's noise adds in so short a time is left out.
Carpenter and D'Souza, NASA/TP-2018-219822, chapter 4; Bar-Shalom (2002), Update with out-of-sequence
measurements in tracking: exact solution, IEEE T-AES 38(3).
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.navigation.error_state_filter import (
    ACCELEROMETER,
    PLACE,
    SPEED,
    TURN,
    Covariance,
    Errors,
    cross_matrix,
    multiply,
)
from homeward.flight.navigation.mechanization import CycleSums, NavState, small_turn
from homeward.math.quaternion import to_matrix
from homeward.math.triples import split
from homeward.math.xla_barrier import routine
from homeward.typing import Array, Flag, Float, Mat33, Scalar, Vec3

NEAR = 1e-4  # s: less than a metre of flight


class Snapshot(eqx.Module):
    """Belief of an instant, and what the inertial unit has told since."""

    reckoned: NavState
    attitude: Mat33  # the matrix C_IB integrated since, s
    delta_v: Vec3  # specific force integrated since, m/s, I
    duration: Scalar  # s since


class Past(eqx.Module):
    """The last cycle's belief and that of the one before."""

    last: Snapshot
    before: Snapshot


def now(reckoned: NavState) -> Snapshot:
    """This instant."""
    return Snapshot(reckoned, jnp.zeros((3, 3)), jnp.zeros(3), jnp.zeros(()))


def no_past(reckoned: NavState) -> Past:
    """Before the first cycle."""
    return Past(now(reckoned), now(reckoned))


def since(past: Past, sums: CycleSums) -> Past:
    """The same beliefs a cycle later."""

    def one(then: Snapshot) -> Snapshot:
        return Snapshot(
            then.reckoned, then.attitude + sums.attitude, then.delta_v + sums.delta_v,
            then.duration + sums.duration,
        )  # fmt: skip

    return Past(one(past.last), one(past.before))


def when(past: Past, reckoned: NavState, age: Scalar) -> tuple[Snapshot, Flag]:
    """The belief of ``age`` [s] ago, and whether there is one; ``reckoned`` is that of now."""
    off = [jnp.abs(age), jnp.abs(past.last.duration - age), jnp.abs(past.before.duration - age)]
    then = jax.tree.map(lambda a, b: jnp.where(off[1] < NEAR, a, b), past.last, past.before)
    # A cycle that a leg's end cut to nothing leaves two of one instant: the nearest counts.
    is_now = (off[0] < NEAR) & (off[0] <= off[1])
    then = jax.tree.map(lambda a, b: jnp.where(is_now, a, b), now(reckoned), then)
    return then, (off[0] < NEAR) | (off[1] < NEAR) | (off[2] < NEAR)


def remembered(past: Past, reckoned: NavState, x: Errors) -> Past:
    """With this cycle's belief as the last, the one before corrected by the errors ``x`` found now."""
    then = past.last
    back = _moved(x[:, None], then, True)[:, 0]
    C_BI = to_matrix(then.reckoned.q_BI)
    turned = small_turn(then.reckoned.q_BI, split(jnp.sum(C_BI * back[TURN][None, :], axis=1)))
    old = NavState(turned, then.reckoned.r_BI_I + back[PLACE], then.reckoned.v_BI_I + back[SPEED])
    return Past(now(reckoned), eqx.tree_at(lambda t: t.reckoned, then, old))


def carried_back(P: Covariance, x: Errors, then: Snapshot) -> tuple[Covariance, Errors]:
    """Covariance and errors as they were then."""
    return routine(lambda P, x, then: _both(P, x, then, True), P, x, then)


def carried_forth(P: Covariance, x: Errors, then: Snapshot) -> tuple[Covariance, Errors]:
    """Those of then as they are now."""
    return routine(lambda P, x, then: _both(P, x, then, False), P, x, then)


def _both(P: Covariance, x: Errors, then: Snapshot, back: bool) -> tuple[Covariance, Errors]:
    moved = _moved(_moved(P, then, back).T, then, back)
    return 0.5 * (moved + moved.T), _moved(x[:, None], then, back)[:, 0]


def _moved(rows: Float[Array, "24 n"], then: Snapshot, back: bool) -> Float[Array, "24 n"]:
    """The transition of the reckoning's errors between the instants, or its inverse, times ``rows``.

    As in ``error_state_filter``, less gravity's gradient and the gyros' biases, nothing in two seconds.
    """
    t = then.duration
    tilt = multiply(cross_matrix(then.delta_v), rows[TURN]) + multiply(then.attitude, rows[ACCELEROMETER])
    speed = t * rows[SPEED]
    place = rows[PLACE] - speed if back else rows[PLACE] + speed
    faster = rows[SPEED] + tilt if back else rows[SPEED] - tilt
    return jnp.concatenate([rows[TURN], place - 0.5 * t * tilt, faster, rows[SPEED.stop :]])
