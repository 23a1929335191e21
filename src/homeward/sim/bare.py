"""A turning ship flown as a point where its attitude is not at stake: hours of drifting in orbit.

Such a leg uses the programs of the point mass. Navigation then trusts a fix with its error model; the filter
starts anew from stars and satellites when the ship turns again.
"""

import equinox as eqx
import jax

from homeward.flight.computer import FlightComputer
from homeward.flight.interfaces import AbstractStrapdown
from homeward.flight.navigation import FixNavigation
from homeward.sim.carry import Carry
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
    return eqx.tree_at(_of_body, carry, (None,) * 7, is_leaf=_none)


def _of_body(c: Carry):
    return (
        c.truth.body, c.command.thruster_seconds, c.command.isolated, c.command.axial_seconds,
        c.command.burnt, c.flight.health, c.flight.entry_watch,
    )  # fmt: skip


def dressed_carry(carry: Carry, before: Carry, fresh: Carry) -> Carry:
    """A bare carry with its body back; a filter as it is before a flight (``fresh``), any other navigation as
    it has gone on meanwhile."""
    if before.truth.body is None:
        return carry
    # What was watched anew: of the rates in between nothing is known.
    anew = fresh.flight.health, fresh.flight.entry_watch
    carry = eqx.tree_at(_of_body, carry, (*_of_body(before)[:5], *anew), is_leaf=_none)
    old = carry.flight
    if jax.tree.structure(old.navigation) == jax.tree.structure(fresh.flight.navigation):
        return carry
    kept = (old.guidance, old.descent, old.last, old.entry)
    flight = eqx.tree_at(lambda f: (f.guidance, f.descent, f.last, f.entry), fresh.flight, kept)
    return eqx.tree_at(lambda c: c.flight, carry, flight)
