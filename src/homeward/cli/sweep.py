"""``homeward sweep``: the same dispersed flights over a line or a grid of scenario keys."""

from pathlib import Path
from typing import Annotated, Any

import typer

from homeward.cli.options import AsJson, ScenarioName, Settings, folder_option
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.validation import known_word
from homeward.errors import InputError
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.scenario import FIDELITIES

KINDS = ("return", "rendezvous")


def sweep(
    scenario: ScenarioName,
    over: Annotated[
        list[str],
        typer.Option("--over", metavar="KEY=FROM:TO:N", help="values of a key; twice for a grid"),
    ],
    metric: Annotated[
        str, typer.Option(metavar="FIGURE", help="what is drawn, such as p99(open_miss_km)")
    ] = "p50(open_miss_km)",
    runs: Annotated[int, typer.Option(metavar="N", min=1, help="dispersed flights at each point")] = 32,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="seed of the draws")] = 0,
    what: Annotated[
        str | None, typer.Option(metavar="|".join(KINDS), help="which flight of a scenario with both")
    ] = None,
    fidelity: Annotated[
        str, typer.Option(metavar="|".join(FIDELITIES), help="vehicle model of a return")
    ] = "point-mass",
    settings: Settings = None,
    out: Annotated[Path | None, folder_option("keep the runs of each point and the picture here")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="continue the sweep in --out")] = False,
    as_json: AsJson = False,
) -> None:
    """Fly the same dispersed flights at every point of a line or a grid of scenario keys."""
    known_word("--what", what, KINDS)
    known_word("--fidelity", fidelity, FIDELITIES)
    if resume and out is None:
        raise InputError("--resume: expected --out with the folder of the sweep to go on with")
    from homeward.campaigns.analysis.sweep import parse_metric, parse_over
    from homeward.campaigns.analysis.sweep import sweep as fly

    parse_metric(metric)
    axes: dict[str, list[float]] = {}
    for text in over:
        key, values = parse_over(text)
        if key in axes:
            raise InputError(f"--over {key}: expected each key once")
        axes[key] = values
    overrides = parse_settings(settings or [])
    load(scenario, overrides)
    prepare_folder(out, "sweep")
    with working() as talk:
        found = fly(
            scenario, axes, runs=runs, seed=seed, settings=overrides, out=out, resume=resume, what=what,
            fidelity=fidelity, progress=talk,
        )  # fmt: skip
        values = found.values(metric)
        if out is not None:
            talk("writing files")
            with writing(out):
                found.save(out, metric)
    if as_json:
        print(json_text(found.summary | {"metric": metric, "values": values}))
        return
    _show(found, values, metric, out)


def _show(found: Any, values: list[float | None], metric: str, out: Path | None) -> None:
    from homeward.cli.tables.requirements import number
    from homeward.cli.tables.return_summary import console, plain_table, told_files

    screen = console()
    screen.print(f"{found.scenario}: {len(found.points)} points of a sweep", style="bold")
    table = plain_table(*found.axes, metric, "runs", "failed", "success")
    for point, value in zip(found.points, values, strict=True):
        cells = [f"{v:g}" for v in point["values"].values()]
        counts = [str(point[k]) for k in ("runs", "failed", "success")]
        table.add_row(*cells, number(value), *counts)
    screen.print(table)
    for point in found.points:
        if point["infeasible"]:
            at = ", ".join(f"{key} {v:g}" for key, v in point["values"].items())
            screen.print(f"not flown at {at}: {point['infeasible']}")
    told_files(screen, out)
