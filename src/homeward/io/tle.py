"""Two-line element sets: read strictly, carried forward by SGP4, given as a state in I.

Format: CelesTrak's description of the two-line element set. Theory: Vallado et al. (2006), AIAA 2006-6753.
"""

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sgp4.api import SGP4_ERRORS, Satrec

from homeward.earth.frames import to_gcrf
from homeward.earth.time import Epoch
from homeward.errors import Infeasible, InputError

DAY = 86400.0
DECAYED = (1, 6)  # SGP4's errors after drag has run away
# Columns counted from 1 as in the format's description, what they hold, and how it must look. Blanks stand
# where SGP4's own reader takes them for a plus sign or a zero: agencies write a zero in several ways.
_EXPONENT = r"[ +-][ \d]{5}[ +-]\d|[ ]{8}"
_ANGLE = r"[ ]{0,2}\d{1,3}\.\d{1,4}[ ]*"
_NUMBER = r"[ 0-9A-HJ-NP-Z][ \d]{3}\d"
_LINE_1 = (
    (1, 2, "line number", r"1 "),
    (3, 7, "catalogue number", _NUMBER),
    (8, 8, "classification", r"[ UCS]"),
    (9, 9, "blank", r" "),
    (19, 20, "epoch year", r"[ \d]\d"),
    (21, 32, "epoch day", r"[ ]{0,2}\d{1,3}\.\d{1,8}[ ]*"),
    (33, 33, "blank", r" "),
    (34, 43, "first derivative of mean motion", r"[ 0+-]\.\d{1,8}[ ]*|[ ]{10}"),
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
    (3, 7, "catalogue number", _NUMBER),
    (8, 8, "blank", r" "),
    (9, 16, "inclination", _ANGLE),
    (17, 17, "blank", r" "),
    (18, 25, "right ascension of the ascending node", _ANGLE),
    (26, 26, "blank", r" "),
    (27, 33, "eccentricity", r"[ \d]{6}\d"),
    (34, 34, "blank", r" "),
    (35, 42, "argument of perigee", _ANGLE),
    (43, 43, "blank", r" "),
    (44, 51, "mean anomaly", _ANGLE),
    (52, 52, "blank", r" "),
    (53, 63, "mean motion", r"[ ]{0,2}\d{1,2}\.\d{1,8}[ ]*"),
    (64, 68, "revolution number", r"[ \d]{5}"),
)
_LIMITS = ((9, 16, "inclination", 180.0), (18, 25, "right ascension of the ascending node", 360.0),
           (35, 42, "argument of perigee", 360.0), (44, 51, "mean anomaly", 360.0))  # fmt: skip
XP = 4  # ephemeris type of SGP4-XP, whose mean elements mean nothing to SGP4


@dataclass(frozen=True)
class Tle:
    """Mean elements (SGP4's, in TEME) [rad, rad/s] at an epoch, of two lines or of an OMM."""

    name: str
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
    if looks_like(2, line1) and line2.startswith("1 "):
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
    if line1[62] == str(XP):
        raise InputError(f"{where}: ephemeris type {XP}: these are elements of SGP4-XP, which is not read")
    try:
        satrec = Satrec.twoline2rv(_plain(line1, _FILL_1), _plain(line2, _FILL_2))
    except ValueError as error:
        raise InputError(f"{where}: SGP4 cannot read these elements: {error}") from None
    # A day of the elements has 86,400 s, also where a leap second makes that of UTC longer.
    midnight = Epoch.from_jd(satrec.jdsatepoch, 0.0)
    epoch = Epoch.from_jd(satrec.jdsatepoch, satrec.jdsatepochF)
    if epoch.plus(DAY).tai_minus_utc() != midnight.tai_minus_utc():
        epoch = midnight.plus(satrec.jdsatepochF * DAY)
    if int(line1[18:20]) in (57, 58, 59):
        raise InputError(f"{where}: epoch year: expected 1960 or later, when UTC begins")
    return elements_of(satrec, name, line1[2:7].strip(), epoch, where)


def elements_of(satrec: Satrec, name: str, catalogue: str, epoch: Epoch, where: str) -> Tle:
    """Elements that SGP4 has taken in; raises ``InputError`` if it cannot start from them."""
    tle = Tle(
        name, catalogue, epoch, satrec.inclo, satrec.nodeo, satrec.ecco, satrec.argpo, satrec.mo,
        satrec.no_kozai / 60.0, satrec.bstar, satrec,
    )  # fmt: skip
    teme_state(tle, epoch, where)
    return tle


def teme_state(tle: Tle, epoch: Epoch, where: str = "TLE") -> tuple[np.ndarray, np.ndarray]:
    """Position [m] and velocity [m/s] in TEME by SGP4.

    Raises ``Infeasible`` where the theory says that the satellite has come down by then, ``InputError``
    where it fails otherwise.
    """
    # Minutes of time that passes: the difference of Julian dates leaves out leap seconds (7 km each).
    error, r, v = tle.satrec.sgp4_tsince(epoch.since(tle.epoch) / 60.0)
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


def looks_like(number: int, line: str) -> bool:
    """Whether a line looks like the first or the second of a set, and not like a name."""
    pattern = (
        r"1 [ 0-9A-HJ-NP-Z][ \d]{3}\d[ UCS]" if number == 1 else r"2 [ 0-9A-HJ-NP-Z][ \d]{3}\d [ \d.]{8} "
    )
    return re.match(pattern, line) is not None


def quick_check(lines: Sequence[str], where: str, numbers: Sequence[int]) -> None:
    """Refuse, as ``parse_tle`` does, two lines of wrong form or checksum, without reading them in full."""
    first, second = lines[-2:]
    whole = len(first) == len(second) == 69 and first.isascii() and second.isascii()
    whole = whole and first[:2] == "1 " and second[:2] == "2 " and first[2:7] == second[2:7]
    if not (whole and all(line[68] == str(checksum(line)) for line in (first, second))):
        parse_tle(lines, where, numbers)


def quick_epoch(line1: str) -> Epoch | None:
    """The epoch of a set from its first line, good to a second; None where there is none."""
    try:
        year, day = int(line1[18:20]), float(line1[20:32])
        new_year = datetime.date(1900 + year if year >= 60 else 2000 + year, 1, 1)
    except ValueError:
        return None
    if not 1.0 <= day < 367.0:
        return None
    return Epoch.from_jd(new_year.toordinal() + 1721424.5, day - 1.0)


# Columns (from 0, to) in which a blank within the number is a zero; the rest of a line stays as it is.
_FILL_1 = ((2, 7), (18, 20), (34, 43), (45, 50), (54, 59))
_FILL_2 = ((2, 7), (26, 33))


def _plain(line: str, zeros: Sequence[tuple[int, int]]) -> str:
    """The line with every zero written out, as SGP4's reader wants it."""
    for first, last in zeros:
        field = line[first:last]
        if first == 34 and not field.strip():
            field = "." + field[1:]
        line = line[:first] + field.replace(" ", "0") + line[last:]
    if line.startswith("1 "):
        for sign in (50, 59):
            line = line[:sign] + ("+" if line[sign] == " " else line[sign]) + line[sign + 1 :]
            line = line[: sign + 1] + line[sign + 1].replace(" ", "0") + line[sign + 2 :]
        spans = ((20, 32),)
    else:
        spans = ((8, 16), (17, 25), (34, 42), (43, 51), (52, 63))
    for first, last in spans:
        line = line[:first] + line[first:last].rstrip().ljust(last - first, "0") + line[last:]
    return line


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
