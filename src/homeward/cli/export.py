"""``homeward export``: flight software as C, a saved flight in the formats of other programs."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.exchange import OF_A_FLIGHT, OF_A_MESSAGE, exchange
from homeward.cli.options import AsJson, Settings
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.validation import known_word
from homeward.errors import InputError
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.scenario import FIDELITIES

SOFTWARE, MISSIONS = ("c", "fmu"), ("return", "rendezvous")
KINDS = (*SOFTWARE, *OF_A_FLIGHT, *OF_A_MESSAGE)
Source = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO|DIR|FILE", help="a scenario, the folder of a saved flight, or a CCSDS message"
    ),
]


def export(
    source: Source = DEFAULT,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="|".join(KINDS),
            help="of a scenario its flight software, c or fmu; of a saved flight a CCSDS message or SPICE "
            "kernels; of a message its other form",
        ),
    ] = "c",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR|FILE", help="c, fmu, spice: a folder, which is made; else the file to write"
        ),
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
    form: Annotated[
        str | None,
        typer.Option("--format", metavar="kvn|xml", help="of a message; by the ending of --out if left out"),
    ] = None,
    of: Annotated[str | None, typer.Option(metavar="ship|station", help="oem, opm: of which body")] = None,
    at: Annotated[
        float | None, typer.Option(metavar="S", help="opm: seconds since the epoch; the first if left out")
    ] = None,
    begin: Annotated[
        float | None, typer.Option("--from", metavar="S", help="cdm: seconds since the epoch to look from")
    ] = None,
    until: Annotated[
        float | None, typer.Option(metavar="S", help="cdm: seconds since the epoch to look until")
    ] = None,
    stations: Annotated[
        str | None, typer.Option(metavar="SCENARIO", help="tdm: whose stations track the flight")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=2**32 - 1, help="tdm: seed of the errors")
    ] = None,
    naif_id: Annotated[
        int | None, typer.Option(metavar="N", min=-999999, max=-1000, help="spice: number of the ship")
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Write flight software as C or as a Functional Mock-up Unit, or a saved flight for other programs."""
    known_word("--to", to, KINDS)
    given = {
        "--format": form, "--of": of, "--at": at, "--from": begin, "--until": until, "--stations": stations,
        "--seed": seed, "--naif-id": naif_id,
    }  # fmt: skip
    if to not in SOFTWARE:
        if settings or mission is not None:
            raise InputError(f"{'--set' if settings else '--mission'}: --to {to} does not take it")
        exchange(source, to, out, given, as_json)
        return
    for option, value in given.items():
        if value is not None:
            raise InputError(f"{option}: --to {to} does not take it")
    _software(source, to, out, mission, fidelity, golden, settings, as_json)


def _software(
    scenario: str, to: str, out: Path | None, mission: str | None, fidelity: str, golden: bool,
    settings: list[str] | None, as_json: bool,
) -> None:  # fmt: skip
    """Flight software as C99 that needs no library but <math.h>, or as a Functional Mock-up Unit."""
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
            from homeward.ground.telemetry.flight_software_xtce import write_link

            told = export_c(chosen, out, fidelity, golden, talk, write_link)
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
