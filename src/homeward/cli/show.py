"""``homeward show`` and ``homeward plot``: a saved flight told again, its columns drawn."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.campaign_report import check_file
from homeward.cli.options import AsJson, Require, meet
from homeward.cli.output_files import json_text, writing
from homeward.cli.progress import working
from homeward.errors import InputError

FlightFolder = Annotated[str, typer.Argument(metavar="DIR", help="the folder of a saved flight")]
PICTURES = (".png", ".svg", ".pdf")


def show(folder: FlightFolder, require: Require = None, as_json: AsJson = False) -> None:
    """Print the summary of a saved flight again."""
    from homeward.output.saved import OPEN_LOOP, RETURN, read

    flight = read(folder)
    if as_json:
        print(json_text(flight.summary))
    else:
        from homeward.cli.tables.rendezvous_summary import show_rendezvous
        from homeward.cli.tables.return_summary import (
            Heading,
            console,
            show_open_loop,
            show_return,
            told_files,
        )
        from homeward.scenario.files.shipped import shipped

        screen = console()
        title = dict(shipped()).get(str(flight.summary.get("scenario")), "")
        heading = Heading(title, getattr(flight.facts, "site_name", "the site"))
        if flight.kind == OPEN_LOOP:
            show_open_loop(screen, flight.summary)
        else:
            (show_return if flight.kind == RETURN else show_rendezvous)(screen, heading, flight.summary)
        told_files(screen, Path(folder))
    meet(require, flight.summary)


def plot(
    folder: FlightFolder,
    y: Annotated[list[str], typer.Option("--y", metavar="COLUMN", help="what to draw; may be repeated")],
    x: Annotated[str, typer.Option("--x", metavar="COLUMN", help="over what")] = "time",
    table: Annotated[
        str, typer.Option(metavar="telemetry|body|withdrawal", help="which table of the flight")
    ] = "telemetry",
    out: Annotated[str, typer.Option("--out", metavar="FILE.png", help="where to draw")] = "plot.png",
) -> None:
    """Draw columns of a saved flight's telemetry; a name may leave out its unit."""
    picture_file(out)
    with working() as talk:
        from homeward.output.saved import read
        from homeward.output.telemetry_plot import columns_picture

        talk("drawing")
        figure = columns_picture(read(folder), table, x, y)
        with writing(Path(out)):
            figure.savefig(out, dpi=130)
    print(f"Picture: {out}")


def picture_file(name: str) -> None:
    """Refuse the name of a picture that cannot be written, before anything is flown or read."""
    if not name.lower().endswith(PICTURES):
        raise InputError(f"--out {name}: expected a name that ends in {', '.join(PICTURES)}")
    check_file(Path(name))
