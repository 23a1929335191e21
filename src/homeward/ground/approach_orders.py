"""GO, HOLD, RETREAT and ABORT carried out: the executive's orders as data of the flight computer.

Each lands between two chunks of half a minute, which is the time that a command takes to act at most. Nothing
is compiled for it: the steps' times of GO and the orders of the flight computer are numbers that it reads
anyway.
"""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.flight.approach_steps import ALWAYS
from homeward.flight.rendezvous_close import AWAY, CloseComputer
from homeward.ground.commands import Command, Order, Word
from homeward.ground.executive import Situation
from homeward.sim.close import CloseCarry

NEVER = 1e12  # s
ANYWHERE = 1e6  # m: a retreat ordered now is one wherever the ship is
Take = Callable[[float], list[Command]]  # the time of the flight [s]; what is to be carried out


class ApproachOrders:
    """What ``homeward.rendezvous(between=...)`` asks before each chunk; carries out what ``take`` hands over.

    ``done`` keeps when [s] each was carried out. ``situation`` is what the executive judges by.
    """

    def __init__(self, take: Take) -> None:
        self._take = take
        self.done: list[tuple[float, Command]] = []
        self.situation = Situation(executes=(Order,))

    def __call__(self, flight: CloseComputer, carry: CloseCarry) -> tuple[CloseComputer, CloseCarry]:
        """The flight computer and the carry with the orders in."""
        now = float(np.max(np.asarray(carry.truth.time)))
        self.situation = Situation(
            docking=True, leaving=bool(np.any(np.asarray(carry.flight.mode) == AWAY)),
            docked=bool(np.all(np.asarray(carry.truth.contact.captured))), executes=(Order,),
        )  # fmt: skip
        for command in self._take(now):
            if isinstance(command, Order):
                flight, carry = ordered(flight, carry, command.word, now)
                self.done.append((now, command))
        return flight, carry


def ordered(
    flight: CloseComputer, carry: CloseCarry, word: Word, now: float
) -> tuple[CloseComputer, CloseCarry]:
    """Every lane under one order, given at a time [s].

    HOLD keeps the ship at the hold it is at or comes to next, GO lets it leave; RETREAT takes it back a hold
    once, where it then stays until GO; ABORT sends it away for good.
    """
    go = flight.steps.go
    o = carry.flight.orders
    match word:
        case "GO":
            flight = _gone(flight, jnp.full_like(go, ALWAYS))
            carry = _told(carry, retreat_distance=jnp.zeros_like(o.retreat_distance))
        case "HOLD":
            flight = _gone(flight, jnp.full_like(go, NEVER))
        case "RETREAT":
            flight = _gone(flight, jnp.full_like(go, NEVER))
            carry = _told(carry, retreat_distance=jnp.full_like(o.retreat_distance, ANYWHERE))
            none = jnp.zeros_like(carry.flight.ordered)
            carry = eqx.tree_at(lambda c: c.flight.ordered, carry, none)
        case "ABORT":
            carry = _told(carry, abort_time=jnp.full_like(o.abort_time, now))
    return flight, carry


def _gone(flight: CloseComputer, go: jnp.ndarray) -> CloseComputer:
    return eqx.tree_at(lambda f: f.steps.go, flight, go)


def _told(carry: CloseCarry, **orders: jnp.ndarray) -> CloseCarry:
    names = tuple(orders)
    return eqx.tree_at(
        lambda c: tuple(getattr(c.flight.orders, n) for n in names), carry, tuple(orders.values())
    )
