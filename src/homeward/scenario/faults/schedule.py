"""From the words of `[[fault]]` to slots of `world.Faults`: checked, numbered, set on their legs."""

import dataclasses
import itertools
import math
import re
from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from homeward.errors import InputError, one_line
from homeward.scenario.faults.catalogue import (
    ALIASES,
    FAILURES,
    RETURN,
    STACK,
    WHOLES,
    Failure,
    applies,
    names,
)
from homeward.scenario.faults.described import to_redundant_readings
from homeward.scenario.schema.errors import nearest
from homeward.scenario.schema.fault import Fault
from homeward.scenario.schema.scenario import Scenario
from homeward.world.fault_injection import STORM_TOP
from homeward.world.fault_schedule import SLOTS, Faults
from homeward.world.world import World

NUMBERED = re.compile(r"(.*?)\s+(\d+)")
OF_RENDEZVOUS = re.compile(r"far guidance|homing|final translation|midway point|transfer to .+|.+ hold")
OF_RETURN = ("undock", "departure burn", "phasing coast", *RETURN, "touchdown")
_LEG = re.compile(r"(.*?)\s*(?:\+\s*(\d+(?:\.\d*)?))?")
STORM_ROWS = 61
LESS_LIFT = 0.75


@dataclasses.dataclass(frozen=True)
class FaultEvent:
    """One failure of a flight: which, its number, and when: ``leg`` is None where ``time`` [s] counts from
    the epoch, else it counts from that leg's start."""

    failure: Failure
    number: int
    leg: str | None
    time: float
    key: str = "fault"

    @property
    def words(self) -> str:
        """As a file would say it."""
        numbered = f"{self.failure.what} {self.number}" if self.failure.count else self.failure.what
        return f"{numbered} {self.failure.how}"


@dataclasses.dataclass(frozen=True)
class EquipmentCounts:
    """How many there are: thrusters of the stack, of the capsule and of the ship of a rendezvous; engines."""

    stack: int
    capsule: int
    ship: int
    engines: int
    capsule_first: int = 0  # number of the capsule's first thruster among all

    def count(self, failure: Failure) -> int:
        """How many of a thing there are; 0 where it has no number."""
        own = {
            "stack thruster": self.stack, "capsule thruster": self.capsule, "thruster": self.ship,
            "engine": self.engines,
        }  # fmt: skip
        return own[failure.what] if failure.count < 0 else failure.count


def counts_of(world: World, scenario: Scenario) -> EquipmentCounts:
    """How many thrusters and engines a return has; of a point mass, engines alone."""
    body, engines = world.body, scenario.truth.engine.count
    if body is None:
        return EquipmentCounts(0, 0, 0, engines)
    stack, capsule = (np.asarray(t.thrust) for t in (body.stack_thrusters, body.capsule_thrusters))
    return EquipmentCounts(
        int(np.count_nonzero(stack)), int(np.count_nonzero(capsule)), 0, engines, len(stack)
    )


def strikes_of(
    scenario: Scenario, half: str, legs: Sequence[str], fleet: EquipmentCounts
) -> list[FaultEvent]:
    """The failures of a scenario's ``[[fault]]`` in one half of the mission, whose legs are named.

    A failure set on a leg of the other half is left out. Raises ``InputError``, one sentence, for a failure
    that nobody knows, a leg that there is none of, a number that there is none of, and two that contradict.
    """
    found = []
    for k, told in enumerate(scenario.fault):
        key = scenario.place(f"fault[{k}]")
        strike = _strike(told, half, legs, fleet, key, _both(scenario))
        if strike is not None:
            found.append(dataclasses.replace(strike, key=key))
    _contradictions(found, legs)
    return found


def _both(scenario: Scenario) -> bool:
    return scenario.homecoming is not None and scenario.rendezvous is not None


def _strike(
    told: Fault, half: str, legs: Sequence[str], fleet: EquipmentCounts, key: str, both: bool
) -> FaultEvent | None:
    match_ = NUMBERED.fullmatch(told.what.strip())
    what, number = (match_[1], int(match_[2])) if match_ else (told.what.strip(), None)
    ways = [f for f in FAILURES if f.what == what]
    if not ways:
        known = list(dict.fromkeys(f.what for f in FAILURES))
        like = nearest(what, known)
        hint = f"; did you mean {like}?" if like else ""
        raise InputError(f'{key}.what: expected one of {", ".join(known)}, not "{one_line(told.what)}"{hint}')
    if half == "return" and what == "thruster":
        # Stack and capsule have their own: the leg tells which.
        leg, _ = when_of(told.when, key)
        what = "stack thruster" if ALIASES.get(leg or "", leg) in STACK else "capsule thruster"
        ways = [f for f in FAILURES if f.what == what]
    way = next((f for f in ways if f.how == told.how), ways[0] if not told.how else None)
    if way is None:
        raise InputError(
            f'{key}.how: {what} fails as {", ".join(f.how for f in ways)}, not "{one_line(told.how)}"'
        )
    leg, time = when_of(told.when, key)
    mine = applies(way, half)
    if leg is not None:
        name = ALIASES.get(leg, leg)
        if name not in legs:
            if both and (name in OF_RETURN if half == "rendezvous" else OF_RENDEZVOUS.fullmatch(name)):
                return None
            raise InputError(
                f'{key}.when: expected seconds or one of {", ".join(legs)}, not "{one_line(leg)}"'
            )
        leg = name
    if not mine:
        if both and leg is None:
            return None
        raise InputError(
            f"{key}.what: {what} {way.how} is no failure of a {half}; known are {', '.join(names(half))}"
        )
    count = fleet.count(way)
    if (count and number is None) or (number is not None and not 0 <= number < count):
        words = f"{what} with a number of 0 to {count - 1}" if count else f"{what} without a number"
        raise InputError(f'{key}.what: expected {words}, not "{one_line(told.what)}"')
    return FaultEvent(to_redundant_readings(way, told.size, told.lasts_s, key), number or 0, leg, time)


def when_of(when: float | str, key: str) -> tuple[str | None, float]:
    if not isinstance(when, str):
        return None, float(when)
    found = _LEG.fullmatch(when.strip())
    if found is None or not found[1]:
        raise InputError(f'{key}.when: expected seconds or a leg with an offset, not "{one_line(when)}"')
    return found[1], float(found[2] or 0.0)


def _contradictions(strikes: Sequence[FaultEvent], legs: Sequence[str]) -> None:
    """Refuse two failures of one thing at once, or of a whole and its part."""
    for a, b in itertools.combinations(strikes, 2):
        one, other = a.failure, b.failure
        if WHOLES.get(one.what) == other.what or WHOLES.get(other.what) == one.what:
            told = "two failures that contradict: one includes the other"
        elif one.what != other.what or a.number != b.number or _one_after_the_other(a, b, legs):
            continue
        else:
            told = "the same failure twice" if one == other else "two failures that contradict"
        raise InputError(f"{b.key}: {a.words} and {b.words} are {told}")


def _one_after_the_other(a: FaultEvent, b: FaultEvent, legs: Sequence[str]) -> bool:
    """Whether one passes, and is over before the other comes."""
    both = math.isinf(a.failure.lasts) and math.isinf(b.failure.lasts)
    return not both and not _overlap(a, b, legs)


def _overlap(a: FaultEvent, b: FaultEvent, legs: Sequence[str]) -> bool:
    """Whether both are certain to be there at once; what counts from elsewhere may not be."""
    if a.leg == b.leg:
        return a.time < b.time + b.failure.lasts and b.time < a.time + a.failure.lasts
    if a.leg is None or b.leg is None:
        return False
    first = min(a, b, key=lambda s: list(legs).index(s.leg or ""))
    return math.isinf(first.failure.lasts)


def struck(
    faults: Faults, many: Sequence[Sequence[FaultEvent]], legs: Sequence[str], fleet: EquipmentCounts
) -> Faults:
    """The failures of many lanes, a list each; ``faults`` has no lane axis, the result has.

    Raises ``InputError`` where a lane has more failures than slots.
    """
    lanes = len(many)
    wide = {
        name: np.broadcast_to(np.asarray(getattr(faults, name)), (lanes, SLOTS)).copy()
        for name in ("kind", "which", "size", "start", "end", "leg", "offset", "lasts")
    }
    for row, strikes in enumerate(many):
        if len(strikes) > SLOTS:
            raise InputError(f"{strikes[SLOTS].key}: expected {SLOTS} failures at most in one flight")
        for slot, s in enumerate(strikes):
            first = fleet.capsule_first if s.failure.what == "capsule thruster" else 0
            size = 1.0 / fleet.engines if s.failure.what == "engine" else s.failure.size
            values = {
                "kind": int(s.failure.kind), "which": first + s.number, "size": size,
                "lasts": s.failure.lasts, "offset": s.time,
                "leg": -1 if s.leg is None else list(legs).index(s.leg),
                "start": s.time if s.leg is None else np.inf,
                "end": s.time + s.failure.lasts if s.leg is None else np.inf,
            }  # fmt: skip
            for name, value in values.items():
                wide[name][row, slot] = value
    rest = {
        name: np.broadcast_to(np.asarray(x), (lanes, *np.shape(x)))
        for name, x in vars(faults).items()
        if name not in wide
    }
    names_ = tuple(vars(faults))
    return eqx.tree_at(
        lambda f: tuple(getattr(f, name) for name in names_), faults,
        tuple((wide | rest)[name] for name in names_),
    )  # fmt: skip


def shifted(world: World) -> Faults:
    """The world's failures, told where the centre of mass goes where the lift fails: to 25 % less of L/D."""
    assert world.body is not None
    aero = world.body.aero
    one = jnp.ones(())
    moved = aero.scaled(one, LESS_LIFT * one).center_of_mass - aero.center_of_mass
    return eqx.tree_at(lambda f: f.shift_B, world.faults, moved)


def storm_rows(scenario: Scenario) -> np.ndarray:
    """Rows [m/s, north and east] of the wind's 3 sigma, toward north-east: what `wind strong` takes twice."""
    d = scenario.dispersion
    heights = np.linspace(0.0, STORM_TOP, STORM_ROWS)
    sigma = np.interp(heights, d.wind_altitude_m, d.wind_m_s) / np.sqrt(2.0)
    return np.stack([sigma, sigma], axis=1)


def with_storm(faults: Faults, scenario: Scenario) -> Faults:
    """The failures with the storm of the scenario's dispersions."""
    return eqx.tree_at(lambda f: f.storm, faults, jnp.asarray(storm_rows(scenario)))
