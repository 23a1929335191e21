"""Where a plan may burn, and the path through these nodes with what small changes of it would do.

The nodes are evenly spaced as long as they reach. A longer flight drifts in its middle: the first half of the
nodes stands at its start, the other at its end. What brings the phase is then decided at the start and mended
at the end, in two revolutions each, and hours between cost neither nodes nor their spacing.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.rendezvous.orbit_propagator import (
    PairModel,
    drift,
    drift_with_matrix,
    fly,
    fly_with_impulses,
)
from homeward.typing import Array, Float, Scalar, Vec3

NODES = 192  # candidate burns; the last is the arrival's
HALF = NODES // 2
WIDEST = 105.0  # s between two nodes
SUBSTEPS = 2  # RK4 steps between two nodes
DRIFT_STEP = 60.0  # s at most, between the halves


class Path(eqx.Module):
    """States *after* each node's impulse; transition matrices within each half and from one to the other.

    Each half has matrices of its own: those of a whole day, multiplied by an inverse, would lose all digits.
    """

    states: Float[Array, "n 6"]
    early: Float[Array, "m 6 6"]  # from the first node to each of the first half
    between: Float[Array, "6 6"]  # from the first node to the first of the second half
    late: Float[Array, "m 6 6"]  # from there to each

    def effects(self, to_aim: Float[Array, "6 6"]) -> Float[Array, "n 6 3"]:
        """What a velocity change at each node does at the end; ``to_aim``: derivative of the aim there."""
        last = to_aim @ self.late[-1]
        return jnp.concatenate([_turned_back(self.early, last @ self.between), _turned_back(self.late, last)])


class Nodes(eqx.Module):
    """Spacing [s] of the nodes within a half, and the drift [s] between the halves beyond it."""

    h: Scalar
    drift: Scalar

    def times(self) -> Float[Array, " n"]:
        """Seconds from the start to each node."""
        number = jnp.arange(NODES)
        return self.h * number.astype(float) + jnp.where(number < HALF, 0.0, self.drift)

    def fly(
        self, model: PairModel, state: Float[Array, "6"], drag: Scalar, burns: Float[Array, "n 3"]
    ) -> Path:
        """The path from a state [m, m/s, I] with an impulse [m/s, I] at each node."""
        one, early, state, over = fly_with_impulses(model, state, drag, self.h, burns[:HALF], SUBSTEPS)
        state, between = drift_with_matrix(model, state, drag, self.drift, DRIFT_STEP)
        two, late, _, _ = fly_with_impulses(model, state, drag, self.h, burns[HALF:], SUBSTEPS)
        return Path(jnp.concatenate([one, two]), early, between @ over, late)

    def coast(self, model: PairModel, r_I: Vec3, v_I: Vec3, drag: Scalar) -> tuple[Vec3, Vec3]:
        """State at the last node of a body that does not burn."""
        r, v = fly(model, r_I, v_I, drag, (NODES - 1) * self.h, NODES * SUBSTEPS)
        return drift(model, r, v, drag, self.drift, DRIFT_STEP)


def nodes_for(duration: Scalar) -> Nodes:
    """Nodes over a ``duration`` [s], the first at its start and the last at its end."""
    h = jnp.minimum(duration / (NODES - 1), WIDEST)
    over = duration - (NODES - 1) * h
    return Nodes(h, jnp.where(over > 1e-3, over, 0.0))


def _turned_back(matrices: Float[Array, "m 6 6"], to_aim: Float[Array, "6 6"]) -> Float[Array, "m 6 3"]:
    """``to_aim`` times the inverse of each matrix, of which the velocity's half.

    A matrix of a gradient field is symplectic: its inverse is a rearrangement of itself.
    """
    a, b = matrices[:, :3, :3], matrices[:, :3, 3:]
    # Right half of the inverse of [[A, B], [C, D]]: [-B^T; A^T].
    right = jnp.concatenate([-jnp.swapaxes(b, 1, 2), jnp.swapaxes(a, 1, 2)], axis=1)
    return jnp.einsum("ij,mjk->mik", to_aim, right)
