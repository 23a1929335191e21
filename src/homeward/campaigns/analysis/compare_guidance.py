"""Both generations of entry guidance over the same flights: dispersed, and after large orbit changes.

The draws of a run come from its seed and number alone, so that both laws meet the same air, wind, capsule,
burn and start; only the law is swapped.
"""

import csv
import dataclasses
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from homeward.campaigns.analysis.large_orbit_changes import LargeChanges, fly_large_changes
from homeward.campaigns.execution.return_batch import Flights, fly_many, order_statistic
from homeward.errors import InputError
from homeward.output.files.result_folder import COMPARISON, ResultFolder
from homeward.output.views.return_view import local_km
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.user_models import with_law as law_of_scenario

LAWS = ("predictive", "reference")  # the second generation and the first
OWN = "own"  # a law of the user's, beside them
CASES = ("dispersed", "large_changes")
PERCENTILES = {"p10": 0.10, "p50": 0.50, "p99_7": 0.997}


@dataclasses.dataclass
class Comparison:
    """Flights of both laws, run for run the same.

    ``unreachable`` are the runs after large changes that no steering could have brought home.
    """

    scenario: Scenario
    seed: int
    runs: int
    dispersed: dict[str, Flights]
    large_changes: dict[str, Flights]
    unreachable: np.ndarray
    wall: float

    @property
    def laws(self) -> tuple[str, ...]:
        """The laws that were flown: ``LAWS``, and ``own`` where the user brought one."""
        return tuple(self.dispersed)

    def flights(self, case: str, law: str) -> Flights:
        """The flights of a case, ``dispersed`` or ``large_changes``, and a law."""
        return (self.dispersed if case == "dispersed" else self.large_changes)[law]

    def misses(self, case: str, law: str) -> np.ndarray:
        """Opening misses [km] of a case, ``dispersed`` or ``large_changes``; a failed run is infinite."""
        flights = self.flights(case, law)
        return np.where(flights.flown, flights.numbers["open_miss"] / 1e3, np.inf)

    def places(self, case: str, law: str) -> np.ndarray:
        """Where the parachute opened, east and north of the aim [km], a row a run that did: (n, 2)."""
        flights = self.flights(case, law)
        n, site = flights.numbers, self.scenario.site
        origin = np.radians(site.latitude_deg), np.radians(site.longitude_deg)
        places = local_km(n["touchdown_latitude"], n["touchdown_longitude"], *origin)
        return np.stack(places, axis=1)[flights.flown]

    def save(self, folder: Path | str) -> Path:
        """Write ``comparison.json``, ``comparison.csv`` (a row a run) and two pictures into a folder."""
        from homeward.output.campaigns.compare_guidance import draw_distributions, draw_places

        made = ResultFolder.begin(folder, COMPARISON)
        text = json.dumps(self.summary, indent=2, ensure_ascii=False, allow_nan=False)
        made.put("comparison.json", lambda path: path.write_text(text + "\n", encoding="utf-8"))
        made.put("comparison.csv", self._write_rows)
        misses = {case: {law: self.misses(case, law) for law in self.laws} for case in CASES}
        where = {case: {law: self.places(case, law) for law in self.laws} for case in CASES}
        note = f"{self.scenario.name}  ·  {self.runs} runs of seed {self.seed}"
        out_of_reach = len(self.unreachable)
        made.put("comparison.png", lambda path: draw_distributions(misses, note, out_of_reach, path))
        made.put("openings.png", lambda path: draw_places(where, note, path))
        return made.folder

    def _write_rows(self, path: Path) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["case", "law", "run", "open_miss_km", "peak_load_g"])
            for case, law in itertools.product(CASES, self.laws):
                flights = self.flights(case, law)
                miss, load = self.misses(case, law), flights.numbers["peak_load"]
                rows.writerows(zip(itertools.repeat(case), itertools.repeat(law), flights.runs, miss, load))

    @property
    def summary(self) -> dict[str, Any]:
        """What ``homeward compare-guidance --json`` prints; see docs/outputs.md."""
        told: dict[str, Any] = {
            "scenario": self.scenario.name, "runs": self.runs, "seed": self.seed, "wall_s": self.wall
        }  # fmt: skip
        for case in CASES:
            lost = len(self.unreachable) if case == "large_changes" else 0
            told[case] = {"unreachable": lost}
            for law in self.laws:
                load = self.flights(case, law).numbers["peak_load"]
                over = int(np.sum(load > self.scenario.truth.limits.load_g))
                told[case][law] = _told(self.misses(case, law)) | {"over_load": over}
        told["answer"] = self.answer
        return told

    @property
    def answer(self) -> str:
        """In one sentence: was the worst of the second generation better than the best of the first?"""
        parts = []
        for case, words in (
            ("dispersed", "dispersed flights"),
            ("large_changes", "flights after large changes"),
        ):
            second = _told(self.misses(case, "predictive"))["p99_7"]
            first = _told(self.misses(case, "reference"))
            beaten = [n for n in ("p10", "p50", "p99_7") if _less(second, first[n])]
            parts.append(f"of {words} {_verdict(beaten)} ({_km(second)} km against {_three(first)} km)")
        return "The worst of the second generation (p99.7) " + "; ".join(parts) + "."


def _verdict(beaten: list[str]) -> str:
    if "p10" in beaten:
        return "was better than the best of the first (p10)"
    if "p50" in beaten:
        return "was not better than the best of the first (p10), but better than its median"
    if beaten:
        return "was not better than the best of the first (p10), only better than its worst (p99.7)"
    return "was not better than the best of the first (p10), nor than its worst (p99.7)"


def _three(first: dict[str, Any]) -> str:
    return ", ".join(_km(first[n]) for n in PERCENTILES)


def _km(value: float | None) -> str:
    return "no landing" if value is None or not np.isfinite(value) else f"{value:.3f}"


def _less(a: float | None, b: float | None) -> bool:
    """None stands for infinitely far."""
    return a is not None and (b is None or a < b)


def _told(misses: np.ndarray) -> dict[str, Any]:
    values = {name: order_statistic(misses, p) for name, p in PERCENTILES.items()}
    finite = {name: value if np.isfinite(value) else None for name, value in values.items()}
    return finite | {"failed": int(np.sum(~np.isfinite(misses)))}


def with_law(scenario: Scenario, law: str) -> Scenario:
    """The scenario with another law, a word or FILE.py:CLASS, flown to the opening of the parachute."""
    scenario = law_of_scenario(scenario, law)
    legs = scenario.return_.legs.model_copy(update={"end": "opening"})
    return scenario.model_copy(update={"homecoming": scenario.return_.model_copy(update={"legs": legs})})


def compare_guidance(
    scenario: Scenario, runs: int = 500, seed: int = 0, *, guidance: str | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Comparison:  # fmt: skip
    """Fly ``runs`` dispersed returns, and as many after large orbit changes, with either law of Homeward's.

    ``guidance``, FILE.py:CLASS, is a law of the user's that flies the same beside them, as ``own``.

    Each is flown to the opening of the parachute, with the aim it would have there. A run after large changes
    is ``unreachable``, for all laws, if none opened within half a kilometre of the aim inside all limits and
    the clairvoyant bound did not either.
    Raises ``InputError`` for a number that is none or a scenario without an orbit to change, ``Infeasible``
    where no return exists.
    """
    if not isinstance(scenario, Scenario):
        raise InputError("scenario: expected what homeward.load gives")
    for name, value, least in (("runs", runs, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"{name}: expected a whole number of at least {least}, not {value!r}")
    if scenario.return_.legs.start == "interface":
        raise InputError(
            f"{scenario.name}: return.legs.start: a flight from the interface has no orbit to change; "
            "expected undock or burn"
        )
    laws = dict(zip(LAWS, LAWS, strict=True)) | ({} if guidance is None else {OWN: guidance})
    began = time.perf_counter()
    done = 0

    def talk(words: str) -> Callable[[str, float], None]:
        def told(_: str, part: float) -> None:
            if progress is not None:
                progress(words, (done + min(max(part, 0.0), 1.0)) / (2.0 * len(laws)))

        return told

    dispersed: dict[str, Flights] = {}
    changed: dict[str, LargeChanges] = {}
    for law, text in laws.items():
        dispersed[law] = fly_many(with_law(scenario, text), runs, seed, progress=talk(f"{law}, dispersed"))
        done += 1
    in_reach = np.zeros(runs, bool)
    for law, text in laws.items():
        # The bound is asked of runs that no law has landed: with the last of the laws.
        changed[law] = fly_large_changes(
            with_law(scenario, text), runs, seed, in_reach=in_reach, judged=law == list(laws)[-1],
            progress=talk(f"{law}, large changes"),
        )  # fmt: skip
        in_reach |= changed[law].landed
        done += 1
    lost = changed[list(laws)[-1]].unreachable
    kept = {law: _without(changed[law].every, lost) for law in laws}
    return Comparison(scenario, seed, runs, dispersed, kept, lost, time.perf_counter() - began)


def _without(flights: Flights, lost: np.ndarray) -> Flights:
    keep = ~np.isin(flights.runs, lost)
    numbers = {key: value[keep] for key, value in flights.numbers.items()}
    return dataclasses.replace(flights, runs=flights.runs[keep], numbers=numbers)


__all__ = ["LAWS", "Comparison", "compare_guidance", "with_law"]
