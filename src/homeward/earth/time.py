"""Instants: a UTC two-part Julian date with leap seconds, read from and written to ISO 8601.

Inside a flight, time is seconds since the scenario's epoch; only at the edges does it become a date.
"""

import datetime
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import erfa
import numpy as np

from homeward.errors import InputError

DAY = 86400.0
MJD_ZERO = 2400000.5
GPS_BEHIND_TAI = 19.0  # s, TAI - GPS time: IS-GPS-200
SCALES = ("UTC", "TAI", "TT", "TDB", "GPS", "UT1")

# From the beginning of UTC to the last year that the time code of a packet holds in full (CCSDS 301.0-B-4:
# 2^32 s from 1958). One range for everything: a scenario accepts no year that another part cannot hold.
FIRST_YEAR, LAST_YEAR = 1960, 2093
_CALENDAR = re.compile(
    r"(\d{4})-(?:(\d{2})-(\d{2})|(\d{3}))[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d*)?))?"
    r" ?(Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)
_EXPECTED = "expected a date such as 2023-09-07T14:28:39.1Z, 2023-09-07T22:28:39+08:00 or 2023-250T14:28:39"
LONGEST_OFFSET = 14  # h: no place on Earth is farther from UTC


@contextmanager
def _quiet() -> Iterator[None]:
    """Dates past the next leap-second announcement are normal for a mission: no warning for them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", erfa.ErfaWarning)
        yield


@dataclass(frozen=True)
class Epoch:
    """An instant in UTC: the Julian date of midnight and the fraction of that day.

    The fraction follows the quasi-Julian convention of SOFA: a day with a leap second is stretched
    over 86,401 s. Valid from 1960, when UTC begins, to 2093.
    """

    jd1: float
    jd2: float

    @staticmethod
    def from_iso(text: str, scale: str = "UTC") -> "Epoch":
        """The instant named by an ISO 8601 date: calendar or day of year, with ``Z``, an offset or neither.

        ``scale`` says what clock the text shows (one of ``SCALES`` except UT1, which needs a
        measured difference: see ``from_ut1``). Raises ``InputError`` when the text is no date.
        """
        match = _CALENDAR.fullmatch(text.strip())
        if match is None:
            raise InputError(f"time {text!r}: {_EXPECTED}")
        zone = (match[8] or "Z").upper()
        if scale != "UTC" and zone != "Z":
            raise InputError(f"time {text!r}: an offset from UTC makes no sense on the {scale} clock")
        minute, second = _minute_of(match, zone, text), float(match[7] or 0.0)
        if second >= 61.0:
            raise InputError(f"time {text!r}: {_EXPECTED}")
        if not FIRST_YEAR <= minute.year <= LAST_YEAR:
            raise InputError(f"time {text!r}: expected a year from {FIRST_YEAR} to {LAST_YEAR}")
        if second >= 60.0 and not (scale == "UTC" and _is_leap_minute(minute)):
            raise InputError(f"time {text!r}: that minute has no second 60")
        with _quiet():
            parts = erfa.dtf2d(
                b"UTC" if scale == "UTC" else b"TAI", minute.year, minute.month, minute.day, minute.hour,
                minute.minute, second,
            )  # fmt: skip
        return _from_parts(float(parts[0]), float(parts[1]), scale)

    @staticmethod
    def from_jd(jd1: float, jd2: float) -> "Epoch":
        """The instant of a two-part UTC Julian date, however it is split."""
        midnight = np.floor(jd1 - 0.5) + 0.5
        rest = (jd1 - midnight) + jd2
        whole = np.floor(rest)
        return Epoch(float(midnight + whole), float(rest - whole))

    @staticmethod
    def from_tai(tai1: float, tai2: float) -> "Epoch":
        """The instant of a two-part TAI Julian date."""
        with _quiet():
            return Epoch.from_jd(*(float(x) for x in erfa.taiutc(tai1, tai2)))

    @staticmethod
    def from_ut1(ut1: "Epoch", ut1_minus_utc: float) -> "Epoch":
        """The instant at which UT1 shows what ``ut1`` says, given UT1-UTC [s]."""
        with _quiet():
            return Epoch.from_jd(*(float(x) for x in erfa.ut1utc(ut1.jd1, ut1.jd2, ut1_minus_utc)))

    def to_iso(self, digits: int = 3) -> str:
        """ISO 8601 in UTC, ``digits`` decimals of the second, ending in ``Z``."""
        with _quiet():
            year, month, day, clock = erfa.d2dtf(b"UTC", digits, self.jd1, self.jd2)
        hour, minute, second, fraction = (int(clock[name]) for name in ("h", "m", "s", "f"))
        tail = f".{fraction:0{digits}d}" if digits else ""
        return f"{int(year):04d}-{int(month):02d}-{int(day):02d}T{hour:02d}:{minute:02d}:{second:02d}{tail}Z"

    def stamps(self, seconds: np.ndarray, digits: int = 6) -> list[str]:
        """ISO 8601 in UTC without ``Z`` of many instants, given in SI seconds (n,) after this one."""
        seconds = np.asarray(seconds, float)
        if not len(seconds):
            return []
        tai1, tai2 = self.tai()
        days = np.floor(seconds / DAY)
        with _quiet():
            utc = erfa.taiutc(tai1 + days, tai2 + (seconds - days * DAY) / DAY)
            year, month, day, clock = erfa.d2dtf(b"UTC", digits, *utc)
        parts = zip(year, month, day, *(clock[name] for name in ("h", "m", "s", "f")), strict=True)
        tail = f".%0{digits}d" if digits else "%.0s"
        return [("%04d-%02d-%02dT%02d:%02d:%02d" + tail) % row for row in parts]

    def plus(self, seconds: float | int) -> "Epoch":
        """The instant ``seconds`` of SI time later."""
        tai1, tai2 = self.tai()
        days = np.floor(seconds / DAY)
        return Epoch.from_tai(tai1 + float(days), tai2 + float((seconds - days * DAY) / DAY))

    def since(self, other: "Epoch") -> float:
        """SI seconds from ``other`` to this instant, leap seconds counted."""
        a1, a2 = self.tai()
        b1, b2 = other.tai()
        return ((a1 - b1) + (a2 - b2)) * DAY

    def __sub__(self, other: "Epoch") -> float:
        """``a - b`` is ``a.since(b)``: SI seconds."""
        return self.since(other)

    def tai(self) -> tuple[float, float]:
        """Two-part Julian date in TAI."""
        with _quiet():
            a, b = erfa.utctai(self.jd1, self.jd2)
        return float(a), float(b)

    def tt(self) -> tuple[float, float]:
        """Two-part Julian date in Terrestrial Time."""
        a, b = erfa.taitt(*self.tai())
        return float(a), float(b)

    def ut1(self, ut1_minus_utc: float) -> tuple[float, float]:
        """Two-part Julian date in UT1, given UT1-UTC [s] (see ``earth.eop``)."""
        with _quiet():
            a, b = erfa.utcut1(self.jd1, self.jd2, ut1_minus_utc)
        return float(a), float(b)

    def mjd(self) -> float:
        """Modified Julian date in UTC [days]: for looking up daily tables, good to a microsecond."""
        return (self.jd1 - MJD_ZERO) + self.jd2

    def tai_minus_utc(self) -> float:
        """Leap seconds so far [s]."""
        with _quiet():
            year, month, day, fraction = erfa.jd2cal(self.jd1, self.jd2)
            return float(erfa.dat(year, month, day, fraction))


def _minute_of(match: re.Match[str], zone: str, text: str) -> datetime.datetime:
    """The minute of UTC (or of another clock) in which a date lies.

    An offset counts in whole minutes of civil time, so that seconds, the 61st too, stay what they are.
    """
    year, month, day, day_of_year, hour, minute = match.groups()[:6]
    try:
        if day_of_year:
            first = datetime.datetime(int(year), 1, 1)
            date = first + datetime.timedelta(days=int(day_of_year) - 1)
            if date.year != first.year:
                raise InputError(f"time {text!r}: {year} has no day {day_of_year}")
        else:
            date = datetime.datetime(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        raise InputError(f"time {text!r}: no such date in the calendar") from None
    if int(hour) > 23 or int(minute) > 59:
        raise InputError(f"time {text!r}: {_EXPECTED}")
    ahead = datetime.timedelta()
    if zone != "Z":
        hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
        if hours * 60 + minutes > LONGEST_OFFSET * 60 or minutes > 59:
            raise InputError(f"time {text!r}: expected an offset from UTC within {LONGEST_OFFSET} hours")
        ahead = datetime.timedelta(minutes=(hours * 60 + minutes) * (-1 if zone[0] == "-" else 1))
    try:
        return date + datetime.timedelta(hours=int(hour), minutes=int(minute)) - ahead
    except OverflowError:
        raise InputError(f"time {text!r}: expected a year from {FIRST_YEAR} to {LAST_YEAR}") from None


def _is_leap_minute(minute: datetime.datetime) -> bool:
    """Whether this minute of UTC is the last of a day that has 86,401 s."""
    if (minute.hour, minute.minute) != (23, 59):
        return False
    after = minute + datetime.timedelta(minutes=1)
    with _quiet():
        here = erfa.dat(minute.year, minute.month, minute.day, 0.0)
        return float(erfa.dat(after.year, after.month, after.day, 0.0) - here) > 0.5


def _from_parts(jd1: float, jd2: float, scale: str) -> Epoch:
    """From the clock of ``scale`` to UTC."""
    match scale:
        case "UTC" | "UT1":
            return Epoch.from_jd(jd1, jd2)
        case "TAI":
            return Epoch.from_tai(jd1, jd2)
        case "GPS":
            return Epoch.from_tai(jd1, jd2 + GPS_BEHIND_TAI / DAY)
        case "TT":
            return Epoch.from_tai(*(float(x) for x in erfa.tttai(jd1, jd2)))
        case "TDB":
            # Geocentre: the topocentric terms are below 3 microseconds.
            tt = erfa.tdbtt(jd1, jd2, erfa.dtdb(jd1, jd2, 0.0, 0.0, 0.0, 0.0))
            return Epoch.from_tai(*(float(x) for x in erfa.tttai(*tt)))
    raise InputError(f"time system {scale!r}: expected one of {', '.join(SCALES)}")
