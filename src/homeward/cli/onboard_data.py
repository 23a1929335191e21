"""The table of ``check --believed``: truth beside what the flight software believes."""

from typing import Any

from homeward.scenario.onboard_comparison import Row, believed_rows
from homeward.scenario.schema.scenario import Scenario


def believed_json(scenario: Scenario) -> list[dict[str, Any]]:
    """Every key with its true and believed value, believed less true, and that in per cent of the truth."""
    return [
        {
            "key": row.key, "truth": row.truth, "believed": row.believed, "same": row.same,
            "difference": row.difference, "difference_percent": row.percent,
        }
        for row in believed_rows(scenario)
    ]  # fmt: skip


def show_believed(scenario: Scenario) -> None:
    """Print the table, keys in which both differ in bold, and how many those are."""
    from homeward.cli.tables.return_summary import console, plain_table

    rows, out = believed_rows(scenario), console()
    table = plain_table("key", "truth", "believed", "believed - truth", "%")
    for row in rows:
        table.add_row(*_cells(row), style="" if row.same else "bold")
    out.print(table)
    apart = sum(not row.same for row in rows)
    said = "truth and belief are the same in all of them" if not apart else f"{apart} differ"
    out.print(f"{len(rows)} keys; {said}")


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    if row.difference is None:
        change = "" if row.same else "differs"
    else:
        change = f"{row.difference:+.6g}" if row.difference else "0"
    share = f"{row.percent:+.3g}" if row.percent else ""
    return row.key, _text(row.truth), _text(row.believed), change, share


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, tuple):
        text = ", ".join(_text(item) for item in value)
        return text if len(text) <= 40 else f"{text[:37]}..."
    return str(value)
