"""The ballistic fall-back: the capsule rolls steadily, so that its lift points every way and averages out.

No steering is left, so that nothing but the roll can fail; the landing point is only foretold.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor import (
    MEAN_PACE,
    NO_SWITCH,
    BankPlan,
    Factors,
    PredictorStart,
    predict,
)
from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.math.numerics import norm, unit, wrap_angle
from homeward.math.triples import split
from homeward.typing import Flag, Scalar, Vec3

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
        return BallisticState(self.init_length())

    def init_length(self) -> Scalar:
        """The stretched time to go that a prediction starts from."""
        return jnp.asarray(MEAN_PACE * FIRST_TIME)

    def step(
        self, state: BallisticState, navigation: Navigation, target: EntryTarget
    ) -> tuple[BallisticState, EntryCommand]:
        length, end, good = self.foretold(
            state.length, navigation.r_BE_E, navigation.v_BE_E, navigation.bank, target.altitude
        )
        aim = unit(target.aim_E)
        miss = self.model.equatorial_radius * jnp.arctan2(norm(jnp.cross(end, aim)), jnp.sum(end * aim))
        miss = jnp.where(good, miss, 0.0)
        one = jnp.ones_like(miss)
        return BallisticState(length), EntryCommand(self.rolled(navigation), one, one, miss)

    def rolled(self, navigation: Navigation) -> Scalar:
        """The bank [rad] to be ordered so that the capsule goes on rolling."""
        rate = jnp.minimum(self.roll_rate, self.rate_limit)
        lead = rate**2 / (1.8 * self.acceleration_limit) + rate * self.cycle
        lead = jnp.minimum(jnp.where(rate >= self.rate_limit, LARGEST_LEAD, lead), LARGEST_LEAD)
        return wrap_angle(navigation.bank + lead)

    def foretold(
        self, length: Scalar, r: Vec3, v: Vec3, bank: Scalar, altitude: Scalar
    ) -> tuple[Scalar, Vec3, Flag]:
        """Stretched time to go, unit vector (E) to the end without lift at an altitude [m], and whether there
        is one; ``r`` and ``v`` in m and m/s, E."""
        u, zero = unit(r), jnp.zeros_like(length)
        start = PredictorStart(split(u), norm(r) - self.model.radius(u[2]), split(v), bank)
        plan = BankPlan(
            now=zero, end=zero, speed_now=norm(v) + 60.0, speed_end=norm(v), side=zero + 1.0,
            switch=zero + NO_SWITCH, roll_time=zero + 10.0, rate_limit=self.rate_limit,
            acceleration_limit=self.acceleration_limit, load_limit=zero + 100.0, all_lift_lateral=zero,
        )  # fmt: skip
        factors = Factors(zero + 1.0, zero + 1.0, zero)
        # Twice: the first pass finds the time to go that the second divides into steps.
        told = predict(self.model, start, plan, factors, length, altitude, STEPS)
        again = jnp.where(jnp.isfinite(told.length), jnp.clip(told.length, 0.5, 2e4), 0.8 * length)
        told = predict(self.model, start, plan, factors, again, altitude, STEPS)
        end = unit(jnp.stack(told.u))
        good = jnp.isfinite(told.length + jnp.sum(end))
        return jnp.where(good, jnp.clip(told.length, 0.5, 2e4), 0.8 * again), end, good
