"""``homeward query``: SQL over the runs of a campaign."""

from typing import Annotated

import typer

from homeward.cli.options import AsJson
from homeward.cli.output_files import json_text

MOST_ROWS = 200  # printed; --json gives all


def query(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="the folder of a campaign")],
    sql: Annotated[str, typer.Argument(metavar="SQL", help='as in "select max(open_miss_km) from runs"')],
    as_json: AsJson = False,
) -> None:
    """Ask a campaign's table `runs` in SQL: one row a run, columns as in the manifest."""
    from homeward.campaigns.store.store import Store

    answer = Store.open(folder).query(sql)
    if as_json:
        print(json_text(answer.to_pylist()))
        return
    from rich.table import Table

    from homeward.cli.tables.return_summary import console

    screen = console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in answer.column_names:
        table.add_column(name, justify="right")
    for row in answer.slice(0, MOST_ROWS).to_pylist():
        table.add_row(*(_cell(value) for value in row.values()))
    screen.print(table)
    if answer.num_rows > MOST_ROWS:
        screen.print(f"the first {MOST_ROWS} of {answer.num_rows:,} rows; --json prints all", style="dim")


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
