"""The flight plan of a return: its steps in order, and what ends each of them.

The plan is loaded before undocking and changed by uplink only. A step ends by onboard time, by the believed
altitude, by the parachute's deployment logic or when a burn has given its velocity. The sensed load and a
latest time are back-ups, for a ship that no longer knows its altitude.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from homeward.typing import Count, Flag, Scalar, Vec3

ROWS = 16  # steps that a plan has room for: one shape for every plan, so that all fly one compiled program


class PlanStep(eqx.Module):
    """One step; infinite times, loads and (minus) altitudes never end it."""

    until_time: Scalar  # s, onboard time since the epoch
    until_altitude: Scalar  # m above the ellipsoid, falling through it, as believed
    until_load: Scalar  # g, sensed: the back-up of an altitude
    latest_time: Scalar  # s, onboard time: likewise
    delta_v: Scalar  # m/s to be sensed; 0: no burn
    direction_I: Vec3  # unit vector along the thrust
    entering: Scalar  # 1: the stack takes up the attitude of the entry; 0: it points its thrust
    guided: Scalar  # 1: the entry guidance steers; 0: wings level
    deploys: Scalar  # 1: ends with the deployment of the parachute

    @property
    def burns(self) -> Flag:
        """Whether the step is a burn."""
        return self.delta_v > 0.0


class FlightPlan(eqx.Module):
    """All steps: a ``PlanStep`` with a leading axis of ``ROWS``; ``later`` are those of the next opportunity.

    ``spare`` is 1 where there is one, else 0.
    """

    steps: PlanStep
    later: PlanStep
    spare: Scalar

    def at(self, number: Count, put_off: Flag | None = None) -> PlanStep:
        """The step of that number, the last one for any beyond; of the next opportunity if ``put_off``."""
        row = jnp.clip(number, 0, ROWS - 1)
        first = jax.tree.map(lambda x: x[row], self.steps)
        if put_off is None:
            return first
        return jax.tree.map(lambda x, y: jnp.where(put_off, y[row], x), first, self.later)


def plan_step(
    *, until_time: float = np.inf, until_altitude: float = -np.inf, until_load: float = np.inf,
    latest_time: float = np.inf, delta_v: float = 0.0, direction_I: Vec3 | np.ndarray | None = None,
    entering: bool = False, guided: bool = False, deploys: bool = False,
) -> PlanStep:  # fmt: skip
    """A step from plain numbers (s, m, g, s, m/s, unit vector in I)."""
    direction = np.array([1.0, 0.0, 0.0]) if direction_I is None else direction_I

    def number(x: float | bool) -> Scalar:
        return jnp.asarray(x, float)

    return PlanStep(
        number(until_time), number(until_altitude), number(until_load), number(latest_time), number(delta_v),
        jnp.asarray(direction, float), number(entering), number(guided), number(deploys),
    )  # fmt: skip


def flight_plan(steps: Sequence[PlanStep]) -> FlightPlan:
    """The plan of some steps; what is left of its rows never ends. Raises ``ValueError`` beyond ``ROWS``."""
    if len(steps) > ROWS:
        raise ValueError(f"a flight plan holds {ROWS} steps, not {len(steps)}")
    rows = [*steps, *[plan_step()] * (ROWS - len(steps))]
    stacked = jax.tree.map(lambda *x: jnp.asarray(np.stack([np.asarray(v) for v in x])), *rows)
    return FlightPlan(stacked, stacked, jnp.zeros(()))


__all__ = ["ROWS", "FlightPlan", "PlanStep", "flight_plan", "plan_step"]
