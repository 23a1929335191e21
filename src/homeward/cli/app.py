"""The command line: ``homeward rendezvous``, ``return``, ``opportunities``, ``propagate`` and others.

Heavy parts are imported inside the commands that need them, so that help and checks are quick.
"""

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib.metadata import version as package_version
from typing import Annotated

import typer

from homeward._process.children import SAFE_PATH
from homeward._process.ending import orderly, sound_streams
from homeward.cli.aborts import aborts
from homeward.cli.arena import arena
from homeward.cli.campaign import campaign
from homeward.cli.campaign_report import report
from homeward.cli.compare_campaigns import compare
from homeward.cli.compare_guidance import compare_guidance
from homeward.cli.console import console
from homeward.cli.entry_corridor import corridor
from homeward.cli.export import export
from homeward.cli.fault_matrix import faults
from homeward.cli.filter_consistency import consistency
from homeward.cli.guidance_option import tested_law
from homeward.cli.landing_forecast import forecast
from homeward.cli.opportunities import opportunities
from homeward.cli.options import (
    AsJson,
    Every,
    FlightSoftwareOrProcess,
    Folder,
    Guidance,
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
from homeward.cli.propagate import propagate
from homeward.cli.query import query
from homeward.cli.rendezvous import rendezvous
from homeward.cli.replay import replay
from homeward.cli.risk import risk
from homeward.cli.scenarios import check, new, scenarios, schema
from homeward.cli.sensitivity import understand
from homeward.cli.show import plot, show
from homeward.cli.sweep import sweep
from homeward.cli.tables.streams import OutputError, discard_output, safe_streams
from homeward.cli.telemetry import dictionary, listen, telemetry
from homeward.cli.tour import tour
from homeward.cli.tracking import orbit_determination, track
from homeward.cli.uplink import command
from homeward.cli.validation import known_word, refuse_broken
from homeward.errors import HomewardError, InputError, one_line
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.flight import LAWS
from homeward.scenario.schema.scenario import FIDELITIES

app = typer.Typer(
    name="homeward",
    help="Guidance, navigation and control of crewed capsules: rendezvous and return to Earth.",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"homeward {package_version('homeward')}")
        raise typer.Exit
    return wanted


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Guidance, navigation and control of crewed capsules: rendezvous and return to Earth."""


@app.command("return")
def return_(
    scenario: ScenarioName = DEFAULT,
    guidance: Guidance = None,
    fidelity: Annotated[str, typer.Option(metavar="six-dof|point-mass", help="vehicle model")] = "six-dof",
    dispersed: Annotated[bool, typer.Option("--dispersed", help="fly a dispersed flight")] = False,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="seed of the draw")] = 0,
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="LEG@SECONDS|FILE",
            help="return at the first opportunity from a point of the rendezvous, or from a state in a file",
        ),
    ] = None,
    flight_software: FlightSoftwareOrProcess = None,
    run: Run = None,
    settings: Settings = None,
    out: Folder = None,
    every: Every = None,
    no_pictures: NoPictures = False,
    require: Require = None,
    as_json: AsJson = False,
) -> None:
    """Fly a return and report its figures against their limits."""
    known_word("--fidelity", fidelity, FIDELITIES)
    check_require(require)
    check_every(every)
    overrides = parse_settings(settings or [])
    if guidance in LAWS:  # the word on the command line goes before the scenario's
        overrides["flight.guidance.law"] = guidance
    chosen = load(scenario, overrides)
    _ = chosen.return_  # refuses a scenario without
    label = "--guidance" if guidance is not None else f"{one_line(scenario, 200)}: flight.guidance.law"
    prepare_folder(out, "flight")
    with working() as talk:
        import homeward

        if start is not None:
            from homeward.missions.return_from_rendezvous import from_point

            chosen = from_point(chosen, start, talk)
        law = tested_law(guidance if guidance is not None else chosen.flight.guidance.law, label)
        flight = homeward.fly(
            chosen, guidance=law, dispersed=dispersed or run is not None, seed=seed, progress=talk,
            fidelity=fidelity, flight_software=flight_software, run=run or 0,
        )  # fmt: skip
        if out is not None:
            talk("writing files")
            with writing(out):
                flight.save(out, progress=talk, **writing_options(no_pictures, every))
    if as_json:
        print(json_text(flight.summary))
    else:
        from homeward.cli.tables.return_summary import Heading, console, show_return, told_files

        screen = console()
        show_return(screen, Heading.of(chosen), flight.summary)
        told_files(screen, out)
    refuse_broken(flight.summary)
    meet(require, flight.summary)


app.command()(propagate)
app.command("compare-guidance")(compare_guidance)
app.command()(arena)
for _command in (
    campaign,
    report,
    compare,
    understand,
    corridor,
    replay,
    query,
    faults,
    risk,
    rendezvous,
    opportunities,
    aborts,
    export,
    show,
    plot,
    sweep,
    tour,
):
    app.command()(_command)
app.command()(consistency)
for _command in (scenarios, check, new, schema):
    app.command()(_command)
for _command in (telemetry, listen, dictionary, command, track, orbit_determination, forecast, console):
    app.command()(_command)

# Typer carries its own copy of click or uses the installed one, depending on its version.
INTERRUPTED = 130
_UsageProblem = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code and never shows a traceback unasked.

    Without ``arguments`` it takes those of the process; a signal then ends the process as
    ``homeward._process.ending`` describes.
    """
    if arguments is None:
        sound_streams()
        os.environ.setdefault(SAFE_PATH, "1")  # no child of any library looks into the working directory
        with orderly() as ending:
            try:
                status = command_line(sys.argv[1:])
            except KeyboardInterrupt:
                ending.leave()
            if ending.number:
                ending.leave()
        return status
    try:
        return command_line(arguments)
    except KeyboardInterrupt:
        return _say("stopped", INTERRUPTED)


def command_line(arguments: Sequence[str]) -> int:
    """Run a command; returns the exit code. Raises KeyboardInterrupt where it was told to stop."""
    with safe_streams():
        try:
            if not sys.warnoptions:
                # A warning of a library is for its programmers; the command says one sentence of its own.
                warnings.simplefilter("ignore")
            result = app(args=list(arguments) or ["--help"], prog_name="homeward", standalone_mode=False)
            sys.stdout.flush()
        except typer.Abort:
            raise KeyboardInterrupt from None
        except BaseException as error:
            return _failed(error)
        if result == INTERRUPTED:  # Typer has caught the interrupt
            raise KeyboardInterrupt
        return result if isinstance(result, int) else 0


def _failed(error: BaseException) -> int:
    """Say why a command failed, in one sentence; returns the exit code. Raises what ends the process."""
    if isinstance(error, HomewardError):
        return _say(str(error), error.exit_code)
    if not isinstance(error, Exception):
        raise error
    if isinstance(error, OutputError):
        discard_output()
        if error.gone:
            return 0  # The reader has gone (`homeward scenarios | head -1`): nothing is left to tell it.
        return _say(f"standard output: cannot be written ({error.strerror})", InputError.exit_code)
    if isinstance(error, OSError) and not os.environ.get("HOMEWARD_DEBUG"):
        place = "the system" if error.filename is None else str(error.filename)
        return _say(f"{place}: {error.strerror or error}", InputError.exit_code)
    if isinstance(error, _UsageProblem):
        message: str = error.format_message()  # type: ignore[attr-defined]
        return _say(f"{message.rstrip('.')} (see `homeward --help`)", 2)
    if os.environ.get("HOMEWARD_DEBUG"):
        traceback.print_exception(error)
    told = f"{type(error).__name__}: {one_line(str(error), 200)}"
    return _say(f"internal error ({told}); please report it, with what HOMEWARD_DEBUG=1 shows", 1)


def _say(sentence: str, code: int) -> int:
    with contextlib.suppress(OSError, ValueError):
        print(f"homeward: {one_line(sentence, 2000)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
