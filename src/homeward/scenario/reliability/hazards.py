"""From `[reliability]` to hazards: what fails together, how often, and in which legs for how long."""

import dataclasses
import math
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from homeward.errors import InputError, one_line
from homeward.scenario.faults.catalogue import ALIASES, FAILURES, WHOLES, Failure, applies, names
from homeward.scenario.faults.schedule import OF_RENDEZVOUS, OF_RETURN, EquipmentCounts
from homeward.scenario.schema.errors import nearest
from homeward.scenario.schema.reliability import CommonCause, FailureRate, Reliability
from homeward.scenario.schema.scenario import Scenario

SHIPPED = Path(__file__).parent / "rates.toml"
HOUR = 3600.0
Member = tuple[Failure, int]


@dataclasses.dataclass(frozen=True)
class Hazard:
    """One way for things to fail in a half of a mission: a kind of failure, or a group with one cause.

    ``choices`` are the sets of things of which one, equally likely, fails: of six gyros six sets of one, of a
    group one set of all its members. ``legs`` are the exposed seconds from each leg's start. ``expected`` is
    the mean number of events a flight.
    """

    name: str
    choices: tuple[tuple[Member, ...], ...]
    legs: tuple[tuple[str, float], ...]
    expected: float
    rate: str  # in words
    source: str
    group: bool = False


@dataclasses.dataclass(frozen=True)
class _Told:
    """One rate of the file or the shipped set, with the key that names it."""

    key: str
    rate: FailureRate
    failure: Failure


def shipped() -> Reliability:
    """The set of rates that ships."""
    data = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    return Reliability.model_validate({"shipped": False, **_tuples(data)})


def _tuples(data: Mapping[str, object]) -> dict[str, object]:
    def one(value: object) -> object:
        if isinstance(value, list):
            return tuple(one(v) for v in value)
        return {k: one(v) for k, v in value.items()} if isinstance(value, dict) else value

    return {key: one(value) for key, value in data.items()}


def hazards(
    scenario: Scenario, half: str, durations: Mapping[str, float], fleet: EquipmentCounts,
    default_legs: Mapping[tuple[str, str], Sequence[str]],
) -> list[Hazard]:  # fmt: skip
    """The hazards of one half, ``return`` or ``rendezvous``, of a scenario.

    ``durations`` [s] are those of the legs flown without a failure, ``default_legs`` those that the matrix
    strikes with each (what, how). A kind without a rate is no hazard. Raises ``InputError``, one sentence,
    for a kind, leg or member that there is none of, an exposure longer than its leg, and where there is no
    rate at all.
    """
    told = rates_of(scenario)
    found = [h for t in told.values() if (h := _single(scenario, half, t, durations, fleet, default_legs))]
    for key, group in _groups(scenario):
        h = _group(scenario, half, key, group, told, durations, fleet, default_legs)
        if h is not None:
            found.append(h)
    if not found:
        raise InputError(
            f"{scenario.place('reliability')}: expected the rate of at least one failure of a {half}, "
            "but there is none"
        )
    return found


def rates_of(scenario: Scenario) -> dict[tuple[str, str], _Told]:
    """Rates by what and how: the shipped ones, replaced by those of the scenario."""
    told: dict[tuple[str, str], _Told] = {}
    own = [(scenario.place(f"reliability.rate[{k}]"), r) for k, r in enumerate(scenario.reliability.rate)]
    base = shipped() if scenario.reliability.shipped else Reliability(shipped=False)
    for key, rate in [("shipped rates", r) for r in base.rate]:
        failure = _failure(key, rate.what, rate.how)
        told[failure.what, failure.how] = _Told(key, rate, failure)
    seen: set[tuple[str, str]] = set()
    for key, rate in own:
        failure = _failure(key, rate.what, rate.how)
        if (failure.what, failure.how) in seen:
            raise InputError(f"{key}: {failure.what} {failure.how} has a rate already; expected one")
        seen.add((failure.what, failure.how))
        told[failure.what, failure.how] = _Told(key, rate, failure)
    return told


def _groups(scenario: Scenario) -> list[tuple[str, CommonCause]]:
    base = shipped().group if scenario.reliability.shipped else ()
    told = {g.name: ("shipped rates", g) for g in base}
    for k, g in enumerate(scenario.reliability.group):
        told[g.name] = (scenario.place(f"reliability.group[{k}]"), g)
    return list(told.values())


def _failure(key: str, what: str, how: str, field: str = "what") -> Failure:
    ways = [f for f in FAILURES if f.what == what]
    if not ways:
        known = list(dict.fromkeys(f.what for f in FAILURES))
        like = nearest(what, known)
        hint = f"; did you mean {like}?" if like else ""
        raise InputError(f'{key}.{field}: expected one of {", ".join(known)}, not "{one_line(what)}"{hint}')
    way = next((f for f in ways if f.how == how), ways[0] if not how else None)
    if way is None:
        told = ", ".join(f.how for f in ways)
        raise InputError(f'{key}.{"how" if field == "what" else field}: {what} fails as {told}, '
                         f'not "{one_line(how)}"')  # fmt: skip
    return way


def _member(key: str, words: str, fleet: EquipmentCounts, half: str) -> Member | None:
    """A member of a group, such as ``gyro 0 dead``; None where it means nothing in this half."""
    ways = {f"{f.what} {f.how}": f for f in FAILURES}
    text = " ".join(words.split())
    if text in ways and not ways[text].count:
        return (ways[text], 0) if applies(ways[text], half) else None
    for what in sorted({f.what for f in FAILURES}, key=len, reverse=True):
        if not text.startswith(what + " "):
            continue
        number, _, how = text[len(what) + 1 :].partition(" ")
        if not number.isdigit():
            continue
        failure = _failure(key, what, how, "members")
        if not applies(failure, half):
            return None
        count = fleet.count(failure)
        if not int(number) < count:
            raise InputError(f'{key}.members: expected {what} 0 to {count - 1}, not "{one_line(words)}"')
        return failure, int(number)
    if text in ways:
        raise InputError(f'{key}.members: expected "{ways[text].what} N {ways[text].how}" with its number, '
                         f'not "{one_line(words)}"')  # fmt: skip
    raise InputError(
        f'{key}.members: expected what fails and how, such as "gyro 0 dead", not "{one_line(words)}"; known '
        f"are {', '.join(names(half))}"
    )


def _single(
    scenario: Scenario, half: str, t: _Told, durations: Mapping[str, float], fleet: EquipmentCounts,
    default_legs: Mapping[tuple[str, str], Sequence[str]],
) -> Hazard | None:  # fmt: skip
    f, rate = t.failure, t.rate
    if not applies(f, half):
        return None
    count = fleet.count(f) if f.count else 1
    legs = _legs(t.key, half, rate.legs, default_legs.get((f.what, f.how), ()), durations)
    legs = _cut(t.key, legs, rate.exposure_s)
    if not legs or not count:
        return None
    seconds = sum(s for _, s in legs)
    each, words = _expected(rate.per_hour, rate.per_demand, seconds)
    choices = tuple(((f, n),) for n in range(count))
    return Hazard(f"{f.what} {f.how}", choices, tuple(legs), count * each,
                  f"{words}{f', each of {count}' if f.count else ''}", rate.source)  # fmt: skip


def _group(
    scenario: Scenario, half: str, key: str, group: CommonCause, told: Mapping[tuple[str, str], _Told],
    durations: Mapping[str, float], fleet: EquipmentCounts,
    default_legs: Mapping[tuple[str, str], Sequence[str]],
) -> Hazard | None:  # fmt: skip
    found = [_member(key, words, fleet, half) for words in group.members]
    members = [m for m in found if m is not None]
    if len(members) < len(found):
        return None
    _contradictions(key, members)
    shared = [set(default_legs.get((f.what, f.how), ())) for f, _ in members]
    default = [leg for leg in durations if all(leg in s for s in shared)]
    legs = _legs(key, half, group.legs, default, durations)
    if not legs:
        return None
    per_hour, words = group.per_hour, ""
    if group.beta is not None:
        rates = [told[f.what, f.how].rate.per_hour for f, _ in members if (f.what, f.how) in told]
        known = [r for r in rates if r is not None]
        if len(known) < len(members):
            raise InputError(f"{key}.beta: expected a rate per hour of every member, but one has none")
        per_hour, words = group.beta * min(known), f"beta {group.beta:g}: "
    each, said = _expected(per_hour, group.per_demand, sum(s for _, s in legs))
    return Hazard(group.name, (tuple(members),), tuple(legs), each, words + said, group.source, True)


def _contradictions(key: str, members: Sequence[Member]) -> None:
    things = [(f.what, n) for f, n in members]
    for k, (what, number) in enumerate(things):
        parts = [w for w, _ in things if WHOLES.get(what) == w]
        if (what, number) in things[:k] or parts:
            raise InputError(f"{key}.members: {what} fails in two of them; expected each thing once")


def _expected(per_hour: float | None, per_demand: float | None, seconds: float) -> tuple[float, str]:
    """Mean number of events, and the rate in words; that of a demand so that P(any) is what was told."""
    if per_hour is not None:
        return per_hour * seconds / HOUR, f"{per_hour:g} /h over {seconds / HOUR:.2f} h"
    p = per_demand or 0.0
    return (-math.log1p(-p) if p < 1.0 else 36.0), f"{p:g} a flight"


def _legs(
    key: str, half: str, asked: Sequence[str], default: Sequence[str], durations: Mapping[str, float]
) -> list[tuple[str, float]]:
    """The exposed legs with their durations [s]; a leg of the other half is left out."""
    if not asked:
        return [(leg, durations[leg]) for leg in default if durations.get(leg, 0.0) > 0.0]
    legs = []
    for told in asked:
        leg = ALIASES.get(told, told)
        if leg in durations:
            legs.append((leg, durations[leg]))
            continue
        other = OF_RENDEZVOUS.fullmatch(leg) is not None if half == "return" else leg in OF_RETURN
        if not other:
            raise InputError(f'{key}.legs: expected legs of {", ".join(durations)}, not "{one_line(told)}"')
    return legs


def _cut(key: str, legs: list[tuple[str, float]], exposure: float | None) -> list[tuple[str, float]]:
    if exposure is None:
        return legs
    for leg, duration in legs:
        if exposure > duration:
            raise InputError(
                f"{key}.exposure_s: expected no more than the {duration:.1f} s of {leg}, not {exposure:g}"
            )
    return [(leg, exposure) for leg, _ in legs]


__all__ = ["SHIPPED", "Hazard", "hazards", "rates_of", "shipped"]
