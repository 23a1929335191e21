"""One half of a mission studied: its strata flown, counted and kept, and its flights without a failure."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from homeward.campaigns.faults.matrix import ABORTED, LOST, Row
from homeward.campaigns.faults.worlds import Case
from homeward.campaigns.risk.estimate import Part, Tail, Term
from homeward.campaigns.risk.flights import Flights
from homeward.campaigns.risk.store import FlightStore
from homeward.campaigns.risk.strata import NONE, Strata, Stratum, barred_pairs, case_of, strata_of
from homeward.campaigns.risk.subset import SubsetResult, subset_simulation
from homeward.campaigns.statistics.order_statistics import share_upper
from homeward.scenario.faults.catalogue import FAILURES
from homeward.scenario.faults.schedule import FaultEvent
from homeward.scenario.reliability.hazards import Hazard, hazards
from homeward.scenario.schema.scenario import Scenario

CREW, MISSION = "crew", "mission"
NEVER_CAME = "not applicable"  # of a row: its leg was over before, twice


@dataclasses.dataclass
class Counted:
    """Flights of one stratum."""

    stratum: Stratum
    rows: list[Row] = dataclasses.field(default_factory=list)
    asked: int = 0  # with those whose failure never came, which count for nothing

    def losses(self, of: str) -> int:
        """How many flights lost the crew, or the mission."""
        ends = (LOST,) if of == CREW else (LOST, ABORTED)
        return sum(row.outcome in ends for row in self.rows)

    def term(self, of: str) -> Term:
        """The stratum as the estimate takes it."""
        return Term(self.stratum.name, self.stratum.weight, len(self.rows), self.losses(of))


class HalfStudy:
    """The flights, hazards and strata of one half; ``flown`` counts the flights paid for."""

    def __init__(self, scenario: Scenario, flights: Flights, store: FlightStore, seed: int) -> None:
        self.flights, self.store, self.seed, self.half = flights, store, seed, flights.half
        self.hazards: list[Hazard] = hazards(
            scenario, flights.half, flights.durations, flights.fleet, flights.default_legs
        )
        self.bars = barred_pairs(self.hazards)
        self.strata: Strata = strata_of(self.hazards, self.bars)
        self.counted = {s.name: Counted(s) for s in self.strata.strata if s.name != NONE}
        self.sound = next(s for s in self.strata.strata if s.name == NONE)
        self.subset: SubsetResult | None = None
        self.margins: dict[str, list[tuple[float, str, bool]]] = {}
        self.flown = 0

    def fly(self, more: dict[str, int], done: Callable[[int], None]) -> None:
        """Fly so many further flights of each stratum; those that the store has are taken from it."""
        order = list(self.flights.durations)
        cases: dict[str, Case] = {}
        places: list[tuple[str, str]] = []
        for name, count in more.items():
            c = self.counted[name]
            for index in range(c.asked, c.asked + count):
                key = f"{self.half}|{name}|{index}"
                places.append((name, key))
                if key not in self.store.known:
                    cases[key] = case_of(self.half, c.stratum, self.hazards, order, self.seed, index)
            c.asked += count
        rows = self.flights.fly(list(cases.values()), done)
        self.store.put({key: row_told(row) for key, row in zip(cases, rows, strict=True)})
        self.flown += len(places)
        for name, key in places:
            row = row_read(self.store.known[key])
            if not row.reason.startswith(NEVER_CAME):
                self.counted[name].rows.append(row)

    def without_failure(self, samples: int, most: int, small: float, done: Callable[[int], None]) -> None:
        """Subset simulation of the flights without a failure, ``most`` at most."""

        def distance(label: str, u: np.ndarray, keys: np.ndarray) -> np.ndarray:
            key = f"{self.half}|subset|{label}"
            if key not in self.store.known:
                told = self.flights.distances(u, keys, done)
                self.store.put({key: {"margins": [[float(g), word, bool(x)] for g, word, x in told]}})
            self.margins[label] = [(g, word, x) for g, word, x in self.store.known[key]["margins"]]
            self.flown += len(keys)
            return np.array([g for g, _, _ in self.margins[label]])

        self.subset = subset_simulation(
            distance, self.flights.dimensions, samples, self.seed, small=small, most=most
        )

    def dispersion_part(self, of: str) -> Part:
        """The flights without a failure as the estimate takes them."""
        weight, found = self.sound.weight, self.subset
        first = self.margins.get("0", [])
        lost = sum(g <= 0.0 and (of == MISSION or x) for g, _, x in first)
        if found is None or not found.levels or (len(found.levels) == 1 and found.probability is not None):
            return Term(NONE, weight, len(first), lost)
        if found.probability is None:
            direct = share_upper(lost, len(first), 0.975)
            if direct < found.below * float(np.exp(1.96 * found.spread)):
                return Term(NONE, weight, len(first), lost)  # so few levels tell less than their first one
            return Tail(NONE, weight, 0.0, found.below, found.spread)
        share = 1.0
        if of == CREW:  # of those lost in all levels, which were beyond the limits of the crew too
            beyond = [x for rows in self.margins.values() for g, _, x in rows if g <= 0.0]
            share = float(np.mean(beyond)) if beyond else 0.0
        return Tail(NONE, weight, found.probability * share, found.probability, found.spread)

    def parts(self, of: str) -> list[Part]:
        """All strata as the estimate takes them."""
        return [self.dispersion_part(of), *(c.term(of) for c in self.counted.values())]

    def terms(self, of: str) -> list[Term]:
        """The strata with failures."""
        return [c.term(of) for c in self.counted.values()]


WAYS = {(f.what, f.how): f for f in FAILURES}


def row_told(row: Row) -> dict[str, Any]:
    """A case as the store keeps it."""
    return {
        "outcome": row.outcome, "reason": row.reason, "run": row.run,
        "strikes": [[s.failure.what, s.failure.how, s.number, s.leg, s.time] for s in row.strikes],
    }  # fmt: skip


def row_read(told: dict[str, Any]) -> Row:
    """The case that the store kept."""
    strikes: Sequence[FaultEvent] = tuple(
        FaultEvent(WAYS[what, how], number, leg, time) for what, how, number, leg, time in told["strikes"]
    )
    return Row(tuple(strikes), told["outcome"], told["reason"], told["run"])


__all__ = ["CREW", "MISSION", "Counted", "HalfStudy", "row_read", "row_told"]
