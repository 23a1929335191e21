"""Instants: a UTC two-part Julian date with leap seconds, read from and written to ISO 8601.

Inside a flight, time is seconds since the scenario's epoch; only at the edges does it become a date.
"""

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

_CALENDAR = re.compile(
    r"(\d{4})-(?:(\d{2})-(\d{2})|(\d{3}))[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d*)?))?(Z|[+-]\d{2}:\d{2})?"
)
_EXPECTED = "expected a date such as 2023-09-07T14:28:39.1Z or 2023-250T14:28:39.1"


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
    over 86,401 s. Valid from 1960, when UTC begins, to 2200.
    """

    jd1: float
    jd2: float

    @staticmethod
    def from_iso(text: str, scale: str = "UTC") -> "Epoch":
        """The instant named by an ISO 8601 date: calendar or day of year, with or without ``Z``.

        ``scale`` says what clock the text shows (one of ``SCALES`` except UT1, which needs a
        measured difference: see ``from_ut1``). Raises ``InputError`` when the text is no date.
        """
        match = _CALENDAR.fullmatch(text.strip())
        if match is None:
            raise InputError(f"time {text!r}: {_EXPECTED}")
        year, month, day, day_of_year, hour, minute, second, zone = match.groups()
        if scale != "UTC" and zone not in (None, "Z"):
            raise InputError(f"time {text!r}: an offset from UTC makes no sense on the {scale} clock")
        if not 1960 <= int(year) <= 2200:
            raise InputError(f"time {text!r}: expected a year from 1960 to 2200")
        try:
            with _quiet():
                if day_of_year:
                    jd1, jd2 = erfa.cal2jd(int(year), 1, 1)
                    y, m, d, _ = (int(x) for x in erfa.jd2cal(jd1, jd2 + int(day_of_year) - 1))
                    if y != int(year) or int(day_of_year) < 1:
                        raise InputError(f"time {text!r}: {year} has no day {day_of_year}")
                else:
                    y, m, d = int(year), int(month), int(day)
                if int(hour) > 23 or int(minute) > 59 or float(second or 0) >= 61.0:
                    raise InputError(f"time {text!r}: {_EXPECTED}")
                name = b"UTC" if scale == "UTC" else b"TAI"
                parts = erfa.dtf2d(name, y, m, d, int(hour), int(minute), float(second or 0.0))
                if float(second or 0.0) >= 60.0 and not _is_leap_minute(scale, y, m, d, hour, minute):
                    raise InputError(f"time {text!r}: that minute has no second 60")
        except erfa.ErfaError:
            raise InputError(f"time {text!r}: no such date in the calendar") from None
        epoch = _from_parts(float(parts[0]), float(parts[1]), scale)
        if zone and zone != "Z":
            sign = -1.0 if zone[0] == "+" else 1.0
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            if hours > 14 or minutes > 59:
                raise InputError(f"time {text!r}: expected an offset from UTC within 14 hours")
            epoch = epoch.plus(sign * (hours * 3600.0 + minutes * 60.0))
        return epoch

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


def _is_leap_minute(scale: str, y: int, m: int, d: int, hour: str, minute: str) -> bool:
    """Whether this minute of UTC is the last of a day that has 86,401 s."""
    if scale != "UTC" or (hour, minute) != ("23", "59"):
        return False
    jd1, jd2 = erfa.cal2jd(y, m, d)
    ny, nm, nd, _ = erfa.jd2cal(jd1, jd2 + 1.0)
    return float(erfa.dat(ny, nm, nd, 0.0) - erfa.dat(y, m, d, 0.0)) > 0.5


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
