"""A user's air table: a text file with a header line and two or three columns."""

from pathlib import Path

from homeward.errors import InputError
from homeward.io.columns import read_columns

COLUMNS = ("altitude_m", "density_kg_m3", "temperature_k")
LONGEST = 100_000  # rows; a longer file is no air table


def read_air_table(path: str | Path, rising: bool = True) -> dict[str, list[float]]:
    """Columns of an air table by name: altitude_m, density_kg_m3 and, if wanted, temperature_k.

    Raises ValueError, one sentence with file and line (see ``io.columns``).
    """
    try:
        columns = read_columns(
            path, COLUMNS[:2], COLUMNS[2:], what="an air table", rows=(2, LONGEST), rising=rising
        )
    except InputError as error:
        raise ValueError(str(error)) from None  # the schema adds the key
    for name in columns.keys() - {"altitude_m"}:
        for altitude, value in zip(columns["altitude_m"], columns[name], strict=True):
            if not value > 0.0:
                raise ValueError(f"{path}: {name}: expected more than 0 at {altitude:g} m, not {value:g}")
    return columns
