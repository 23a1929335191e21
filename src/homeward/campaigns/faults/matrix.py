"""The matrix of failures: every one, in every leg it may strike, at random instants; and its classes."""

import dataclasses
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from homeward.scenario.faults.catalogue import Failure
from homeward.scenario.faults.schedule import EquipmentCounts, FaultEvent

NOMINAL, DEGRADED, ABORTED, LOST = "nominal", "degraded", "aborted", "lost"
CLASSES = (NOMINAL, DEGRADED, ABORTED, LOST)
INSTANTS = 5  # of each failure in each leg


@dataclasses.dataclass(frozen=True)
class Row:
    """One case: what struck, how far into which leg, and how it ended."""

    strikes: tuple[FaultEvent, ...]
    outcome: str
    reason: str
    run: int | None = None  # of the seed's draws, in whose world it flew; None: in the undispersed one

    def told(self) -> dict[str, Any]:
        """As in JSON."""
        first = self.strikes[-1]
        return {
            "fault": " + ".join(s.words for s in self.strikes), "when": f"{first.leg}+{first.time:.1f}",
            "leg": first.leg, "run": self.run, "outcome": self.outcome, "reason": self.reason,
        }  # fmt: skip


@dataclasses.dataclass
class Matrix:
    """All cases of one half of a mission."""

    what: str
    scenario: str
    seed: int
    rows: list[Row]
    nominal: dict[str, float]  # of the flight without a failure
    wall: float
    abort: dict[str, Any] | None = None  # a ballistic return beside the nominal one
    world_seed: int | None = None  # of the dispersed worlds; None: all cases flew in the undispersed one

    @property
    def counts(self) -> dict[str, int]:
        """How many cases ended in each class."""
        return {name: sum(row.outcome == name for row in self.rows) for name in CLASSES}

    def summary(self) -> dict[str, Any]:
        """The JSON of ``homeward faults``."""
        return {
            "scenario": self.scenario, "what": self.what, "seed": self.seed, "cases": len(self.rows),
            "counts": self.counts, "nominal_flight": self.nominal, "wall_s": self.wall,
            "rows": [row.told() for row in self.rows],
        }  # fmt: skip


def instants(seed: int, words: str, leg: str, duration: float, count: int = INSTANTS) -> np.ndarray:
    """Random times [s] into a leg: the same for the same seed, whatever else the matrix holds."""
    label = zlib.crc32(f"{words}|{leg}".encode())
    drawn = np.sort(np.random.default_rng([seed, label]).uniform(0.0, duration, count))
    return np.floor(drawn * 1e3) / 1e3  # to the millisecond, as a command line says it


def cases_of(
    failures: Sequence[tuple[Failure, Sequence[str]]], durations: dict[str, float],
    fleet: EquipmentCounts, seed: int, count: int = INSTANTS,
) -> list[FaultEvent]:  # fmt: skip
    """Every failure, each of its numbers, in each of its legs that is flown, at ``count`` instants."""
    cases = []
    for failure, legs in failures:
        for number in range(fleet.count(failure) or 1):
            for leg in legs:
                if leg not in durations:
                    continue
                words = FaultEvent(failure, number, leg, 0.0).words
                for time in instants(seed, words, leg, durations[leg], count):
                    cases.append(FaultEvent(failure, number, leg, float(time)))
    return cases


def chosen(
    singles: Sequence[FaultEvent], seed: int, pairs: int, only: Callable[[FaultEvent], bool] | None,
    most: int | None = None,
) -> list[tuple[FaultEvent, ...]]:  # fmt: skip
    """The cases of a matrix: single failures, those that ``only`` takes, or so many pairs of them.

    ``most`` takes so many of the single ones at equal steps, so that all kinds and legs have their share.
    """
    if pairs:
        return [*pairs_of(singles, seed, pairs)]
    taken = [(case,) for case in singles if only is None or only(case)]
    if most is None or most >= len(taken):
        return taken
    return [taken[k * len(taken) // most] for k in range(most)]


def pairs_of(cases: Sequence[FaultEvent], seed: int, count: int) -> list[tuple[FaultEvent, FaultEvent]]:
    """Pairs of different failures in one leg, drawn by the seed; the later of the two stands last."""
    draw = np.random.default_rng([seed, 0x2F])
    pairs: list[tuple[FaultEvent, FaultEvent]] = []
    while len(pairs) < count:
        one = cases[int(draw.integers(len(cases)))]
        same = [c for c in cases if c.leg == one.leg and c.failure.what != one.failure.what]
        if not same:
            continue
        other = same[int(draw.integers(len(same)))]
        a, b = sorted((one, other), key=lambda s: s.time)
        pairs.append((a, b))
    return pairs
