"""``homeward tour``: a quick return, and a page that explains each of its pictures."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.options import folder_option
from homeward.cli.output_files import prepare_folder, writing
from homeward.cli.progress import working
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load


def tour(
    out: Annotated[Path, folder_option("folder of the tour")] = Path("tour"),
    browser: Annotated[bool, typer.Option("--browser", help="open the page in a browser")] = False,
) -> None:
    """Fly a point-mass return and write a page that explains its pictures."""
    prepare_folder(out, "flight")
    with working() as talk:
        import homeward
        from homeward.output.tour_page import EXPLAINED, write_tour

        flight = homeward.fly(load(DEFAULT, {}), fidelity="point-mass", progress=talk)
        talk("writing files")
        with writing(out):
            flight.save(out, progress=talk, pictures=tuple(EXPLAINED))
            page = write_tour(out, flight.summary)
    print(f"The tour: {page.resolve().as_uri()}")
    if browser:
        typer.launch(page.resolve().as_uri())
