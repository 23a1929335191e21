"""A user's air table: a text file with a header line and two or three columns."""

from pathlib import Path

COLUMNS = ("altitude_m", "density_kg_m3", "temperature_k")
LONGEST = 100_000  # rows; a longer file is no air table


def read_air_table(path: Path) -> dict[str, list[float]]:
    """Columns of an air table by name.

    The first line that is not a comment (``#``) names the columns: altitude_m, density_kg_m3 and, if
    wanted, temperature_k, separated by commas or blanks. Raises ValueError with one sentence.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot read the air table {path} as text") from error
    rows = [
        (number, line.replace(",", " ").split())
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    header = rows[0][1] if rows else []
    if sorted(header) not in (sorted(COLUMNS), sorted(COLUMNS[:2])):
        raise ValueError(f"expected the first line of {path} to name the columns {', '.join(COLUMNS)}")
    if len(rows) > LONGEST:
        raise ValueError(f"expected at most {LONGEST} rows in {path}")
    columns: dict[str, list[float]] = {name: [] for name in header}
    for number, cells in rows[1:]:
        try:
            values = [float(cell) for cell in cells]
        except ValueError:
            values = []
        if len(values) != len(header):
            raise ValueError(f"expected {len(header)} numbers on line {number} of {path}")
        for name, value in zip(header, values, strict=True):
            columns[name].append(value)
    return columns
