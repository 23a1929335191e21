"""Strata of a mission's failures: none, one of each kind, two; and the flights that are drawn of each.

Failures come as independent Poisson events. With M the mean number of events a flight and m_k that of hazard
k, a flight has none with probability exp(-M), one and no other of hazard k with exp(-M) m_k, two with
exp(-M) M^2 / 2, and more with what is left (L. Devroye, Non-Uniform Random Variate Generation (1986), VI.1).
Given their number the events are independent draws of the hazards, and their instants are uniform.
"""

import dataclasses
import itertools
import math
import zlib
from collections.abc import Sequence

import numpy as np
from scipy.stats import poisson

from homeward.campaigns.faults.worlds import RUNS, Case
from homeward.scenario.faults.catalogue import WHOLES
from homeward.scenario.faults.schedule import FaultEvent
from homeward.scenario.reliability.hazards import Hazard, Member
from homeward.world.fault_schedule import SLOTS

NONE, PAIRS = "no failure", "two failures"
TRIES = 10_000


@dataclasses.dataclass(frozen=True)
class Stratum:
    """Flights with one number and kind of failures; ``hazard`` is None for none and for two."""

    name: str
    weight: float
    events: int
    hazard: int | None = None


@dataclasses.dataclass(frozen=True)
class Strata:
    """The strata of a half, the mean number of events, and the probability that is in no stratum flown."""

    strata: tuple[Stratum, ...]
    expected: float
    unflown: float


def strata_of(hazards: Sequence[Hazard], bars: np.ndarray | None = None) -> Strata:
    """Strata with their closed-form probabilities; with ``unflown`` they add up to one.

    Not flown are three events and more, and pairs that no flight can have: of one thing twice, or of more
    things than a flight has slots for. ``bars`` is what ``barred_pairs`` tells, if it is known already.
    """
    mean = math.fsum(h.expected for h in hazards)
    sound = math.exp(-mean)
    pairs = sound * mean * mean / 2.0
    share = np.array([h.expected for h in hazards]) / mean if mean > 0.0 else np.zeros(len(hazards))
    barred = float(share @ (barred_pairs(hazards) if bars is None else bars) @ share)
    told = [Stratum(NONE, sound, 0)]
    told += [Stratum(h.name, sound * h.expected, 1, k) for k, h in enumerate(hazards) if h.expected > 0.0]
    if pairs > 0.0 and barred < 1.0:
        told.append(Stratum(PAIRS, pairs * (1.0 - barred), 2))
    return Strata(tuple(told), mean, float(poisson.sf(2, mean)) + pairs * min(barred, 1.0))


def barred_pairs(hazards: Sequence[Hazard]) -> np.ndarray:
    """Share (n, n) of the pairs of events of each two hazards that no flight can have."""
    told = np.zeros((len(hazards), len(hazards)))
    for (i, a), (j, b) in itertools.combinations_with_replacement(enumerate(hazards), 2):
        barred = sum(not together(x, y) for x in a.choices for y in b.choices)
        told[i, j] = told[j, i] = barred / (len(a.choices) * len(b.choices))
    return told


def together(a: Sequence[Member], b: Sequence[Member]) -> bool:
    """Whether two events can come in one flight: no thing twice, no whole with its part, slots for all."""
    if len(a) + len(b) > SLOTS:
        return False
    for (f, n), (g, m) in itertools.product(a, b):
        same = f.what == g.what and n == m
        if same or WHOLES.get(f.what) == g.what or WHOLES.get(g.what) == f.what:
            return False
    return True


def case_of(
    half: str, stratum: Stratum, hazards: Sequence[Hazard], order: Sequence[str], seed: int, index: int
) -> Case:
    """Flight ``index`` of a stratum: what fails and when, and the run whose world it flies in.

    A function of the seed, the stratum's name and the index alone; ``order`` are the legs as they follow one
    another.
    """
    label = f"{half}|{stratum.name}"
    draw = np.random.default_rng([seed, zlib.crc32(label.encode()), index])
    run = zlib.crc32(f"{label}|{index}".encode()) % RUNS
    if stratum.events == 0:
        return Case((), run)
    if stratum.hazard is not None:
        return Case(tuple(_event(hazards[stratum.hazard], draw)), run)
    chances = np.array([h.expected for h in hazards])
    chances = chances / chances.sum()
    for _ in range(TRIES):
        first, second = (_event(hazards[int(draw.choice(len(hazards), p=chances))], draw) for _ in "12")
        things = [[(e.failure, e.number) for e in event] for event in (first, second)]
        if together(*things):
            events = [*first, *second]
            events.sort(key=lambda e: (list(order).index(e.leg or ""), e.time))
            return Case(tuple(events), run)
    raise RuntimeError("no pair of events that a flight can have was drawn")


def _event(hazard: Hazard, draw: np.random.Generator) -> list[FaultEvent]:
    """One event: a choice of its things, a leg by its exposed seconds, an instant to the millisecond."""
    spans = np.array([s for _, s in hazard.legs])
    members = hazard.choices[int(draw.integers(len(hazard.choices)))]
    k = int(draw.choice(len(spans), p=spans / spans.sum()))
    time = math.floor(draw.uniform(0.0, spans[k]) * 1e3) / 1e3
    return [FaultEvent(failure, number, hazard.legs[k][0], time) for failure, number in members]


__all__ = ["NONE", "PAIRS", "Strata", "Stratum", "barred_pairs", "case_of", "strata_of", "together"]
