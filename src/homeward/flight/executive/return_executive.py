"""The executive of a return: the flight software's one entry point, from undocking to touchdown.

    init(parameters) -> state
    cycle(parameters, state, sensors, mode) -> (state, command)     at the guidance rate, about 1 Hz
    tick(parameters, state, sensors, mode) -> (state, command)      at the control rate, 10 Hz

``mode`` is static: it picks the part of the software that the present step of the flight plan needs, and
equals what the commands so far have led to. All else that passes is a message of ``icd``. Every event
(separation, interface, deployment) is decided here, by onboard time, belief and sensors: a command's
``ends_in`` tells when the step ends. What the caller holds in ``parameters`` and ``state`` is opaque to it.
"""

from typing import TypeAlias, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid
from homeward.earth.orientation import HeldOrientation
from homeward.flight.descent.deployment_logic import step_deployment
from homeward.flight.executive.flight_computer import FlightComputer, FlightState, idle, with_thrusters
from homeward.flight.executive.flight_plan import PlanStep
from homeward.flight.executive.leg_sequence import Descending, descending, loaded_for, step_ends_in, within
from homeward.flight.executive.lift_and_wind import bank_by_lift, feel_lift, meet_wind
from homeward.flight.executive.modes import (
    AIR,
    BURN,
    CANOPY,
    COAST,
    DESCENT,
    DRIFT,
    ENTRY,
    FALLING,
    ORBIT,
    POWERED,
    SIX_DOF,
    STEERED,
)
from homeward.flight.interfaces import AbstractStrapdown
from homeward.flight.navigation.fix_navigation import FixNavigation
from homeward.flight.navigation.inertial_navigation import StrapdownNavigation
from homeward.icd import (
    Accuracy,
    Attitude,
    Command,
    Estimate,
    InertialReadings,
    InertialSample,
    Measurements,
    Navigation,
    TickReadings,
)
from homeward.math.numerics import norm
from homeward.math.xla_barrier import routine
from homeward.typing import Flag, Scalar

TAIL = 0.02  # of a burn's acceleration: sensed less than that, its tail-off is over

Parameters: TypeAlias = FlightComputer
State: TypeAlias = FlightState
Tree = TypeVar("Tree")


def init(parameters: Parameters) -> State:
    """State at power-on."""
    return parameters.init()


def cycle(parameters: Parameters, state: State, sensors: Measurements, mode: str) -> tuple[State, Command]:
    """One guidance cycle: navigation, monitors, guidance, and whether the step of the plan ends in it."""
    f = parameters
    assert sensors.period is not None
    if mode in SIX_DOF:
        assert sensors.inertial is not None
        # The first message after a drift tells of up to ten seconds of free fall.
        state = _inertial(f, state, sensors.inertial, mode, mode in FALLING)
    state = _choose(state.leaving, _next_step(f, state), state)
    step = f.step(state)
    state = f.navigate(state, sensors, mode == DRIFT)
    if mode == AIR:
        state = bank_by_lift(f, state)
    if mode in STEERED or mode in (DESCENT, CANOPY):
        state = meet_wind(f, state, canopy=mode not in STEERED)
    if mode in (ORBIT, AIR):
        acting = state.acting
        assert acting.axial_seconds is not None
        burning = acting.engine_seconds + acting.axial_seconds > 0.0
        state = f.watch(state, sensors, mode == ORBIT, burning, sensors.period)
    if mode == ORBIT:
        state = f.aim(state, step.delta_v, step.direction_I)
    if mode in STEERED:
        guided, command = f.entry(state)
        steers = (step.guided > 0.0) if mode == AIR else jnp.asarray(True)
        state = _choose(steers, guided, state) if mode == AIR else guided
        bank = jnp.where(steers, command.bank, jnp.zeros_like(command.bank))
        state = eqx.tree_at(lambda s: s.bank, state, bank)
    state, ends_in = _sequence(f, state, sensors, mode)
    if f.steering is not None and mode in SIX_DOF:
        state = f.lie(state) if mode == DRIFT else _with_axes(f, state)
    return state, eqx.tree_at(lambda c: (c.bank, c.ends_in), state.acting, (state.bank, ends_in))


def tick(parameters: Parameters, state: State, sensors: TickReadings, mode: str) -> tuple[State, Command]:
    """One control tick: the inertial unit taken in, and what every actuator does in the next tick."""
    f, dt = parameters, sensors.period
    state = _inertial(f, state, sensors.inertial, mode, mode == DRIFT)
    step = f.step(state)
    orbiting = mode == ORBIT
    valves, ends = state.acting.thruster_seconds, jnp.asarray(False)
    command = eqx.tree_at(lambda c: c.bank, idle(), state.bank)
    if mode == DRIFT:
        command = _drifting(f, state, sensors, command)
    elif mode in SIX_DOF:
        assert f.steering is not None and state.axes is not None and valves is not None
        isolated = f.isolated(state, orbiting)
        steering, axes = f.steering.without(isolated), state.axes
        attitude = f.attitude(state, sensors.attitude)
        axial = jnp.zeros_like(dt)
        if mode == ORBIT:
            seconds = steering.point(attitude, axes, valves, step.direction_I, step.entering > 0.0, dt)
            aimed = steering.aimed(attitude, step.direction_I)
            state, command, axial, over = f.thrust(
                state, sensors, state.acting, step.delta_v, step.direction_I, dt, aimed
            )
            ends = _burn_ends(f, state, sensors, over)
        elif mode == AIR:
            turn = None if state.lift is None else state.lift.turn
            seconds = steering.bank(attitude, axes, valves, state.bank, dt, turn)
        else:
            state, command = f.descend(state, sensors, dt)
            seconds = steering.damp(attitude, valves, command.deploy > 1, dt)
        command = with_thrusters(command, seconds, isolated, axial)
    elif mode == BURN:
        state, command, _, over = f.thrust(
            state, sensors, state.acting, step.delta_v, step.direction_I, dt, None
        )
        ends = _burn_ends(f, state, sensors, over)
    elif mode not in (COAST, ENTRY):
        state, command = f.descend(state, sensors, dt)
    command = eqx.tree_at(lambda c: (c.bank, c.ends_in), command, (state.bank, jnp.where(ends, 0.0, jnp.inf)))
    state = eqx.tree_at(
        lambda s: (s.leaving, s.flown, s.acting), state, (state.leaving | ends, valves, command),
        is_leaf=lambda x: x is None,
    )  # fmt: skip
    return state, command


def rest(parameters: Parameters, state: State, sample: InertialReadings | InertialSample, mode: str) -> State:
    """What a computer that is starting anew takes up: what the inertial unit goes on summing, and no more.

    Nothing is decided and nothing commanded meanwhile.
    """
    f = parameters
    quiet = eqx.tree_at(lambda c: c.bank, idle(f.thrusters), state.acting.bank)
    return eqx.tree_at(
        lambda s: (s.acting, s.flown), _inertial(f, state, sample, mode, mode in FALLING),
        (quiet, quiet.thruster_seconds),
        is_leaf=lambda x: x is None,
    )  # fmt: skip


def flies_a_filter(parameters: Parameters) -> bool:
    """Whether attitude and position are a strapdown filter's own: nothing measured may replace them."""
    return isinstance(parameters.navigation, AbstractStrapdown)


def held(parameters: Parameters, time: Scalar) -> Parameters:
    """The parameters with the Earth's orientation carried on from ``time`` [s]: for a minute of flight.

    Interpolating and differentiating it anew in each cycle cost as much as a step of the dynamics.
    """
    f = parameters
    if isinstance(f.navigation, FixNavigation):
        fixed = FixNavigation(HeldOrientation(f.navigation.orientation.at(time)))
        f = eqx.tree_at(lambda x: x.navigation, f, fixed)
    if f.steering is not None:
        orientation = HeldOrientation(f.steering.orientation.at(time))
        f = eqx.tree_at(lambda x: x.steering.orientation, f, orientation)
        if isinstance(f.navigation, StrapdownNavigation):
            f = eqx.tree_at(lambda x: x.navigation.orientation, f, orientation)
    return f


def report_attitude(parameters: Parameters, state: State, measured: Attitude | None) -> Attitude:
    """The believed attitude, for telemetry; ``measured`` is an attitude unit's, where no filter flies."""
    return parameters.attitude(state, measured)


def report_accuracy(parameters: Parameters, state: State) -> Accuracy | None:
    """How well navigation thinks it knows, for telemetry; None where no filter flies."""
    return parameters.accuracy(state)


def report_estimate(parameters: Parameters, state: State) -> Estimate | None:
    """The believed position and velocity with their covariance; None where no filter flies."""
    if not isinstance(parameters.navigation, StrapdownNavigation):
        return None
    return parameters.navigation.estimate(state.navigation)


def _drifting(f: FlightComputer, state: State, sensors: TickReadings, command: Command) -> Command:
    """The command of a drift: all valves shut, and how to turn toward the attitude wanted."""
    assert f.thrusters is not None and state.acting.turn_rate_B is not None
    command = with_thrusters(command, jnp.zeros(f.thrusters), jnp.asarray(0), jnp.zeros_like(sensors.period))
    if f.waiting is None or state.lies is None:
        return command
    attitude = f.attitude(state, sensors.attitude)
    rate = f.waiting.turn_rate(attitude, state.acting.turn_rate_B, state.lies, sensors.period)
    return eqx.tree_at(lambda c: c.turn_rate_B, command, rate)


def _with_axes(f: FlightComputer, state: State) -> State:
    assert f.steering is not None
    return eqx.tree_at(lambda s: s.axes, state, f.steering.axes(state.last))


def _inertial(
    f: FlightComputer, state: State, sample: InertialReadings | InertialSample, mode: str, falling: bool
) -> State:
    """The inertial unit's readings of a control tick taken in; those of no duration change nothing.

    ``falling`` (static): the tick may be one of seconds, in free fall.
    """
    taken = f.turn(state, sample, falling)
    if mode in POWERED:
        gained = f.forward(taken, sample)
        taken = eqx.tree_at(lambda s: (s.sensed, s.gained), taken, (taken.sensed + gained, gained))
    if mode == AIR:
        taken = feel_lift(f, taken)
    if mode in (ORBIT, AIR) and isinstance(f.navigation, StrapdownNavigation):
        assert state.flown is not None
        before = f.navigation.attitude(state.navigation)
        noted = f.note(taken, mode == ORBIT, state.flown, sample.duration, before)
        taken = _choose(state.leaving, taken, noted)
    return _choose(sample.duration > 0.0, taken, state)


def _sequence(f: FlightComputer, state: State, sensors: Measurements, mode: str) -> tuple[State, Scalar]:
    """Whether the present step ends within the cycle, and in how many seconds."""
    step, last = f.step(state), state.last
    assert sensors.period is not None
    # A routine: what follows reads it many times, and XLA would repeat it, navigation included, each time.
    motion, loaded, ends_in = routine(_end_of, f.ellipsoid, step, last, state.loaded, sensors.period)
    state = eqx.tree_at(lambda s: s.loaded, state, loaded)
    if mode in STEERED and sensors.deployment is not None:
        accuracy = f.accuracy(state)
        sigma = jnp.zeros(()) if accuracy is None else accuracy.position_sigma[2]
        if isinstance(f.navigation, StrapdownNavigation):
            sigma = jnp.where(state.navigation.started, sigma, jnp.inf)
        deployment, after = step_deployment(
            f.deployment, state.deployment, sensors.deployment, motion.altitude, motion.climb,
            norm(last.v_BE_E), sigma, sensors.period,
        )  # fmt: skip
        deploys = step.deploys > 0.0
        ends_in = jnp.where(deploys, jnp.minimum(ends_in, after), ends_in)
        state = eqx.tree_at(lambda s: s.deployment, state, _choose(deploys, deployment, state.deployment))
    ends, ends_in = within(ends_in, sensors.period)
    if mode == DRIFT:
        # The last drift before the burn: one that could not be flown as it is known now is put off.
        last_drift = f.step(state, 2).burns & ~f.step(state, 1).burns
        put_off = ends & last_drift & ~f.burn_in_reach(state) & ~state.put_off & (f.plan.spare > 0.0)
        ends, ends_in = ends & ~put_off, jnp.where(put_off, jnp.inf, ends_in)
        state = eqx.tree_at(lambda s: s.put_off, state, state.put_off | put_off)
    return eqx.tree_at(lambda s: s.leaving, state, ends), ends_in


def _end_of(
    ellipsoid: Ellipsoid, step: PlanStep, last: Navigation, loaded: Scalar, period: Scalar
) -> tuple[Descending, Scalar, Scalar]:
    """The believed vertical motion, how long the step's load has lasted, and in how many seconds it ends."""
    motion = descending(ellipsoid, last)
    loaded = loaded_for(step, last, loaded, period)
    return motion, loaded, step_ends_in(step, last, motion, loaded)


def _burn_ends(f: FlightComputer, state: State, sensors: TickReadings, given: Flag) -> Flag:
    """Whether a burn is over: what was wanted is ``given`` or the tanks are empty, and nothing pushes."""
    step = f.step(state)
    acting = state.acting
    asked = acting.engine_seconds
    if acting.axial_seconds is not None:
        asked = asked + acting.axial_seconds
    empty = (sensors.propellant <= 0.0) & (state.sensed > 0.5 * step.delta_v)
    quiet = state.gained < TAIL * f.thrust_acceleration * sensors.period
    return step.burns & ((given & (asked <= 0.0)) | empty) & quiet & (state.sensed > 0.0)


def _next_step(f: FlightComputer, state: State) -> State:
    """The next step of the plan begins: all actuators at rest."""
    zero = jnp.zeros_like(state.sensed)
    quiet = eqx.tree_at(lambda c: c.bank, idle(f.thrusters), state.bank)
    return eqx.tree_at(
        lambda s: (s.step, s.leaving, s.loaded, s.sensed, s.gained, s.acting, s.flown), state,
        (state.step + 1, jnp.zeros_like(state.leaving), zero, zero, zero, quiet, quiet.thruster_seconds),
        is_leaf=lambda x: x is None,
    )  # fmt: skip


def _choose(yes: Flag, one: Tree, other: Tree) -> Tree:
    """``one`` where ``yes``, else ``other``; leaves that are the same are not looked at."""
    return jax.tree.map(lambda a, b: a if a is b else jnp.where(yes, a, b), one, other)


__all__ = ["Parameters", "State", "cycle", "flies_a_filter", "held", "init", "report_accuracy",
           "report_attitude", "report_estimate", "rest", "tick"]  # fmt: skip
