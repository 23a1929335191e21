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
from homeward.campaigns.arena.sets import SETS, course_of
from homeward.errors import InputError
from homeward.output.files.result_folder import ARENA, ResultFolder
from homeward.scenario.schema.scenario import Scenario

LAWS = ("predictive", "predictive-v1", "reference", "reference-2005")
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

    @property
    def reachable(self) -> np.ndarray:
        """Which runs could have been landed: some law did, within half a kilometre and inside all limits."""
        return np.any([landed(self.scenario, f, REACHED) for f in self.flown.values()], axis=0)

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
            "wall_s": self.wall, "laws": {},
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
) -> Arena:  # fmt: skip
    """Fly runs ``first`` to ``first + runs`` of a set and seed with every law, from the same interfaces.

    ``laws`` are words (``entrants.WORDS``) or FILE.py:CLASS, ``flights`` a set: dispersed, orbit-changes,
    skip or lunar. ``called`` are the words that name the scenario on a command line, for replays.
    Raises ``InputError`` for a law, a set or a number that is none, ``Infeasible`` where no return exists.
    """
    if not isinstance(scenario, Scenario):
        raise InputError("scenario: expected what homeward.load gives")
    for name, value, least in (("runs", runs, 1), ("seed", seed, 0), ("first", first, 0)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"arena: {name}: expected a whole number of at least {least}, not {value!r}")
    if flights not in SETS:
        raise InputError(f"--set {flights}: expected {', '.join(SETS)}")
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
    steps = (len(entrants) + 1) * -(-runs // course.scenario.simulation.lanes)
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
        time.perf_counter() - began, called,
    )  # fmt: skip


__all__ = ["LAWS", "Arena", "arena"]
