"""Attitude Ephemeris Messages (CCSDS 504.0-B-2, and 504.0-B-1): attitude as a table, read and written.

The standard's quaternion turns frame A into frame B: its vector part is the axis of that turn. Ours
(conventions: ``q_BA`` takes components in A to components in B, scalar first) has one of the other sign.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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

VERSIONS = ("1.0", "2.0")
HEADER = ("CREATION_DATE", "ORIGINATOR")
HEADER_MORE = ("CLASSIFICATION", "MESSAGE_ID")
META = (
    "OBJECT_NAME", "OBJECT_ID", "REF_FRAME_A", "REF_FRAME_B", "TIME_SYSTEM", "START_TIME", "STOP_TIME",
    "ATTITUDE_TYPE",
)  # fmt: skip
META_MORE = (
    "CENTER_NAME", "USEABLE_START_TIME", "USEABLE_STOP_TIME", "INTERPOLATION_METHOD", "INTERPOLATION_DEGREE",
    "ATTITUDE_DIR", "QUATERNION_TYPE", "EULER_ROT_SEQ", "RATE_FRAME", "ANGVEL_FRAME",
)  # fmt: skip
#: Numbers after the date, by the type of attitude.
WIDTHS = {"QUATERNION": 4, "QUATERNION/DERIVATIVE": 8, "QUATERNION/ANGVEL": 7}
UNIT_SLACK = 1e-3  # by which a quaternion's length may be off


@dataclass(frozen=True)
class AttitudeSegment:
    """Attitude of frame B against frame A at ``t`` [s since ``epoch``] (n,), rising.

    ``q_BA`` (n, 4), scalar first, takes components in A to components in B; ``omega_BA_B`` (n, 3) [rad/s] is
    B's rate against A, in B; None where the message has none.
    """

    object_name: str
    object_id: str
    frame_a: str
    frame_b: str
    epoch: Epoch
    t: np.ndarray
    q_BA: np.ndarray
    omega_BA_B: np.ndarray | None = None
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Aem:
    """A whole message."""

    file: str
    version: str
    originator: str
    segments: tuple[AttitudeSegment, ...]


def read_aem(path: str | Path) -> Aem:
    """Read a message of quaternions, with or without derivatives or angular velocities, in keywords or XML.

    Derivatives are checked for form and not used. Raises ``InputError`` with file and line for anything
    missing, misspelt, not finite, not of length one or running backwards, and for attitude in Euler angles or
    by a spin.
    """
    lines, name = read_lines(path, "aem"), str(path)
    version = check_version(name, list(without_comments(lines)), "CCSDS_AEM_VERS", VERSIONS)
    header: dict[str, str] = {}
    i = lines.index(next(without_comments(lines))) + 1
    while i < len(lines) and lines[i].text != "META_START":
        if not is_comment(lines[i]):
            lines[i].store(header, HEADER + HEADER_MORE)
        i += 1
    require(header, HEADER, name, "header")
    segments: list[AttitudeSegment] = []
    while i < len(lines):
        segment, i = _segment(lines, i, version)
        segments.append(segment)
    if not segments:
        raise InputError(f"{name}: no META_START: the message is cut short or holds no segment")
    return Aem(name, version, header["ORIGINATOR"], tuple(segments))


def write_aem(
    path: str | Path, segments: Sequence[AttitudeSegment], originator: str = "HOMEWARD",
    created: str | None = None, form: str = "kvn",
) -> None:  # fmt: skip
    """Write segments as version 2.0 in UTC, rates in deg/s in frame B; ``form`` is ``kvn`` or ``xml``.

    ``created`` is the creation date; it defaults to the first epoch, so that equal flights give equal files.
    Raises ``ValueError`` for no segment, no rows, values that are not finite or times that do not increase.
    """
    if not segments:
        raise ValueError("write_aem: expected segments")
    out = [
        "CCSDS_AEM_VERS = 2.0",
        f"CREATION_DATE = {created or segments[0].epoch.to_iso(0).removesuffix('Z')}",
        f"ORIGINATOR = {originator}",
    ]
    for s in segments:
        q = np.asarray(s.q_BA, float)
        rates = None if s.omega_BA_B is None else np.degrees(np.asarray(s.omega_BA_B, float))
        table = q if rates is None else np.concatenate([q, rates], axis=1)
        if not len(s.t) or not np.isfinite(table).all() or not np.all(np.diff(s.t) > 0.0):
            raise ValueError("write_aem: expected finite attitudes at increasing times")
        dates = s.epoch.stamps(s.t)
        out += [
            "", "META_START", f"OBJECT_NAME = {s.object_name}", f"OBJECT_ID = {s.object_id}",
            f"REF_FRAME_A = {s.frame_a}", f"REF_FRAME_B = {s.frame_b}",
            "TIME_SYSTEM = UTC", f"START_TIME = {dates[0]}", f"STOP_TIME = {dates[-1]}",
            f"ATTITUDE_TYPE = {'QUATERNION' if rates is None else 'QUATERNION/ANGVEL'}",
        ]  # fmt: skip
        out += [] if rates is None else [f"ANGVEL_FRAME = {s.frame_b}"]
        out += ["META_STOP", "", "DATA_START", *(f"COMMENT {text}" for text in s.comments)]
        turned = np.concatenate([-table[:, 1:4], table[:, :1], table[:, 4:]], axis=1)
        form_of_row = "%s %.12f %.12f %.12f %.12f" + (" %.10f" * 3 if rates is not None else "")
        out += [form_of_row % (date, *row) for date, row in zip(dates, turned.tolist(), strict=True)]
        out.append("DATA_STOP")
    write_lines(path, out, form)


def _segment(lines: list[Line], i: int, version: str) -> tuple[AttitudeSegment, int]:
    """One segment from its META_START on, and the index of the line after it."""
    start, meta = lines[i], {}
    if start.text != "META_START":
        start.fail(f"expected META_START, got {start.text[:40]!r}")
    i += 1
    while i < len(lines) and lines[i].text != "META_STOP":
        if not is_comment(lines[i]):
            lines[i].store(meta, META + META_MORE)
        i += 1
    if i == len(lines):
        start.fail("META_START without META_STOP: the message is cut short")
    stop = lines[i]
    kind, inverse, first, rates_in_a = _layout(stop, meta, version)
    system = stop.time_system(meta["TIME_SYSTEM"])
    i += 1
    while i < len(lines) and is_comment(lines[i]):
        i += 1
    if i == len(lines) or lines[i].text != "DATA_START":
        stop.fail("expected DATA_START after META_STOP")
    i += 1
    epochs: list[Epoch] = []
    t: list[float] = []
    rows: list[list[float]] = []
    comments: list[str] = []
    while i < len(lines) and lines[i].text != "DATA_STOP":
        line = lines[i]
        i += 1
        if is_comment(line):
            comments.append(line.text[8:])
            continue
        fields = line.text.split()
        if len(fields) != 1 + WIDTHS[kind]:
            line.fail(f"expected a date and {WIDTHS[kind]} numbers, got {len(fields)} fields")
        epochs.append(line.epoch("date", fields[0], system))
        t.append(epochs[-1] - epochs[0])
        if len(t) > 1 and t[-1] <= t[-2]:
            line.fail("time runs backwards: expected a later date than on the line before")
        row = [line.number_of(f"number {k}", text) for k, text in enumerate(fields[1:], start=1)]
        if abs(float(np.linalg.norm(row[:4])) - 1.0) > UNIT_SLACK:
            line.fail("expected a quaternion of length one")
        rows.append(row)
    if i == len(lines):
        start.fail("DATA_START without DATA_STOP: the message is cut short")
    if not rows:
        stop.fail("no attitude follows: the message is cut short")
    table = np.asarray(rows)
    q = table[:, :4] if first else np.roll(table[:, :4], 1, axis=1)
    q = q / np.linalg.norm(q, axis=1, keepdims=True)
    q_BA = q if inverse else q * np.array([1.0, -1.0, -1.0, -1.0])
    omega = np.radians(table[:, 4:]) if kind == "QUATERNION/ANGVEL" else None
    if omega is not None and rates_in_a:
        omega = _rotated(q_BA, omega)
    return (
        AttitudeSegment(
            meta["OBJECT_NAME"], meta["OBJECT_ID"], meta["REF_FRAME_A"], meta["REF_FRAME_B"], epochs[0],
            np.asarray(t), q_BA, omega, tuple(comments),
        ),
        i + 1,
    )  # fmt: skip


def _layout(stop: Line, meta: dict[str, str], version: str) -> tuple[str, bool, bool, bool]:
    """Type of attitude; whether it is given from B to A, scalar first, and with its rates in A."""
    for key in META:
        if not meta.get(key):
            stop.fail(f"{key} is missing in this segment")
    kind = meta["ATTITUDE_TYPE"].upper()
    if kind not in WIDTHS:
        stop.fail(f"ATTITUDE_TYPE {kind[:40]!r}: expected {', '.join(WIDTHS)}")
    if version == "2.0":
        frame = meta.get("ANGVEL_FRAME", "REF_FRAME_B")
        names = {"REF_FRAME_A": True, "REF_FRAME_B": False, meta["REF_FRAME_A"]: True}
        names |= {meta["REF_FRAME_B"]: False}
        if frame not in names:
            stop.fail(f"ANGVEL_FRAME {frame[:40]!r}: expected REF_FRAME_A or REF_FRAME_B")
        return kind, False, False, names[frame]
    turn, order = meta.get("ATTITUDE_DIR", "").upper(), meta.get("QUATERNION_TYPE", "LAST").upper()
    if turn not in ("A2B", "B2A"):
        stop.fail(f"ATTITUDE_DIR: expected A2B or B2A, got {turn[:20]!r}")
    if order not in ("FIRST", "LAST"):
        stop.fail(f"QUATERNION_TYPE: expected FIRST or LAST, got {order[:20]!r}")
    return kind, turn == "B2A", order == "FIRST", False


def _rotated(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """``vec(q (0, v) q*)`` row by row."""
    w, u = q[:, :1], q[:, 1:]
    twice = 2.0 * np.cross(u, v)
    return v + w * twice + np.cross(u, twice)
