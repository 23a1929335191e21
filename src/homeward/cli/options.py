"""Arguments and options that several commands share."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from homeward.errors import InputError, NotMet

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
    bool, typer.Option("--trust", help="run guidance law and flight software stored in the campaign")
]
FlightSoftware = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="fly the library that `homeward export` wrote for this scenario"),
]
FlightSoftwareOrProcess = Annotated[
    str | None,
    typer.Option(
        "--flight-software",
        metavar="DIR|tcp://HOST:PORT",
        help="fly the library that `homeward export` wrote for this scenario, or a process that listens",
    ),
]
Folder = Annotated[Path | None, folder_option("write the files of the flight here")]
Run = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, max=2**31 - 1, help="fly run N of the seed's draws, dispersed"),
]
Every = Annotated[float | None, typer.Option(metavar="SECONDS", help="output interval of the tables")]
NoPictures = Annotated[bool, typer.Option("--no-pictures", help="write no pictures into --out")]
Require = Annotated[
    str | None, typer.Option("--require", metavar="success", help="exit with status 4 unless successful")
]
AsJson = Annotated[bool, typer.Option("--json", help="print only JSON")]


def check_require(word: str | None) -> None:
    """Refuse a word that ``--require`` does not know, before anything is flown."""
    if word not in (None, "success"):
        raise InputError(f'--require "{word[:100]}": expected success')


def check_every(seconds: float | None) -> None:
    """Refuse a spacing of rows that is none, before anything is flown."""
    if seconds is not None and not 0.0 < seconds < float("inf"):
        raise InputError(f"--every {seconds:g}: expected seconds above 0")


def meet(word: str | None, summary: Mapping[str, Any]) -> None:
    """Raise ``NotMet`` (exit status 4) where success was required and a flight was none."""
    check_require(word)
    if word is None or summary.get("success"):
        return
    over = [str(row["name"]) for row in summary.get("limits") or () if not row.get("kept", True)]
    why = f"limits exceeded: {', '.join(over)}" if over else str(summary.get("outcome") or "not a success")
    raise NotMet(f"{summary.get('scenario', 'flight')}: --require success: {why}")


def writing_options(no_pictures: bool, every: float | None) -> dict[str, Any]:
    """What ``--no-pictures`` and ``--every`` change of ``save``."""
    return ({"pictures": ()} if no_pictures else {}) | ({} if every is None else {"every": every})
