"""What single models of the world change: default return and rendezvous, dispersed, with each on and off.

``python -m homeward.campaigns.analysis.model_changes BUILD DOCS``, or `make what-changed`: flies what is not
in BUILD yet, a file for each campaign, and writes DOCS/what-changed.md with its data beside it. Runs of one
number have the same draws in every campaign of a mission, so that differences are taken run by run.
"""

import dataclasses
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.campaigns.execution.rendezvous_batch import fly_pairs
from homeward.campaigns.execution.return_batch import fly_many
from homeward.campaigns.statistics.order_statistics import order_statistic
from homeward.errors import InputError
from homeward.scenario import load

RETURN, RENDEZVOUS = "shenzhou-15", "shenzhou-16"
RUNS, SEED = 500, 0
SHARES = (0.5, 0.99)


@dataclasses.dataclass(frozen=True)
class Quantity:
    """A figure of every run: its name in the campaign, what it is called, unit, and units in one of SI."""

    name: str
    title: str
    unit: str
    scale: float = 1.0


@dataclasses.dataclass(frozen=True)
class Change:
    """A model, the scenario it changes, and the keys that set it on and off."""

    title: str
    page: str
    scenario: str
    on: dict[str, str]
    off: dict[str, str]


OF_A_RETURN = (
    Quantity("open_miss", "miss at the opening", "km", 1e-3),
    Quantity("touchdown_miss", "miss at touchdown", "km", 1e-3),
    Quantity("peak_load", "peak load", "g"),
    Quantity("touchdown_vertical_speed", "vertical speed at touchdown", "m/s"),
    Quantity("navigation_error_open", "navigation error at the opening", "m"),
    Quantity("propellant", "propellant of the deorbit burn", "kg"),
)
OF_A_RENDEZVOUS = (
    Quantity("lateral", "lateral offset at contact", "mm", 1e3),
    Quantity("lateral_rate", "lateral rate at contact", "mm/s", 1e3),
    Quantity("angle", "angle between the axes at contact", "deg", float(np.degrees(1.0))),
    Quantity("delta_v", "delta-v", "m/s"),
    Quantity("time", "time of the contact", "h", 1.0 / 3600.0),
)
NOT_OFF = {
    f"rendezvous.survey.{name}": "0"
    for name in (
        "port_error_m", "port_error_deg", "dock_error_m", "target_error_m", "target_error_deg",
        "reflector_error_m", "camera_error_m", "camera_error_deg", "lidar_error_m", "lidar_error_deg",
        "star_error_deg",
    )
}  # fmt: skip
CHANGES = (
    Change(
        "Gravity gradient in orbit", "models/rigid_body.md", RETURN,
        {"truth.gravity_gradient": "true"}, {},
    ),
    Change(
        "Ranges to single satellites instead of a fix with one error", "models/sensors.md", RETURN,
        {"truth.sensors.satellite_receiver": "ranges"}, {},
    ),
    Change(
        "Turbulence under the parachutes", "models/wind.md", RETURN,
        {"truth.turbulence.model": "dryden"}, {},
    ),
    Change(
        "Latency of the docking camera, 0.2 s", "models/relative_navigation.md", RENDEZVOUS,
        {}, {"rendezvous.sensors.camera_latency_s": "0"},
    ),
    Change(
        "Ports, cameras, lidar and star tracker built off their drawings", "models/relative_navigation.md",
        RENDEZVOUS, {}, NOT_OFF,
    ),
)  # fmt: skip

HEAD = """# What single models change

Made by `make what-changed`, which flies these campaigns and writes this page from their figures
(`docs/data/what_changed.json`): {runs} dispersed runs of seed {seed} with the model off and on, the same
draws in both. Returns are `{of_return}` with six degrees of freedom, rendezvous `{of_rendezvous}` from
insertion to contact. p50 and p99 are order statistics in which a failed run is infinitely bad; *run by run*
is the median of on less off over the runs that neither loses, and 99 % of its size.

Models that are reckoned after the flight from what it recorded change no flight:
[the heat shield](models/heat_shield.md), [the touchdown](models/landing.md).

"""


def quantities(scenario: str) -> tuple[Quantity, ...]:
    """What is told of a campaign of this scenario."""
    return OF_A_RENDEZVOUS if scenario == RENDEZVOUS else OF_A_RETURN


def flown(scenario: str, settings: dict[str, str], runs: int, seed: int) -> dict[str, Any]:
    """The figures of a campaign, run by run in the units told, infinite where the run is lost."""
    if scenario == RENDEZVOUS:
        pairs = fly_pairs(load(scenario, settings), runs, seed=seed)
        numbers = pairs.numbers
        good = numbers["captured"] & numbers["inside"] & ~numbers["collided"] & ~numbers["failed"]
        lost = ~good
    else:
        flights = fly_many(load(scenario, settings), runs, seed, fidelity="six-dof")
        numbers, lost = flights.numbers, np.asarray(flights.numbers["failed"])
        good = np.asarray(numbers["success"])
    rows = {
        q.name: np.where(lost, np.inf, np.asarray(numbers[q.name], float) * q.scale).tolist()
        for q in quantities(scenario)
    }
    return {
        "scenario": scenario, "settings": settings, "runs": runs, "seed": seed,
        "success": int(np.sum(good)), "lost": int(np.sum(lost)), "figures": rows,
    }  # fmt: skip


Fly = Callable[[str, dict[str, str], int, int], dict[str, Any]]


def kept(
    build: Path, scenario: str, settings: dict[str, str], runs: int, seed: int, fly: Fly
) -> dict[str, Any]:
    """The campaign as BUILD has it, flown and kept there if it has not; one line of what is flown."""
    words = [scenario, *(f"{key}={value}" for key, value in sorted(settings.items())), f"{runs}", f"{seed}"]
    for path in sorted(build.glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if told.get("words") == words:
            return told
    print(f"flying {' '.join(words[:3])}{' ...' if len(words) > 5 else ''}: {runs} runs", file=sys.stderr)
    told = {"words": words, **fly(scenario, settings, runs, seed)}
    path = build / f"{len(list(build.glob('*.json'))):02d}-{scenario}.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    return told


def write_page(
    build: Path, docs: Path, runs: int = RUNS, seed: int = SEED, changes: Sequence[Change] = CHANGES,
    fly: Fly = flown,
) -> Path:  # fmt: skip
    """Fly what is missing and write the page and its data."""
    build.mkdir(parents=True, exist_ok=True)
    (docs / "data").mkdir(parents=True, exist_ok=True)
    text = HEAD.format(runs=runs, seed=seed, of_return=RETURN, of_rendezvous=RENDEZVOUS)
    data = []
    for change in changes:
        off = kept(build, change.scenario, change.off, runs, seed, fly)
        on = kept(build, change.scenario, change.on, runs, seed, fly)
        rows = [row_of(q, off, on) for q in quantities(change.scenario)]
        data.append({
            "title": change.title, "scenario": change.scenario, "off": change.off, "on": change.on,
            "success": [off["success"], on["success"]], "lost": [off["lost"], on["lost"]], "rows": rows,
        })  # fmt: skip
        text += section(change, off, on, rows)
    (docs / "data" / "what_changed.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    page = docs / "what-changed.md"
    page.write_text(text.rstrip("\n") + "\n", encoding="utf-8")
    return page


def row_of(quantity: Quantity, off: dict[str, Any], on: dict[str, Any]) -> dict[str, Any]:
    """Percentiles of both campaigns, and of the difference run by run."""
    one, other = (np.asarray(side["figures"][quantity.name], float) for side in (off, on))
    both = np.isfinite(one) & np.isfinite(other)
    apart = other[both] - one[both]
    return {
        "name": quantity.name, "title": quantity.title, "unit": quantity.unit,
        "off": [order_statistic(one, p) for p in SHARES], "on": [order_statistic(other, p) for p in SHARES],
        "median_change": order_statistic(apart, 0.5), "change_p99": order_statistic(np.abs(apart), 0.99),
    }  # fmt: skip


def section(change: Change, off: dict[str, Any], on: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """A model's part of the page."""
    keys = {**change.off, **change.on}
    named = ", ".join(f"`{key}`" for key in list(keys)[:2]) + (" and more" if len(keys) > 2 else "")
    out = f"## {change.title}\n\n[Model]({change.page}); keys {named}. "
    out += f"Successes: {off['success']} off, {on['success']} on; lost: {off['lost']} and {on['lost']}.\n\n"
    out += (
        "| | off: p50, p99 | on: p50, p99 | run by run: median | 99 % of its size |\n|---|---|---|---|---|\n"
    )
    for row in rows:
        cells = [", ".join(_told(x) for x in row[side]) for side in ("off", "on")]
        out += f"| {row['title']}, {row['unit']} | {cells[0]} | {cells[1]} | "
        out += f"{_told(row['median_change'])} | {_told(row['change_p99'])} |\n"
    return out + "\n"


def _told(x: float) -> str:
    """Three figures; a lost run's."""
    return "lost" if not np.isfinite(x) else f"{x:.3g}"


def main(words: Sequence[str]) -> int:
    """BUILD and DOCS, and the number of runs if not the default."""
    if len(words) not in (2, 3) or (len(words) == 3 and not words[2].isdigit()):
        print("usage: model_changes BUILD DOCS [RUNS]", file=sys.stderr)
        return 2
    try:
        page = write_page(Path(words[0]), Path(words[1]), int(words[2]) if len(words) == 3 else RUNS)
    except InputError as error:
        print(f"homeward: {error}", file=sys.stderr)
        return 2
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
