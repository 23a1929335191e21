"""What the motion in the air tells the return's flight software: the side of the lift, and the wind.

``flight.executive.return_executive`` calls these beside the parts of ``flight.executive.flight_computer``.
"""

import equinox as eqx
import jax.numpy as jnp

from homeward.earth.geodesy import to_geodetic
from homeward.flight.descent.wind_estimate import met_in_entry, met_under_canopy, moved_aim
from homeward.flight.executive.flight_computer import FlightComputer, FlightState
from homeward.flight.interfaces import AbstractStrapdown
from homeward.flight.navigation.lift_direction import felt_lift


def feel_lift(flight: FlightComputer, state: FlightState) -> FlightState:
    """Where the lift is in the body, by the tick of the inertial unit taken in last."""
    if state.lift is None or not isinstance(flight.navigation, AbstractStrapdown):
        return state
    lift = felt_lift(state.lift, flight.navigation.sensed(state.navigation))
    return eqx.tree_at(lambda s: s.lift, state, lift)


def bank_by_lift(flight: FlightComputer, state: FlightState) -> FlightState:
    """Axes of the believed motion, and the believed bank angle as that of the lift about it."""
    if flight.steering is None or state.lift is None or not isinstance(flight.navigation, AbstractStrapdown):
        return state
    axes = flight.steering.axes(state.last)
    attitude = flight.navigation.attitude(state.navigation)
    bank = flight.steering.lift_bank(attitude, axes, state.lift.turn)
    return eqx.tree_at(lambda s: s.last.bank, state, bank)


def meet_wind(flight: FlightComputer, state: FlightState, canopy: bool) -> FlightState:
    """Once a cycle: what the motion tells of the wind; in the entry, where that moves the aim point."""
    if flight.winds is None or state.wind is None:
        return state
    place = to_geodetic(flight.ellipsoid, state.last.r_BE_E)
    if canopy:
        wind = met_under_canopy(flight.winds, state.wind, state.last, place)
        return eqx.tree_at(lambda s: s.wind, state, wind)
    side = None
    if flight.steering is not None and state.lift is not None:
        side = flight.steering.lift_side(flight.attitude(state, None), state.last, state.lift.turn)
    wind = met_in_entry(flight.winds, state.wind, state.last, place, side)
    assert state.aim_moved is not None
    fallen = jnp.where(jnp.isfinite(state.wind.altitude), state.wind.altitude - wind.altitude, 0.0)
    moved = moved_aim(flight.winds, wind, flight.target.aim_E, state.aim_moved, fallen)
    return eqx.tree_at(lambda s: (s.wind, s.aim_moved), state, (wind, moved))
