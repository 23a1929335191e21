"""Adaptive predictive entry guidance with one bank parameter: the second generation as it was before.

Each cycle it (1) compares sensed with expected drag and lift, (2) flies its own model to the opening
altitude, (3) corrects the bank magnitude on the predicted range error, (4) reverses the bank when the
predicted cross-range asks for it; and below ``terminal_speed`` (5) turns the lift vector in all directions.
"""

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.constants import G0
from homeward.flight.control.roll_direction import constrain_roll_lift_up
from homeward.flight.entry.aim_point import aim_axes, angle_beyond, terminal_bank
from homeward.flight.entry.drag_lift_estimation import LOW, adapt_factors, predictor_start
from homeward.flight.entry.onboard_model import OnboardModel
from homeward.flight.entry.predictor import (
    MEAN_PACE,
    NO_SWITCH,
    BankPlan,
    Factors,
    Prediction,
    pace,
    predict,
)
from homeward.flight.entry.reversal_logic import next_reversal
from homeward.flight.interfaces import AbstractEntryGuidance
from homeward.icd import EntryCommand, EntryTarget, Navigation
from homeward.math.trigonometry import arc_tangent
from homeward.math.triples import add, dot, split
from homeward.math.xla_barrier import routine
from homeward.typing import Flag, Scalar

CIRCULAR = 7900.0  # m/s
DIVE_RATE = 300.0  # m/s of descent above which the first dip is not caught yet
RANGE_FLOOR = 2e3  # m/rad
UNKNOWN = -1.0  # s: no time to go yet
MEAN_SPEED = 0.72  # of the present speed, over an entry: the first guess of the time to go


class PredictiveV1State(eqx.Module):
    """What the law remembers from cycle to cycle."""

    bank: Scalar  # magnitude of the plan, rad
    side: Scalar  # +1 right, -1 left
    duration: Scalar  # predicted time to go, s
    length: Scalar  # the same in the predictor's stretched time
    drag_here: Scalar
    drag_lasting: Scalar
    lift: Scalar
    switch: Scalar  # time to the planned last reversal, s
    final: Flag  # below final_speed: one reversal is left
    reversed: Flag  # and it is behind
    command: Scalar  # last commanded bank, rad
    terminal: Flag


class PredictiveV1Settings(eqx.Module):
    """Numbers an engineer tunes. Angles in radians, speeds in m/s, times in seconds, loads in g."""

    bank_start: Scalar
    bank_end: Scalar
    bank_minimum: Scalar
    bank_maximum: Scalar
    bank_fast: Scalar  # largest bank while faster than circular and diving
    bank_step: Scalar  # largest change of the plan a cycle
    speed_end: Scalar  # where the plan's bank reaches bank_end
    terminal_speed: Scalar
    final_speed: Scalar  # below it one last reversal is planned
    reversal_share: Scalar  # reverse when this share of the sideways reach would be needed on the other side
    load_limit: Scalar
    load_lead: Scalar  # how far ahead the load limiter looks, s
    drag_memory: Scalar  # time constants of the drag and lift factors, s
    lasting_memory: Scalar
    cycle: Scalar  # s
    rate_limit: Scalar
    acceleration_limit: Scalar


class PredictiveV1EntryGuidance(AbstractEntryGuidance):
    """Numerical predictor-corrector with on-line drag and lift factors. See docs/models/entry_guidance.md."""

    model: OnboardModel
    settings: PredictiveV1Settings
    steps: int = eqx.field(static=True, default=24)

    def init(self, target: EntryTarget) -> PredictiveV1State:
        one, no = jnp.asarray(1.0, LOW), jnp.asarray(False)
        s = self.settings
        return PredictiveV1State(
            bank=jnp.asarray(s.bank_start, LOW), side=one, duration=jnp.asarray(UNKNOWN, LOW),
            length=jnp.asarray(UNKNOWN, LOW),
            drag_here=one, drag_lasting=one, lift=one, command=jnp.asarray(s.bank_start, LOW),
            switch=jnp.asarray(NO_SWITCH, LOW), final=no, reversed=no, terminal=no,
        )  # fmt: skip

    def step(
        self, state: PredictiveV1State, navigation: Navigation, target: EntryTarget
    ) -> tuple[PredictiveV1State, EntryCommand]:
        model = jax.tree.map(lambda x: x.astype(LOW), self.model)
        s = jax.tree.map(lambda x: x.astype(LOW), self.settings)
        start, speed = predictor_start(self.model, navigation)
        state = adapt_factors(model, s, state, start, speed, navigation)
        state = _first_duration(state, navigation, target, speed)
        terminal = state.terminal | (speed < s.terminal_speed)
        final = state.final | (speed < s.final_speed)
        # The last reversal is planned; after it there is none.
        planned = final & ~state.reversed & ~terminal
        roll_time = 2.0 * state.bank / s.rate_limit + s.rate_limit / s.acceleration_limit
        factors = Factors(state.drag_here, state.drag_lasting, state.lift)

        # Of a derivative through the flight these are held: the length lays out the predictor's steps and
        # jumps from cycle to cycle, whatever the flight does; the reversal is a decision.
        length, turn = jax.lax.stop_gradient((state.length, state.switch))

        def fly(bank: Scalar) -> Prediction:
            plan = BankPlan(
                now=jnp.where(terminal, state.command, bank),
                end=jnp.where(terminal, state.command, s.bank_end),
                speed_now=jnp.maximum(speed, s.speed_end + 60.0),
                speed_end=s.speed_end,
                side=jnp.where(terminal, 1.0, state.side),
                switch=jnp.where(planned, turn, NO_SWITCH),
                roll_time=roll_time,
                rate_limit=s.rate_limit,
                acceleration_limit=s.acceleration_limit,
                load_limit=s.load_limit,
                all_lift_lateral=terminal.astype(LOW),
            )
            altitude = target.altitude.astype(LOW)
            return predict(model, start, plan, factors, length, altitude, self.steps)

        prediction = fly(state.bank)
        aim = target.aim_E / jnp.sqrt(jnp.sum(target.aim_E**2))
        forward, right, radius, heading = aim_axes(self.model, navigation, aim)
        # Routines, since each is read many times below.
        along = routine(lambda: angle_beyond(prediction.u, forward, aim) * radius)
        across = routine(lambda: angle_beyond(prediction.u, right, aim) * radius)
        along_per_bank = prediction.range_slope * heading

        # A prediction that blew up (its steps too long for a steep, fast entry) corrects nothing but itself.
        good = jnp.isfinite(along + across + along_per_bank + prediction.length + prediction.reach)
        along, across, along_per_bank = (jnp.where(good, x, 0.0) for x in (along, across, along_per_bank))
        # Newton on the range; the floor keeps the step small where the bank hardly moves the range.
        step = along * along_per_bank / (along_per_bank**2 + RANGE_FLOOR**2)
        # Faster than circular, the first dip decides the load: lift is kept up until the fall is caught, and
        # range is spent after it.
        diving = (speed > CIRCULAR) & (dot(start.velocity, start.u) < -DIVE_RATE)
        most = jnp.where(diving, s.bank_fast, s.bank_maximum)
        bank = jnp.clip(state.bank - jnp.clip(step, -s.bank_step, s.bank_step), s.bank_minimum, most)

        reach = jnp.where(good, jnp.maximum(prediction.reach, 50.0), 1e6)
        # Where no sideways lift at all would end.
        straight = across - jnp.where(good, prediction.sideways, 0.0)
        duration = jnp.where(good, prediction.duration, state.duration)
        length = jnp.where(good, prediction.length, 0.8 * state.length)
        whole = add(
            model.gravity(start.u, model.radius(start.u[2]) + start.altitude),
            split(navigation.specific_force.astype(LOW)),
        )
        passed = s.cycle * pace(whole)
        side, switch, turned = next_reversal(s, state, planned, final, straight / reach, duration, roll_time)
        side = jnp.where(terminal, state.side, side)

        steer = terminal_bank(start, state.command, reach, along, across, forward, right)
        wanted = jnp.where(terminal, steer, side * bank)
        # As the predictor flies it. In the terminal part every direction serves.
        wanted = constrain_roll_lift_up(wanted, start.bank, terminal | (speed > CIRCULAR))
        wanted = _limit_load(s, wanted, navigation, start, speed)
        new = PredictiveV1State(
            bank=bank, side=side, duration=jnp.maximum(duration - s.cycle, 0.5),
            length=jnp.maximum(length - passed, 0.5),
            switch=switch, final=final, reversed=turned,
            drag_here=state.drag_here, drag_lasting=state.drag_lasting, lift=state.lift,
            command=wanted, terminal=terminal,
        )  # fmt: skip
        wide = navigation.bank.dtype
        return new, EntryCommand(
            bank=wanted.astype(wide),
            drag_factor=state.drag_here.astype(wide),
            lift_factor=state.lift.astype(wide),
            predicted_miss=jnp.sqrt(along**2 + across**2).astype(wide),
        )


def _first_duration(state, navigation, target, speed):
    """Time to go before the first prediction: the arc to the aim point at a typical mean speed."""
    r, aim = navigation.r_BE_E, target.aim_E
    sine, cosine = jnp.cross(r, aim), jnp.sum(r * aim)
    angle = arc_tangent(jnp.sqrt(jnp.sum(sine * sine)).astype(LOW), cosine.astype(LOW))
    arc = angle * jnp.sqrt(jnp.sum(aim * aim)).astype(LOW)
    guess = jnp.maximum(arc / (MEAN_SPEED * speed), 60.0)
    new = state.duration < 0.0
    times = (jnp.where(new, guess, state.duration), jnp.where(new, MEAN_PACE * guess, state.length))
    return eqx.tree_at(lambda p: (p.duration, p.length), state, times)


def _limit_load(s, wanted, navigation, start, speed) -> Scalar:
    """Roll toward lift-up as the load, a few seconds ahead, comes to its limit."""
    force = split(navigation.specific_force.astype(LOW))
    load = jnp.sqrt(dot(force, force)) / G0
    vertical = dot(start.velocity, start.u)
    growth = -vertical / 7500.0 - 2.0 * load * G0 / speed
    ahead = load * (1.0 + jnp.clip(s.load_lead * growth, -0.5, 1.0))
    return wanted * (1.0 - jnp.clip((ahead - s.load_limit) / 1.5, 0.0, 1.0))
