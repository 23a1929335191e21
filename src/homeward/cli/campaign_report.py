"""``homeward report``: what a campaign has shown, as one page for a review board."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.options import AsJson, Trust
from homeward.cli.output_files import json_text
from homeward.cli.progress import working
from homeward.errors import InputError, one_line

FolderName = Annotated[str, typer.Argument(metavar="DIR", help="the folder of a campaign")]


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
    """Write a campaign's report: one HTML file that needs nothing else, verdicts first."""
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
