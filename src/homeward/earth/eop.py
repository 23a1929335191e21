"""Measured and predicted Earth orientation: the IERS table that astropy-iers-data ships.

The file has one line of fixed length a day, so only the lines that a mission needs are read.
Bulletin B (final) values are taken where they exist, else Bulletin A (rapid, then predicted).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import erfa
import numpy as np

from homeward.earth.time import MJD_ZERO, _quiet
from homeward.errors import InputError

ARCSECOND = np.pi / 648000.0
# Columns (from, to) of Bulletin B and of Bulletin A: ReadMe.finals2000A. Pole and UT1, then dX and dY.
_POLE_UT1 = (((134, 144), (144, 154), (154, 165)), ((18, 27), (37, 46), (58, 68)))
_OFFSETS = (((165, 175), (175, 185)), ((97, 106), (116, 125)))
_KEYS = ("ut1_utc", "xp", "yp", "dX", "dY", "lod")


@dataclass(frozen=True)
class EopTable:
    """Daily rows at 0h UTC: xp, yp [rad], UT1-TAI [s], dX, dY [rad]; and what had to be assumed."""

    mjd: np.ndarray
    rows: np.ndarray
    warnings: tuple[str, ...] = field(default=())

    def at(self, mjd: np.ndarray) -> np.ndarray:
        """Rows at any UTC date [MJD]: cubic Lagrange over the four days around it (IERS Gazette 13)."""
        x = (np.asarray(mjd, dtype=float) - self.mjd[0]) / (self.mjd[1] - self.mjd[0])
        i = np.clip(np.floor(x).astype(int), 1, len(self.mjd) - 3)
        f = (x - i)[..., None]
        return (
            -f * (f - 1) * (f - 2) / 6 * self.rows[i - 1]
            + (f + 1) * (f - 1) * (f - 2) / 2 * self.rows[i]
            - (f + 1) * f * (f - 2) / 2 * self.rows[i + 1]
            + (f + 1) * f * (f - 1) / 6 * self.rows[i + 2]
        )

    def ut1_minus_utc(self, mjd: float) -> float:
        """UT1-UTC [s] at a UTC date [MJD]."""
        return float(self.at(np.asarray(mjd))[2] + _tai_minus_utc(np.asarray([mjd]))[0])


def read_eop(first: float, last: float) -> EopTable:
    """Table from two days before MJD ``first`` to three days after ``last``.

    Before the table's first day (2 January 1973) and after its last (about a year of prediction from
    its release) the nearest row is held: ``warnings`` then says so in a sentence.
    """
    days = np.arange(np.floor(first) - 2.0, np.floor(last) + 4.0)
    start, end = _covered()
    known = _read(int(np.clip(days[0], start, end)), int(np.clip(days[-1], start, end)))
    offset = np.clip(days, start, end).astype(int) - int(np.clip(days[0], start, end))
    values = known[offset]
    notes = []
    if first < start:
        notes.append(f"Earth orientation: no IERS values before MJD {start}; the first are held")
    if last > end:
        notes.append(f"Earth orientation: no IERS prediction after MJD {end}; the last values are held")
    # UT1-TAI runs on through a leap second, UT1-UTC jumps there: interpolate the former.
    values[:, 2] -= _tai_minus_utc(days)
    return EopTable(days, values, tuple(notes))


def constant_eop(first: float, last: float, given: Mapping[str, float]) -> EopTable:
    """Table from explicit values, which hold at MJD ``first``.

    Keys, all optional and zero by default: ``ut1_utc`` [s], ``xp``, ``yp``, ``dX``, ``dY`` [rad],
    ``lod`` [s per day]. Raises ``InputError`` on any other key.
    """
    unknown = sorted(set(given) - set(_KEYS))
    if unknown:
        raise InputError(f"Earth orientation: {unknown[0]}: expected one of {', '.join(_KEYS)}")
    v = {key: float(given.get(key, 0.0)) for key in _KEYS}
    days = np.arange(np.floor(first) - 2.0, np.floor(last) + 4.0)
    ut1_tai = v["ut1_utc"] - _tai_minus_utc(np.asarray([first]))[0] - v["lod"] * (days - first)
    ones = np.ones_like(days)
    rows = np.stack([v["xp"] * ones, v["yp"] * ones, ut1_tai, v["dX"] * ones, v["dY"] * ones], axis=1)
    return EopTable(days, rows)


def _tai_minus_utc(mjd: np.ndarray) -> np.ndarray:
    """Leap seconds [s] at UTC dates [MJD]."""
    with _quiet():
        year, month, day, fraction = erfa.jd2cal(MJD_ZERO, mjd)
        return np.asarray(erfa.dat(year, month, day, fraction), dtype=float)


def _file() -> Path:
    """Where the table lies, found without importing the package that ships it."""
    spec = find_spec("astropy_iers_data")
    if spec is None or spec.origin is None:
        raise InputError("Earth orientation: the package astropy-iers-data is not installed")
    return Path(spec.origin).parent / "data" / "finals2000A.all"


def _number(line: str, columns: tuple[int, int]) -> float | None:
    text = line[columns[0] : columns[1]].strip()
    return float(text) if text else None


@lru_cache(maxsize=1)
def _covered() -> tuple[int, int]:
    """First and last day [MJD] that have a value of UT1."""
    with _file().open("rb") as stream:
        width = len(stream.readline())
        stream.seek(0)
        first = int(float(stream.read(width)[7:15]))
        low, high = 0, stream.seek(0, 2) // width - 1
        while low < high:  # the filled lines come first: bisect for the last of them
            middle = (low + high + 1) // 2
            stream.seek(middle * width)
            filled = stream.read(width)[58:68].strip() != b""
            low, high = (middle, high) if filled else (low, middle - 1)
    return first, first + low


def _read(first: int, last: int) -> np.ndarray:
    """Rows xp, yp [rad], UT1-UTC [s], dX, dY [rad] of the days ``first`` to ``last`` [MJD]."""
    start, _ = _covered()
    with _file().open("rb") as stream:
        width = len(stream.readline())
        # A prediction has no dX, dY for its last months: the last measured ones stand in.
        stream.seek((first - start) * width)
        text = stream.read((last - first + 1) * width).decode("ascii")
        lines = [text[i : i + width] for i in range(0, len(text), width)]
        if int(float(lines[0][7:15])) != first:
            raise InputError(f"Earth orientation: {_file().name}: expected one line a day")
        offsets, day = None, first
        while offsets is None and day >= start:
            stream.seek((day - start) * width)
            offsets = _pick(stream.read(width).decode("ascii"), _OFFSETS)
            day -= 1
    rows = np.zeros((len(lines), 5))
    for row, line in zip(rows, lines, strict=True):
        pole = _pick(line, _POLE_UT1)
        assert pole is not None  # _covered ends at the last filled line
        offsets = _pick(line, _OFFSETS) or offsets or (0.0, 0.0)
        row[:] = (
            pole[0] * ARCSECOND,
            pole[1] * ARCSECOND,
            pole[2],
            offsets[0] * 1e-3 * ARCSECOND,
            offsets[1] * 1e-3 * ARCSECOND,
        )
    return rows


def _pick(line: str, choices: tuple) -> tuple[float, ...] | None:
    """The first set of columns that is wholly filled."""
    for columns in choices:
        values = tuple(_number(line, c) for c in columns)
        if all(v is not None for v in values):
            return values  # type: ignore[return-value]
    return None
