"""Tables of numbers against altitude as text: a header line that names the columns, then a row a line."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from homeward.errors import InputError
from homeward.textfile import display_name, read_text


def read_columns(
    path: str | Path,
    names: Sequence[str],
    optional: Sequence[str] = (),
    *,
    what: str,
    rows: tuple[int, int],
    header: bool = True,
    rising: bool = True,
) -> dict[str, list[float]]:
    """Columns of a table by name; the first of ``names`` is the one that orders the rows.

    Cells are separated by commas, semicolons or blanks; ``#`` starts a comment line. Without ``header`` the
    line of names may be missing, and the columns then stand in the order of ``names``. ``rows`` are the least
    and the greatest number of rows; ``rising`` refuses a first column that does not increase. Raises
    ``InputError`` with file and line for anything else, and for a number that is not finite.
    """
    label = display_name(path)
    lines = [
        (number, line.replace(",", " ").replace(";", " ").split())
        for number, line in enumerate(read_text(path, what).split("\n"), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        raise InputError(f"{label}: the file is empty; expected {what} with the columns {', '.join(names)}")

    def refuse(number: int, reason: str) -> NoReturn:
        raise InputError(f"{label}: line {number}: {reason}")

    number, first = lines[0]
    named = not (first and _is_number(first[0]))
    if named or header:
        if len(set(first)) != len(first) or not set(names) <= set(first) <= {*names, *optional}:
            more = f" and, if wanted, {', '.join(optional)}" if optional else ""
            refuse(number, f"expected the names of the columns, {', '.join(names)}{more}")
        order, lines = first, lines[1:]
    else:
        order = list(names)
    columns: dict[str, list[float]] = {name: [] for name in order}
    for number, cells in lines:
        if len(cells) != len(order) or not all(_is_number(cell) for cell in cells):
            refuse(number, f"expected {len(order)} numbers: {', '.join(order)}")
        values = dict(zip(order, (float(cell) for cell in cells), strict=True))
        for name, value in values.items():
            if not math.isfinite(value):
                refuse(number, f"{name}: expected a finite number, not {value}")
        before = columns[names[0]]
        if rising and before and not values[names[0]] > before[-1]:
            refuse(
                number,
                f"{names[0]}: expected numbers that increase, but {values[names[0]]:g} "
                f"follows {before[-1]:g}",
            )
        for name, value in values.items():
            columns[name].append(value)
    least, most = rows
    if not least <= len(lines) <= most:
        raise InputError(f"{label}: expected {what} of {least} to {most} rows, not {len(lines)}")
    return columns


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
