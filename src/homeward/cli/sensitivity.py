"""``homeward understand``: which dispersion drives which result of a campaign."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from homeward.cli.campaign_report import FolderName, check_file, write_whole
from homeward.cli.options import AsJson, Trust
from homeward.cli.output_files import json_text
from homeward.cli.progress import working
from homeward.cli.tables.requirements import number
from homeward.errors import InputError


def understand(
    folder: FolderName,
    gradient: Annotated[
        bool, typer.Option("--gradient/--no-gradient", help="also compute derivatives of the flight")
    ] = True,
    trust: Trust = False,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE.png", help="draw it here")] = None,
    as_json: AsJson = False,
) -> None:
    """Sensitivity of the results to the dispersions: from the runs, and by derivatives of the flight."""
    if out is not None:
        if not out.lower().endswith(".png"):
            raise InputError(f"--out {out}: expected a name that ends in .png")
        check_file(Path(out))
    with working() as talk:
        from homeward.campaigns.report.sensitivity_report import understand as look

        found = look(folder, gradient, talk, trust=trust)
        if out is not None:
            write_whole(Path(out), found.picture)
    if as_json:
        print(json_text(found.data))
        return
    from homeward.cli.tables.return_summary import console

    _show(console(), found.data)
    if out is not None:
        console().print(f"Picture: {out}", style="dim")


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for k, name in enumerate(names):
        table.add_column(name, justify="right" if k else "left")
    return table


def _show(screen: Console, told: dict[str, Any]) -> None:
    screen.print(f"{told['scenario']}: what drives {told['runs']:,} runs", style="bold")
    for d in told["drivers"]:
        table = _table(d["quantity"], "regression", "Sobol")
        for row in d["drivers"]:
            name = row["draw"].removeprefix("draw_")
            table.add_row(name, number(row["regression"]), number(row["sobol"]))
        screen.print()
        screen.print(table)
        screen.print(
            f"{d['runs']:,} runs, {100 * max(d['fit'], 0):.0f} % of the ranks' variance explained; chance: "
            f"{d['noise']:.2f}, {d['sobol_noise']:.3f}",
            style="dim",
        )
    if told["gradient"] is None:
        screen.print(f"No gradient: {told['why_not']}.", style="dim")
        return
    for g in told["gradient"]:
        head = (f"{g['quantity']} [{g['unit']}], one sigma", "gradient", "flown", "of J S J^T", "reversals")
        table = _table(*head)
        for row in g["one_sigma"]:
            table.add_row(
                row["draw"], number(row["gradient"]), number(row["flown"]), f"{100 * row['share']:.1f} %",
                f"{row['reversals']:+d}" if row["reversals"] else "",
            )  # fmt: skip
        screen.print()
        screen.print(table)
    c = told["covariance"]
    table = _table("sigma of", "J S J^T", "flown", "correlation", "with as many reversals")
    for q in c["quantities"]:
        table.add_row(
            f"{q['quantity']} [{q['unit']}]", number(q["linear_sigma"]), number(q["flown_sigma"]),
            number(q["correlation"]), number(q["correlation_same_reversals"]),
        )  # fmt: skip
    screen.print()
    screen.print(table)
    screen.print(
        f"{c['runs']} runs, of which {c['same_reversals']} have as many bank reversals as the nominal one: "
        "the derivative holds them",
        style="dim",
    )


__all__ = ["understand"]
