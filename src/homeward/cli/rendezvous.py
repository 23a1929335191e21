"""``homeward rendezvous``: from the insertion to a docked hatch."""

from typing import Annotated

import typer

from homeward.cli.options import (
    AsJson,
    Every,
    Folder,
    NoPictures,
    Require,
    Run,
    ScenarioName,
    Settings,
    check_every,
    check_require,
    meet,
    writing_options,
)
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.validation import known_word, refuse_broken
from homeward.scenario.files.shipped import DEFAULT_RENDEZVOUS
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.rendezvous import PLAN_WORDS, PORTS

PlanWord = Annotated[str | None, typer.Option("--plan", metavar="|".join(PLAN_WORDS), help="time to dock")]


def rendezvous(
    scenario: ScenarioName = DEFAULT_RENDEZVOUS,
    plan: PlanWord = None,
    port: Annotated[
        str | None, typer.Option(metavar="|".join(PORTS), help="port of the station to dock at")
    ] = None,
    dispersed: Annotated[bool, typer.Option("--dispersed", help="fly a dispersed flight")] = False,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="seed of the draw")] = 0,
    run: Run = None,
    settings: Settings = None,
    out: Folder = None,
    every: Every = None,
    no_pictures: NoPictures = False,
    require: Require = None,
    as_json: AsJson = False,
) -> None:
    """Fly a rendezvous, from orbit insertion to docking, and report its figures against their limits."""
    known_word("--plan", plan, PLAN_WORDS)
    known_word("--port", port, PORTS, "the station has no such port; ")
    chosen = load(scenario, parse_settings(settings or []))
    chosen.required_rendezvous()
    check_require(require)
    check_every(every)
    prepare_folder(out, "flight")
    with working() as talk:
        import homeward

        flight = homeward.rendezvous(
            chosen, plan=plan, port=port, dispersed=dispersed or run is not None, seed=seed,
            run=run or 0, progress=talk,
        )  # fmt: skip
        if out is not None:
            talk("writing files")
            with writing(out):
                flight.save(out, progress=talk, **writing_options(no_pictures, every))
    if as_json:
        print(json_text(flight.summary))
    else:
        from homeward.cli.tables.rendezvous_summary import show_rendezvous
        from homeward.cli.tables.return_summary import Heading, console, told_files

        screen = console()
        show_rendezvous(screen, Heading.of(chosen), flight.summary)
        told_files(screen, out)
    refuse_broken(flight.summary)
    meet(require, flight.summary)
