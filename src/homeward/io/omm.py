"""Orbit Mean-Elements Messages (CCSDS 502.0-B-3, chapter 4): SGP4's elements as KVN, XML, JSON or CSV.

The only public form of catalogue numbers above 99,999. A file may hold many; each is a table of keywords
here, and becomes elements when it is asked for.
"""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sgp4.api import WGS72, Satrec

from homeward.documents import DocumentError, parse_json
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.ccsds import NUMBER
from homeward.io.ndm_xml import xml_messages
from homeward.io.tle import XP, Tle, elements_of

VERSION = "CCSDS_OMM_VERS"
LARGEST = 100_000_000  # bytes: a catalogue of all objects is 20 MB
Fields = dict[str, str]
# Days between 1949-12-31 and the Julian date's zero: what SGP4 counts its epochs from.
_SGP4_ZERO = 2433281.5
# SGP4's units: radians a minute, and its powers, of revolutions a day.
_PER_DAY = 2.0 * math.pi / 1440.0
_ALLOWED = {
    "CENTER_NAME": ("EARTH",),
    "REF_FRAME": ("TEME", "TEME OF DATE"),
    "MEAN_ELEMENT_THEORY": ("SGP4", "SGP/SGP4", "DSST/SGP4"),
}
_LIMITS = {
    "INCLINATION": (0.0, 180.0), "RA_OF_ASC_NODE": (-360.0, 360.0), "ARG_OF_PERICENTER": (-360.0, 360.0),
    "MEAN_ANOMALY": (-360.0, 360.0), "ECCENTRICITY": (0.0, 0.999999), "BSTAR": (-100.0, 100.0),
    "MEAN_MOTION_DOT": (-1e3, 1e3), "MEAN_MOTION_DDOT": (-1e3, 1e3),
}  # fmt: skip


def omm_records(text: str, file: str) -> list[tuple[str, Fields]] | None:
    """Place and keywords of every message in a file; None for a file that is no OMM.

    The form is told by the file's first characters. Raises ``InputError`` for one that cannot be read at all.
    """
    start = text.lstrip()
    if start.startswith(VERSION):
        return list(_kvn(text, file))
    if start.startswith("<"):
        return _xml(text, file)
    if start.startswith(("[", "{")):
        return _json(text, file)
    header = next((line for line in text.split("\n") if line.strip()), "")
    names = {cell.strip().strip('"').upper() for cell in header.split(",")}
    if {"EPOCH", "ECCENTRICITY"} <= names:
        return _csv(text, file)
    return None


def omm_elements(fields: Mapping[str, str], where: str) -> Tle:
    """The elements of one message; raises ``InputError`` naming the keyword."""

    def number(key: str, default: float | None = None) -> float:
        text = re.sub(r"\s*\[[^\]]*\]$", "", fields.get(key, "").strip())
        if not text and default is not None:
            return default
        if not text:
            raise InputError(f"{where}: {key} is missing")
        if NUMBER.fullmatch(text) is None or not math.isfinite(float(text)):
            raise InputError(f"{where}: {key}: expected a finite number, got {text[:30]!r}")
        low, high = _LIMITS.get(key, (-math.inf, math.inf))
        if not low <= float(text) <= high:
            raise InputError(f"{where}: {key}: expected {low:g} to {high:g}, got {text[:30]}")
        return float(text)

    for key, allowed in _ALLOWED.items():
        if fields.get(key, "").strip() and fields[key].strip().upper() not in allowed:
            raise InputError(f"{where}: {key}: expected {allowed[0]}, got {fields[key][:40]!r}")
    if number("EPHEMERIS_TYPE", 0.0) == XP:
        raise InputError(f"{where}: EPHEMERIS_TYPE {XP}: elements of SGP4-XP are not read")
    epoch = omm_epoch(fields, where)
    if fields.get("MEAN_MOTION", "").strip() or not fields.get("SEMI_MAJOR_AXIS", "").strip():
        motion = number("MEAN_MOTION")
    else:
        axis = number("SEMI_MAJOR_AXIS")
        motion = math.sqrt(398600.8 / axis**3) * 43200.0 / math.pi if axis > 0.0 else 0.0  # WGS72
    if not 0.0 < motion < 20.0:
        raise InputError(f"{where}: MEAN_MOTION: expected 0 to 20 revolutions a day, got {motion:g}")
    satrec, rad = Satrec(), math.radians
    satrec.sgp4init(
        WGS72, "i", 0, (epoch.jd1 - _SGP4_ZERO) + epoch.jd2, number("BSTAR"),
        number("MEAN_MOTION_DOT", 0.0) * _PER_DAY / 1440.0,
        number("MEAN_MOTION_DDOT", 0.0) * _PER_DAY / 1440.0**2, number("ECCENTRICITY"),
        rad(number("ARG_OF_PERICENTER")), rad(number("INCLINATION")), rad(number("MEAN_ANOMALY")),
        motion * _PER_DAY, rad(number("RA_OF_ASC_NODE")),
    )  # fmt: skip
    return elements_of(satrec, fields.get("OBJECT_NAME", "").strip(), omm_number(fields), epoch, where)


def omm_epoch(fields: Mapping[str, str], where: str) -> Epoch:
    """The epoch of one message."""
    text, system = fields.get("EPOCH", "").strip(), fields.get("TIME_SYSTEM", "").strip().upper() or "UTC"
    if not text:
        raise InputError(f"{where}: EPOCH is missing")
    if system == "UT1":
        raise InputError(f"{where}: TIME_SYSTEM: expected UTC, got 'UT1'")
    try:
        return Epoch.from_iso(text, system)
    except InputError as error:
        raise InputError(f"{where}: EPOCH: {error}") from None


def omm_number(fields: Mapping[str, str]) -> str:
    """What the object is known by: its catalogue number, else its international designator."""
    number = fields.get("NORAD_CAT_ID", "").strip().removesuffix(".0").lstrip("0")
    return number or fields.get("OBJECT_ID", "").strip()


def _kvn(text: str, file: str) -> Iterator[tuple[str, Fields]]:
    fields: Fields = {}
    where = file
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith("COMMENT"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            raise InputError(f"{file}: line {number}: expected KEY = value, got {line[:40]!r}")
        if key == VERSION:
            if fields:
                yield where, fields
            fields, where = {}, f"{file}: message on line {number}"
        if key in fields and not key.startswith("USER_DEFINED"):
            raise InputError(f"{file}: line {number}: {key[:30]} stands here a second time")
        fields[key] = value
    yield where, fields


def _csv(text: str, file: str) -> list[tuple[str, Fields]]:
    above = text[: len(text) - len(text.lstrip())].count("\n")  # blank lines before the names
    try:
        rows = csv.DictReader(io.StringIO(text.lstrip()), skipinitialspace=True, strict=True)
        names = [str(name).strip().upper() for name in rows.fieldnames or ()]
        found = []
        for row in rows:
            cells = [str(cell or "") for key, cell in row.items() if key is not None]
            found.append((f"{file}: line {above + rows.line_num}", dict(zip(names, cells, strict=True))))
    except (csv.Error, ValueError) as error:
        raise InputError(f"{file}: not valid CSV: {error}") from None
    return found


def _json(text: str, file: str) -> list[tuple[str, Fields]]:
    try:
        content: Any = parse_json(text, LARGEST)
    except DocumentError as error:
        raise InputError(f"{file}: {error}") from None
    entries = content if isinstance(content, list) else [content]
    found = []
    for k, entry in enumerate(entries):
        if not isinstance(entry, dict):
            raise InputError(f"{file}: entry {k}: expected the keywords of an OMM, got {str(entry)[:40]!r}")
        kept = {
            str(key).upper(): value for key, value in entry.items() if isinstance(value, str | int | float)
        }
        found.append((f"{file}: entry {k}", {key: str(value) for key, value in kept.items()}))
    return found


def _xml(text: str, file: str) -> list[tuple[str, Fields]]:
    """The keywords of every ``omm``, whatever else the document holds."""
    found: list[tuple[str, Fields]] = []
    for message in xml_messages(text, file):
        if message.kind != "omm":
            continue
        fields: Fields = {}
        for _, line in message.lines:
            key, equals, value = line.partition(" =")
            if equals and not line.startswith("COMMENT"):
                fields.setdefault(key, value.strip())
        found.append((f"{file}: message on line {message.line}", fields))
    if not found:
        raise InputError(f"{file}: expected an OMM, but there is no <omm> in this XML")
    return found
