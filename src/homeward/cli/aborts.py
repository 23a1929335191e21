"""``homeward aborts``: from every minute of a rendezvous and of the docked stay, the earliest way home."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from homeward.cli.options import AsJson, NoPictures, ScenarioName, Settings, folder_option
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings

SHOWN = 24  # rows of the table


def aborts(
    scenario: ScenarioName = DEFAULT,
    step: Annotated[float, typer.Option(metavar="S", help="interval between moments before docking")] = 60.0,
    docked: Annotated[float, typer.Option(metavar="HOURS", help="length of the docked stay to cover")] = 0.0,
    docked_step: Annotated[
        float, typer.Option(metavar="S", help="interval between moments of the stay")
    ] = 600.0,
    prepare: Annotated[
        float, typer.Option(metavar="S", help="time from a moment of the stay to undocking")
    ] = 1800.0,
    days: Annotated[
        float | None, typer.Option(metavar="N", help="days to search passes over the sites; else the plan's")
    ] = None,
    settings: Settings = None,
    out: Annotated[Path | None, folder_option("write the map, its table and its pictures here")] = None,
    no_pictures: NoPictures = False,
    as_json: AsJson = False,
) -> None:
    """Abort map: the earliest landing from every minute of a rendezvous and of the docked stay."""
    chosen = load(scenario, parse_settings(settings or []))
    prepare_folder(out, "abort map")
    with working() as talk:
        from homeward.missions.abort_map import abort_map

        found = abort_map(chosen, step, docked, docked_step, prepare, days, talk)
        if out is not None:
            talk("writing files")
            with writing(out):
                _save(out, found, not no_pictures)
    if as_json:
        print(json_text(found))
        return
    from homeward.cli.tables.abort_map import show_aborts
    from homeward.cli.tables.return_summary import console, told_files

    show_aborts(console(), found, SHOWN)
    told_files(console(), out)


def _save(out: Path, found: Mapping[str, Any], pictures: bool) -> None:
    from homeward.output.files.result_folder import ABORTS, ResultFolder

    made = ResultFolder.begin(out, ABORTS)
    made.put("aborts.json", lambda path: path.write_text(json_text(found) + "\n", encoding="utf-8"))
    made.put("aborts.csv", lambda path: write_table(path, found))
    if pictures:
        from homeward.output.figure_style.style import save
        from homeward.output.rendezvous.abort_map import map_figure, timeline_figure

        made.put("aborts_map.png", lambda path: save(map_figure(found), path))
        made.put("aborts_timeline.png", lambda path: save(timeline_figure(found), path))


def write_table(path: Path, found: Mapping[str, Any]) -> None:
    """A row for every moment and class of site that has a landing."""
    moment = ("time_s", "utc", "leg", "from", "latitude_deg", "longitude_deg", "propellant_kg")
    with path.open("w", newline="", encoding="utf-8") as file:
        table: Any = None
        for row in found["rows"]:
            for name, landing in row["landings"].items():
                if landing is None:
                    continue
                line = {key: row[key] for key in moment} | {
                    "class": name,
                    "earliest": row["earliest"] == name,
                }
                line |= {f"landing_{k}" if k in moment else k: v for k, v in landing.items()}
                if table is None:
                    table = csv.DictWriter(file, list(line), lineterminator="\n")
                    table.writeheader()
                table.writerow(line)
