"""The flight computer: navigation, guidance and sequencing, one step a cycle.

``step`` is what would run on board. It is pure, its shapes never change, and it knows the messages only.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import Ellipsoid, to_geodetic
from homeward.flight.descent import DescentSettings, DescentState, initial_descent, step_descent
from homeward.flight.interfaces import AbstractEntryGuidance, AbstractNavigation
from homeward.flight.main_timing import MainTiming, order_main
from homeward.flight.steering import Steering
from homeward.icd import Command, EntryCommand, EntryTarget, Measurements, Navigation
from homeward.typing import Scalar, Vec3

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

    def burn(
        self, measurements: Measurements, pending: Command, wanted: Scalar, direction: Vec3, tick: Scalar
    ) -> Command:
        """Burn until the sensed velocity is what was wanted; the last tick is cut short.

        ``pending`` is the command still on its way to the engine: a command acts one tick late.
        """
        missing = wanted - measurements.sensed_delta_v
        seconds = jnp.clip(missing / self.thrust_acceleration - pending.engine_seconds, 0.0, tick)
        # The believed thrust is never quite the true one: without a smallest pulse the rest would be asked
        # for again and again, each time in part.
        seconds = jnp.where(seconds < SMALLEST_PULSE, 0.0, seconds)
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
