"""How likely a mission loses its crew or fails: the flights of its halves shared out, flown and summed up."""

import dataclasses
import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from homeward.campaigns.risk.estimate import Estimate, Part, allocate, either, estimate, variance
from homeward.campaigns.risk.flights import flights_of
from homeward.campaigns.risk.half_study import CREW, MISSION, HalfStudy
from homeward.campaigns.risk.store import FlightStore
from homeward.campaigns.store.lock import locked
from homeward.errors import InputError
from homeward.scenario.schema.scenario import Scenario

HALVES = ("rendezvous", "return")
PILOT = 8  # flights of each stratum before they are shared out
NEGLIGIBLE = 1e-10  # probability of a stratum that is left unflown, as a bound
SAMPLES = 320  # of a level of the flights without a failure: 32 chains
OF_DISPERSIONS = 0.6  # of all flights, at most, go to those without a failure
ROUND = 64  # flights between two looks at the interval, at least
MATTERS = 0.05  # of what is known to be lost: below that part the flights without a failure are left
SMALLEST = 1e-9
Progress = Callable[[str, float | None], None]


@dataclasses.dataclass
class RiskStudy:
    """A study that is done: its halves, and why it stopped."""

    scenario: Scenario
    what: str
    seed: int
    runs: int
    width: float
    target: float | None
    halves: list[HalfStudy]
    stopped: str
    wall: float
    called: Sequence[str]

    def estimate(self, of: str = CREW) -> Estimate:
        """Probability of losing the crew, or the mission, of all halves together."""
        return _joint(self.halves, of, self.seed)

    @property
    def flown(self) -> int:
        """Flights that the estimate stands on."""
        return sum(h.flown for h in self.halves)

    def summary(self) -> dict[str, Any]:
        """The JSON of ``homeward risk``."""
        from homeward.campaigns.risk.summary import summary

        return summary(self)

    def save(self, folder: Path | str) -> Path:
        """Write ``risk.json``, the tornado picture and the page into the folder of the study."""
        from homeward.campaigns.risk.summary import save

        return save(self, folder)


def _joint(halves: Sequence[HalfStudy], of: str, seed: int) -> Estimate:
    if len(halves) == 1:
        return estimate(halves[0].parts(of), halves[0].strata.unflown, seed)
    a, b = halves
    return either(a.parts(of), b.parts(of), (a.strata.unflown, b.strata.unflown), seed)


def risk(
    scenario: Scenario, what: str = "return", *, seed: int = 0, runs: int = 3000, width: float = 0.3,
    target: float | None = None, out: Path | str | None = None, resume: bool = False,
    progress: Progress | None = None, cores: int | None = None, called: Sequence[str] = (),
) -> RiskStudy:  # fmt: skip
    """The probability of losing the crew and of losing the mission, each with its 95 % interval.

    ``what`` is return, rendezvous or mission: a rendezvous, then a return. It ends with the relative half
    ``width`` of the crew's interval, or with about ``runs`` flights. ``out`` keeps every flight, and
    ``resume`` goes on with those. Deterministic by ``seed``. Raises ``InputError`` for rates that are none,
    and where the scenario holds no such half.
    """
    _check(runs, width, target)
    if resume and out is None:
        raise InputError("--resume: expected --out with the folder of the study to go on with")
    asked = HALVES if what == "mission" else (what,)
    there = {"return": scenario.homecoming, "rendezvous": scenario.rendezvous}
    for half in asked:
        if there[half] is None:
            raise InputError(f"--what {what}: {scenario.name} holds no {half}")
    if out is None:
        return _study(scenario, what, asked, seed, runs, width, target, None, False, progress, cores, called)
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        return _study(
            scenario, what, asked, seed, runs, width, target, folder, resume, progress, cores, called
        )


def _check(runs: int, width: float, target: float | None) -> None:
    if isinstance(runs, bool) or runs < 1:
        raise InputError(f"--runs: expected a whole number of at least 1, not {runs!r}")
    if not 0.0 < width < 10.0:
        raise InputError(f"--width: expected a relative half width above 0 and below 10, not {width:g}")
    if target is not None and not 0.0 < target < 1.0:
        raise InputError(f"--target: expected a probability between 0 and 1, not {target:g}")


def _study(
    scenario: Scenario, what: str, asked: Sequence[str], seed: int, runs: int, width: float,
    target: float | None, folder: Path | None, resume: bool, progress: Progress | None, cores: int | None,
    called: Sequence[str],
) -> RiskStudy:  # fmt: skip
    began = time.perf_counter()
    tell = progress or (lambda stage, share: None)
    document = hashlib.sha256(scenario.model_dump_json().encode()).hexdigest()
    each = runs // len(asked)
    samples = SAMPLES if OF_DISPERSIONS * each >= 2 * SAMPLES else max(each // 5, 1)
    store = FlightStore(
        folder,
        {"scenario": scenario.name, "document": document, "what": what, "seed": seed, "samples": samples},
        resume,
    )
    try:
        halves: list[HalfStudy] = []
        for half in asked:
            flights = flights_of(
                scenario, half, seed, lambda name, _, half=half: tell(f"{half}: {name}", None), cores
            )
            halves.append(HalfStudy(scenario, flights, store, seed))
        watch = _Watch(tell, halves, runs, seed)
        for h in halves:
            _pilot(h, each, watch)
        for h in halves:
            found = estimate(h.terms(CREW)).value
            small = max(MATTERS * max(found, 0.1 * (target or 0.0)), SMALLEST)
            samples = int(store.header["samples"])
            most = int(OF_DISPERSIONS * each) if samples >= SAMPLES else samples
            h.without_failure(samples, most, small, watch.of(h))
        stopped = _rounds(halves, runs, width, seed, watch)
        wall = time.perf_counter() - began
        called = called or (scenario.name,)
        return RiskStudy(scenario, what, seed, runs, width, target, halves, stopped, wall, called)
    finally:
        store.close()


def _pilot(h: HalfStudy, each: int, watch: "_Watch") -> None:
    """A few flights of every stratum that matters."""
    some = {name: c.stratum for name, c in h.counted.items() if c.stratum.weight > NEGLIGIBLE}
    if some:
        count = min(PILOT, max(each // (3 * len(some)), 1))
        h.fly({name: count * s.events for name, s in some.items()}, watch.of(h))


def _rounds(halves: Sequence[HalfStudy], runs: int, width: float, seed: int, watch: "_Watch") -> str:
    """Share out what flights are left until the interval is narrow enough; says why it ended."""
    while True:
        found = _joint(halves, CREW, seed)
        if found.half_width <= width:
            return f"the relative half width of {width:g} was reached"
        left = runs - sum(h.flown for h in halves)
        if left < 1:
            return f"{runs:,} flights were spent"
        terms = {(h.half, t.name): t for h in halves for t in h.terms(CREW) if t.weight > NEGLIGIBLE}
        if not terms:
            return "no stratum with a failure is left to be flown"
        named = [dataclasses.replace(t, name=f"{half}|{name}") for (half, name), t in terms.items()]
        shares = allocate(named, min(max(ROUND, left // 4), left))
        for h in halves:
            more = {name: shares[f"{h.half}|{name}"] for half, name in terms if half == h.half}
            if any(more.values()):
                h.fly({name: n for name, n in more.items() if n}, watch.of(h))


class _Watch:
    """Progress: flights so far, and the interval so far."""

    def __init__(self, tell: Progress, halves: list[HalfStudy], runs: int, seed: int) -> None:
        self.tell, self.halves, self.runs, self.seed = tell, halves, runs, seed

    def of(self, h: HalfStudy) -> Callable[[int], None]:
        """What hears of the flights of one batch of a half."""
        found = _joint(self.halves, CREW, self.seed)
        said = f"P(crew lost) {found.value:.2g}, 95 % {found.low:.2g} to {found.high:.2g}"

        def done(count: int) -> None:
            flown = sum(x.flown for x in self.halves) + count
            self.tell(f"{h.half}: {flown:,} of {self.runs:,} flights, {said}", flown / self.runs)

        return done


def spent(parts: Sequence[Part]) -> float:
    """Variance of an estimate by its parts."""
    return variance(parts)


__all__ = ["CREW", "HALVES", "MISSION", "RiskStudy", "risk"]
