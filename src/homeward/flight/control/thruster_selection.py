"""Which thrusters make a wanted turn: solved once on the ground, looked up on board.

For each of the six directions a linear programme finds the shortest set of pulses that turns the ship about
that axis and no other, and pushes it sideways as little as the propellant is worth. A thruster that is known
to be out is left out of the programme. On board a wanted change of angular momentum is the sum of at most
three of the six.
"""

from collections.abc import Sequence
from functools import lru_cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linprog

from homeward.errors import InputError
from homeward.math.triples import Triple
from homeward.typing import Array, Count, Float, Scalar
from homeward.vehicle.thrusters import Thrusters

SIDEWAYS = 0.2  # worth of a newton second sideways, in newton seconds of thrust spent
AXES = ("roll (x)", "pitch (y)", "yaw (z)")


class Allocation(eqx.Module):
    """``pulses`` [s per N m s] for +x, +y, +z, -x, -y, -z, a row each; ``torques`` [N m] believed of each."""

    pulses: Float[Array, "6 n"]
    torques: Float[Array, "n 3"]
    minimum_pulse: Scalar
    spare: Float[Array, "n 6 n"] | None = None  # the same, each thruster left out in turn

    def without(self, isolated: Count) -> "Allocation":
        """The table to use while one thruster is out: 0 none, else 1 and its number."""
        if self.spare is None:
            return self
        row = self.spare[jnp.maximum(isolated - 1, 0)]
        return eqx.tree_at(lambda a: a.pulses, self, jnp.where(isolated > 0, row, self.pulses))

    def seconds(self, change: Triple, dt: Scalar) -> Float[Array, " n"]:
        """Valve times [s] within a tick for a change of angular momentum [N m s, B].

        What is asked for beyond the tick's worth is scaled down in the same direction. Pulses shorter than
        half the smallest are left out, others made at least as long as it.
        """
        parts = [jnp.maximum(c, 0.0) for c in change] + [jnp.maximum(-c, 0.0) for c in change]
        total = parts[0] * self.pulses[0]
        for part, row in zip(parts[1:], self.pulses[1:], strict=True):
            total = total + part * row
        total = total / jnp.maximum(jnp.max(total) / dt, 1.0)
        short = total < self.minimum_pulse
        return jnp.where(short, jnp.where(total > 0.5 * self.minimum_pulse, self.minimum_pulse, 0.0), total)

    def gained(self, seconds: Float[Array, " n"]) -> Triple:
        """Angular momentum [N m s, B] that valve times bring."""
        return tuple(jnp.sum(seconds * self.torques[:, k]) for k in range(3))  # pyright: ignore[reportReturnType]


def allocate(thrusters: Thrusters, label: str, out: Sequence[int] = (), spare: bool = False) -> Allocation:
    """The table for a set of thrusters, those numbered in ``out`` not used; and, ``spare``, each left out.

    Raises ``InputError``, one sentence that begins with ``label``, if no set of pulses turns the ship about
    one of the axes alone.
    """
    sound, missing = _table(thrusters, out)
    if sound is None:
        raise InputError(
            f"{label}: expected thrusters that can turn the ship about {missing} both ways "
            f"and about no other axis with it"
        )
    tables = []
    for k in range(len(np.asarray(thrusters.thrust)) if spare else 0):
        table, _ = _table(thrusters, [*out, k])
        if table is None:
            # What is left of the whole set's table: the axis is turned less purely, but it is turned.
            table = sound.copy()
            table[:, k] = 0.0
        tables.append(table)
    force = np.asarray(thrusters.direction) * np.asarray(thrusters.thrust)[:, None]
    torque = np.cross(np.asarray(thrusters.place), force)
    return Allocation(
        jnp.asarray(sound, float), jnp.asarray(torque, float),
        jnp.asarray(thrusters.minimum_pulse, float), jnp.asarray(np.stack(tables), float) if spare else None,
    )  # fmt: skip


def _table(thrusters: Thrusters, out: Sequence[int]) -> tuple[np.ndarray | None, str]:
    """Six rows of pulses; or None and the first axis about which the ship cannot be turned."""
    force = np.asarray(thrusters.direction) * np.asarray(thrusters.thrust)[:, None]
    torque = np.cross(np.asarray(thrusters.place), force)
    return _solved(
        force.tobytes(), torque.tobytes(), tuple((np.asarray(thrusters.thrust) > 0.0).tolist()), tuple(out)
    )


@lru_cache(maxsize=256)
def _solved(
    forces: bytes, torques: bytes, fitted: tuple[bool, ...], out: tuple[int, ...]
) -> tuple[np.ndarray | None, str]:
    n = len(fitted)
    force, torque = (np.frombuffer(x).reshape(n, 3) for x in (forces, torques))
    usable = np.array(fitted)
    usable[list(out)] = False
    arm = max(float(np.max(np.abs(torque))), 1e-12)
    rows = []
    for k in range(6):
        wanted = np.zeros(3)
        wanted[k % 3] = 1.0 if k < 3 else -1.0
        # Unknowns: a pulse each, and the size of the sideways push along the three axes.
        cost = np.concatenate([np.linalg.norm(force, axis=1) + 1e-9, np.full(3, SIDEWAYS)])
        equal = np.hstack([torque.T / arm, np.zeros((3, 3))])
        above = np.vstack([np.hstack([s * force.T, -np.eye(3)]) for s in (1.0, -1.0)])
        bounds = [(0.0, None if ok else 0.0) for ok in usable] + [(0.0, None)] * 3
        found = linprog(cost, A_ub=above, b_ub=np.zeros(6), A_eq=equal, b_eq=wanted, bounds=bounds)
        if found.status != 0:
            return None, AXES[k % 3]
        rows.append(found.x[:n] / arm)
    return np.stack(rows), ""
