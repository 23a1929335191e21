"""Adaptive predictive entry guidance: the second generation.

Each cycle it (1) compares sensed with expected drag and lift, (2) flies its own model to the opening
altitude, along one plan or several side by side, (3) corrects the plan's early bank on the predicted range
error within what load and heating allow, (4) reverses the bank when the predicted cross-range asks for it;
and below ``terminal_speed`` (5) turns the lift vector in all directions. See docs/models/entry_guidance.md.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.entry_aim import aim_axes, angle_beyond, terminal_bank
from homeward.flight.entry_estimation import LOW, adapt_factors, predictor_start
from homeward.flight.entry_predictor import (
    NO_SWITCH,
    BankPlan,
    Factors,
    Prediction,
    pace,
    predict,
)
from homeward.flight.entry_pull_up import pull_up_load
from homeward.flight.entry_rates import DIVE_RATE, LIMITER_WIDTH, ORBITAL, PlanShape
from homeward.flight.entry_reversal import first_duration, next_reversal
from homeward.flight.entry_solver import Bracket, bracketed, first_bracket, newton_step
from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.flight.onboard import OnboardModel
from homeward.flight.reversal import by_lift_up
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.math.components import add, dot, split
from homeward.math.routine import routine
from homeward.typing import Flag, Scalar

HOLD = 7500.0  # m/s down to which an early bank is held
LATE_START = 7800.0  # m/s where the late line begins
SLOW = 1500.0  # m/s below which no dive makes a load
THIN_AIR = 110e3  # m, above which no load is foreseen
PULL_OUT = 8.0  # m/s2: half of what curves the path up where a first dip is lowest
DECIDED = 250.0  # m/s of descent until which the first dip's reversal may be dropped
LEFT_OVER, MOST_OFF = 40e3, 150.0  # m, m/s
ASIDE = 0.5  # of the reach
FELT = 0.15  # g
SURE = 0.15  # of the range to go: a plan that ends so near the aim tells how far aside it ends
LONG_SKIP = 0.75  # rad to go beyond which what a roll in the first dip does to the range cannot be made good
NEAR = 1e3  # m
FAR = 1e6  # m: what stands for a miss that was not foretold
GONE = 3e7  # m beyond the aim: what stands for the range of a flight that leaves the Earth
SHORT = -2e7  # m: for a prediction that is no number, its steps too long for a plunge
DIVE_GAIN = 0.15  # rad of the dive's bank for each g of predicted load

FREE, RANGE, LOAD, HEAT, CAPTURE = range(5)  # what a command is bound by


class PredictiveState(eqx.Module):
    """What the law remembers from cycle to cycle."""

    bank: Scalar  # early magnitude of the plan, rad
    bracket: Bracket  # of the plans flown side by side
    dive: Scalar  # largest bank until a fall from beyond orbit is caught, rad
    middle: Scalar  # m/s of climb at which the first dip's reversal is half done
    long: Flag  # a skip so long that a roll in the first dip decides where it ends
    swings: Flag  # the first dip's reversal is to come
    eased: Scalar  # 0 to 1: how far the comfortable load gives way to the range
    side: Scalar  # +1 right, -1 left
    duration: Scalar  # predicted time to go, s
    drag_here: Scalar
    drag_lasting: Scalar
    lift: Scalar
    switch: Scalar  # time to the planned last reversal, s
    final: Flag  # below final_speed: one reversal is left
    reversed: Flag  # and it is behind
    command: Scalar  # last commanded bank, rad
    terminal: Flag


class PredictiveSettings(eqx.Module):
    """Numbers an engineer tunes. Angles in radians, speeds in m/s, times in seconds, loads in g."""

    bank_start: Scalar  # late bank of the plan, and the first guess of the early one
    bank_end: Scalar
    bank_minimum: Scalar
    bank_maximum: Scalar
    bank_step: Scalar  # largest change of the plan a cycle
    speed_end: Scalar  # where the plan's bank reaches bank_end
    terminal_speed: Scalar
    final_speed: Scalar  # below it one last reversal is planned
    swing_gain: Scalar
    early_share: Scalar  # of the speed, down to which a departure from the late bank lasts
    reversal_share: Scalar  # reverse when this share of the sideways reach would be needed on the other side
    load_limit: Scalar  # where lift-up begins
    load_most: Scalar  # of the capsule
    guard_on: Scalar
    guard_width: Scalar
    lead_share: Scalar
    heat_most: Scalar  # in units of ``Felt.heat``
    drag_memory: Scalar  # time constants of the drag and lift factors, s
    lasting_memory: Scalar
    cycle: Scalar  # s
    rate_limit: Scalar
    acceleration_limit: Scalar


class PredictiveEntryGuidance(AbstractEntryGuidance):
    """Numerical predictor-corrector with on-line drag and lift factors.

    ``plans`` (static): 1, corrected by its own slope; 3 side by side, their range bracketed, where the range
    may answer to the bank without bound: entries from beyond orbit.
    """

    model: OnboardModel
    settings: PredictiveSettings
    steps: int = eqx.field(static=True, default=12)
    plans: int = eqx.field(static=True, default=1)

    def init(self, target: EntryTarget) -> PredictiveState:
        one, no = jnp.asarray(1.0, LOW), jnp.asarray(False)
        bank = jnp.asarray(self.settings.bank_start, LOW)
        return PredictiveState(
            bank=bank, bracket=first_bracket(bank, self.plans),
            dive=jnp.asarray(self.settings.bank_maximum, LOW), middle=0.0 * one, long=no, swings=no,
            eased=0.0 * one, side=one,
            duration=-one, drag_here=one, drag_lasting=one, lift=one, command=bank,
            switch=jnp.asarray(NO_SWITCH, LOW), final=no, reversed=no, terminal=no,
        )  # fmt: skip

    def step(
        self, state: PredictiveState, navigation: Navigation, target: EntryTarget
    ) -> tuple[PredictiveState, EntryCommand]:
        model = jax.tree.map(lambda x: x.astype(LOW), self.model)
        s = jax.tree.map(lambda x: x.astype(LOW), self.settings)
        start, speed = predictor_start(self.model, navigation)
        state = adapt_factors(model, s, state, start, speed, navigation)
        state = first_duration(state, navigation, target, speed)
        terminal = state.terminal | (speed < s.terminal_speed)
        final = state.final | (speed < s.final_speed)
        # The last reversal is planned; after it there is none.
        planned = final & ~state.reversed & ~terminal
        roll_time = 2.0 * state.bank / s.rate_limit + s.rate_limit / s.acceleration_limit
        factors = Factors(state.drag_here, state.drag_lasting, state.lift)
        hold = jnp.clip(speed, s.speed_end + 60.0, HOLD)
        # The early part is all that is left, once there is little left.
        early = s.early_share * jnp.clip((speed - s.final_speed) / 2000.0, 0.0, 1.0)
        knee = s.speed_end + (hold - s.speed_end) * early

        # Of a derivative through the flight these are held: the length lays out the predictor's steps and
        # jumps from cycle to cycle, whatever the flight does; the reversal is a decision.
        turn = jax.lax.stop_gradient(state.switch)
        onset = s.load_limit + state.eased * jnp.maximum(s.guard_on - s.load_limit, 0.0)
        altitude = target.altitude.astype(LOW)

        def fly(bank: Scalar, length: Scalar) -> Prediction:
            plan = BankPlan(
                now=jnp.where(terminal, state.command, bank),
                end=jnp.where(terminal, state.command, s.bank_end),
                speed_now=hold,
                speed_end=s.speed_end,
                side=jnp.where(terminal, 1.0, state.side),
                switch=jnp.where(planned, turn, NO_SWITCH),
                roll_time=roll_time,
                rate_limit=s.rate_limit,
                acceleration_limit=s.acceleration_limit,
                load_limit=onset,
                all_lift_lateral=terminal.astype(LOW),
                shape=PlanShape(
                    late=jnp.where(terminal, state.command, s.bank_start),
                    late_speed=jnp.asarray(LATE_START, LOW), hold=hold, knee=knee,
                    dive=jnp.where(terminal, 4.0, state.dive), middle=state.middle,
                    swing=jnp.where(coming, swing, 0.0),
                ),
            )  # fmt: skip
            return predict(model, start, plan, factors, length, altitude, self.steps, self.plans > 1)

        rise = dot(start.velocity, start.u)
        load = jnp.sqrt(jnp.sum(navigation.specific_force.astype(LOW) ** 2)) * (1.0 / G0)
        swing = PULL_OUT * (2.0 * jnp.abs(start.bank) / s.rate_limit + s.rate_limit / s.acceleration_limit)
        coming = state.swings & (speed > ORBITAL)

        aim = target.aim_E / jnp.sqrt(jnp.sum(target.aim_E**2))
        forward, right, radius, heading = aim_axes(self.model, navigation, aim)

        def beyond(p: Prediction) -> tuple[Scalar, Scalar, Flag]:
            """Where a plan ends beyond the aim point and right of it [m], and whether it was foretold."""
            along, across = angle_beyond(p.u, forward, aim), angle_beyond(p.u, right, aim)
            if self.plans > 1:
                # An arc of more than half a turn beyond the aim, or short of it, is told by the way flown.
                to_go = angle_to(start.u, forward, aim)
                along = along + TURN * jnp.round((p.arc - to_go - along) / TURN)
            good = jnp.isfinite(along + across + p.range_slope + p.length + p.reach)
            far = jnp.where(p.gone, GONE, along * radius)
            return jnp.where(good, far, SHORT), jnp.where(good, across * radius, 0.0), good

        bracket = jax.lax.stop_gradient(state.bracket)
        if self.plans == 1:
            prediction = fly(state.bank, bracket.length[0])
            along, across, good = routine(beyond, prediction)
            step = newton_step(along, prediction.range_slope * heading)
            step = jnp.where(good, step, 0.0)
            bank = state.bank - jnp.clip(step, -s.bank_step, s.bank_step)
            bank = jnp.clip(bank, s.bank_minimum, s.bank_maximum)
            length = jnp.where(good, prediction.length, 0.8 * bracket.length[0])
            bracket = Bracket(bank, bracket.width, bank[None], length[None])
        else:
            banks = bracket.banks(s.bank_minimum, s.bank_maximum)
            # One after the other, each over all lanes: side by side they would be the fastest dimension.
            many = jax.lax.map(lambda x: fly(*x), (banks, bracket.lengths(banks)))
            along, across, good = jax.vmap(beyond)(many)
            bracket, bank, pick = bracketed(
                bracket, banks, along, jnp.where(good, many.length, 0.8 * bracket.length), many.gone,
                angle_to(start.u, forward, aim) * radius, s.bank_minimum, s.bank_maximum,
            )  # fmt: skip
            prediction, along, across, good = jax.tree.map(
                lambda x: jnp.sum(jnp.where(jnp.arange(self.plans) == pick, x, jnp.zeros_like(x)), axis=0)
                .astype(x.dtype), (many, along, across, good)
            )  # fmt: skip
            bank = jnp.where(terminal, state.bank, bank)

        reach = jnp.where(good, jnp.maximum(prediction.reach, 50.0), 1e6)
        # Where no sideways lift at all would end.
        straight = across - jnp.where(good, prediction.sideways, 0.0)
        duration = jnp.where(good, prediction.duration, state.duration)
        whole = add(
            model.gravity(start.u, model.radius(start.u[2]) + start.altitude),
            split(navigation.specific_force.astype(LOW)),
        )
        passed = s.cycle * pace(whole)
        bracket = eqx.tree_at(lambda b: b.length, bracket, jnp.maximum(bracket.length - passed, 0.5))
        # In the first dip of a fall from beyond orbit there is one reversal, planned from the start: through
        # lift-up about the lowest point, where lift up is wanted for the load. Any other would throw it out.
        to_go = angle_to(start.u, forward, aim) * radius
        undecided = (rise < -DECIDED) & (speed > ORBITAL)
        long = jnp.where(undecided, to_go > LONG_SKIP * radius, state.long)
        dip = long & (load > FELT) & ((speed > ORBITAL) | (rise > 0.0))
        side, switch, turned = next_reversal(
            s, state, planned, final | dip | coming, straight / reach, duration, roll_time
        )
        sure = good & ~prediction.gone & (jnp.abs(along) < SURE * jnp.maximum(to_go, NEAR))
        if self.plans > 1:
            side = jnp.where(sure, side, state.side)
        swung = coming & (rise > state.middle - swing)
        side = jnp.where(swung, -side, side)
        # Not where the aim lies so far to one side that all of the lift is wanted there.
        aside = sure & (state.side * straight / reach < -ASIDE)
        # The later, the more is left on the side that was first: so that the rest of the entry, on the other
        # side with half its reach, brings it back.
        over = jnp.where(sure & coming, state.side * across + LEFT_OVER, 0.0)
        middle = jnp.clip(state.middle - jnp.clip(s.swing_gain * over, -10.0, 10.0), -MOST_OFF, MOST_OFF)
        swings = jnp.where(undecided, long & ~aside, state.swings & ~swung)
        side = jnp.where(terminal, state.side, side)

        # The first dip of a fall from beyond orbit: as much bank as its load and heat allow.
        falling = (speed > ORBITAL) & (rise < -DIVE_RATE)
        spare = jnp.minimum(
            s.guard_on - prediction.peak_load,
            8.0 * (1.0 - prediction.peak_heat / s.heat_most),
        )
        dive = state.dive + jnp.clip(DIVE_GAIN * jnp.where(good, spare, 0.0), -0.1, 0.1)
        dive = jnp.clip(dive, s.bank_minimum, s.bank_maximum)
        dive = jnp.where(falling, dive, s.bank_maximum)
        if self.plans == 1:
            dive = jnp.full_like(bank, 4.0)
        most = jnp.where(falling, dive, s.bank_maximum)

        # The aim lies nearer than the steepest plan comes down: comfort gives way, up to the guard's load.
        beyond_reach = (bank > s.bank_maximum - 0.02) & (along > NEAR)
        eased = jnp.clip(state.eased + jnp.where(beyond_reach, 0.2, -0.02), 0.0, 1.0)

        steer = terminal_bank(start, state.command, reach, along, across, forward, right)
        wanted = jnp.where(terminal, steer, side * jnp.minimum(bank, most))
        # As the predictor flies it. In the terminal part every direction serves.
        wanted = by_lift_up(wanted, start.bank, terminal | ((speed > ORBITAL) & ~dip))
        wanted = limit_load(s, onset, wanted, navigation, start, speed)
        met = pull_up_load(
            model, start, speed, state.drag_here, state.lift, s.cycle, s.rate_limit, s.acceleration_limit
        )
        at_risk = jnp.clip((met - s.guard_on) / s.guard_width, 0.0, 1.0)
        at_risk = jnp.where(start.altitude < THIN_AIR, at_risk, 0.0)
        wanted = wanted * (1.0 - at_risk * jnp.clip((speed - SLOW) / SLOW, 0.0, 1.0))
        new = PredictiveState(
            bank=bank, bracket=bracket, dive=dive, middle=middle, long=long, swings=swings, eased=eased,
            side=side,
            duration=jnp.maximum(duration - s.cycle, 0.5),
            switch=switch, final=final, reversed=turned,
            drag_here=state.drag_here, drag_lasting=state.drag_lasting, lift=state.lift,
            command=wanted, terminal=terminal,
        )  # fmt: skip
        wide = navigation.bank.dtype
        return new, EntryCommand(
            bank=wanted.astype(wide),
            drag_factor=state.drag_here.astype(wide),
            lift_factor=state.lift.astype(wide),
            predicted_miss=jnp.sqrt((along * 1e-3) ** 2 + (across * 1e-3) ** 2).astype(wide) * 1e3,
        )


TURN = 2.0 * jnp.pi


def angle_to(u, forward, aim) -> Scalar:
    """Arc [rad] to the aim point along the motion, from nothing to a turn."""
    behind = angle_beyond(u, forward, aim)
    return jnp.where(behind > 0.5, TURN - behind, -behind)


def limit_load(s, onset, wanted, navigation, start, speed) -> Scalar:
    """Roll toward lift-up as the load comes to its limit that the roll will meet when it is done."""
    force = split(navigation.specific_force.astype(LOW))
    load = jnp.sqrt(dot(force, force)) / G0
    vertical = dot(start.velocity, start.u)
    growth = -vertical / 7500.0 - 2.0 * load * G0 / speed
    lead = jnp.abs(start.bank) / s.rate_limit + s.rate_limit / s.acceleration_limit
    lead = s.lead_share * lead
    ahead = load * (1.0 + jnp.clip(lead * growth, -0.5, 1.0))
    return wanted * (1.0 - jnp.clip((ahead - onset) / LIMITER_WIDTH, 0.0, 1.0))
