"""Navigation Data Messages in XML (CCSDS 505.0-B-3), read: every message as the lines of its keyword form.

One reader serves them all. What stands in elements here stands in lines there (``KEY = value [unit]``, blocks
in ``META_START`` and the like, tables in rows), so that each message has one reader, which never sees XML. A
document type is refused, and with it every entity; depth, attributes and lengths are bounded.
"""

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

from homeward.errors import InputError

#: The messages that are known, by the name of their element.
MESSAGES = ("oem", "opm", "omm", "aem", "apm", "tdm", "cdm", "ocm", "rdm")
BLOCKS = ("oem", "aem", "tdm")  # those whose keyword form has META_START; all but OEM have DATA_START too
DEEPEST = 16  # levels; the deepest message has nine
LONGEST = 20_000  # characters of one value
MOST_ATTRIBUTES = 16
LARGEST = 100_000_000  # characters: a catalogue of all objects is 20 MB
#: Units of what becomes a row of a table, whose columns have units of their own.
ROW_UNITS = {
    **dict.fromkeys(("X", "Y", "Z"), "km"), **dict.fromkeys(("X_DOT", "Y_DOT", "Z_DOT"), "km/s"),
    **dict.fromkeys(("X_DDOT", "Y_DDOT", "Z_DDOT"), "km/s**2"),
    **dict.fromkeys(("ANGVEL_X", "ANGVEL_Y", "ANGVEL_Z"), "deg/s"),
}  # fmt: skip
_ROWS = ("stateVector", "attitudeState", "observation", "covarianceMatrix")
_KEYWORD = re.compile(r"[A-Z][A-Z0-9_]*|rotation[123]")


@dataclass
class XmlMessage:
    """One message: its kind (``oem``), the line it begins on, and its keyword form, a line number a line."""

    kind: str
    line: int
    lines: list[tuple[int, str]] = field(default_factory=list)


def xml_messages(text: str, file: str) -> list[XmlMessage]:
    """Every message of a document, alone or within ``<ndm>``, in order.

    Raises ``InputError`` with file and line for what is not well formed, has a document type, or is deeper or
    longer than any message.
    """
    if len(text) > LARGEST:
        raise InputError(f"{file}: expected XML of at most {LARGEST // 10**6} MB")
    reader = _Reader(file)
    # Its own declaration of an encoding no longer holds: the text has been decoded.
    body = re.sub(r"\A\s*<\?xml[^>]*\?>", lambda m: "\n" * m[0].count("\n"), text, count=1)
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InputError(f"{file}: line {error.lineno}: not valid XML: {reason}") from None
    return reader.found


class _Reader:
    """The state of one pass through a document."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[XmlMessage] = []
        self.path: list[str] = []
        self.text: list[str] = []
        self.length = 0
        self.message: XmlMessage | None = None
        self.row: list[tuple[str, str, str]] | None = None
        self.attributes: dict[str, str] = {}
        self.line = 0
        self.scalar_first = False
        self.parser: Any = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self.no_types
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters

    def fail(self, why: str) -> NoReturn:
        raise InputError(f"{self.file}: line {self.parser.CurrentLineNumber}: {why}")

    def no_types(self, *_: object) -> None:
        raise InputError(f"{self.file}: expected a message without a document type")

    def say(self, text: str) -> None:
        assert self.message is not None
        self.message.lines.append((self.line, text))

    def characters(self, text: str) -> None:
        self.length += len(text)
        if self.length > LONGEST:
            self.fail(f"expected values of at most {LONGEST} characters")
        self.text.append(text)

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if len(self.path) >= DEEPEST or len(attributes) > MOST_ATTRIBUTES:
            self.fail(f"expected at most {DEEPEST} levels and {MOST_ATTRIBUTES} attributes")
        if self.path and _KEYWORD.fullmatch(self.path[-1]):
            self.fail(f"<{self.path[-1][:40]}>: expected a value, got <{name[:40]}> in it")
        self._no_words()
        self.path.append(name)
        self.line = self.parser.CurrentLineNumber
        self.attributes = attributes
        self.length = 0
        if name in MESSAGES:
            if self.message is not None:
                self.fail(f"<{name}> stands within another message")
            self.message = XmlMessage(name, self.line)
            self.found.append(self.message)
            self.scalar_first = False
            self.say(f"CCSDS_{name.upper()}_VERS = {_plain(attributes.get('version', ''))}")
        elif self.message is None:
            return
        elif name in ("metadata", "data") and self._blocks(name):
            self.say(f"{_block(name)}_START")
        elif name in _ROWS and self.message.kind in BLOCKS:
            if self.row is not None:
                self.fail(f"<{name}> stands within another table row")
            self.row = []

    def end(self, tag: str) -> None:
        name = self.path[-1]
        if _KEYWORD.fullmatch(name):
            if self.message is not None:
                self._value(name, _plain("".join(self.text)))
            self.text.clear()
        else:
            self._no_words()
            self.line = self.parser.CurrentLineNumber
            if self.message is not None:
                self._close(name)
        self.path.pop()

    def _no_words(self) -> None:
        """Refuse text that stands in no keyword's element."""
        words = "".join(self.text).strip()
        self.text.clear()
        if words:
            self.fail(f"expected elements, got the text {words[:40]!r}")

    def _blocks(self, name: str) -> bool:
        assert self.message is not None
        kinds = BLOCKS if name == "metadata" else BLOCKS[1:]
        return self.message.kind in kinds

    def _value(self, name: str, value: str) -> None:
        units = _plain(self.attributes.get("units", ""))
        if name == "COMMENT":
            self.say(f"COMMENT {value}".rstrip())
            return
        if name == "USER_DEFINED":
            name = f"USER_DEFINED_{_plain(self.attributes.get('parameter', ''))}"
        if name == "QUATERNION_TYPE":
            self.scalar_first = value.upper() == "FIRST"
        if self.row is None:
            self.say(f"{name} = {value}" + (f" [{units}]" if units and value else ""))
            return
        wanted = ROW_UNITS.get(name, "")
        if units and wanted and units.lower() != wanted:
            self.fail(f"{name}: expected the unit [{wanted}], got [{units[:20]}]")
        if " " in value or not value:
            self.fail(f"{name}: expected one word, got {value[:40]!r}")
        if any(key == name for key, _, _ in self.row) and not name.startswith("rotation"):
            self.fail(f"{name} stands here a second time")
        self.row.append((name, value, units))

    def _close(self, name: str) -> None:
        assert self.message is not None
        if name in MESSAGES:
            self.message = None
        elif name in ("metadata", "data") and self._blocks(name):
            self.say(f"{_block(name)}_STOP")
        elif name in _ROWS and self.row is not None:
            row, self.row = self.row, None
            if not row:
                self.fail(f"<{name}> is empty")
            self._row(name, row)

    def _row(self, name: str, row: list[tuple[str, str, str]]) -> None:
        """A row of a table as a line; a covariance as its block."""
        if name == "covarianceMatrix":
            named = [r for r in row if r[0] in ("EPOCH", "COV_REF_FRAME")]
            numbers = [value for key, value, _ in row if key not in ("EPOCH", "COV_REF_FRAME")]
            assert self.message is not None
            if self.message.lines[-1][1] == "COVARIANCE_STOP":  # another of the same block
                self.message.lines.pop()
            else:
                self.say("COVARIANCE_START")
            for key, value, _ in named:
                self.say(f"{key} = {value}")
            width, at = 1, 0
            while at < len(numbers):
                self.say(" ".join(numbers[at : at + width]))
                at, width = at + width, width + 1
            self.say("COVARIANCE_STOP")
            return
        if row[0][0] != "EPOCH":
            self.fail(f"<{name}>: expected EPOCH first, got {row[0][0][:40]}")
        if name == "observation":
            if len(row) != 2:
                self.fail(f"<observation>: expected EPOCH and one value, got {len(row)} values")
            self.say(f"{row[1][0]} = {row[0][1]} {row[1][1]}")
            return
        # Of a quaternion the order of the elements is not that of the columns.
        values = _ordered(row[1:], self.scalar_first)
        self.say(" ".join([row[0][1], *values]))


def _ordered(row: list[tuple[str, str, str]], scalar_first: bool) -> list[str]:
    """The values of a row, each quaternion's scalar part where the keyword form has it."""
    values: list[str] = []
    for end in ("", "_DOT"):
        names = [f"Q{k}{end}" for k in (1, 2, 3)]
        names = [f"QC{end}", *names] if scalar_first else [*names, f"QC{end}"]
        told = {key: value for key, value, _ in row}
        values += [told[n] for n in names if n in told]
    return values + [value for key, value, _ in row if not re.fullmatch(r"Q[123C](_DOT)?", key)]


def _block(name: str) -> str:
    return "META" if name == "metadata" else "DATA"


def _plain(text: str) -> str:
    """Text on one line, blanks as the standard has them."""
    return " ".join(text.split())


__all__ = ["MESSAGES", "XmlMessage", "xml_messages"]
