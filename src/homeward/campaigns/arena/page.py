"""The page docs/guidance-arena.md, made from saved arenas.

``python -m homeward.campaigns.arena.page DIR... DOCS``, or `make arena`, which flies them first.

Each DIR is what ``homeward arena --out DIR`` wrote. Its rows and its summary go into the documentation's
``data/arena``, its picture into ``pictures``; every figure of the page is read from there.
"""

import csv
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.campaigns.arena.navigation_2005 import ACCELEROMETER, MISALIGNMENT, POSITION, VELOCITY
from homeward.errors import InputError

FIRST, DATED, SECOND = "reference", "reference-2005", "predictive"
WORDS = {
    "dispersed": "Dispersed returns", "orbit-changes": "After large orbit changes",
    "skip": "Skip entries of four ranges", "lunar": "Direct returns from the Moon",
}  # fmt: skip
ORDER = tuple(WORDS)

COLUMNS = (
    "law", "0.5 km", "1 km", "2 km", "p50", "p99", "p99.7", "most, km", "failed", "load", "heat rate",
    "roll, deg", "reversals", "kg", "us a cycle",
)  # fmt: skip

HEAD = """# Guidance arena

Made by `make arena`, which flies the sets again and writes this page from their data
(`docs/data/arena`).

Every law flies on from the same interfaces, through the same air, winds, capsules and navigation
errors, drawn by the seed. A run counts as **in reach** if some law opened its parachute within half a
kilometre of the aim inside all limits of load, heating and dynamic pressure, or if [the clairvoyant
bound](models/clairvoyant_bound.md) did: a bank history that knows the run's truth, found without any
law and flown by the same simulation. A law that fails does not shrink what it is measured by.

| law | what it is |
|---|---|
| `predictive` | the second generation: [constrained predictor-corrector](models/entry_guidance.md) |
| `predictive-v1` | the one before it, of one bank parameter |
| `reference` | the first: [stored trajectory](models/reference_guidance.md), today's navigation |
| `reference-2005` | the first generation as of 2005, see below |
| `fnpeg` | the fully numerical law [as published by Lu](models/published_laws.md) |

"""

SETTINGS = """## The first generation as of 2005

| | today | 2005 | where the figure is from |
|---|---|---|---|
| place at the interface, 1 sigma | 10 m | {position:.0f} m | assumed: tracked from the ground |
| velocity | 0.05 m/s | {velocity:.1f} m/s | assumed, likewise |
| satellites in the entry | all but the black-out | none | assumed: inertial from the interface on |
| accelerometer bias | 25 ug | {accelerometer:.0f} ug | assumed: 0.2 cm/s2 |
| platform misalignment | 20 arcsec | {misalignment:.0f} arcsec | assumed: 0.1 deg |
| forecast of the wind on board | yes | none | assumed |
| last phase, lift turned every way below 480 m/s | yes | none | assumed |

The aim point is the same for all. A ship of 2005 opened its parachute by pressure; here it opens where
navigation believes the altitude to be, some kilometre off, which its miss contains. Press reports give
the automatic descent of a Soyuz a zone of 28 km about its aim; the figures above give less than that.

"""


def write_page(folders: Sequence[Path], docs: Path) -> Path:
    """Write the page and its data into a documentation folder; raises ``InputError`` for a folder without."""
    sets: dict[str, tuple[dict[str, Any], list[dict[str, str]]]] = {}
    (docs / "data" / "arena").mkdir(parents=True, exist_ok=True)
    for folder in folders:
        try:
            told = json.loads((folder / "arena.json").read_text(encoding="utf-8"))
            rows = list(csv.DictReader((folder / "arena.csv").read_text(encoding="utf-8").splitlines()))
            name = str(told["set"])
        except (OSError, ValueError, KeyError) as error:
            raise InputError(f"{folder}: expected a folder of `homeward arena --out` ({error})") from None
        sets[name] = told, rows
        for suffix in ("json", "csv"):
            shutil.copyfile(folder / f"arena.{suffix}", docs / "data" / "arena" / f"{name}.{suffix}")
        shutil.copyfile(folder / "arena.png", docs / "pictures" / f"arena_{name}.png")
    text = HEAD + sentence({n: sets[n] for n in ORDER if n in sets})
    for name in ORDER:
        if name in sets:
            text += section(name, sets[name][0])
    text += SETTINGS.format(
        position=POSITION, velocity=VELOCITY, accelerometer=ACCELEROMETER / 9.80665 * 1e6,
        misalignment=np.degrees(MISALIGNMENT) * 3600.0,
    )  # fmt: skip
    page = docs / "guidance-arena.md"
    page.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    return page


def misses_of(rows: list[dict[str, str]], law: str) -> np.ndarray:
    """Opening misses [km] of a law over the runs in reach, infinite if failed; none where it did not fly."""
    return np.array([float(r["open_miss_km"]) for r in rows if r["law"] == law and r["reachable"] == "1"])


def sentence(sets: dict[str, tuple[dict[str, Any], list[dict[str, str]]]]) -> str:
    """The sentence put to the test, in both settings, set by set."""
    out = "## The sentence, put to the test\n\n"
    out += "*The worst return of the predictive law is better than the best of the first generation.* "
    out += "Opening miss in km over the runs in reach:\n\n"
    out += "| flights | worst of the second | first, today: best / median / worst | holds | "
    out += "first, 2005: best / median / worst | holds |\n|---|---|---|---|---|---|\n"
    for name, (told, rows) in sets.items():
        second = misses_of(rows, SECOND)
        if second.size == 0:
            continue
        cells = [f"{WORDS[name]} ({told['reachable']} of {told['runs']})", _km(np.max(second))]
        for law in (FIRST, DATED):
            first = misses_of(rows, law)
            if first.size == 0:
                cells += ["not flown", ""]
                continue
            cells.append(" / ".join(_km(x) for x in (np.min(first), _middle(first), np.max(first))))
            cells.append(_verdict(np.max(second), first))
        out += "| " + " | ".join(cells) + " |\n"
    out += "\nBest and worst are single runs: another seed has others.\n"
    return out + "\n"


def _verdict(worst: float, first: np.ndarray) -> str:
    if worst < np.min(first):
        return f"**yes**, by {1e3 * (np.min(first) - worst):.1f} m"
    if worst < _middle(first):
        return "no; better than the median"
    return "no; better than the worst" if worst < np.max(first) else "no"


def _middle(values: np.ndarray) -> float:
    return float(np.sort(values)[(len(values) + 1) // 2 - 1])


def section(name: str, told: dict[str, Any]) -> str:
    """One set: what was flown, the table, the picture, what is out of reach."""
    call = f"homeward arena {told['scenario']} --set {name} --runs {told['runs']} --seed {told['seed']}"
    out = f"## {WORDS[name]}\n\n`{call}`: {told['reachable']} of {told['runs']} runs in reach"
    bound = told["bound"]
    if bound is None:
        out += ", by the laws' landings alone. "
    else:
        out += (
            f"; the bound was asked for {bound['asked']} that no law landed and reached {bound['reached']}. "
        )
    lost = told["without_interface"]
    out += f"{lost} more had no burn as asked. " if lost else ""
    out += (
        "Load and heat rate: the 99.7 % value as a share of the limit, and runs over it; kg: propellant of "
    )
    out += "the roll, reckoned from the bank flown.\n\n"
    out += "| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS) + "\n"
    for law, row in told["laws"].items():
        load, heat, bank = row["of_limit"]["load"], row["of_limit"]["heat rate"], row["bank"]
        cells = [
            f"`{law}`", *(_share(row[f"landed_{r}_km"]["share"]) for r in ("0_5", "1", "2")),
            *(_km(row["miss_km"][p]) for p in ("p50", "p99", "p99_7", "most")), str(row["failed"]),
            f"{_share(load['p99_7'])}, {load['over']}", f"{_share(heat['p99_7'])}, {heat['over']}",
            _plain(bank["roll_deg"], 0), _plain(bank["reversals"], 1), _plain(bank["propellant_kg"], 1),
            _plain(row["cycle_us"], 0),
        ]  # fmt: skip
        out += "| " + " | ".join(cells) + " |\n"
    out += f"\n![Misses of {name}](pictures/arena_{name}.png)\n\n"
    if bound is not None and bound["out_of_reach"]:
        least = sorted(r["least_miss_km"] for r in bound["out_of_reach"] if r["least_miss_km"] is not None)
        if least:
            out += (
                f"Out of reach: {len(bound['out_of_reach'])} runs; the nearest that a bank history came to "
            )
            out += f"their aims inside the limits is {least[0]:.1f} to {least[-1]:.0f} km.\n\n"
    return out


def _km(value: float | None) -> str:
    return "failed" if value is None or not np.isfinite(value) else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100.0 * value:.1f} %"


def _plain(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


if __name__ == "__main__":
    *_folders, _docs = sys.argv[1:]
    print(write_page([Path(f) for f in _folders], Path(_docs)))


__all__ = ["misses_of", "section", "sentence", "write_page"]
