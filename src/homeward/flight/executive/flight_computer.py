"""The parts of the return's flight software: navigation, guidance, burns and descent, with their state.

``flight.executive.return_executive`` calls them in order; nothing outside of ``flight`` does. All is pure,
its shapes never change, and it knows the messages only.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.flight.control.attitude_modes import Steering
from homeward.flight.control.phase_plane import WindAxes
from homeward.flight.descent.deployment_logic import DeploymentSettings, DeploymentState, initial_deployment
from homeward.flight.descent.main_deployment import MainTiming, order_main
from homeward.flight.descent.sequencer import DescentSettings, DescentState, initial_descent, step_descent
from homeward.flight.descent.wind_estimate import WindEstimator, WindState
from homeward.flight.entry.guidance_monitor import EntryWatch, EntryWatchState
from homeward.flight.executive.coast_attitude import Waiting
from homeward.flight.executive.flight_plan import FlightPlan, PlanStep, flight_plan
from homeward.flight.executive.system_monitor import Health, HealthState
from homeward.flight.interfaces import (
    AbstractEntryGuidance,
    AbstractNavigation,
    AbstractStrapdown,
)
from homeward.flight.navigation.inertial_navigation import StrapdownNavigation
from homeward.flight.navigation.lift_direction import LiftDirectionState, planned_lift
from homeward.icd import (
    Accuracy,
    Attitude,
    Command,
    EntryCommand,
    EntryTarget,
    InertialReadings,
    InertialSample,
    Measurements,
    Navigation,
    NavigationStart,
    TickReadings,
)
from homeward.typing import Array, Count, Flag, Float, Quat, Scalar, Vec3

SMALLEST_PULSE = 0.004  # s
# 1 sigma of the worst axis beyond which no burn is begun: rad, and m, of which the lift makes up for three.
FIT_ATTITUDE, FIT_PLACE = 0.06, 20e3


class FlightState(eqx.Module):
    """All that the flight computer remembers."""

    navigation: Any
    guidance: Any
    descent: DescentState
    last: Navigation
    entry: EntryCommand
    step: Count  # of the flight plan
    put_off: Flag  # the burn is that of the next opportunity
    leaving: Flag  # the step ends within the present cycle
    loaded: Scalar  # s on end in which more load was sensed than the step expects
    sensed: Scalar  # m/s, velocity gained along the thrust since the step began, by the accelerometers
    gained: Scalar  # m/s of it in the last tick
    deployment: DeploymentState
    bank: Scalar  # rad, commanded
    acting: Command  # acts in the control tick that begins
    flown: Float[Array, " n"] | None  # s, valve times of the tick that has ended; None for a point mass
    health: HealthState | None = None  # of a six-DOF vehicle
    entry_watch: EntryWatchState | None = None  # likewise, of its entry
    axes: WindAxes | None = None  # likewise: of the believed motion, held for a cycle
    lies: Quat | None = None  # likewise: the attitude wanted in a drift, held for a cycle
    lift: LiftDirectionState | None = None  # likewise: where the lift is in the body
    wind: WindState | None = None  # None where the forecast alone is gone by
    aim_moved: Vec3 | None = None  # m, E: by which the entry's aim point is moved for the wind met


class FlightComputer(eqx.Module):
    """The laws on board and the numbers they were loaded with before undocking."""

    navigation: AbstractNavigation
    guidance: AbstractEntryGuidance
    descent: DescentSettings
    main: MainTiming
    target: EntryTarget
    ellipsoid: Ellipsoid
    thrust_acceleration: Scalar  # believed, m/s2 at the burn: only to end it within a tick
    deployment: DeploymentSettings
    plan: FlightPlan = eqx.field(default_factory=lambda: flight_plan([]))
    steering: Steering | None = None  # None where the ship is a point mass
    health: Health | None = None  # likewise
    entry_watch: EntryWatch | None = None  # likewise; None where the law is the fall-back itself
    start: NavigationStart | None = None  # what the filter starts from; None: nothing is known
    waiting: Waiting | None = None  # how it lies while it drifts; None where the ship is a point mass
    winds: WindEstimator | None = None  # None where the forecast alone is gone by

    def init(self) -> FlightState:
        """State at power-on."""
        zero, zeros, no = jnp.asarray(0.0), jnp.zeros(3), jnp.asarray(False)
        one = jnp.asarray(1.0)
        return FlightState(
            navigation=self._first(),
            guidance=self.guidance.init(self.target),
            descent=initial_descent(),
            last=Navigation(zero, zeros, zeros, zeros, zero, no),
            entry=EntryCommand(zero, one, one, zero),
            step=jnp.asarray(0), put_off=no, leaving=no, loaded=zero, sensed=zero, gained=zero,
            deployment=initial_deployment(), bank=zero, acting=idle(self.thrusters),
            flown=None if self.thrusters is None else jnp.zeros(self.thrusters),
            health=None if self.health is None else self.health.init(),
            entry_watch=None if self.entry_watch is None else self.entry_watch.init(),
            axes=None if self.steering is None else WindAxes(zeros, zeros, zeros, zero),
            lies=None if self.waiting is None else jnp.asarray([1.0, 0.0, 0.0, 0.0]),
            lift=None if self.steering is None else planned_lift(),
            wind=None if self.winds is None else self.winds.init(),
            aim_moved=None if self.winds is None else zeros,
        )  # fmt: skip

    def _first(self) -> Any:
        """Navigation at power-on: from what was stored or sent, where a filter flies."""
        if isinstance(self.navigation, StrapdownNavigation):
            return self.navigation.init(self.start)
        return self.navigation.init()

    @property
    def thrusters(self) -> int | None:
        """How many valves there are; None for a point mass."""
        return None if self.steering is None else self.steering.thrusters

    def navigate(self, state: FlightState, measurements: Measurements, falling: bool = False) -> FlightState:
        """Take in the measurements: every leg begins its cycle so; ``falling`` (static): of a drift."""
        if self.health is not None and state.health is not None and measurements.aids is not None:
            fixed = measurements.aids.satellite_valid
            health, measurements = self.health.timed(state.health, measurements, fixed)
            state = eqx.tree_at(lambda s: s.health, state, health)
        if isinstance(self.navigation, StrapdownNavigation):
            inner, navigation = self.navigation.step(state.navigation, measurements, falling)
        else:
            inner, navigation = self.navigation.step(state.navigation, measurements)
        return eqx.tree_at(lambda s: (s.navigation, s.last), state, (inner, navigation))

    def watch(
        self, state: FlightState, measurements: Measurements, in_orbit: bool, burning: Flag, dt: Scalar
    ) -> FlightState:
        """Judge the thrusters by the last cycle of ``dt`` [s]; ``in_orbit`` (static): the stack's."""
        if self.health is None or state.health is None or self.steering is None:
            return state
        if not isinstance(self.navigation, AbstractStrapdown):
            return state
        control = self.steering.stack if in_orbit else self.steering.capsule
        health = self.health.watched(
            state.health, in_orbit, control.inertia, self.navigation.attitude(state.navigation), state.last,
            measurements, burning, dt,
        )  # fmt: skip
        return eqx.tree_at(lambda s: s.health, state, health)

    def note(
        self, state: FlightState, in_orbit: bool, seconds: Float[Array, " n"], dt: Scalar, before: Attitude
    ) -> FlightState:
        """Remember the valve times of a tick of ``dt`` [s]; ``before`` is the attitude at its start."""
        if self.health is None or state.health is None or self.steering is None:
            return state
        control = self.steering.stack if in_orbit else self.steering.capsule
        if not isinstance(self.navigation, AbstractStrapdown):
            return state  # no accelerometers to hold the commands against
        gained = self.navigation.sensed(state.navigation).delta_velocity
        health = self.health.ticked(state.health, control.inertia, seconds, before, gained, dt)
        return eqx.tree_at(lambda s: s.health, state, health)

    def aim(self, state: FlightState, wanted: Scalar, direction_I: Vec3) -> FlightState:
        """Once a cycle of a burn: where it is to end by what it has given so far (``burn_cutoff``)."""
        if self.health is None or state.health is None or self.steering is None:
            return state
        C_EI = self.steering.orientation.at(state.last.time).C_EI(state.last.time)
        thrust_E = jnp.sum(C_EI * direction_I[None, :], axis=1)
        health = self.health.aimed(state.health, state.last, thrust_E, wanted, state.put_off)
        return eqx.tree_at(lambda s: s.health, state, health)

    def step(self, state: FlightState, ahead: int = 0) -> PlanStep:
        """The present step of the flight plan, or one ``ahead``."""
        return self.plan.at(state.step + ahead, state.put_off)

    def burn_in_reach(self, state: FlightState) -> Flag:
        """Whether place and attitude are known well enough for the burn to come."""
        accuracy = self.accuracy(state)
        if accuracy is None:
            return jnp.asarray(True)
        known = self.attitude(state, None).known & (jnp.max(accuracy.attitude_sigma) < FIT_ATTITUDE)
        placed = jnp.max(accuracy.position_sigma)
        return known & (placed > 0.0) & (placed < FIT_PLACE)

    def lie(self, state: FlightState) -> FlightState:
        """Once a cycle of a drift: the attitude to take up, and what was watched of thrusters laid aside."""
        if self.health is not None and state.health is not None:
            state = eqx.tree_at(lambda s: s.health, state, self.health.paused(state.health))
        if self.waiting is None or self.steering is None:
            return state
        spin = self.steering.orientation.at(state.last.time)
        lies = self.waiting.wanted(self.step(state), self.step(state, 1), state.last, spin)
        return eqx.tree_at(lambda s: s.lies, state, lies)

    def isolated(self, state: FlightState, in_orbit: bool) -> Count:
        """The thruster whose feed is to be shut: 0 none, else 1 and its number."""
        if state.health is None:
            return jnp.asarray(0)
        own = state.health.stack == jnp.asarray(in_orbit)
        return jnp.where(own, state.health.thrusters.isolated, 0)

    def clock(self, state: FlightState) -> Scalar:
        """How far [s] the onboard clock is known to be ahead."""
        return jnp.zeros(()) if state.health is None else state.health.clock

    def thrust(
        self, state: FlightState, readings: TickReadings, active: Command, wanted: Scalar, direction: Vec3,
        tick: Scalar, aimed: Flag | None,
    ) -> tuple[FlightState, Command, Scalar, Flag]:  # fmt: skip
        """As ``burn``; where the engine does not answer, seconds of the forward thrusters in its place.

        And whether the burn has given what was wanted: one that is interrupted has not.
        """
        if state.health is not None:
            wanted = jnp.where(jnp.isfinite(state.health.wanted), state.health.wanted, wanted)
        sensed = state.sensed
        command = self.burn(sensed, active, wanted, direction, tick, aimed)
        zero = jnp.zeros_like(tick)
        if self.health is None or state.health is None or active.axial_seconds is None:
            over = wanted - sensed < SMALLEST_PULSE * self.thrust_acceleration
            return state, command, zero, over
        health = self.health.burnt(
            state.health, sensed, active.engine_seconds, self.thrust_acceleration, wanted,
            readings.time, tick,
        )  # fmt: skip
        state = eqx.tree_at(lambda s: s.health, state, health)
        assert aimed is not None
        axial = self.health.axial_acceleration
        missing = (wanted - sensed) / jnp.maximum(axial, 1e-6) - active.axial_seconds
        seconds = jnp.where(missing < SMALLEST_PULSE, 0.0, jnp.minimum(missing, tick))
        seconds = jnp.where(aimed & (wanted > 0.0) & health.axial, seconds, 0.0)
        main = jnp.where(health.axial, 0.0, command.engine_seconds)
        strength = jnp.where(health.axial, axial, self.thrust_acceleration)
        over = wanted - sensed < SMALLEST_PULSE * strength
        return state, eqx.tree_at(lambda c: c.engine_seconds, command, main), seconds, over

    def attitude(self, state: FlightState, measured: Attitude | None) -> Attitude:
        """The attitude that control goes by: the filter's, or that of a unit with an error model."""
        if isinstance(self.navigation, AbstractStrapdown):
            return self.navigation.attitude(state.navigation)
        assert measured is not None
        return measured

    def turn(
        self, state: FlightState, sample: InertialSample | InertialReadings, falling: bool = False
    ) -> FlightState:
        """Take in one tick of the inertial unit; ``falling`` (static): it may be of seconds of free fall."""
        if not isinstance(self.navigation, AbstractStrapdown):
            return state
        if isinstance(self.navigation, StrapdownNavigation):
            inner, _ = self.navigation.propagate(state.navigation, sample, falling)
        else:
            inner, _ = self.navigation.propagate(state.navigation, sample)
        return eqx.tree_at(lambda s: s.navigation, state, inner)

    def forward(self, state: FlightState, sample: InertialSample | InertialReadings) -> Scalar:
        """Velocity [m/s] gained along x in the last tick: voted, or of all where no filter flies."""
        if isinstance(self.navigation, AbstractStrapdown):
            return self.navigation.sensed(state.navigation).delta_velocity[0]
        if isinstance(sample, InertialSample):
            return sample.delta_velocity[0]
        assert self.steering is not None
        return jnp.sum(self.steering.forward_weights * sample.velocities)

    def accuracy(self, state: FlightState) -> Accuracy | None:
        """How well navigation thinks it knows; None where no filter flies."""
        if not isinstance(self.navigation, AbstractStrapdown):
            return None
        return self.navigation.accuracy(state.navigation)

    def burn(
        self, sensed: Scalar, pending: Command, wanted: Scalar, direction: Vec3, tick: Scalar,
        aimed: Flag | None = None,
    ) -> Command:  # fmt: skip
        """Burn until the velocity ``sensed`` [m/s] is what was wanted; the last tick is cut short.

        ``pending`` is the command still on its way to the engine: a command acts one tick late. A ship that
        turns burns only while it is ``aimed``, and reckons with what its engine still gives after cut-off.
        """
        missing = wanted - sensed
        seconds = missing / self.thrust_acceleration - pending.engine_seconds
        if self.steering is not None:
            seconds = seconds - jnp.where(pending.engine_seconds > 0.0, self.steering.engine_tail, 0.0)
        seconds = jnp.clip(seconds, 0.0, tick)
        # The believed thrust is never quite the true one: without a smallest pulse the rest would be asked
        # for again and again, each time in part.
        seconds = jnp.where(seconds < SMALLEST_PULSE, 0.0, seconds)
        if aimed is not None:
            # A coast is a burn of nothing: what a biased accelerometer adds up in it lights no engine.
            seconds = jnp.where(aimed & (wanted > 0.0), seconds, 0.0)
        return eqx.tree_at(lambda c: (c.engine_seconds, c.thrust_direction), idle(), (seconds, direction))

    def entry(self, state: FlightState) -> tuple[FlightState, Command]:
        """Bank command of the entry guidance, or of what is flown where that cannot be trusted."""
        target = self.target
        if state.aim_moved is not None:
            target = eqx.tree_at(lambda t: t.aim_E, target, target.aim_E + state.aim_moved)
        guidance, command = self.guidance.step(state.guidance, state.last, target)
        accuracy = self.accuracy(state)
        if self.entry_watch is not None and state.entry_watch is not None and accuracy is not None:
            watch, command = self.entry_watch.step(state.entry_watch, state.last, accuracy, command)
            state = eqx.tree_at(lambda s: s.entry_watch, state, watch)
        state = eqx.tree_at(lambda s: (s.guidance, s.entry), state, (guidance, command))
        return state, eqx.tree_at(lambda c: c.bank, idle(), command.bank)

    def descend(self, state: FlightState, readings: TickReadings, dt: Scalar) -> tuple[FlightState, Command]:
        """Parachutes, heat shield and landing rockets."""
        latitude, longitude, altitude = to_geodetic(self.ellipsoid, state.last.r_BE_E)
        error = None if state.wind is None else state.wind.mean
        # Half a tick ahead, as in ``elapsed``: the clock is a sum of ticks.
        clock = state.descent.clock + 0.5 * dt
        due = order_main(self.main, self.ellipsoid, state.last, clock, latitude, longitude, altitude, error)
        height = self._height(readings, altitude)
        descent, command = step_descent(
            self.descent, state.descent, height, state.last, altitude, due, dt, idle()
        )
        return eqx.tree_at(lambda s: s.descent, state, descent), command

    def _height(self, readings: TickReadings, altitude: Scalar) -> Scalar:
        """Height above the ground [m]; by the believed altitude where the gamma altimeter is silent."""
        if self.health is None:
            return readings.height
        return jnp.where(readings.height_valid, readings.height, altitude - self.health.ground)


def idle(thrusters: int | None = None) -> Command:
    """A command that asks for nothing; ``thrusters`` is how many the ship has, if it turns."""
    zero, no = jnp.asarray(0.0), jnp.asarray(False)
    point = Command(zero, zero, jnp.asarray([1.0, 0.0, 0.0]), jnp.asarray(0), no, no, jnp.asarray(jnp.inf))
    if thrusters is None:
        return point
    return with_thrusters(point, jnp.zeros(thrusters), jnp.asarray(0), zero)


def with_thrusters(
    command: Command, seconds: Float[Array, " n"], isolated: Count, axial_seconds: Scalar
) -> Command:
    """The command with what it asks of a six-DOF vehicle's thrusters."""
    return eqx.tree_at(
        lambda c: (c.thruster_seconds, c.isolated, c.axial_seconds, c.turn_rate_B), command,
        (seconds, isolated, axial_seconds, jnp.zeros(3)), is_leaf=lambda x: x is None,
    )  # fmt: skip
