"""``sweep``: the same dispersed flights at every point of a line or a grid of scenario keys."""

import dataclasses
import itertools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from homeward.campaigns.execution.campaign import campaign
from homeward.errors import Infeasible, InputError, one_line
from homeward.missions.progress import shows_progress, silent
from homeward.output.files.result_folder import SWEEP, ResultFolder
from homeward.scenario.load import load
from homeward.scenario.schema.errors import nearest

MOST_POINTS, MOST_KEYS = 400, 2
FIGURE = re.compile(r"(?P<figure>mean|p50|p99|p99_7|max)\(\s*(?P<quantity>[A-Za-z_]\w*)\s*\)")
FORM = "expected mean, p50, p99, p99_7 or max of a quantity, as in p99(open_miss_km)"


@dataclasses.dataclass
class Sweep:
    """What came of a sweep.

    ``axes`` holds the values of each key swept, in the order given. ``points`` has a row a point: ``values``
    by key, ``runs``, ``failed``, ``success``, ``metrics`` as of a campaign, ``infeasible`` the reason where
    the scenario cannot be flown (None elsewhere), and ``store``, the folder of its runs.
    """

    scenario: str
    axes: dict[str, list[float]]
    points: list[dict[str, Any]]
    seed: int

    @property
    def summary(self) -> dict[str, Any]:
        """The JSON of ``homeward sweep``."""
        return {"scenario": self.scenario, "seed": self.seed, "axes": self.axes, "points": self.points}

    def values(self, metric: str = "p50(open_miss_km)") -> list[float | None]:
        """One figure of a quantity at every point; None where there is none. InputError for another form."""
        figure, quantity = parse_metric(metric)
        known = {name for point in self.points for name in point["metrics"]}
        if known and quantity not in known:
            like = nearest(quantity, known)
            hint = f"; did you mean {like}?" if like else ""
            raise InputError(f'metric "{metric}": this sweep has no quantity {quantity}{hint}')
        return [point["metrics"].get(quantity, {}).get(figure) for point in self.points]

    def plot(self, metric: str = "p50(open_miss_km)") -> Any:
        """The figure over the key, or as a map over two keys: a Matplotlib figure."""
        from homeward.output.campaigns.sweep import sweep_picture

        return sweep_picture(self.scenario, self.axes, self.values(metric), metric)

    def save(self, folder: str | Path, metric: str = "p50(open_miss_km)") -> list[Path]:
        """Write ``sweep.json`` and ``sweep.png`` into a folder; returns the files."""
        from homeward.output.figure_style import style

        made, text = ResultFolder.begin(folder, SWEEP), json.dumps(self.summary, indent=2, default=str)
        made.put("sweep.json", lambda path: path.write_text(text + "\n", encoding="utf-8"))
        made.put("sweep.png", lambda path: style.save(self.plot(metric), path))
        return made.written


@shows_progress
def sweep(
    scenario: str | Path, over: Mapping[str, Sequence[float]], *, runs: int = 32, seed: int = 0,
    settings: Mapping[str, str] | None = None, out: str | Path | None = None, resume: bool = False,
    what: str | None = None, fidelity: str = "point-mass", cores: int | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Sweep:  # fmt: skip
    """Fly runs 0 to ``runs`` of one seed at every point: the same draws, so that only the keys differ.

    ``scenario`` is a shipped name or a TOML file, ``over`` one or two keys with their values, ``settings``
    more overrides. ``out`` keeps the runs of each point as the store of a campaign, ``point-000`` and on;
    ``resume`` goes on with them. A point that cannot be flown is told so and does not end the sweep.
    Raises ``InputError`` for bad input.
    """
    axes = {key: [float(v) for v in values] for key, values in over.items()}
    if not 1 <= len(axes) <= MOST_KEYS or not all(axes.values()):
        raise InputError(f"over: expected values of 1 to {MOST_KEYS} keys, not of {len(axes)}")
    grid = list(itertools.product(*axes.values()))
    if len(grid) > MOST_POINTS:
        raise InputError(f"over: expected at most {MOST_POINTS} points, not {len(grid):,}")
    points, name = [], ""
    for k, values in enumerate(grid):
        at = dict(zip(axes, values, strict=True))
        told = ", ".join(f"{key.rpartition('.')[2]} {value:g}" for key, value in at.items())
        if progress is not None:
            progress(f"point {k + 1} of {len(grid)}: {told}", k / len(grid))
        overrides = {**(settings or {}), **{key: f"{value:.12g}" for key, value in at.items()}}
        chosen = load(scenario, overrides)
        name = chosen.name
        place = None if out is None else Path(out) / f"point-{k:03d}"
        point: dict[str, Any] = {
            "values": at, "runs": 0, "failed": 0, "success": 0, "metrics": {}, "infeasible": None,
            "store": None if place is None else str(place),
        }  # fmt: skip
        try:
            with silent():
                flown = campaign(
                    chosen, runs, seed=seed, out=place, resume=resume and place is not None, what=what,
                    fidelity=fidelity, cores=cores,
                ).summary  # fmt: skip
            point |= {key: flown[key] for key in ("runs", "failed", "success", "metrics")}
        except Infeasible as error:
            point["infeasible"], point["store"] = str(error), None
        points.append(point)
    return Sweep(name, axes, points, seed)


def parse_over(text: str) -> tuple[str, list[float]]:
    """A key and its values from ``KEY=a:b:n``, n values from a to b, or ``KEY=a,b,c``."""
    key, found, values = text.partition("=")
    form = f'--over "{one_line(text, 100)}": expected KEY=from:to:count or KEY=value,value,...'
    try:
        if not found or not key.strip():
            raise ValueError
        if "," in values:
            return key.strip(), [float(v) for v in values.split(",")]
        first, last, count = values.split(":")
        n = int(count)
        if not 2 <= n <= MOST_POINTS:
            raise ValueError
        a, b = float(first), float(last)
        return key.strip(), [a + (b - a) * k / (n - 1) for k in range(n)]
    except ValueError:
        raise InputError(form) from None


def parse_metric(text: str) -> tuple[str, str]:
    """Figure and quantity of ``p99(open_miss_km)``; a quantity alone is its median."""
    match = FIGURE.fullmatch(text.strip())
    if match is not None:
        return match["figure"], match["quantity"]
    if re.fullmatch(r"[A-Za-z_]\w*", text.strip()):
        return "p50", text.strip()
    raise InputError(f'metric "{one_line(text, 100)}": {FORM}')


__all__ = ["Sweep", "parse_metric", "parse_over", "sweep"]
