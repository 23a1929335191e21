"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.errors import InputError

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="a shipped scenario or a TOML file")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change one key; may be repeated")
]


def _folder(text: str) -> Path:
    if not text.strip():  # Python would take it for the current folder
        raise InputError("--out: expected the name of a folder")
    return Path(text)


def folder_option(text: str):
    """``--out DIR`` with a help of its own."""
    return typer.Option("--out", metavar="DIR", parser=_folder, help=text)


Guidance = Annotated[
    str | None,
    typer.Option(
        "--guidance",
        metavar="predictive|predictive-v1|reference|ballistic|FILE.py:CLASS",
        help="guidance law of the entry",
    ),
]
Trust = Annotated[
    bool, typer.Option("--trust", help="run the guidance law, a program, that the campaign brings along")
]
Folder = Annotated[Path | None, folder_option("write the files of the flight here")]
AsJson = Annotated[bool, typer.Option("--json", help="print only JSON")]
