"""The flight computer: navigation, guidance and sequencing, one step a cycle.

``step`` is what would run on board. It is pure, its shapes never change, and it knows the messages only.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.flight.descent import DescentSettings, DescentState, initial_descent, step_descent
from homeward.flight.interfaces import (
    AbstractEntryGuidance,
    AbstractNavigation,
    AbstractStrapdown,
)
from homeward.flight.main_timing import MainTiming, order_main
from homeward.flight.steering import Steering
from homeward.icd import (
    Accuracy,
    Attitude,
    Command,
    EntryCommand,
    EntryTarget,
    InertialSample,
    Measurements,
    Navigation,
)
from homeward.typing import Flag, Scalar, Vec3

SMALLEST_PULSE = 0.004  # s


class FlightState(eqx.Module):
    """All that the flight computer remembers."""

    navigation: Any
    guidance: Any
    descent: DescentState
    last: Navigation
    entry: EntryCommand


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
        )

    def navigate(self, state: FlightState, measurements: Measurements) -> FlightState:
        """Take in the measurements: every leg begins its cycle so."""
        inner, navigation = self.navigation.step(state.navigation, measurements)
        return eqx.tree_at(lambda s: (s.navigation, s.last), state, (inner, navigation))

    def attitude(self, state: FlightState, measured: Attitude) -> Attitude:
        """The attitude that control goes by: the filter's, or that of a unit with an error model."""
        if isinstance(self.navigation, AbstractStrapdown):
            return self.navigation.attitude(state.navigation)
        return measured

    def turn(self, state: FlightState, sample: InertialSample) -> FlightState:
        """Take in one tick of the inertial unit."""
        if not isinstance(self.navigation, AbstractStrapdown):
            return state
        inner, _ = self.navigation.propagate(state.navigation, sample)
        return eqx.tree_at(lambda s: s.navigation, state, inner)

    def accuracy(self, state: FlightState) -> Accuracy | None:
        """How well navigation thinks it knows; None where no filter flies."""
        if not isinstance(self.navigation, AbstractStrapdown):
            return None
        return self.navigation.accuracy(state.navigation)

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
        """Bank command of the entry guidance."""
        guidance, command = self.guidance.step(state.guidance, state.last, self.target)
        state = eqx.tree_at(lambda s: (s.guidance, s.entry), state, (guidance, command))
        return state, eqx.tree_at(lambda c: c.bank, idle(), command.bank)

    def descend(
        self, state: FlightState, measurements: Measurements, dt: Scalar
    ) -> tuple[FlightState, Command]:
        """Parachutes, heat shield and landing rockets."""
        latitude, longitude, altitude = to_geodetic(self.ellipsoid, state.last.r_BE_E)
        due = order_main(self.main, state.last, state.descent.clock, latitude, longitude, altitude)
        descent, command = step_descent(
            self.descent, state.descent, measurements, state.last, altitude, due, dt, idle()
        )
        return eqx.tree_at(lambda s: s.descent, state, descent), command


def idle(thrusters: int | None = None) -> Command:
    """A command that asks for nothing; ``thrusters`` is how many the ship has, if it turns."""
    zero, no = jnp.asarray(0.0), jnp.asarray(False)
    valves = None if thrusters is None else jnp.zeros(thrusters)
    return Command(zero, zero, jnp.asarray([1.0, 0.0, 0.0]), jnp.asarray(0), no, no, valves)
