"""Orders carried out in a rendezvous: GO, HOLD, RETREAT and ABORT, and in the far legs the other plan.

Each lands between two chunks, of a minute in the far legs and of half a minute after: the time that a command
takes to act at most. Nothing is compiled for it: the steps' times of GO and the orders are numbers that the
flight computers read anyway.
"""

from collections.abc import Callable, Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.flight.rendezvous.approach_sequence import ALWAYS
from homeward.flight.rendezvous.far_range import FAR, FarComputer
from homeward.flight.rendezvous.proximity_executive import AWAY, CloseComputer
from homeward.ground.commands.commands import Command, Order, PlanSwitch, Word
from homeward.ground.commands.onboard_executive import Situation, objection
from homeward.scenario.schema.rendezvous import PLANS
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.rendezvous.far_range import CYCLE, CYCLES, FarCarry
from homeward.sim.rendezvous.far_range_lanes import planned
from homeward.sim.rendezvous.proximity import CloseCarry

NEVER = 1e12  # s
ANYWHERE = 1e6  # m: a retreat ordered now is one wherever the ship is
DEAR = "by its planning on board that plan does not serve any more: it misses, or takes too much propellant"
Take = Callable[[float], list[Command]]  # the time of the flight [s]; what is to be carried out


def plans_of(plan: str, fallbacks: Sequence[str], arrivals: np.ndarray) -> tuple[str, ...]:
    """Names of the plan flown and of those that it may be left for; an order takes the first of these.

    ``arrivals`` (.., p) [s] are the flight computer's. Where the plan was chosen by itself (``auto``), what
    lies between them tells which: plans differ by their times alone.
    """
    gaps = arrivals.reshape(-1, arrivals.shape[-1])[0]
    if plan != "auto":
        return (plan, *(name for name in fallbacks if name != plan))
    for own in PLANS:
        names = (own, *(name for name in fallbacks if name != own))
        times = np.array([PLANS[name] for name in names])
        if len(names) == len(gaps) and np.allclose(times - times[0], gaps - gaps[0], atol=1.0):
            return names
    return (plan,)  # with no other plan there is nothing to tell it by


class ApproachOrders:
    """What ``homeward.rendezvous(between=...)`` asks before each chunk; carries out what ``take`` hands over.

    ``scenario`` tells the plan that may be taken in place of the one flown; without it none may. ``done``
    keeps when [s] each command was carried out, ``refused`` what made no sense any more when its turn came,
    and why. ``situation`` is what the executive judges by.
    """

    def __init__(self, take: Take, scenario: Scenario | None = None) -> None:
        self._take = take
        told = None if scenario is None else scenario.rendezvous
        self._told = ("", ()) if told is None else (told.plan, told.guidance.fallbacks)
        self.done: list[tuple[float, Command]] = []
        self.refused: list[tuple[float, Command, str]] = []
        self.situation = Situation(executes=(Order, PlanSwitch))

    def __call__(self, flight: Any, carry: Any) -> tuple[Any, Any]:
        """The flight computer and the carry with the orders in, of the far legs or of the last ones."""
        now = float(np.max(np.asarray(carry.truth.time)))
        far = isinstance(flight, FarComputer)
        self.situation = self._far(flight, carry, now) if far else _close(carry)
        for command in self._take(now):
            reason = objection(command, self.situation, now)
            if reason:
                self.refused.append((now, command, reason))
                continue
            match command:
                case PlanSwitch():
                    flight = switched(flight, now)
                case Order(word) if far:
                    told = jnp.full_like(flight.abort_time, now)
                    flight = eqx.tree_at(lambda f: f.abort_time, flight, told)
                case Order(word):
                    flight, carry = ordered(flight, carry, word, now)
                case _:
                    continue
            self.done.append((now, command))
            self.situation = self._far(flight, carry, now) if far else _close(carry)
        return flight, carry

    def _far(self, flight: FarComputer, carry: FarCarry, now: float) -> Situation:
        state = carry.flight
        other = int(np.max(np.asarray(state.choice)))
        open_ = not np.asarray(state.asked).any() and bool(np.all(np.asarray(state.stage) == FAR))
        ordered_now = float(np.asarray(flight.switch_time)) <= now
        plans = plans_of(*self._told, np.asarray(flight.arrivals))
        may = open_ and not other and not ordered_now and flight.has_fallback and bool(plans[1:])

        def reckons(command: Command) -> str:
            if not isinstance(command, PlanSwitch) or np.asarray(state.burning).any():
                return ""  # in a burn it is looked at when that is over
            trial = planned(switched(flight, now), carry)
            return "" if np.asarray(trial.flight.choice).all() else DEAR

        return Situation(
            far=True, leaving=bool(np.any(np.asarray(state.aborted))), executes=(Order, PlanSwitch),
            plans=plans[1:2] if may else (), plan=plans[min(other or int(ordered_now), len(plans) - 1)],
            acts=now + CYCLE * CYCLES, reckons=reckons,
        )  # fmt: skip


def _close(carry: CloseCarry) -> Situation:
    return Situation(
        docking=True, leaving=bool(np.any(np.asarray(carry.flight.mode) == AWAY)),
        docked=bool(np.all(np.asarray(carry.truth.contact.captured))), executes=(Order, PlanSwitch),
    )  # fmt: skip


def switched(flight: FarComputer, now: float) -> FarComputer:
    """The flight computer told at a time [s] to take its other plan, if its planning finds that it serves."""
    return eqx.tree_at(lambda f: f.switch_time, flight, jnp.full_like(flight.switch_time, now))


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
