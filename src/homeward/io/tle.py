"""Two-line element sets: read strictly, carried forward by SGP4, given as a state in I.

Format: CelesTrak's description of the two-line element set. Theory: Vallado et al. (2006), AIAA 2006-6753.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sgp4.api import SGP4_ERRORS, Satrec

from homeward.earth.frames import to_gcrf
from homeward.earth.time import Epoch
from homeward.errors import Infeasible, InputError

DAY = 86400.0
DECAYED = (1, 6)  # SGP4's errors after drag has run away
# Columns counted from 1 as in the format's description, what they hold, and how it must look.
_WHOLE = r"([ ]{2}|[ ]\d|\d\d)\d"
_EXPONENT = r"[ +-](\d{5}|[ ]\d{4})[+-]\d"
_LINE_1 = (
    (1, 2, "line number", r"1 "),
    (3, 7, "catalogue number", r"[ 0-9A-HJ-NP-Z][ \d]{3}\d"),
    (8, 8, "classification", r"[ UCS]"),
    (9, 9, "blank", r" "),
    (19, 20, "epoch year", r"\d\d"),
    (21, 32, "epoch day", _WHOLE + r"\.\d{8}"),
    (33, 33, "blank", r" "),
    (34, 43, "first derivative of mean motion", r"[ +-]\.\d{8}"),
    (44, 44, "blank", r" "),
    (45, 52, "second derivative of mean motion", _EXPONENT),
    (53, 53, "blank", r" "),
    (54, 61, "drag term", _EXPONENT),
    (62, 62, "blank", r" "),
    (63, 63, "ephemeris type", r"[ \d]"),
    (64, 64, "blank", r" "),
    (65, 68, "element set number", r"[ \d]{4}"),
)
_LINE_2 = (
    (1, 2, "line number", r"2 "),
    (3, 7, "catalogue number", r"[ 0-9A-HJ-NP-Z][ \d]{3}\d"),
    (8, 8, "blank", r" "),
    (9, 16, "inclination", _WHOLE + r"\.\d{4}"),
    (17, 17, "blank", r" "),
    (18, 25, "right ascension of the ascending node", _WHOLE + r"\.\d{4}"),
    (26, 26, "blank", r" "),
    (27, 33, "eccentricity", r"\d{7}"),
    (34, 34, "blank", r" "),
    (35, 42, "argument of perigee", _WHOLE + r"\.\d{4}"),
    (43, 43, "blank", r" "),
    (44, 51, "mean anomaly", _WHOLE + r"\.\d{4}"),
    (52, 52, "blank", r" "),
    (53, 63, "mean motion", r"[ \d]\d\.\d{8}"),
    (64, 68, "revolution number", r"[ \d]{5}"),
)
_LIMITS = ((9, 16, "inclination", 180.0), (18, 25, "right ascension of the ascending node", 360.0),
           (35, 42, "argument of perigee", 360.0), (44, 51, "mean anomaly", 360.0))  # fmt: skip


@dataclass(frozen=True)
class Tle:
    """Mean elements (SGP4's, in TEME) [rad, rad/s] at an epoch, with the lines they came from."""

    name: str
    line1: str
    line2: str
    catalogue: str
    epoch: Epoch
    inclination: float
    ascending_node: float
    eccentricity: float
    argument_of_perigee: float
    mean_anomaly: float
    mean_motion: float
    drag_term: float  # B*, per Earth radius
    satrec: Satrec


def parse_tle(lines: Sequence[str], where: str = "TLE", numbers: Sequence[int] = (1, 2, 3)) -> Tle:
    """Elements from two lines, or three with a name first; ``where`` starts every complaint and
    ``numbers`` are those of the lines in their file.

    Raises ``InputError`` for a wrong length, checksum or column, or elements SGP4 cannot start from.
    """
    text = [line.strip() for line in lines if line.strip()]
    if len(text) not in (2, 3):
        raise InputError(f"{where}: expected two lines, or a name and two lines, got {len(text)}")
    name = text[0].strip().removeprefix("0 ") if len(text) == 3 else ""
    line1, line2 = text[-2:]
    if _is_second(line1) and line2.startswith("1 "):
        raise InputError(f"{where}: line {numbers[len(text) - 2]}: lines 1 and 2 of the elements are swapped")
    _check(line1, _LINE_1, f"{where}: line {numbers[len(text) - 2]}")
    _check(line2, _LINE_2, f"{where}: line {numbers[len(text) - 1]}")
    if line1[2:7] != line2[2:7]:
        raise InputError(f"{where}: catalogue numbers {line1[2:7]!r} and {line2[2:7]!r} differ")
    for first, last, field, limit in _LIMITS:
        if float(line2[first - 1 : last]) > limit:
            raise InputError(
                f"{where}: {field}: expected 0 to {limit:.0f} deg, got {line2[first - 1 : last]}"
            )
    if not 1.0 <= float(line1[20:32]) < 367.0:
        raise InputError(f"{where}: epoch day: expected 1 to 366, got {line1[20:32]}")
    if float(line2[52:63]) <= 0.0:
        raise InputError(f"{where}: mean motion: expected more than 0 revolutions a day, got {line2[52:63]}")
    try:
        satrec = Satrec.twoline2rv(line1, line2)
    except ValueError as error:
        raise InputError(f"{where}: SGP4 cannot read these elements: {error}") from None
    epoch = Epoch.from_jd(satrec.jdsatepoch, satrec.jdsatepochF)
    if int(line1[18:20]) in (57, 58, 59):
        raise InputError(f"{where}: epoch year: expected 1960 or later, when UTC begins")
    tle = Tle(
        name, line1, line2, line1[2:7].strip(), epoch, satrec.inclo, satrec.nodeo, satrec.ecco, satrec.argpo,
        satrec.mo, satrec.no_kozai / 60.0, satrec.bstar, satrec,
    )  # fmt: skip
    teme_state(tle, epoch, where)
    return tle


def read_tle(path: str | Path) -> Tle:
    """The first element set of a file; raises ``InputError`` naming file and line."""
    return read_tles(path)[0]


def read_tles(path: str | Path) -> list[Tle]:
    """All element sets of a file: two lines each, a name before them or not; ``#`` starts a comment."""
    try:
        text = Path(path).read_bytes().decode("utf-8").removeprefix("\ufeff")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: expected a text file of two-line elements") from None
    numbered = [(n, line.strip()) for n, line in enumerate(text.split("\n"), start=1)]
    lines = [(n, line) for n, line in numbered if line and not line.startswith("#")]
    if not lines:
        raise InputError(f"{path}: the file is empty, expected a two-line element set")
    sets, i = [], 0
    while i < len(lines):
        if _is_second(lines[i][1]):
            raise InputError(
                f"{path}: line {lines[i][0]}: line 2 of the elements stands where line 1 was expected"
            )
        named = not lines[i][1].startswith("1 ")
        block = lines[i : i + 2 + named]
        if len(block) < 2 + named:
            raise InputError(f"{path}: line {block[-1][0]}: the element set is cut short")
        sets.append(parse_tle([line for _, line in block], str(path), [n for n, _ in block]))
        i += 2 + named
    return sets


def teme_state(tle: Tle, epoch: Epoch, where: str = "TLE") -> tuple[np.ndarray, np.ndarray]:
    """Position [m] and velocity [m/s] in TEME by SGP4.

    Raises ``Infeasible`` where the theory says that the satellite has come down by then, ``InputError``
    where it fails otherwise.
    """
    error, r, v = tle.satrec.sgp4(epoch.jd1, epoch.jd2)
    if error or not all(math.isfinite(x) for x in (*r, *v)):
        if error in DECAYED and tle.satrec.bstar > 0.0 and epoch.since(tle.epoch) > 0.0:
            raise Infeasible(
                f"{where}: satellite {tle.catalogue} re-enters by {epoch.to_iso(0)}: by its elements of "
                f"{tle.epoch.to_iso(0)} drag brings it down before"
            )
        reason = SGP4_ERRORS.get(error, "the result is not finite")
        raise InputError(f"{where}: SGP4 cannot carry {tle.catalogue} to {epoch.to_iso()}: {reason}")
    return np.asarray(r) * 1e3, np.asarray(v) * 1e3


def tle_state(
    tle: Tle, epoch: Epoch | None = None, eop: Mapping[str, float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Position [m] and velocity [m/s] in I (GCRF) at ``epoch``, by default that of the elements."""
    epoch = epoch or tle.epoch
    r, v = teme_state(tle, epoch)
    r_I, v_I = to_gcrf("TEME", [epoch], r[None], v[None], eop)
    return r_I[0], v_I[0]


def checksum(line: str) -> int:
    """Sum of the digits of the first 68 columns, a minus counting 1, modulo 10."""
    return sum(int(c) if c.isdigit() else c == "-" for c in line[:68]) % 10


def _is_second(line: str) -> bool:
    return re.match(r"2 [ 0-9A-HJ-NP-Z][ \d]{3}\d [ \d.]{8} ", line) is not None


def _check(line: str, columns: Sequence[tuple[int, int, str, str]], where: str) -> None:
    if not line.isascii() or len(line) != 69:
        raise InputError(f"{where}: expected 69 columns of ASCII, got {len(line)}")
    for first, last, field, pattern in columns:
        if re.fullmatch(pattern, line[first - 1 : last]) is None:
            raise InputError(
                f"{where}: columns {first}-{last}: expected {field}, got {line[first - 1 : last]!r}"
            )
    if line[68] != str(checksum(line)):
        raise InputError(f"{where}: checksum: expected {checksum(line)}, got {line[68]!r}")
