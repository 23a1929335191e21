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

The rows are of four kinds, each counted by itself: numbers of flights that were flown and of things that were
measured; numbers that other people's programs, books and standards give; closed forms; and consistency, where
a number is compared with itself, a fit is read back, or a library or an integration of our own is tested. The
last are no proof of Homeward and count as no passes.

"""
COLUMNS = ("case", "quantity", "theirs", "ours", "difference", "limit", "unit", "verdict")


def cell(value: object) -> str:
    """One table cell: numbers to six digits, bars kept from ending the cell."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).replace("|", "\\|").replace("\n", " ")
    return f"{value:.6g}"


KINDS = {
    "flown": "Flown and measured",
    "program": "Other programs, books and standards",
    "closed form": "Closed forms",
    "consistency": "Consistency: no proof of Homeward",
}
# Of the files whose rows say nothing else.
KIND_OF = {
    "test_allen_eggers": "closed form", "test_apollo10": "flown", "test_apollo11_table": "program",
    "test_apollo_aero": "consistency", "test_apollo_trim": "flown", "test_arch_rendezvous": "closed form",
    "test_artemis1": "flown",
    "test_ccsds": "program", "test_entry_independent": "program", "test_ephemeris_iss": "flown",
    "test_frames": "program", "test_free_rotation": "closed form", "test_grace": "flown",
    "test_gravity_egm": "program", "test_gravity_gradient": "program",
    "test_lambert_published": "program", "test_nesc": "program", "test_nesc_brick": "program",
    "test_nrlmsise": "consistency", "test_orbit_determination_iss": "flown",
    "test_orbit_drift": "closed form",
    "test_relative_published": "program", "test_sgp4": "consistency", "test_us1976": "program",
}  # fmt: skip


def kind_of(row: dict[str, object]) -> str:
    """What a row compares with; raises KeyError for a file that nobody has sorted."""
    return str(row.get("kind") or KIND_OF[Path(module(row)).stem])


def counted(rows: list[dict[str, object]], kind: str) -> str:
    """How many comparisons of a kind there are, and how they ended."""
    told = [row["verdict"] for row in rows if "verdict" in row and kind_of(row) == kind]
    passed, shown = told.count("pass"), told.count("shown")
    if kind == "consistency":
        return f"{len(told)} rows, {len(told) - passed - shown} of them not as they should be"
    words = f"{len(told)} comparisons: {passed} within their limit, {len(told) - passed - shown} not"
    return words + f", {shown} shown side by side"


def render(rows: list[dict[str, object]]) -> str:
    """The whole page: by kind, and within one by source in the order of the sources' names."""
    parts = [HEADER, "| kind | rows |\n|---|---|\n"]
    parts += [f"| [{name}](#{anchor(name)}) | {counted(rows, kind)} |\n" for kind, name in KINDS.items()]
    for kind, name in KINDS.items():
        parts.append(f"\n## {name}\n\n{counted(rows, kind)}.\n")
        mine = sorted((r for r in rows if kind_of(r) == kind), key=lambda r: str(r["source"]))
        for source, group in groupby(mine, key=lambda r: r["source"]):
            held, pictures = [], []
            for row in group:
                (pictures if "picture" in row else held).append(row)
            parts.append(f"\n### {source}\n\n")
            if held:
                parts.append(f"Test: {', '.join(sorted({f'`{module(r)}`' for r in held}))}\n\n")
                parts.append("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|\n")
                parts += ["| " + " | ".join(cell(row[c]) for c in COLUMNS) + " |\n" for row in held]
            parts += [f"\n![{row['words']}](pictures/{row['picture']})\n" for row in pictures]
    return "".join(parts)


def anchor(heading: str) -> str:
    """The link to a heading as Markdown makes it."""
    return "".join(c for c in heading.lower().replace(" ", "-") if c.isalnum() or c in "-_")


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
