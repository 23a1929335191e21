"""What flies the cases of a rendezvous for a risk study."""

import numpy as np

from homeward.campaigns.faults.dispersed_rendezvous import flown_numbers, fly_dispersed
from homeward.campaigns.faults.rendezvous import LANES, Told, legs_struck, without_failure
from homeward.campaigns.faults.worlds import Case
from homeward.campaigns.risk.flights import Flights
from homeward.campaigns.risk.margins import Margin, rendezvous_margin
from homeward.dispersion.given import GivenNumbers
from homeward.planning.rendezvous_plan import RendezvousPlan, equipment_counts, plan_rendezvous
from homeward.scenario.faults.catalogue import FAILURES
from homeward.scenario.schema.distribution import PAIR_DRAWS
from homeward.scenario.schema.scenario import Scenario


def rendezvous_flights(scenario: Scenario, seed: int, tell: Told, cores: int) -> Flights:
    """The flights of a scenario's rendezvous."""
    tell("planning", 0.0)
    made = plan_rendezvous(scenario)
    flown = without_failure(made, lambda name, share: tell(name, share))
    durations = {name: end - begin for name, (begin, end) in flown.spans.items()}
    shapes: dict[str, tuple[int, ...]] = {name: (count,) for name, (_, count) in PAIR_DRAWS.items()}
    return Flights(
        "rendezvous", seed, durations, equipment_counts(made),
        {(f.what, f.how): tuple(legs_struck(flown, f)) for f in FAILURES if f.rendezvous}, shapes, LANES,
        lambda cases: fly_dispersed(made, durations, cases, seed, LANES),
        lambda vectors, runs: _margins(made, seed, shapes, vectors, runs), cores,
    )  # fmt: skip


def _margins(
    made: RendezvousPlan, seed: int, shapes: dict[str, tuple[int, ...]], vectors: np.ndarray, runs: np.ndarray
) -> list[Margin]:
    filled = [*range(len(runs)), *[len(runs) - 1] * (LANES - len(runs))]
    cases = [Case((), int(runs[k])) for k in filled]
    numbers = flown_numbers(made, cases, seed, GivenNumbers(shapes, vectors[filled])).numbers
    return [rendezvous_margin(made, {key: x[k] for key, x in numbers.items()}) for k in range(len(runs))]


__all__ = ["rendezvous_flights"]
