"""Adaptive predictive entry guidance: the second generation.

Each cycle it (1) compares sensed with expected drag and lift, (2) flies its own model to the opening
altitude, along one plan or several side by side, (3) corrects the plan's early bank on the predicted range
error within what load and heating allow, (4) reverses the bank when the predicted cross-range asks for it;
and below ``terminal_speed`` (5) turns the lift vector in all directions. See docs/models/entry_guidance.md.
"""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.flight.control.roll_direction import constrain_roll_lift_up
from homeward.flight.entry.active_constraint import binding
from homeward.flight.entry.aim_point import aim_axes, angle_beyond, angle_to, terminal_bank
from homeward.flight.entry.bank_solver import Bracket, bracketed, first_bracket, newton_step, single
from homeward.flight.entry.drag_lift_estimation import LOW, adapt_factors, predictor_start
from homeward.flight.entry.first_dip_reversal import Dip, corrected_dip, first_dip, half_roll, planned_dip
from homeward.flight.entry.load_guard import (
    FOUND,
    dive_bank,
    eased_by,
    falling_fast,
    felt_load,
    heat_floor,
    heat_taken,
    limit_load,
    onset,
)
from homeward.flight.entry.load_keeping import kept_bank
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor import NO_SWITCH, BankPlan, Factors, Prediction, pace, predict
from homeward.flight.entry.predictor_dynamics import ORBITAL, PlanShape, PredictorStart
from homeward.flight.entry.reversal_logic import first_duration, first_side, left_aside, next_reversal
from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.math.triples import add, dot, split
from homeward.math.xla_barrier import routine
from homeward.typing import Flag, Scalar

HOLD = 7500.0  # m/s down to which an early bank is held
LATE_START = 7800.0  # m/s where the late line begins
BLEND = 2000.0  # m/s above final_speed over which the early part comes to be all that is left
HOT = 2.5e7  # m beyond the aim: what stands for the range of a flight that takes too much heat
GONE = 3e7  # m beyond the aim: what stands for the range of a flight that leaves the Earth
SHORT = -2e7  # m: for a prediction that is no number, its steps too long for a plunge
NEAR = 1e3  # m
SURE = 0.15  # of the range to go: a plan that ends so near the aim tells how far aside it ends
TURN = 2.0 * jnp.pi


class PredictiveState(eqx.Module):
    """What the law remembers from cycle to cycle."""

    bank: Scalar  # early magnitude of the plan, rad
    bracket: Bracket  # of the plans flown side by side
    dive: Scalar  # largest bank until a fall from beyond orbit is caught, rad
    dip: Dip  # the first dip's reversal
    heated: Scalar  # taken so far, and the bank [rad] beneath which too much would be to come
    floor: Scalar
    eased: Scalar  # 0 to 1: how far the comfortable load gives way to the range
    side: Scalar  # +1 right, -1 left
    duration: Scalar  # predicted time to go, s
    drag_here: Scalar
    drag_lasting: Scalar
    lift: Scalar
    switch: Scalar  # time to the planned last reversal, s
    final: Flag  # below final_speed: one reversal is left
    reversed: Flag  # and it is behind
    aside: Scalar  # how far right of the aim the plan ended, m
    command: Scalar  # last commanded bank, rad
    flown: Scalar  # bank of the last cycle, rad
    kept: Scalar  # largest bank that keeps the load, rad
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
    early_share: Scalar  # of the speed, down to which a departure from the late bank lasts
    reversal_share: Scalar  # reverse when this share of the sideways reach would be needed on the other side
    load_limit: Scalar  # of comfort, where lift-up begins
    guard_on: Scalar  # load of a first dip from beyond orbit
    load_kept: Scalar  # g that no plan of the next seconds may meet
    load_held: Scalar  # g at which the load is held where it comes near
    heat_most: Scalar  # in units of ``Felt.heat``
    heated_most: Scalar  # and of its sum over time [s]
    drag_memory: Scalar  # time constants of the drag and lift factors, s
    lasting_memory: Scalar
    cycle: Scalar  # s
    rate_limit: Scalar
    acceleration_limit: Scalar


class PredictiveEntryGuidance(AbstractEntryGuidance):
    """Numerical predictor-corrector with on-line drag and lift factors.

    ``plans`` (static): 1, corrected by its own slope; 3 side by side, their range bracketed, where the range
    may answer to the bank without bound: entries from beyond orbit. ``heat_kept`` (static): there is a limit
    of the heat load.
    """

    model: OnboardModel
    settings: PredictiveSettings
    steps: int = eqx.field(static=True, default=12)
    plans: int = eqx.field(static=True, default=1)
    heat_kept: bool = eqx.field(static=True, default=False)

    def init(self, target: EntryTarget) -> PredictiveState:
        one, no = jnp.asarray(1.0, LOW), jnp.asarray(False)
        bank = jnp.asarray(self.settings.bank_start, LOW)
        return PredictiveState(
            bank=bank, bracket=first_bracket(bank, self.plans),
            dive=jnp.asarray(self.settings.bank_maximum, LOW), dip=first_dip(), side=one,
            heated=0.0 * one, floor=0.0 * one, eased=0.0 * one,
            duration=-one, drag_here=one, drag_lasting=one, lift=one, command=bank, flown=0.0 * one,
            kept=jnp.asarray(self.settings.bank_maximum, LOW),
            switch=jnp.asarray(NO_SWITCH, LOW), final=no, reversed=no, aside=0.0 * one, terminal=no,
        )  # fmt: skip

    def step(
        self, state: PredictiveState, navigation: Navigation, target: EntryTarget
    ) -> tuple[PredictiveState, EntryCommand]:
        model = jax.tree.map(lambda x: x.astype(LOW), self.model)
        s = jax.tree.map(lambda x: x.astype(LOW), self.settings)
        start, speed = predictor_start(self.model, navigation)
        state = adapt_factors(model, s, state, start, speed, navigation)
        begins = state.duration < 0.0
        state = first_duration(state, navigation, target, speed)
        terminal = state.terminal | (speed < s.terminal_speed) | left_aside(state, speed)
        final = state.final | (speed < s.final_speed)
        # The last reversal is planned; after it there is none.
        planned = final & ~state.reversed & ~terminal
        roll_time = 2.0 * state.bank / s.rate_limit + s.rate_limit / s.acceleration_limit
        rise, load = dot(start.velocity, start.u), felt_load(navigation)
        begin = onset(s, state.eased)
        plan_of = self._plans(s, state, start, speed, terminal, planned, roll_time, begin)
        factors = Factors(state.drag_here, state.drag_lasting, state.lift)
        altitude = target.altitude.astype(LOW)

        aim = target.aim_E / jnp.sqrt(jnp.sum(target.aim_E**2))
        forward, right, radius, heading = aim_axes(self.model, navigation, aim)
        arc = angle_to(start.u, forward, aim)

        def fly(bank: Scalar, length: Scalar) -> Prediction:
            skips = self.plans > 1
            felt = skips or self.heat_kept
            return predict(model, start, plan_of(bank), factors, length, altitude, self.steps, skips, felt)

        def beyond(p: Prediction) -> tuple[Scalar, Scalar, Flag]:
            """Where a plan ends beyond the aim point and right of it [m], and whether it was foretold."""
            along, across = angle_beyond(p.u, forward, aim), angle_beyond(p.u, right, aim)
            if self.plans > 1:
                # An arc of more than half a turn beyond the aim, or short of it, is told by the way flown.
                along = along + TURN * jnp.round((p.arc - arc - along) / TURN)
            good = jnp.isfinite(along + across + p.range_slope + p.length + p.reach)
            far = jnp.where(p.gone, GONE, along * radius)
            return jnp.where(good, far, SHORT), jnp.where(good, across * radius, 0.0), good

        # Of a derivative through the flight this is held: the lengths lay out the predictor's steps and jump
        # from cycle to cycle, whatever the flight does.
        bracket = jax.lax.stop_gradient(state.bracket)
        heated, floor = state.heated, state.floor
        if self.heat_kept:
            heated = heated + s.cycle * heat_taken(model, start, speed, state.drag_here)
        if self.plans == 1:
            prediction = fly(state.bank, bracket.length[0])
            along, across, good = routine(beyond, prediction)
            step = jnp.where(good, newton_step(along, prediction.range_slope * heading), 0.0)
            bank = state.bank - jnp.clip(step, -s.bank_step, s.bank_step)
            bank = jnp.clip(bank, s.bank_minimum, s.bank_maximum)
            hot = leaves = jnp.asarray(False)
            if self.heat_kept:
                floor = heat_floor(s, floor, heated + prediction.heat_load, good)
                hot = floor > bank
                bank = jnp.where(terminal, bank, jnp.maximum(bank, floor))
            bracket = single(bracket, bank, jnp.where(good, prediction.length, 0.8 * bracket.length[0]))
            sure = good
        else:
            banks = bracket.banks(s.bank_minimum, s.bank_maximum)
            # One after the other, each over all lanes: side by side they would be the fastest dimension.
            many = jax.lax.map(lambda x: fly(*x), (banks, bracket.lengths(banks)))
            along, across, good = jax.vmap(beyond)(many)
            lengths = jnp.where(good, many.length, 0.8 * bracket.length)
            # What takes too much heat is too long, as what is gone is.
            over = heated + many.heat_load > s.heated_most
            along = jnp.where(over & ~many.gone, HOT, along)
            bracket, bank, pick, longer = bracketed(
                bracket, banks, along, lengths, many.gone | over, arc * radius, s.bank_minimum,
                s.bank_maximum,
            )  # fmt: skip
            leaves = jnp.any(longer & many.gone)
            hot = jnp.any(longer & ~many.gone)
            bank = jnp.where(terminal, state.bank, bank)
            picked = jnp.arange(self.plans) == pick
            prediction, along, across, good = jax.tree.map(
                lambda x: jnp.sum(jnp.where(picked, x, jnp.zeros_like(x))).astype(x.dtype),
                (many, along, across, good),
            )
            sure = good & ~prediction.gone & (jnp.abs(along) < SURE * jnp.maximum(arc * radius, NEAR))

        reach = jnp.where(good, jnp.maximum(prediction.reach, 50.0), 1e6)
        # Where no sideways lift at all would end.
        straight = across - jnp.where(good, prediction.sideways, 0.0)
        duration = jnp.where(good, prediction.duration, state.duration)
        whole = add(
            model.gravity(start.u, model.radius(start.u[2]) + start.altitude),
            split(navigation.specific_force.astype(LOW)),
        )
        bracket = bracket.passed(s.cycle * pace(whole))

        dip, swings, held = planned_dip(state.dip, s, speed, rise, load, start.bank, arc)
        side, switch, turned = next_reversal(
            s, state, planned, final | held, straight / reach, duration, roll_time
        )
        side = jnp.where(swings, -state.side, jnp.where(sure, side, state.side))
        side = jnp.where(terminal, state.side, side)
        if self.plans == 1:
            side = jnp.where(begins, first_side(navigation, target, straight, sure), side)
        dip = corrected_dip(dip, state.side, across, sure)
        falling = falling_fast(speed, rise)
        dive, hotter = dive_bank(s, state.dive, prediction, good, falling)

        steer = terminal_bank(start, state.command, reach, along, across, forward, right)
        wanted = jnp.where(terminal, steer, side * jnp.where(falling, jnp.minimum(bank, dive), bank))
        # As the predictor flies it. In the terminal part every direction serves.
        wanted = constrain_roll_lift_up(wanted, start.bank, terminal | ((speed > ORBITAL) & ~held))
        comfort = limit_load(s, begin, state.eased, load, start, speed)
        flown = jnp.where(begins, start.bank, state.flown)
        kept = kept_bank(s, model, start, speed, state.drag_here, state.lift, flown, state.kept, load)
        wanted = wanted * comfort
        guarded = jnp.abs(wanted) > kept
        wanted = jnp.clip(wanted, -kept, kept)
        bound = falling & (bank > dive)
        edge = (bank > s.bank_maximum - FOUND) | (bank < s.bank_minimum + FOUND)
        constraint = binding(
            load=guarded | (bound & ~hotter), heating=~terminal & (hot | (bound & hotter)),
            capture=~terminal & leaves, out_of_range=~terminal & good & edge & (jnp.abs(along) > NEAR),
            comfort=comfort < 1.0,
        )  # fmt: skip
        new = PredictiveState(
            bank=bank, bracket=bracket, dive=dive, dip=dip, heated=heated, floor=floor,
            eased=eased_by(s, state.eased, bank, along, NEAR), side=side,
            duration=jnp.maximum(duration - s.cycle, 0.5),
            switch=switch, final=final, reversed=turned, aside=jnp.where(good, across, state.aside),
            drag_here=state.drag_here, drag_lasting=state.drag_lasting, lift=state.lift,
            command=wanted, flown=start.bank, kept=kept, terminal=terminal,
        )  # fmt: skip
        wide = navigation.bank.dtype
        return new, EntryCommand(
            bank=wanted.astype(wide),
            drag_factor=state.drag_here.astype(wide),
            lift_factor=state.lift.astype(wide),
            predicted_miss=jnp.sqrt(along**2 + across**2).astype(wide),
            constraint=constraint.astype(wide),
        )

    def _plans(
        self, s: PredictiveSettings, state: PredictiveState, start: PredictorStart, speed: Scalar,
        terminal: Flag, planned: Flag, roll_time: Scalar, begin: Scalar,
    ) -> Callable[[Scalar], BankPlan]:  # fmt: skip
        """The plan of an early bank [rad], all else as it is this cycle."""
        hold = jnp.clip(speed, s.speed_end + 60.0, HOLD)
        # The early part comes to be all that is left, once there is little left.
        early = s.early_share * jnp.clip((speed - s.final_speed) / BLEND, 0.0, 1.0)
        knee = s.speed_end + (hold - s.speed_end) * early
        # Of a derivative through the flight the reversal is held, too: it is a decision.
        turn = jax.lax.stop_gradient(state.switch)
        coming = state.dip.swings

        def one(bank: Scalar) -> BankPlan:
            return BankPlan(
                now=jnp.where(terminal, state.command, bank),
                end=jnp.where(terminal, state.command, s.bank_end),
                speed_now=hold,
                speed_end=s.speed_end,
                side=jnp.where(terminal, 1.0, state.side),
                switch=jnp.where(planned, turn, NO_SWITCH),
                roll_time=roll_time,
                rate_limit=s.rate_limit,
                acceleration_limit=s.acceleration_limit,
                load_limit=begin,
                all_lift_lateral=terminal.astype(LOW),
                shape=PlanShape(
                    late=jnp.where(terminal, state.command, s.bank_start),
                    late_speed=jnp.asarray(LATE_START, LOW), hold=hold, knee=knee,
                    dive=jnp.where(terminal, 4.0, state.dive), middle=state.dip.middle,
                    swing=jnp.where(coming, half_roll(s, jnp.minimum(state.bank, state.dive)), 0.0),
                ),
            )  # fmt: skip

        return one
