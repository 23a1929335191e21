"""Commands about scenario files: ``scenarios``, ``check``, ``new`` and ``schema``."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.options import AsJson, Settings
from homeward.cli.output_files import json_text
from homeward.cli.validation import known_word
from homeward.errors import InputError, one_line
from homeward.scenario.files.shipped import shipped
from homeward.scenario.files.toml import read_toml
from homeward.scenario.load import find, load, parse_settings
from homeward.scenario.schema.scenario import FIDELITIES, Scenario
from homeward.vehicle.capsule_shape import check_shape


def scenarios(as_json: AsJson = False) -> None:
    """List the scenarios that come with Homeward."""
    if as_json:
        print(json_text([{"name": name, "title": title} for name, title in shipped()]))
        return
    from homeward.cli.tables.return_summary import console, show_scenarios

    show_scenarios(console(), shipped())


def check(
    file: Annotated[str, typer.Argument(metavar="FILE", help="a scenario, or the name of a shipped one")],
    fidelity: Annotated[
        str, typer.Option(metavar="six-dof|point-mass", help="vehicle model to check for")
    ] = "six-dof",
    settings: Settings = None,
    believed: Annotated[
        bool, typer.Option("--believed", help="print truth beside the onboard values")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check a scenario file and describe it."""
    known_word("--fidelity", fidelity, FIDELITIES)
    overrides = parse_settings(settings or [])
    path = find(file)
    data = read_toml(path, file)
    if "body" in data and not {"return", "rendezvous"} & data.keys():
        from homeward.scenario.open_loop.schema import load_openloop

        flight = load_openloop(file, overrides)
        if believed:
            raise InputError(
                f"{file}: an open-loop flight has no flight software, so that --believed is void"
            )
        if as_json:
            print(json_text({"scenario": flight.name, "valid": True}))
            return
        print(f"{flight.name}: an open-loop flight, for `homeward propagate`. It is valid.")
        return
    from homeward.cli.tables.return_summary import describe

    chosen = load(file, overrides)
    note = ""
    if chosen.homecoming is not None:
        note = _check_return(chosen, fidelity == "six-dof")
    if chosen.rendezvous is not None:
        from homeward.earth.time import Epoch
        from homeward.scenario.build.launch import station_start

        launch = chosen.rendezvous.launch
        inserted = Epoch.from_iso(launch.time_utc).plus(launch.ascent_s)
        station_start(chosen.rendezvous, inserted, chosen.place("rendezvous"))
    if as_json:
        from homeward.cli.onboard_data import believed_json

        keys = {"keys": believed_json(chosen)} if believed else {}
        print(json_text({"scenario": chosen.name, "valid": True, "note": note.strip(), **keys}))
        return
    print(f"{describe(chosen)}. It is valid.{note}")
    if believed:
        from homeward.cli.onboard_data import show_believed

        show_believed(chosen)


def _check_return(chosen: Scenario, turning: bool) -> str:
    """Refuse a return that cannot be set up; returns what is to be said of one that can.

    ``turning`` asks for what only a ship that turns needs as well.
    """
    note = ""
    if chosen.return_.initial.kind != "interface":
        # Elements and orbit messages have rules of their own: checksums, frames, times.
        from homeward.scenario.build.initial_state import initial_state

        source = initial_state(chosen).source
        note = f"\nOrbit: {one_line(source, 200)}." if source else ""
    from homeward.scenario.onboard_differences import belief_gaps

    note += "".join(f"\nNote: {gap}." for gap in belief_gaps(chosen))
    from homeward.scenario.build.six_dof_body import check_body, shape_of, tells_of_turning

    if not turning:
        if chosen.truth.capsule.aero == "shape":  # as a point mass it flies by the trim of its shape
            check_shape(
                shape_of(chosen), f"{chosen.place('truth.capsule')}.shape", chosen.place("truth.capsule")
            )
        return note
    try:
        check_body(chosen)
    except InputError as error:
        # A file that tells nothing of shape and thrusters may well be one of a point mass only.
        if tells_of_turning(chosen):
            raise
        note += f"\nNot with --fidelity six-dof, though: {error}"
    return note


def new(file: Annotated[str, typer.Argument(metavar="FILE", help="the file to write")]) -> None:
    """Write a complete, commented scenario file to start from, and its onboard data set beside it."""
    if not file.strip():
        raise InputError("new: expected the name of the file to write")
    if file.strip() == "-":
        raise InputError("new: expected the name of a file, not -: an onboard data set is written beside it")
    from homeward.scenario.template import write_new

    beside = write_new(Path(file))
    print(
        f"{file} and {beside.name} beside it: written; change them, then `homeward check {file}` and "
        f"`homeward return {file}`"
    )


def schema() -> None:
    """Print the JSON Schema of the scenario file."""
    from homeward.scenario.schema.reference_page import json_text as schema_text

    print(schema_text(), end="")
