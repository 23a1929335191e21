"""``homeward report``: what a campaign or a risk study has shown, as one page for a review board."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.options import AsJson, Trust
from homeward.cli.output_files import json_text
from homeward.cli.progress import working
from homeward.errors import InputError, one_line

FolderName = Annotated[str, typer.Argument(metavar="DIR", help="the folder of a campaign or a risk study")]


def report(
    folder: FolderName,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="write the page here; else DIR/report.html")
    ] = None,
    requirements: Annotated[
        str | None, typer.Option(metavar="FILE", help="requirements to verify; default: those shipped")
    ] = None,
    footprint: Annotated[
        bool, typer.Option("--footprint", help="fly and draw the landing footprint")
    ] = False,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Write the report of a campaign or of a risk study: one HTML file that needs nothing else."""
    if _is_risk(folder):
        _report_risk(Path(folder), out, as_json)
        return
    with working() as talk:
        from homeward.campaigns.report.report import report as make
        from homeward.campaigns.store.store import Store
        from homeward.campaigns.verification.requirements import read_requirements

        asked, store = None, Store.open(folder)
        if requirements is not None:
            asked = read_requirements(requirements, store.manifest.get("fidelity"))
        file = Path(out) if out is not None else Path(folder) / "report.html"
        check_file(file)
        made = make(folder, asked, progress=talk, footprint=footprint, trust=trust)
        write_whole(file, made.html)
    if as_json:
        print(json_text({**made.data, "file": str(file)}))
        return
    from homeward.cli.tables.requirements import show_failed, show_verdicts
    from homeward.cli.tables.return_summary import console

    screen = console()
    told = made.data
    screen.print(f"{told['scenario']}: {told['runs']:,} runs, {told['failed']:,} failed", style="bold")
    show_verdicts(screen, told["requirements"])
    show_failed(screen, told["failed"], told["failed_runs"])
    screen.print()
    screen.print(f"Report: {file}", style="dim")


def _is_risk(folder: str) -> bool:
    from homeward.output.files.result_folder import RISK, kind_of

    return bool(folder) and "\0" not in folder and kind_of(Path(folder)) == RISK


def _report_risk(folder: Path, out: str | None, as_json: bool) -> None:
    """The page of a risk study, made anew of its ``risk.json``."""
    from homeward.campaigns.risk.page import risk_page
    from homeward.documents import DocumentError, parse_json

    place = folder / "risk.json"
    label = one_line(str(place), 200)
    file = Path(out) if out is not None else folder / "risk.html"
    check_file(file)
    try:
        told = parse_json(place.read_bytes())
        html = risk_page(told)
    except OSError:
        raise InputError(
            f"{label}: the study is not done; `homeward risk --resume` goes on with it"
        ) from None
    except (DocumentError, KeyError, TypeError, ValueError, AttributeError):
        raise InputError(f"{label}: expected what `homeward risk` writes") from None
    write_whole(file, html)
    if as_json:
        print(json_text({**told, "file": str(file)}))
        return
    from homeward.cli.tables.return_summary import console
    from homeward.cli.tables.risk import show_risk

    screen = console()
    show_risk(screen, told)
    screen.print(f"Report: {file}", style="dim")


def check_file(file: Path) -> None:
    """Refuse a file that cannot be written before there is anything to write."""
    if not file.name or file.is_dir():
        raise InputError(
            f"--out {one_line(str(file), 200)}: expected the name of a file, but this is a folder"
        )
    write_whole(file.with_name(f".{file.name}.try"), "", str(file))
    file.with_name(f".{file.name}.try").unlink(missing_ok=True)


def write_whole(file: Path, content: str | bytes, named: str | None = None) -> None:
    """Write a file, whole or not at all; raises ``InputError`` where it cannot be."""
    label = f"--out {one_line(named or str(file), 200)}"
    part = file.with_name(f".{file.name}.new")
    try:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        part.replace(file)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such name"
        raise InputError(f"{label}: cannot be written ({reason})") from None


__all__ = ["report", "write_whole"]
