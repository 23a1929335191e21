"""``homeward compare``: two campaigns, or two single flights, side by side."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from homeward.cli.options import AsJson
from homeward.cli.output_files import json_text, writing
from homeward.cli.progress import working
from homeward.cli.show import picture_file
from homeward.cli.tables.requirements import number
from homeward.errors import InputError


def compare(
    first: Annotated[str, typer.Argument(metavar="DIR", help="the folder of a campaign or a flight")],
    second: Annotated[str, typer.Argument(metavar="DIR", help="the folder of another")],
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE.png", help="draw the comparison here")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two campaigns with significance tests, or two single flights in one picture."""
    if out is not None:
        picture_file(out)
    from homeward.output.files.result_folder import FLIGHT, kind_of

    if FLIGHT in (kind_of(Path(first)), kind_of(Path(second))):
        _flights(first, second, out, as_json)
        return
    with working() as talk:
        from homeward.campaigns.report.compare_campaigns import side_by_side
        from homeward.campaigns.store.records import read_records

        talk("reading the runs")
        found = side_by_side(read_records(first), read_records(second))
        if out is not None:
            from homeward.output.campaigns.compare_campaigns import draw_campaigns

            talk("drawing")
            panels = {
                name: (found.first.worse(name), found.second.worse(name), row["verdict"])
                for row in found.rows
                for name in [row["quantity"]]
                if "share" not in row["first"]
            }
            with writing(Path(out)):
                draw_campaigns(panels, (first, second), "share of runs at or beyond", Path(out))
    told = found.told()
    if as_json:
        print(json_text(told))
        return
    from homeward.cli.tables.return_summary import console

    _show(console(), told)
    if out is not None:
        console().print(f"Picture: {out}", style="dim")


def _flights(first: str, second: str, out: str | None, as_json: bool) -> None:
    """Two saved flights: their main figures, and four panels with both."""
    from homeward.cli.tables.return_summary import console, plain_table
    from homeward.output.saved import read
    from homeward.output.telemetry_plot import compared, flights_picture

    a, b = read(first), read(second)
    if a.kind != b.kind:
        raise InputError(f"compare: expected two flights of one kind, not a {a.kind} and a {b.kind}")
    if out is not None:
        with writing(Path(out)):
            flights_picture(a, b, (Path(first).name, Path(second).name)).savefig(out, dpi=130)
    if as_json:
        print(json_text({"kind": a.kind, "first": a.summary, "second": b.summary}))
        return
    table = plain_table("", first, second)
    for name, mine, theirs in compared(a, b):
        table.add_row(name, mine, theirs)
    screen = console()
    screen.print(table)
    if out is not None:
        screen.print(f"Picture: {out}", style="dim")


def _show(screen: Console, told: dict[str, Any]) -> None:
    for key in ("first", "second"):
        who = told[key]
        screen.print(
            f"{key}: {who['folder']}: {who['scenario']}, {who['runs']:,} runs of seed {who['seed']}, "
            f"{who['failed']:,} failed",
            style="bold",
        )
    screen.print(f"{told['why']}; probabilities are corrected after Holm", style="dim")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    heads = (
        "",
        "first p50 or share",
        "second",
        "first p99",
        "second",
        "median change, 95 %",
        "by chance",
        "",
    )
    for name in heads:
        table.add_column(name, justify="right" if name else "left")
    for row in told["quantities"]:
        a, b = row["first"], row["second"]
        middle = ("share", "share") if "share" in a else ("p50", "p50")
        change = number(row["difference"])
        if row.get("ci95_difference"):
            change += " ({} … {})".format(*(number(x) for x in row["ci95_difference"]))
        table.add_row(
            row["quantity"], number(a[middle[0]]), number(b[middle[1]]), number(a.get("p99")),
            number(b.get("p99")), change, f"{row['corrected']:.2g}", row["verdict"],
        )  # fmt: skip
    screen.print()
    screen.print(table)


__all__ = ["compare"]
