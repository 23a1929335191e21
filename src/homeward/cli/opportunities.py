"""``homeward opportunities``: when a return can land, and when a rendezvous can be launched."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from homeward.cli.options import AsJson, ScenarioName, Settings, folder_option
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.rendezvous import PlanWord
from homeward.cli.validation import known_word
from homeward.errors import InputError
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.rendezvous import PLAN_WORDS
from homeward.scenario.schema.scenario import Scenario

KINDS = ("landing", "launch")


def opportunities(
    scenario: ScenarioName = DEFAULT,
    kind: Annotated[
        str | None,
        typer.Option(metavar="|".join(KINDS), help="landing if the scenario holds a return, else launch"),
    ] = None,
    plan: PlanWord = None,
    days: Annotated[
        float | None,
        typer.Option(metavar="N", min=0.0, max=60.0, help="days to search"),
    ] = None,
    phase_step: Annotated[
        float | None,
        typer.Option(
            "--phase-map",
            metavar="DEG",
            help="of a launch: which plan serves which phase of the station, every DEG degrees",
        ),
    ] = None,
    settings: Settings = None,
    out: Annotated[Path | None, folder_option("write the phase map and its picture here")] = None,
    as_json: AsJson = False,
) -> None:
    """List the landing opportunities or the launch windows of the next days."""
    if days is not None and not days > 0.0:
        raise InputError(f"--days {days}: expected a number of days greater than 0")
    known_word("--kind", kind, KINDS)
    known_word("--plan", plan, PLAN_WORDS)
    chosen = load(scenario, parse_settings(settings or []))
    kind = kind or ("landing" if chosen.homecoming is not None else "launch")
    if phase_step is None and out is not None:
        raise InputError(
            "--out: expected --phase-map; windows and passes are printed, with --json for programs"
        )
    if phase_step is not None:
        if kind != "launch" or days is not None:
            raise InputError(
                "--phase-map: expected --kind launch and no --days; it moves the station, not time"
            )
        _phases(chosen, phase_step, plan, out, as_json)
    elif kind == "launch":
        _launches(chosen, days, plan, as_json)
    elif plan is not None:
        raise InputError(f"--plan {plan}: only launches have a plan; ask for them with --kind launch")
    else:
        _landings(chosen, days, as_json)


def _landings(chosen: Scenario, days: float | None, as_json: bool) -> None:
    with working() as talk:
        import homeward

        talk("looking for passes over the site")
        found = _mappings(homeward.opportunities(chosen, days=days))
    if as_json:
        print(json_text(found))
        return
    from homeward.cli.tables.return_summary import console, show_opportunities

    show_opportunities(console(), chosen, found)


def _launches(chosen: Scenario, days: float | None, plan: str | None, as_json: bool) -> None:
    chosen.required_rendezvous()
    with working() as talk:
        import homeward

        talk("looking for launch windows")
        found = _mappings(homeward.launch_windows(chosen, days=days, plan=plan))
    if as_json:
        print(json_text(found))
        return
    from homeward.cli.tables.rendezvous_summary import show_launch_windows
    from homeward.cli.tables.return_summary import console

    show_launch_windows(console(), chosen, found)


def _phases(chosen: Scenario, step: float, plan: str | None, out: Path | None, as_json: bool) -> None:
    chosen.required_rendezvous()
    prepare_folder(out, "phase map")
    with working() as talk:
        from homeward.missions.phase_map import phase_map

        found = phase_map(chosen, step, plan, talk)
        if out is not None:
            talk("writing files")
            with writing(out):
                _save_phases(out, found)
    if as_json:
        print(json_text(found))
        return
    from homeward.cli.tables.rendezvous_summary import show_phase_map
    from homeward.cli.tables.return_summary import console, told_files

    show_phase_map(console(), found)
    told_files(console(), out)


def _save_phases(out: Path, found: Mapping[str, Any]) -> None:
    from homeward.output.figure_style.style import save
    from homeward.output.files.result_folder import PHASE_MAP, ResultFolder
    from homeward.output.rendezvous.phase_map import phase_map_figure

    made = ResultFolder.begin(out, PHASE_MAP)
    made.put("phase_map.json", lambda path: path.write_text(json_text(found) + "\n", encoding="utf-8"))
    made.put("phase_map.png", lambda path: save(phase_map_figure(found), path))


def _mappings(items: Sequence[Any]) -> list[Mapping[str, Any]]:
    return [_as_mapping(item) for item in items]


def _as_mapping(item: object) -> Mapping[str, Any]:
    if isinstance(item, Mapping):
        return item
    if hasattr(item, "_asdict"):
        return item._asdict()  # type: ignore[attr-defined]
    return {name: getattr(item, name) for name in getattr(item, "__dataclass_fields__", None) or vars(item)}
