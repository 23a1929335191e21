"""Which thrusters make a wanted push and turn: solved once on the ground, looked up on board.

For each of twelve directions, a push or a turn either way about each axis, a linear programme finds the
cheapest set of pulses that gives it and nothing else. It is solved for the whole set and again with each
thruster out, so that a failure on board is the choice of another table.
"""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linprog

from homeward.errors import InputError
from homeward.math.triples import Triple
from homeward.typing import Array, Count, Float, Int, Scalar
from homeward.vehicle.thrusters import Thrusters

WAYS = tuple(f"{what} {axis}" for what in ("push", "turn") for axis in ("+x", "+y", "+z", "-x", "-y", "-z"))
# Worth of a shorter longest pulse: enough to share a push among equals, too little to pay propellant for it.
# Turns are not shared: fewer thrusters make a smaller smallest turn, and strength they have enough.
SHARING = 1e-3
NOTHING = 1e-9  # of the longest pulse: what a programme leaves of a pulse that it does not want


class SixAllocation(eqx.Module):
    """Tables of pulses, the first with all thrusters and then one with each of them out.

    ``pulses`` [s per N s or N m s]: rows push +x, +y, +z, -x, -y, -z, then turn likewise. ``opposite`` is the
    number of the thruster that stands at the same place and pushes the other way, its own if there is none.
    """

    pulses: Float[Array, "tables 12 n"]
    forces: Float[Array, "n 3"]  # N, B
    torques: Float[Array, "n 3"]  # N m, B
    thrust: Float[Array, " n"]  # N
    opposite: Int[Array, " n"]
    minimum_pulse: Scalar

    def seconds(self, impulse: Triple, change: Triple, dt: Scalar, out_index: Count) -> Float[Array, " n"]:
        """Valve times [s] within a tick for an impulse [N s, B] and a change of angular momentum [N m s, B].

        ``out_index`` is 0, or 1 and the number of the thruster that is out. Where a tick is too short the
        turn comes first and the push is scaled down to what room is left, in its own direction. Pulses of
        less than half the smallest are left out, others made at least as long as it: what was really
        given is told by ``gained``, and a caller who keeps the difference loses nothing in the long run.
        """
        table = self.pulses[out_index]
        push = _made(table[:6], impulse)
        turn = _made(table[6:], change)
        turn = turn / jnp.maximum(jnp.max(turn) / dt, 1.0)
        room = jnp.where(push > 0.0, (dt - turn) / jnp.where(push > 0.0, push, 1.0), 1.0)
        push = self._whole(jnp.clip(jnp.min(room), 0.0, 1.0) * push)
        total = jnp.minimum(push + self._whole(turn), dt)
        # Two that push against each other at one place burn for nothing, unless what is left is too short.
        given = total * self.thrust
        against = jnp.where(self.opposite == jnp.arange(self.opposite.shape[0]), 0.0, given[self.opposite])
        left = (given - against) / jnp.where(self.thrust > 0.0, self.thrust, 1.0)
        return jnp.where(jnp.abs(left) < self.minimum_pulse, total, jnp.maximum(left, 0.0))

    def _whole(self, pulses: Float[Array, " n"]) -> Float[Array, " n"]:
        """Pulses [s] that a valve can make. Push and turn apart, so that each stays pure."""
        least = jnp.where(pulses > 0.5 * self.minimum_pulse, self.minimum_pulse, 0.0)
        return jnp.where(pulses < self.minimum_pulse, least, pulses)

    def gained(self, seconds: Float[Array, " n"]) -> tuple[Triple, Triple]:
        """Impulse [N s, B] and angular momentum [N m s, B] that valve times bring."""
        push = tuple(jnp.sum(seconds * self.forces[:, k]) for k in range(3))
        turn = tuple(jnp.sum(seconds * self.torques[:, k]) for k in range(3))
        return push, turn  # pyright: ignore[reportReturnType]

    def strength(self) -> tuple[Float[Array, " 3"], Float[Array, " 3"]]:
        """The least force [N] and torque [N m] along each axis, either way, with any one thruster out."""
        longest = jnp.max(jnp.max(self.pulses, axis=2), axis=0)
        weakest = 1.0 / jnp.maximum(longest.reshape(2, 2, 3), 1e-12)
        least = jnp.min(weakest, axis=1)
        return least[0], least[1]


def _made(rows: Float[Array, "6 n"], wanted: Triple) -> Float[Array, " n"]:
    parts = [jnp.maximum(c, 0.0) for c in wanted] + [jnp.maximum(-c, 0.0) for c in wanted]
    total = parts[0] * rows[0]
    for part, row in zip(parts[1:], rows[1:], strict=True):
        total = total + part * row
    return total


def allocate_six(thrusters: Thrusters, label: str, out: Sequence[int] = ()) -> SixAllocation:
    """The tables for a set of thrusters, those numbered in ``out`` not used in any.

    Raises ``InputError``, one sentence that begins with ``label``, if a direction cannot be made, with all
    thrusters or with any one of them out. A set that has already lost some of its thrusters need not bear
    to lose another: such a table is then the first one without the thruster's pulses.
    """
    force = np.asarray(thrusters.direction) * np.asarray(thrusters.thrust)[:, None]
    torque = np.cross(np.asarray(thrusters.place), force)
    usable = np.asarray(thrusters.thrust) > 0.0
    usable[list(out)] = False
    sound, missing = _table(force, torque, usable)
    if sound is None:
        raise InputError(f"{label}: expected thrusters that can {missing} and do nothing else with it")
    tables = [sound]
    for k in range(len(force)):
        table = sound
        if usable[k]:
            table, missing = _table(force, torque, usable & (np.arange(len(force)) != k))
        if table is None and not len(out):
            raise InputError(
                f"{label}: expected thrusters that can still {missing}, and nothing else with it, "
                f"with thruster {k} out"
            )
        tables.append(np.where(np.arange(len(force)) == k, 0.0, sound) if table is None else table)
    return SixAllocation(
        pulses=jnp.asarray(np.stack(tables)), forces=jnp.asarray(force), torques=jnp.asarray(torque),
        thrust=jnp.asarray(thrusters.thrust, float), opposite=jnp.asarray(_opposites(thrusters, usable)),
        minimum_pulse=jnp.asarray(thrusters.minimum_pulse, float),
    )  # fmt: skip


def _table(force: np.ndarray, torque: np.ndarray, usable: np.ndarray) -> tuple[np.ndarray | None, str]:
    """Twelve rows of pulses; or None and the first direction that cannot be made."""
    n = len(force)
    size = max(float(np.max(np.abs(force))), 1e-12)
    arm = max(float(np.max(np.abs(torque))), 1e-12)
    # Unknowns: a pulse each, and the longest of them. Both scaled so that pulses are about 1.
    made = np.hstack([np.vstack([force.T / size, torque.T / arm]), np.zeros((6, 1))])
    cost = np.append(np.linalg.norm(force, axis=1) / size + 1e-9, 0.0)
    above = np.hstack([np.eye(n), -np.ones((n, 1))])
    bounds = [(0.0, None if ok else 0.0) for ok in usable] + [(0.0, None)]
    rows = []
    for k, way in enumerate(WAYS):
        wanted = np.zeros(6)
        wanted[3 * (k // 6) + k % 3] = 1.0 if k % 6 < 3 else -1.0
        cost[n] = SHARING if k < 6 else 0.0
        found = linprog(cost, A_ub=above, b_ub=np.zeros(n), A_eq=made, b_eq=wanted, bounds=bounds)
        if found.status != 0:
            return None, way
        pulses = np.where(found.x[:n] < NOTHING * np.max(found.x[:n]), 0.0, found.x[:n])
        rows.append(pulses / (size if k < 6 else arm))
    return np.stack(rows), ""


def _opposites(thrusters: Thrusters, usable: np.ndarray) -> np.ndarray:
    """For each thruster the one that undoes it, force and torque; its own number where there is none."""
    place, direction = np.asarray(thrusters.place), np.asarray(thrusters.direction)
    pair = np.arange(len(place))
    for i in range(len(place)):
        for j in range(len(place)):
            here = np.allclose(np.cross(place[j] - place[i], direction[i]), 0.0, atol=1e-9)
            if usable[i] and usable[j] and here and np.allclose(direction[i], -direction[j], atol=1e-9):
                pair[i] = j
    return pair
