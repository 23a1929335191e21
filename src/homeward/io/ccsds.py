"""What the CCSDS navigation messages share: lines, keys, numbers, dates, in keywords or in XML.

CCSDS 502.0-B-3, chapter 7; XML by 505.0-B-3. Every complaint names the file and the line.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from homeward.earth.eop import read_eop
from homeward.earth.time import SCALES, Epoch
from homeward.errors import InputError
from homeward.io.ndm_xml import MESSAGES, xml_messages
from homeward.io.ndm_xml_writer import xml_of
from homeward.textfile import display_name, read_text

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
FORMATS = ("kvn", "xml")
_PAIR = re.compile(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*)")
_UNIT = re.compile(r"(.*?)\s*\[([^\]]*)\]")


@dataclass(frozen=True)
class Line:
    """One line of a message that is neither blank nor (unless asked for) a comment."""

    file: str
    number: int
    text: str

    def fail(self, message: str) -> NoReturn:
        """Refuse the line."""
        raise InputError(f"{self.file}: line {self.number}: {message}")

    def pair(self) -> tuple[str, str]:
        """The keyword and the value of ``KEY = value``."""
        match = _PAIR.fullmatch(self.text)
        if match is None:
            self.fail(f"expected KEY = value, got {self.text[:40]!r}")
        return match[1], match[2].strip()

    def store(self, values: dict[str, str], known: tuple[str, ...]) -> None:
        """Put the line's keyword and value among ``values``; an unknown or second one is refused."""
        key, value = self.pair()
        if key not in known:
            self.fail(f"unknown keyword {key[:30]}; expected one of {', '.join(known)}")
        if key in values:
            self.fail(f"{key} stands here a second time")
        values[key] = value

    def number_of(self, key: str, text: str, unit: str = "") -> float:
        """A finite number, with its unit in brackets or without."""
        match = _UNIT.fullmatch(text)
        if match:
            text = match[1]
            if unit and match[2].strip().lower() != unit.lower():
                self.fail(f"{key}: expected the unit [{unit}], got [{match[2]}]")
        if NUMBER.fullmatch(text) is None or not math.isfinite(float(text)):
            self.fail(f"{key}: expected a finite number, got {text[:30]!r}")
        return float(text)

    def epoch(self, key: str, text: str, system: str) -> Epoch:
        """A date on the clock ``system``, as UTC."""
        try:
            epoch = Epoch.from_iso(text, system)
            if system == "UT1":
                return Epoch.from_ut1(epoch, read_eop(epoch.mjd(), epoch.mjd()).ut1_minus_utc(epoch.mjd()))
        except InputError as error:
            self.fail(f"{key}: {error}")
        return epoch

    def time_system(self, text: str) -> str:
        """A time system that can be turned into UTC."""
        if text.upper() not in SCALES:
            self.fail(f"TIME_SYSTEM {text!r}: expected one of {', '.join(SCALES)}")
        return text.upper()


def read_lines(path: str | Path, kind: str) -> list[Line]:
    """The lines of a message that say something, comments included; those of XML as their keyword form.

    ``kind`` is the message wanted, as in ``oem``: of a document of several the only one of that kind is read.
    Raises ``InputError``.
    """
    name = display_name(path)
    text = read_text(path, "a CCSDS message")
    if text.lstrip().startswith("<"):
        found = xml_messages(text, name)
        wanted = [message for message in found if message.kind == kind]
        if len(wanted) != 1:
            there = ", ".join(f"<{message.kind}>" for message in found[:6]) or "no message"
            raise InputError(f"{name}: expected one <{kind}> in this XML, which holds {there}")
        return [Line(name, number, line) for number, line in wanted[0].lines]
    lines = enumerate(text.split("\n"), start=1)
    return [Line(name, n, line.strip()) for n, line in lines if line.strip()]


def kind_of_message(text: str) -> str | None:
    """Which message a text is by its beginning, as in ``oem``; None for another text."""
    found = re.search(r"CCSDS_([A-Z]{3})_VERS", text[:4000])
    kind = found[1].lower() if found else None
    return kind if kind in MESSAGES else None


def write_lines(path: str | Path, lines: Sequence[str], form: str = "kvn") -> None:
    """Write a message, given by the lines of its keyword form, as ``kvn`` or ``xml``."""
    text = "\n".join(lines) + "\n" if form == "kvn" else xml_of(lines)
    Path(path).write_text(text, encoding="utf-8")


def without_comments(lines: list[Line]) -> Iterator[Line]:
    """The lines that are not comments."""
    return (line for line in lines if not is_comment(line))


def is_comment(line: Line) -> bool:
    """Whether a line is a comment."""
    return line.text == "COMMENT" or line.text.startswith("COMMENT ")


def check_version(name: str, lines: list[Line], key: str, versions: tuple[str, ...]) -> str:
    """The version on the first line; raises ``InputError`` if this is another kind of file."""
    if not lines:
        raise InputError(f"{name}: the file is empty, expected {key} on its first line")
    first = lines[0]
    if not first.text.startswith(key):
        first.fail(f"expected {key} on the first line, got {first.text[:40]!r}")
    _, version = first.pair()
    if version not in versions:
        first.fail(f"{key}: expected {' or '.join(versions)}, got {version[:20]!r}")
    return version


def require(values: dict[str, str], keys: tuple[str, ...], name: str, where: str) -> None:
    """Refuse a block that lacks a mandatory keyword or leaves it empty."""
    for key in keys:
        if not values.get(key):
            raise InputError(f"{name}: {where}: {key} is missing")
