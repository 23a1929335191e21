"""The tables of a TOML file, with one sentence where there are none."""

from pathlib import Path
from typing import Any

from homeward.documents import LARGEST, DocumentError, parse_toml
from homeward.errors import InputError, one_line
from homeward.textfile import read_text


def read_toml(path: Path, label: str | None = None) -> dict[str, Any]:
    """The tables of a TOML file; raises InputError with file and line where it is not valid."""
    name = one_line(label or str(path), 200)
    text = read_text(path, "a scenario file", LARGEST)
    if not text.strip():
        raise InputError(f"{name}: the file is empty; `homeward new FILE` writes one to start from")
    try:
        return parse_toml(text)
    except DocumentError as error:
        raise InputError(f"{name}: {one_line(str(error), 200)}") from None
