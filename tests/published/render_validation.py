"""Renders docs/validation.md from the rows that the published checks record (``make validation``)."""

import json
import shutil
import sys
from itertools import groupby
from pathlib import Path

HEADER = """# Validation

Homeward's numbers beside those that other people published. Each row is one comparison made by a test in
`tests/published`; `make validation` runs them all and writes this page from what they record, so nothing
here is typed by hand. A difference is ours less theirs, or as the quantity says; the limit is what the
test allows, and its reason stands beside it in the test. `shown` is no check: the two stand side by side.

"""
COLUMNS = ("case", "quantity", "theirs", "ours", "difference", "limit", "unit", "verdict")


def cell(value: object) -> str:
    """One table cell: numbers to six digits, bars kept from ending the cell."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).replace("|", "\\|").replace("\n", " ")
    return f"{value:.6g}"


def render(rows: list[dict[str, object]]) -> str:
    """The whole page, grouped by source in the order of the sources' names."""
    told = [row["verdict"] for row in rows if "verdict" in row]
    passed, shown = told.count("pass"), told.count("shown")
    words = f"{len(told)} comparisons: {passed} within their limit, {len(told) - passed - shown} not"
    words += f", {shown} shown side by side.\n"
    parts = [HEADER, words]
    for source, group in groupby(sorted(rows, key=lambda r: str(r["source"])), key=lambda r: r["source"]):
        held, pictures = [], []
        for row in group:
            (pictures if "picture" in row else held).append(row)
        parts.append(f"\n## {source}\n\n")
        parts.append(f"Test: {', '.join(sorted({f'`{module(r)}`' for r in held}))}\n\n")
        parts.append("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|\n")
        parts += ["| " + " | ".join(cell(row[c]) for c in COLUMNS) + " |\n" for row in held]
        parts += [f"\n![{row['words']}](pictures/{row['picture']})\n" for row in pictures]
    return "".join(parts)


def module(row: dict[str, object]) -> str:
    """The test file that recorded a row."""
    return str(row["test"]).split("::", 1)[0]


def main() -> None:
    """``render_validation.py ROWS.jsonl PAGE.md``"""
    source, page = map(Path, sys.argv[1:3])
    if not source.is_file():
        sys.exit(f"{source}: no rows were recorded; did the published checks run?")
    rows = [json.loads(line) for line in source.read_text().splitlines() if line]
    page.write_text(render(rows))
    for row in rows:
        if "picture" in row:
            (page.parent / "pictures").mkdir(exist_ok=True)
            shutil.copyfile(source.parent / row["picture"], page.parent / "pictures" / row["picture"])
    print(f"{page}: {len(rows)} rows")


if __name__ == "__main__":
    main()
