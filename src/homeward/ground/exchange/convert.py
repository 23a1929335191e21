"""One CCSDS message from keywords to XML, or back."""

from pathlib import Path

from homeward.errors import InputError
from homeward.io.aem import read_aem
from homeward.io.ccsds import kind_of_message, read_lines, write_lines
from homeward.io.cdm import read_cdm
from homeward.io.element_sets import read_sets
from homeward.io.oem import read_oem
from homeward.io.opm import read_opm
from homeward.io.tdm import read_tdm
from homeward.textfile import display_name, read_text

READERS = {
    "oem": lambda path: read_oem(path, complete=False), "opm": read_opm, "aem": read_aem, "cdm": read_cdm,
    "tdm": read_tdm, "omm": read_sets,
}  # fmt: skip


def convert_message(source: str | Path, path: Path, form: str) -> dict[str, object]:
    """Write the message in ``source`` (keywords or XML) to ``path`` as ``kvn`` or ``xml``.

    The message is read in full first, so that nothing is passed on that could not be read back. Raises
    ``InputError`` for a file that is no message, holds several of its kind, or has no place in XML.
    """
    name = display_name(source)
    kind = kind_of_message(read_text(source, "a CCSDS message"))
    if kind not in READERS:
        raise InputError(f"{name}: expected a CCSDS message: {', '.join(k.upper() for k in READERS)}")
    READERS[kind](source)
    lines = [line.text for line in read_lines(source, kind)]
    if sum(line.startswith(f"CCSDS_{kind.upper()}_VERS") for line in lines) > 1:
        raise InputError(f"{name}: holds several messages; expected one")
    try:
        write_lines(path, lines, form)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    return {"message": kind, "lines": len(lines)}
