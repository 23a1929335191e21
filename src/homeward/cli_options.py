"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="a shipped scenario or a TOML file")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change one key; may be repeated")
]
Folder = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="write the files of the flight here")
]
AsJson = Annotated[bool, typer.Option("--json", help="print only JSON")]
