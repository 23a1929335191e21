"""Where the command line writes: folders that are tried before the flight, and JSON that is valid."""

import contextlib
import json
import math
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from homeward.errors import InputError, one_line


def prepare_folder(folder: Path | None, kind: str | None = None) -> None:
    """Make the output folder and try to write there, so that no flight is flown in vain.

    ``kind`` is what will be written (``output.files.result_folder``): a folder with other results is refused.
    """
    if folder is None:
        return
    label = f"--out {one_line(str(folder), 200)}"
    if "\0" in str(folder):
        raise InputError(f"{label}: expected the name of a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (FileExistsError, NotADirectoryError):
        raise InputError(f"{label}: expected a folder, but this is a file") from None
    except OSError as error:
        raise InputError(f"{label}: cannot be written ({error.strerror or 'no reason given'})") from None
    if kind is not None:
        from homeward.output.files.result_folder import check_kind

        check_kind(folder, kind)


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """A disk that fills up or a name that is taken, while files are written, as the user's to put right."""
    try:
        yield
    except OSError as error:
        place = one_line(str(error.filename or folder), 200)
        raise InputError(f"--out: {place}: cannot be written ({error.strerror or error})") from None


def plain_values(value: Any) -> Any:
    """The same value of Python's own types; a number that is not finite becomes None, as JSON has none."""
    if isinstance(value, Mapping):
        return {str(key): plain_values(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(inner) for inner in value]
    if hasattr(value, "tolist"):  # an array or a scalar of NumPy or JAX
        return plain_values(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def json_text(value: Any) -> str:
    """A value as JSON text."""
    return json.dumps(plain_values(value), indent=2, ensure_ascii=False, allow_nan=False)
