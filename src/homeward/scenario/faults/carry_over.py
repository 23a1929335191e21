"""Failures of a file with both halves, where a ship goes home from a point of its rendezvous."""

import math
from collections.abc import Sequence

from homeward.errors import InputError
from homeward.scenario.faults.catalogue import ALIASES, FAILURES, applies
from homeward.scenario.faults.schedule import NUMBERED, OF_RENDEZVOUS, when_of
from homeward.scenario.schema.fault import Fault
from homeward.scenario.schema.scenario import Scenario

FIRST = "phasing coast"  # leg with which a return begins that leaves no station


def carried(
    scenario: Scenario, legs: Sequence[str] = (), point: tuple[str, float] | None = None, now: float = 0.0
) -> list[Fault]:
    """The failures that the way home has.

    Those of the return stay. Of those of the rendezvous, whose ``legs`` are in order, what has failed by
    ``point`` (leg, seconds into it), ``now`` [s] after the insertion, stays failed; the others never come.
    Raises ``InputError`` for a thruster among them: the return's stack has thrusters of its own.
    """
    found = []
    for k, told in enumerate(scenario.fault):
        key = scenario.place(f"fault[{k}]")
        leg, time = when_of(told.when, key)
        leg = None if leg is None else ALIASES.get(leg, leg)
        outward = leg is not None and OF_RENDEZVOUS.fullmatch(leg) is not None
        match = NUMBERED.fullmatch(told.what.strip())
        what = match[1] if match else told.what.strip()
        ways = [f for f in FAILURES if f.what == what and told.how in ("", f.how)]
        if not ways or (leg is not None and not outward):
            found.append(told)  # of the return, or no failure at all, which it will say
            continue
        way = ways[0]
        if not way.rendezvous or point is None or not _by(leg, time, legs, point, now):
            if not outward and applies(way, "return"):
                found.append(told)
            continue
        if what == "thruster":
            raise InputError(
                f"{key}: {told.what} has failed before {point[0]}@{point[1]:g}, and the return's stack has "
                "thrusters of its own; expected a failure of a stack thruster in a leg of the return"
            )
        if applies(way, "return") and math.isinf(told.lasts_s or way.lasts):
            found.append(told.model_copy(update={"when": FIRST}))
    return found


def _by(leg: str | None, time: float, legs: Sequence[str], point: tuple[str, float], now: float) -> bool:
    """Whether a failure has come by a point of the rendezvous."""
    if leg is None:
        return time <= now
    if leg not in legs:
        return False
    there = legs.index(leg), time
    return there <= (legs.index(point[0]), point[1])
