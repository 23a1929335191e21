"""The ballistic fall-back: the capsule rolls steadily, so that its lift points every way and averages out.

No steering is left, so that nothing but the roll can fail; the landing point is only foretold.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.entry_predictor import (
    MEAN_PACE,
    NO_SWITCH,
    BankPlan,
    Factors,
    PredictorStart,
    predict,
)
from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.flight.onboard import OnboardModel
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.math.components import split
from homeward.math.numerics import norm, unit, wrap_angle
from homeward.typing import Scalar

LARGEST_LEAD = 2.6  # rad: half a turn ahead is where the shorter way changes sides
FIRST_TIME = 420.0  # s: about what a ballistic entry from orbit takes
STEPS = 64  # of a prediction: less lift is a steeper, shorter fall


class BallisticState(eqx.Module):
    """The predicted time to go in the predictor's stretched seconds."""

    length: Scalar


class BallisticEntryGuidance(AbstractEntryGuidance):
    """Rolls at ``roll_rate`` [rad/s], right round, and tells where it will come down.

    The bank command is an angle, and the actuator takes the shorter way to it: so the command is kept
    ahead of the bank by a fixed lead of less than half a turn, as much as makes the actuator turn at this
    rate, ``rate^2 / 1.8 a`` of its braking law and what is turned within a cycle. Where the rate is the
    capsule's own limit the lead is the largest.
    """

    model: OnboardModel
    roll_rate: Scalar
    rate_limit: Scalar
    acceleration_limit: Scalar
    cycle: Scalar  # s

    def init(self, target: EntryTarget) -> BallisticState:
        return BallisticState(jnp.asarray(MEAN_PACE * FIRST_TIME))

    def step(
        self, state: BallisticState, navigation: Navigation, target: EntryTarget
    ) -> tuple[BallisticState, EntryCommand]:
        rate = jnp.minimum(self.roll_rate, self.rate_limit)
        lead = rate**2 / (1.8 * self.acceleration_limit) + rate * self.cycle
        lead = jnp.minimum(jnp.where(rate >= self.rate_limit, LARGEST_LEAD, lead), LARGEST_LEAD)
        length, miss = self._predicted(state.length, navigation, target)
        one = jnp.ones_like(miss)
        return BallisticState(length), EntryCommand(wrap_angle(navigation.bank + lead), one, one, miss)

    def _predicted(
        self, length: Scalar, navigation: Navigation, target: EntryTarget
    ) -> tuple[Scalar, Scalar]:
        """Stretched time to go, and distance [m] from the aim of an end without lift."""
        r, v = navigation.r_BE_E, navigation.v_BE_E
        u, zero = unit(r), jnp.zeros_like(length)
        start = PredictorStart(split(u), norm(r) - self.model.radius(u[2]), split(v), navigation.bank)
        plan = BankPlan(
            now=zero, end=zero, speed_now=norm(v) + 60.0, speed_end=norm(v), side=zero + 1.0,
            switch=zero + NO_SWITCH, roll_time=zero + 10.0, rate_limit=self.rate_limit,
            acceleration_limit=self.acceleration_limit, load_limit=zero + 100.0, all_lift_lateral=zero,
        )  # fmt: skip
        factors = Factors(zero + 1.0, zero + 1.0, zero)
        # Twice: the first pass finds the time to go that the second divides into steps.
        told = predict(self.model, start, plan, factors, length, target.altitude, STEPS)
        again = jnp.where(jnp.isfinite(told.length), jnp.clip(told.length, 0.5, 2e4), 0.8 * length)
        told = predict(self.model, start, plan, factors, again, target.altitude, STEPS)
        end = unit(jnp.stack(told.u))
        aim = unit(target.aim_E)
        miss = self.model.equatorial_radius * jnp.arctan2(norm(jnp.cross(end, aim)), jnp.sum(end * aim))
        good = jnp.isfinite(told.length + miss)
        new = jnp.where(good, jnp.clip(told.length, 0.5, 2e4), 0.8 * again)
        return new, jnp.where(good, miss, 0.0)
