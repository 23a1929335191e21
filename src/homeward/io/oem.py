"""Orbit Ephemeris Messages (CCSDS 502.0-B-3, chapter 5): a trajectory as a table, read and written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from homeward.earth.frames import frame_kind, to_gcrf
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.ccsds import (
    Line,
    check_version,
    is_comment,
    read_lines,
    require,
    without_comments,
    write_lines,
)

VERSIONS = ("1.0", "2.0", "3.0")
HEADER = ("CREATION_DATE", "ORIGINATOR")
HEADER_MORE = ("CLASSIFICATION", "MESSAGE_ID")
META = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME")
META_MORE = (
    "REF_FRAME_EPOCH", "USEABLE_START_TIME", "USEABLE_STOP_TIME", "INTERPOLATION", "INTERPOLATION_DEGREE",
)  # fmt: skip
EPOCH_SLACK = 1.0  # s by which the lines may miss START_TIME and STOP_TIME: some writers round these
_COVARIANCE_KEYS = ("EPOCH", "COV_REF_FRAME")


@dataclass(frozen=True)
class Segment:
    """One segment: states in its own frame, SI units, ``t`` [s] since its first line (n,), (n, 3), (n, 3)."""

    file: str
    object_name: str
    object_id: str
    centre: str
    frame: str
    time_system: str
    epoch: Epoch
    t: np.ndarray
    r: np.ndarray
    v: np.ndarray
    comments: tuple[str, ...]

    def in_gcrf(self, eop: Mapping[str, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Positions [m] and velocities [m/s] in I (GCRF); raises ``InputError`` unless about the Earth."""
        if self.centre.upper() != "EARTH":
            raise InputError(f"{self.file}: CENTER_NAME {self.centre!r}: expected EARTH")
        return to_gcrf(self.frame, [self.epoch.plus(float(s)) for s in self.t], self.r, self.v, eop)


@dataclass(frozen=True)
class Oem:
    """A whole message."""

    file: str
    version: str
    originator: str
    created: str
    segments: tuple[Segment, ...]


def read_oem(path: str | Path, complete: bool = True) -> Oem:
    """Read a message in keyword-value notation or in XML.

    ``complete`` refuses a segment whose lines do not reach from its START_TIME to its STOP_TIME, which
    is what a file cut short looks like; the abridged examples of the standard need ``False``. Raises
    ``InputError`` with file and line for anything missing, misspelt, not finite or running backwards.
    """
    lines = read_lines(path, "oem")
    name = str(path)
    version = check_version(name, list(without_comments(lines)), "CCSDS_OEM_VERS", VERSIONS)
    header: dict[str, str] = {}
    i = lines.index(next(without_comments(lines))) + 1
    while i < len(lines) and lines[i].text != "META_START":
        if not is_comment(lines[i]):
            lines[i].store(header, HEADER + HEADER_MORE)
        i += 1
    require(header, HEADER, name, "header")
    segments = []
    while i < len(lines):
        segment, i = _segment(lines, i, complete)
        segments.append(segment)
    if not segments:
        raise InputError(f"{name}: no META_START: the message is cut short or holds no segment")
    return Oem(name, version, header["ORIGINATOR"], header["CREATION_DATE"], tuple(segments))


def write_oem(
    path: str | Path,
    object_name: str,
    epoch: Epoch,
    times: Sequence[float] | np.ndarray,
    r: np.ndarray,
    v: np.ndarray,
    frame: str = "GCRF",
    object_id: str = "UNKNOWN",
    originator: str = "HOMEWARD",
    created: str | None = None,
    comments: Sequence[str] = (),
    form: str = "kvn",
) -> None:
    """Write states ``r`` [m], ``v`` [m/s] (n, 3) at ``times`` [s since ``epoch``] as one segment in UTC.

    ``created`` is the creation date; it defaults to the epoch, so that equal flights give equal files.
    ``form`` is ``kvn`` or ``xml``.
    Raises ``ValueError`` for values that are not finite or times that do not increase.
    """
    t = np.asarray(times, dtype=float)
    states = np.concatenate([np.asarray(r, dtype=float), np.asarray(v, dtype=float)], axis=1) / 1e3
    if not np.all(np.isfinite(states)) or not np.all(np.diff(t) > 0.0) or len(t) == 0:
        raise ValueError("write_oem: expected finite states at increasing times")
    kind = frame_kind(frame)
    dates = [epoch.plus(float(s)).to_iso(6).removesuffix("Z") for s in t]
    out = [
        "CCSDS_OEM_VERS = 2.0",
        f"CREATION_DATE = {created or epoch.to_iso(0).removesuffix('Z')}",
        f"ORIGINATOR = {originator}",
        "",
        "META_START",
        f"OBJECT_NAME = {object_name}",
        f"OBJECT_ID = {object_id}",
        "CENTER_NAME = EARTH",
        f"REF_FRAME = {frame if kind == 'ITRF' else kind}",
        "TIME_SYSTEM = UTC",
        f"START_TIME = {dates[0]}",
        f"STOP_TIME = {dates[-1]}",
        "META_STOP",
        "",
        *(f"COMMENT {text}" for text in comments),
    ]
    for date, row in zip(dates, states, strict=True):
        position = " ".join(f"{x:.9f}" for x in row[:3])
        velocity = " ".join(f"{x:.12f}" for x in row[3:])
        out.append(f"{date} {position} {velocity}")
    write_lines(path, out, form)


def _segment(lines: list[Line], i: int, complete: bool) -> tuple[Segment, int]:
    """One segment from its META_START on, and the index of the line after it."""
    start = lines[i]
    meta: dict[str, str] = {}
    i += 1
    while i < len(lines) and lines[i].text != "META_STOP":
        if not is_comment(lines[i]):
            lines[i].store(meta, META + META_MORE)
        i += 1
    if i == len(lines):
        start.fail("META_START without META_STOP: the message is cut short")
    stop = lines[i]
    for key in META:
        if not meta.get(key):
            stop.fail(f"{key} is missing in this segment")
    system = stop.time_system(meta["TIME_SYSTEM"])
    try:
        frame_kind(meta["REF_FRAME"])
    except InputError as error:
        stop.fail(f"REF_FRAME: {error}")
    first, last = _promised(stop, meta, system)
    epochs: list[Epoch] = []
    t: list[float] = []
    rows: list[list[float]] = []
    comments: list[str] = []
    previous: list[str] = []
    i += 1
    while i < len(lines) and lines[i].text not in ("META_START", "COVARIANCE_START"):
        line = lines[i]
        i += 1
        if is_comment(line):
            comments.append(line.text[8:])
            continue
        fields = line.text.split()
        if fields == previous:
            continue  # a line repeated word for word says nothing new
        previous = fields
        if len(fields) not in (7, 10):
            line.fail(f"expected a date and 6 or 9 numbers, got {len(fields)} fields")
        epochs.append(line.epoch("date", fields[0], system))
        t.append(epochs[-1] - epochs[0])
        if len(t) > 1 and t[-1] <= t[-2]:
            line.fail("time runs backwards: expected a later date than on the line before")
        values = [line.number_of(f"number {k}", text) for k, text in enumerate(fields[1:], start=1)]
        rows.append(values[:6])
    if not rows:
        stop.fail("no ephemeris line follows: the message is cut short")
    if complete and (epochs[0] - first > EPOCH_SLACK or last - epochs[-1] > EPOCH_SLACK):
        lines[i - 1].fail(
            f"the lines run from {epochs[0].to_iso()} to {epochs[-1].to_iso()}, but the metadata promise "
            f"{first.to_iso()} to {last.to_iso()}: the message is cut short"
        )
    while i < len(lines) and lines[i].text == "COVARIANCE_START":
        i = _skip_covariance(lines, i)
    if i < len(lines) and lines[i].text != "META_START":
        lines[i].fail(f"expected META_START or the end of the file, got {lines[i].text[:40]!r}")
    states = np.asarray(rows) * 1e3
    return (
        Segment(
            start.file, meta["OBJECT_NAME"], meta["OBJECT_ID"], meta["CENTER_NAME"], meta["REF_FRAME"],
            system, epochs[0], np.asarray(t), states[:, :3], states[:, 3:], tuple(comments),
        ),
        i,
    )  # fmt: skip


def _promised(stop: Line, meta: dict[str, str], system: str) -> tuple[Epoch, Epoch]:
    """First and last instant that the lines of a segment have to reach.

    START_TIME and STOP_TIME may lie outside USEABLE_START_TIME and USEABLE_STOP_TIME (CCSDS 502.0-B-3, table
    5-3); a writer that leaves out what is not to be used keeps the second promise, and that is enough.
    """
    first, last = (stop.epoch(key, meta[key], system) for key in ("START_TIME", "STOP_TIME"))
    if last.since(first) < 0.0:
        stop.fail("STOP_TIME lies before START_TIME")
    for key in ("USEABLE_START_TIME", "USEABLE_STOP_TIME"):
        if meta.get(key):
            useable = stop.epoch(key, meta[key], system)
            if useable.since(first) > 0.0 and last.since(useable) > 0.0:
                first, last = (useable, last) if key == "USEABLE_START_TIME" else (first, useable)
    return first, last


def _skip_covariance(lines: list[Line], i: int) -> int:
    """Past a covariance block, which is checked for form and not used."""
    start = lines[i]
    for k in range(i + 1, len(lines)):
        line = lines[k]
        if line.text == "COVARIANCE_STOP":
            return k + 1
        if is_comment(line):
            continue
        if re.match(r"[A-Z]", line.text):
            key, _ = line.pair()
            if key not in _COVARIANCE_KEYS:
                line.fail(f"unknown keyword {key[:30]}; expected one of {', '.join(_COVARIANCE_KEYS)}")
        else:
            for text in line.text.split():
                line.number_of("covariance", text)
    start.fail("COVARIANCE_START without COVARIANCE_STOP: the message is cut short")
