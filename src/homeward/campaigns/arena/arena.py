"""``arena``: every law through the same flights."""

import csv
import dataclasses
import itertools
import json
import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.campaigns.arena.cycle_time import cycle_time
from homeward.campaigns.arena.entrants import Entrant, entrants_of, law_of
from homeward.campaigns.arena.flown import fly_field
from homeward.campaigns.arena.scores import REACHED, Flown, inside, landed, score, why_lost
from homeward.campaigns.arena.sets import SETS, Field, course_of
from homeward.campaigns.bound.clairvoyant import clairvoyant, cycles_for
from homeward.errors import InputError
from homeward.output.files.result_folder import ARENA, ResultFolder
from homeward.scenario.schema.scenario import Scenario
from homeward.sim.core.legs import ENTRY, TICKS

BOUNDS = ("needed", "all", "none")
LAWS = ("predictive", "predictive-v1", "reference", "reference-2005", "fnpeg")
Told = Callable[[str, float], None]


@dataclasses.dataclass
class Arena:
    """Laws through the same flights: ``flown`` by the law's name, every array in the order of ``runs``.

    ``groups`` names the group of each run, empty where the set has one; ``lost`` are runs without an
    interface as asked.
    """

    scenario: Scenario
    name: str
    seed: int
    runs: np.ndarray
    groups: list[str]
    lost: np.ndarray
    laws: list[Entrant]
    flown: dict[str, Flown]
    wall: float
    called: Sequence[str] = ()
    bound: np.ndarray | None = None  # m: least miss inside the limits of any bank history; nan: not asked for

    @property
    def reachable(self) -> np.ndarray:
        """Which runs could have been landed within half a kilometre inside all limits: some law did, or the
        clairvoyant bank history flown through the same world."""
        told = np.any([landed(self.scenario, f, REACHED) for f in self.flown.values()], axis=0)
        return told if self.bound is None else told | (np.nan_to_num(self.bound, nan=np.inf) <= REACHED)

    def replay(self, law: Entrant, run: int) -> str:
        """The command line that flies one run of a law again."""
        called = self.called or (self.scenario.name,)
        words = ["homeward", "arena", *called, "--set", self.name, "--laws", law.text]
        return shlex.join([*words, "--seed", str(self.seed), "--run", str(run)])

    def losses(self, law: Entrant) -> list[dict[str, Any]]:
        """The runs in reach that a law did not land within half a kilometre inside all limits."""
        flown = self.flown[law.name]
        missed = np.flatnonzero(self.reachable & ~landed(self.scenario, flown, REACHED))
        worst = missed[np.argsort(-flown.miss[missed], kind="stable")]
        return [
            {"run": int(self.runs[k]), "group": self.groups[k], "why": why_lost(self.scenario, flown, k),
             "replay": self.replay(law, int(self.runs[k]))}
            for k in map(int, worst)
        ]  # fmt: skip

    @property
    def summary(self) -> dict[str, Any]:
        """What ``homeward arena --json`` prints; see docs/outputs.md."""
        reachable = self.reachable
        told: dict[str, Any] = {
            "scenario": self.scenario.name, "set": self.name, "seed": self.seed, "runs": len(self.runs),
            "first_run": int(self.runs[0]), "reachable": int(np.sum(reachable)),
            "without_interface": int(np.sum(self.lost)), "reached_within_km": REACHED / 1e3,
            "bound": self._bound(), "wall_s": self.wall, "laws": {},
        }  # fmt: skip
        for law in self.laws:
            figures = score(self.scenario, self.flown[law.name], reachable)
            names = list(dict.fromkeys(self.groups))
            if len(names) > 1:
                mine = np.asarray(self.groups)
                figures["groups"] = {
                    g: score(self.scenario, self.flown[law.name], reachable & (mine == g)) for g in names
                }
            told["laws"][law.name] = figures | {"lost": self.losses(law)}
        return told

    def _bound(self) -> dict[str, Any] | None:
        """What the clairvoyant bound says: of how many runs, and of those that are out of reach, how far."""
        if self.bound is None:
            return None
        asked = ~np.isnan(self.bound)
        proved = np.any([landed(self.scenario, f, REACHED) for f in self.flown.values()], axis=0)
        out = asked & ~self.reachable
        rows = [
            {"run": int(self.runs[k]), "group": self.groups[k],
             "least_miss_km": float(self.bound[k]) / 1e3 if np.isfinite(self.bound[k]) else None}
            for k in map(int, np.flatnonzero(out))
        ]  # fmt: skip
        near = self.bound[asked & (self.bound <= REACHED)]
        return {
            "asked": int(np.sum(asked)), "reached": int(near.size),
            "reached_by_no_law": int(np.sum(self.reachable & ~proved)),
            "most_of_those_reached_km": float(np.max(near)) / 1e3 if near.size else None,
            "out_of_reach": rows,
        }  # fmt: skip

    def save(self, folder: Path | str) -> Path:
        """Write ``arena.json`` and ``arena.csv`` (a row a run and law) and a picture into a folder."""
        from homeward.output.campaigns.arena import draw_arena

        made = ResultFolder.begin(folder, ARENA)
        told = self.summary
        text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)
        made.put("arena.json", lambda path: path.write_text(text + "\n", encoding="utf-8"))
        made.put("arena.csv", self._write_rows)
        misses = {law.name: self.flown[law.name].miss[self.reachable] / 1e3 for law in self.laws}
        made.put("arena.png", lambda path: draw_arena(told, misses, path))
        return made.folder

    def _write_rows(self, path: Path) -> None:
        reachable = self.reachable
        with path.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(
                ["law", "run", "group", "reachable", "open_miss_km", "peak_load_g", "peak_heat_rate_w_m2",
                 "heat_load_j_m2", "inside_limits", "roll_deg", "reversals", "roll_propellant_kg"]
            )  # fmt: skip
            for law in self.laws:
                f = self.flown[law.name]
                n = f.numbers
                rows.writerows(
                    zip(
                        itertools.repeat(law.name), self.runs, self.groups, reachable.astype(int),
                        f.miss / 1e3, n["peak_load"], n["peak_heat_rate"], n["heat_load"],
                        inside(self.scenario, f).astype(int), np.degrees(n["roll"]), n["bank_reversals"],
                        n["roll_propellant"],
                    )
                )  # fmt: skip


def arena(
    scenario: Scenario, laws: Sequence[str] = LAWS, *, flights: str = "dispersed", runs: int = 256,
    seed: int = 0, first: int = 0, progress: Told | None = None, called: Sequence[str] = (),
    bound: str = "needed",
) -> Arena:  # fmt: skip
    """Fly runs ``first`` to ``first + runs`` of a set and seed with every law, from the same interfaces.

    ``laws`` are words (``entrants.WORDS``) or FILE.py:CLASS, ``flights`` a set: dispersed, orbit-changes,
    skip or lunar. ``called`` are the words that name the scenario on a command line, for replays. ``bound``:
    the clairvoyant bound is asked for the runs that no law landed (needed), for all or for none.
    Raises ``InputError`` for a law, a set or a number that is none, ``Infeasible`` where no return exists.
    """
    if not isinstance(scenario, Scenario):
        raise InputError("scenario: expected what homeward.load gives")
    for name, value, least in (("runs", runs, 1), ("seed", seed, 0), ("first", first, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"arena: {name}: expected a whole number of at least {least}, not {value!r}")
    if flights not in SETS:
        raise InputError(f"--set {flights}: expected {', '.join(SETS)}")
    if bound not in BOUNDS:
        raise InputError(f"--bound {bound}: expected {', '.join(BOUNDS)}")
    entrants = entrants_of(laws)
    began = time.perf_counter()
    tell = progress or (lambda _, __: None)
    tell("planning", 0.0)
    course = course_of(scenario, flights, seed)
    loaded = {e.name: [law_of(s, e) for s in course.scenarios] for e in entrants}
    wanted = first + np.arange(runs)
    parts: dict[str, list[dict[str, np.ndarray]]] = {e.name: [] for e in entrants}
    times: dict[str, float] = {}
    groups: list[np.ndarray] = []
    lost: list[np.ndarray] = []
    bounds: list[np.ndarray] = []
    steps = (len(entrants) + (1 if bound == "none" else 4)) * -(-runs // course.scenario.simulation.lanes)
    done = 0
    tell(f"{flights}: to the interface", 0.0)
    for field in course.fields(wanted):
        groups.append(field.groups)
        lost.append(field.lost)
        done += 1
        for e in entrants:
            tell(f"{flights}: {e.name}", done / steps)
            parts[e.name].append(fly_field(field, loaded[e.name], e.dated)[0])
            if e.name not in times:
                times[e.name] = cycle_time(field, loaded[e.name])
            done += 1
        if bound != "none":

            def share(part: float, begun: int = done) -> None:
                tell(f"{flights}: the clairvoyant bound", (begun + 3 * part) / steps)

            last = {e.name: parts[e.name][-1] for e in entrants}
            bounds.append(_bound_of(field, last, course.scenario, bound == "all", share))
            done += 3
        tell(f"{flights}: to the interface", done / steps)
    flown = {
        e.name: Flown(
            {k: np.concatenate([p[k] for p in parts[e.name]])[:runs] for k in parts[e.name][0]},
            times[e.name],
        )
        for e in entrants
    }  # fmt: skip
    names = [course.groups[g] for g in np.concatenate(groups)[:runs]]
    return Arena(
        course.scenario, flights, seed, wanted, names, np.concatenate(lost)[:runs], entrants, flown,
        time.perf_counter() - began, called, np.concatenate(bounds)[:runs] if bounds else None,
    )  # fmt: skip


def _bound_of(
    field: Field, numbers: dict[str, dict[str, np.ndarray]], scenario: Scenario, every: bool,
    tell: Callable[[float], None],
) -> np.ndarray:  # fmt: skip
    """Least miss [m] inside the limits of each lane of a field; nan where it is not asked for."""
    told = np.full(len(field.runs), np.nan)
    flown = [Flown(n) for n in numbers.values()]
    asked = ~field.lost
    if not every:
        asked &= ~np.any([landed(scenario, f, REACHED) for f in flown], axis=0)
    # A block is filled up with its last run: that is one and the same flight.
    _, first = np.unique(field.runs, return_index=True)
    once = np.zeros(len(field.runs), bool)
    once[first] = True
    lanes = np.flatnonzero(asked & once)
    if lanes.size:
        longest = max(
            (float(np.max(f.numbers["duration"][np.isfinite(f.miss)], initial=0.0)) for f in flown),
            default=0.0,
        )
        period = TICKS[ENTRY] * scenario.simulation.entry_step_s
        least = clairvoyant(
            field.plan, field.world, field.flight, field.legs, field.keys, field.before, lanes,
            cycles_for(longest, period), tell,
        )  # fmt: skip
        told[lanes] = least.miss
    return told


__all__ = ["LAWS", "Arena", "arena"]
