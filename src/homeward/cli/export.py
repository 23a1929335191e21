"""``homeward export``: the flight software leaves Python."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.options import AsJson, ScenarioName, Settings
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.validation import known_word
from homeward.errors import InputError
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.scenario import FIDELITIES

KINDS, MISSIONS = ("c", "fmu"), ("return", "rendezvous")


def export(
    scenario: ScenarioName = DEFAULT,
    to: Annotated[
        str, typer.Option("--to", metavar="|".join(KINDS), help="a library in C99, or a unit of FMI 3.0")
    ] = "c",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="folder to write into; it is made")
    ] = None,
    mission: Annotated[
        str | None,
        typer.Option(metavar="return|rendezvous", help="which flight software; of what the scenario has"),
    ] = None,
    fidelity: Annotated[
        str, typer.Option(metavar="six-dof|point-mass", help="vehicle model of the flight software")
    ] = "six-dof",
    golden: Annotated[
        bool, typer.Option("--golden/--no-golden", help="fly once and write golden test vectors")
    ] = True,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Write flight software as C99 that needs no library but <math.h>, or as a Functional Mock-up Unit."""
    known_word("--to", to, KINDS)
    known_word("--fidelity", fidelity, FIDELITIES)
    chosen = load(scenario, parse_settings(settings or []))
    if known_word("--mission", mission, MISSIONS) is None:
        mission = "rendezvous" if chosen.homecoming is None else "return"
    # Either refuses a scenario without.
    _ = chosen.return_ if mission == "return" else chosen.required_rendezvous()
    if to == "fmu" and mission != "return":
        raise InputError("--to fmu: expected a return; an approach is written as C only")
    if out is None:
        raise InputError("--out: expected a folder to write into")
    prepare_folder(out)
    with working() as talk, writing(out):
        from homeward.codegen.export import export_approach, export_c, export_fmu

        if to == "fmu":
            told, golden = export_fmu(chosen, out, fidelity, talk), False
        elif mission == "return":
            told = export_c(chosen, out, fidelity, golden, talk)
        else:
            told, golden = export_approach(chosen, out, talk), False
    if as_json:
        print(json_text(told))
        return
    bytes_ = told["bytes"]
    print(f"{told['scenario']}: {told['lines']} lines of C, modes {', '.join(told['modes'])}")
    print(f"state {bytes_['homeward_state']} bytes, parameters {bytes_['homeward_parameters']} bytes")
    check = f"`make -C {out} check` replays {told['golden_calls']} calls of a flight"
    if to == "fmu":
        print(f"{out / told['files'][0]}: FMI 3.0, co-simulation")
        return
    print(check if golden else f"`make -C {out}` builds it")
