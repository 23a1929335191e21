"""A turning ship flown as a point where its attitude is not at stake: hours of drifting in orbit.

Such a leg uses the programs of the point mass. Navigation then trusts a fix with its error model; the filter
starts anew from stars and satellites when the ship turns again.
"""

import equinox as eqx
import jax
import numpy as np

from homeward.flight.computer import FlightComputer
from homeward.flight.interfaces import AbstractStrapdown
from homeward.flight.navigation import FixNavigation
from homeward.sim.carry import Carry, no_sample
from homeward.world.world import World


def _none(x: object) -> bool:
    return x is None


def bare_world(world: World) -> World:
    """The world without what turns."""
    return world if world.body is None else eqx.tree_at(lambda w: w.body, world, None)


def bare_flight(flight: FlightComputer) -> FlightComputer:
    """The flight computer of a point mass."""
    if flight.steering is None:
        return flight
    if isinstance(flight.navigation, AbstractStrapdown):
        fix = FixNavigation(flight.steering.orientation)
        flight = eqx.tree_at(lambda f: f.navigation, flight, fix)
    return eqx.tree_at(lambda f: (f.steering, f.health, f.entry_watch), flight, (None,) * 3, is_leaf=_none)


def bare_carry(carry: Carry, flight: FlightComputer) -> Carry:
    """The carry without what turns."""
    if carry.truth.body is None:
        return carry
    if isinstance(flight.navigation, AbstractStrapdown):
        carry = eqx.tree_at(lambda c: c.flight.navigation, carry, ())
    lanes = np.shape(carry.truth.time)
    none = jax.tree.map(lambda x: np.zeros((*lanes, *x.shape)), no_sample())
    carry = eqx.tree_at(lambda c: c.inertial, carry, none)
    carry = eqx.tree_at(_of_vehicle, carry, (None,) * 4, is_leaf=_none)
    return eqx.tree_at(_of_software, carry, (None,) * 7, is_leaf=_none)


def _of_vehicle(c: Carry):
    return c.truth.body, c.command.thruster_seconds, c.command.isolated, c.command.axial_seconds


def _of_software(c: Carry):
    s = c.flight
    return (
        s.acting.thruster_seconds, s.acting.isolated, s.acting.axial_seconds, s.flown, s.axes, s.health,
        s.entry_watch,
    )  # fmt: skip


def dressed_carry(carry: Carry, before: Carry, fresh: Carry) -> Carry:
    """A bare carry with its body back.

    A filter is as it is before a flight (``fresh``), any other navigation as it has gone on meanwhile; what
    the monitors knew of rates and thrusters is as before a flight too: they know nothing of the time between.
    """
    if before.truth.body is None:
        return carry
    carry = eqx.tree_at(_of_vehicle, carry, _of_vehicle(before), is_leaf=_none)
    carry = eqx.tree_at(_of_software, carry, _of_software(fresh), is_leaf=_none)
    carry = eqx.tree_at(lambda c: c.inertial, carry, fresh.inertial)
    if jax.tree.structure(carry.flight.navigation) == jax.tree.structure(fresh.flight.navigation):
        return carry
    return eqx.tree_at(lambda c: c.flight.navigation, carry, fresh.flight.navigation)
