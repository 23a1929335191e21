"""The flight computer: navigation, guidance and sequencing, one step a cycle.

``step`` is what would run on board. It is pure, its shapes never change, and it knows the messages only.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.flight.descent import DescentSettings, DescentState, initial_descent, step_descent
from homeward.flight.entry_watch import EntryWatch, EntryWatchState
from homeward.flight.health import Health, HealthState
from homeward.flight.interfaces import (
    AbstractEntryGuidance,
    AbstractNavigation,
    AbstractStrapdown,
)
from homeward.flight.main_timing import MainTiming, order_main
from homeward.flight.steering import Steering
from homeward.flight.strapdown_navigation import StrapdownNavigation
from homeward.icd import (
    Accuracy,
    Attitude,
    Command,
    Consistency,
    EntryCommand,
    EntryTarget,
    InertialReadings,
    InertialSample,
    Measurements,
    Navigation,
)
from homeward.typing import Array, Count, Flag, Float, Scalar, Vec3

SMALLEST_PULSE = 0.004  # s


class FlightState(eqx.Module):
    """All that the flight computer remembers."""

    navigation: Any
    guidance: Any
    descent: DescentState
    last: Navigation
    entry: EntryCommand
    health: HealthState | None = None  # of a ship that turns
    entry_watch: EntryWatchState | None = None  # likewise, of its entry


class FlightComputer(eqx.Module):
    """The laws on board and the numbers they were loaded with before undocking."""

    navigation: AbstractNavigation
    guidance: AbstractEntryGuidance
    descent: DescentSettings
    main: MainTiming
    target: EntryTarget
    ellipsoid: Ellipsoid
    thrust_acceleration: Scalar  # believed, m/s2 at the burn: only to end it within a tick
    steering: Steering | None = None  # None where the ship is a point mass
    health: Health | None = None  # likewise
    entry_watch: EntryWatch | None = None  # likewise; None where the law is the fall-back itself

    def init(self) -> FlightState:
        """State at power-on."""
        zero, zeros, no = jnp.asarray(0.0), jnp.zeros(3), jnp.asarray(False)
        one = jnp.asarray(1.0)
        return FlightState(
            navigation=self.navigation.init(),
            guidance=self.guidance.init(self.target),
            descent=initial_descent(),
            last=Navigation(zero, zeros, zeros, zeros, zero, no),
            entry=EntryCommand(zero, one, one, zero),
            health=None if self.health is None else self.health.init(),
            entry_watch=None if self.entry_watch is None else self.entry_watch.init(),
        )

    def navigate(self, state: FlightState, measurements: Measurements) -> FlightState:
        """Take in the measurements: every leg begins its cycle so."""
        if self.health is not None and state.health is not None and measurements.aids is not None:
            fixed = measurements.aids.satellite_valid
            health, measurements = self.health.timed(state.health, measurements, fixed)
            state = eqx.tree_at(lambda s: s.health, state, health)
        inner, navigation = self.navigation.step(state.navigation, measurements)
        return eqx.tree_at(lambda s: (s.navigation, s.last), state, (inner, navigation))

    def watch(
        self, state: FlightState, measurements: Measurements, in_orbit: bool, burning: Flag, dt: Scalar,
        measured: Attitude,
    ) -> FlightState:  # fmt: skip
        """Judge the thrusters by the last cycle of ``dt`` [s]; ``in_orbit`` (static): the stack's."""
        strapdown = isinstance(self.navigation, AbstractStrapdown)
        if self.health is None or state.health is None or self.steering is None or not strapdown:
            return state
        control = self.steering.stack if in_orbit else self.steering.capsule
        health = self.health.watched(
            state.health, in_orbit, control.inertia, self.attitude(state, measured), state.last, measurements,
            burning, dt,
        )  # fmt: skip
        return eqx.tree_at(lambda s: s.health, state, health)

    def note(
        self, state: FlightState, in_orbit: bool, seconds: Float[Array, " n"], attitude: Attitude, dt: Scalar
    ) -> FlightState:
        """Remember what the valves were told in a tick of ``dt`` [s]."""
        if self.health is None or state.health is None or self.steering is None:
            return state
        control = self.steering.stack if in_orbit else self.steering.capsule
        if not isinstance(self.navigation, AbstractStrapdown):
            return state  # no accelerometers to hold the commands against
        gained = self.navigation.sensed(state.navigation).delta_velocity
        health = self.health.ticked(state.health, control.inertia, seconds, attitude, gained, dt)
        return eqx.tree_at(lambda s: s.health, state, health)

    def aim(self, state: FlightState, wanted: Scalar, direction_I: Vec3) -> FlightState:
        """Once a cycle of a burn: where it is to end by what it has given so far; see ``flight.burn_aim``."""
        if self.health is None or state.health is None or self.steering is None:
            return state
        C_EI = self.steering.orientation.at(state.last.time).C_EI(state.last.time)
        thrust_E = jnp.sum(C_EI * direction_I[None, :], axis=1)
        health = self.health.aimed(state.health, state.last, thrust_E, wanted)
        return eqx.tree_at(lambda s: s.health, state, health)

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
        self, state: FlightState, measurements: Measurements, active: Command, wanted: Scalar,
        direction: Vec3, tick: Scalar, aimed: Flag,
    ) -> tuple[FlightState, Command, Scalar, Flag]:  # fmt: skip
        """As ``burn``; where the engine does not answer, seconds of the forward thrusters in its place.

        And whether the burn has given what was wanted: one that is interrupted has not.
        """
        if state.health is not None:
            wanted = jnp.where(jnp.isfinite(state.health.wanted), state.health.wanted, wanted)
        command = self.burn(measurements, active, wanted, direction, tick, aimed)
        zero = jnp.zeros_like(tick)
        sensed = measurements.sensed_delta_v
        if self.health is None or state.health is None or active.axial_seconds is None:
            over = wanted - sensed < SMALLEST_PULSE * self.thrust_acceleration
            return state, command, zero, over
        health = self.health.burnt(
            state.health, sensed, active.engine_seconds, self.thrust_acceleration, wanted,
            measurements.time, tick,
        )  # fmt: skip
        state = eqx.tree_at(lambda s: s.health, state, health)
        axial = self.health.axial_acceleration
        missing = (wanted - sensed) / jnp.maximum(axial, 1e-6) - active.axial_seconds
        seconds = jnp.where(missing < SMALLEST_PULSE, 0.0, jnp.minimum(missing, tick))
        seconds = jnp.where(aimed & (wanted > 0.0) & health.axial, seconds, 0.0)
        main = jnp.where(health.axial, 0.0, command.engine_seconds)
        strength = jnp.where(health.axial, axial, self.thrust_acceleration)
        over = wanted - sensed < SMALLEST_PULSE * strength
        return state, eqx.tree_at(lambda c: c.engine_seconds, command, main), seconds, over

    def attitude(self, state: FlightState, measured: Attitude) -> Attitude:
        """The attitude that control goes by: the filter's, or that of a unit with an error model."""
        if isinstance(self.navigation, AbstractStrapdown):
            return self.navigation.attitude(state.navigation)
        return measured

    def turn(self, state: FlightState, sample: InertialSample | InertialReadings) -> FlightState:
        """Take in one tick of the inertial unit."""
        if not isinstance(self.navigation, AbstractStrapdown):
            return state
        inner, _ = self.navigation.propagate(state.navigation, sample)
        return eqx.tree_at(lambda s: s.navigation, state, inner)

    def gained(self, state: FlightState, told: Scalar) -> Scalar:
        """Velocity [m/s] gained along x in the last tick: as voted; ``told`` where no filter flies."""
        if isinstance(self.navigation, AbstractStrapdown):
            return self.navigation.sensed(state.navigation).delta_velocity[0]
        return told

    def accuracy(self, state: FlightState) -> Accuracy | None:
        """How well navigation thinks it knows; None where no filter flies."""
        if not isinstance(self.navigation, AbstractStrapdown):
            return None
        return self.navigation.accuracy(state.navigation)

    def consistency(self, state: FlightState, r_BI_I: Vec3, v_BI_I: Vec3) -> Consistency | None:
        """How the filter's error would stand to its belief if place and velocity were these [m, m/s]."""
        if not isinstance(self.navigation, StrapdownNavigation):
            return None
        return self.navigation.consistency(state.navigation, r_BI_I, v_BI_I)

    def burn(
        self, measurements: Measurements, pending: Command, wanted: Scalar, direction: Vec3, tick: Scalar,
        aimed: Flag | None = None,
    ) -> Command:  # fmt: skip
        """Burn until the sensed velocity is what was wanted; the last tick is cut short.

        ``pending`` is the command still on its way to the engine: a command acts one tick late. A ship that
        turns burns only while it is ``aimed``, and reckons with what its engine still gives after cut-off.
        """
        missing = wanted - measurements.sensed_delta_v
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
        guidance, command = self.guidance.step(state.guidance, state.last, self.target)
        accuracy = self.accuracy(state)
        if self.entry_watch is not None and state.entry_watch is not None and accuracy is not None:
            watch, command = self.entry_watch.step(state.entry_watch, state.last, accuracy, command)
            state = eqx.tree_at(lambda s: s.entry_watch, state, watch)
        state = eqx.tree_at(lambda s: (s.guidance, s.entry), state, (guidance, command))
        return state, eqx.tree_at(lambda c: c.bank, idle(), command.bank)

    def descend(
        self, state: FlightState, measurements: Measurements, dt: Scalar
    ) -> tuple[FlightState, Command]:
        """Parachutes, heat shield and landing rockets."""
        latitude, longitude, altitude = to_geodetic(self.ellipsoid, state.last.r_BE_E)
        due = order_main(self.main, state.last, state.descent.clock, latitude, longitude, altitude)
        measurements = self._heard(state, measurements)
        descent, command = step_descent(
            self.descent, state.descent, measurements, state.last, altitude, due, dt, idle()
        )
        return eqx.tree_at(lambda s: s.descent, state, descent), command

    def _heard(self, state: FlightState, measurements: Measurements) -> Measurements:
        """Height above the ground by navigation, and so by static pressure, where the altimeter is silent."""
        if measurements.height_valid is None or self.health is None:
            return measurements
        _, _, altitude = to_geodetic(self.ellipsoid, state.last.r_BE_E)
        height = jnp.where(measurements.height_valid, measurements.height, altitude - self.health.ground)
        return eqx.tree_at(lambda m: m.height, measurements, height)


def idle(thrusters: int | None = None) -> Command:
    """A command that asks for nothing; ``thrusters`` is how many the ship has, if it turns."""
    zero, no = jnp.asarray(0.0), jnp.asarray(False)
    point = Command(zero, zero, jnp.asarray([1.0, 0.0, 0.0]), jnp.asarray(0), no, no)
    if thrusters is None:
        return point
    return with_thrusters(point, jnp.zeros(thrusters), jnp.asarray(0), zero, no)


def with_thrusters(
    command: Command, seconds: Float[Array, " n"], isolated: Count, axial_seconds: Scalar, burnt: Flag
) -> Command:
    """The command with what it asks of a turning ship's thrusters."""
    return eqx.tree_at(
        lambda c: (c.thruster_seconds, c.isolated, c.axial_seconds, c.burnt), command,
        (seconds, isolated, axial_seconds, burnt), is_leaf=lambda x: x is None,
    )  # fmt: skip
