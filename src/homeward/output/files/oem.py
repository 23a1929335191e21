"""The trajectory as a CCSDS Orbit Ephemeris Message: GCRF, UTC, one segment for each leg.

A segment ends where a leg does, so that whoever interpolates never does so across a burn or a
parachute. Source: CCSDS 502.0-B-2, section 5.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from homeward.math.thinning import thin_rows
from homeward.output.views.return_view import History, Legs, Titled, utc_stamps


def leg_rows(
    history: History, legs: Legs, needed: tuple[str, ...] = ("r_BI_I", "v_BI_I")
) -> list[tuple[str, np.ndarray]]:
    """Name and rows of each leg, its end shared with the next one's start; times strictly rising.

    Rows in which one of the ``needed`` channels is not finite are left out.
    """
    time = np.asarray(history["time"], float)
    finite = np.isfinite(time)
    for channel in needed:
        finite &= np.isfinite(history[channel]).all(axis=1)
    if not finite.any():
        return []
    ends = [(str(leg["name"]), float(leg["start"]), float(leg["end"])) for leg in legs]
    if not ends:
        ends = [("flight", float(time[finite][0]), float(time[finite][-1]))]
    found = []
    for name, start, end in ends:
        rows = np.flatnonzero(finite & (time >= start - 1e-9) & (time <= end + 1e-9))
        if rows.size:
            rows = rows[np.concatenate([[True], np.diff(np.maximum.accumulate(time[rows])) > 1e-6])]
            found.append((name, rows))
    return found


def write_oem(
    path: Path, facts: Titled, history: History, legs: Legs, name_of_object: str | None = None
) -> None:
    """The true state of the capsule, km and km/s, to a micrometre, as ``*.oem`` in key-value notation."""
    text = "\n".join(oem_lines(facts, history, legs, name_of_object)) + "\n"
    path.write_text(text, encoding="ascii", errors="replace")


def oem_lines(facts: Titled, history: History, legs: Legs, name_of_object: str | None = None) -> list[str]:
    """The lines of that file; the object is called after the scenario unless it has a name of its own."""
    named = name_of_object or facts.name.upper() or "UNKNOWN"
    lines = ["CCSDS_OEM_VERS = 2.0", f"CREATION_DATE = {_second(facts.epoch_utc)}", "ORIGINATOR = HOMEWARD"]
    for name, rows in leg_rows(history, legs):
        stamps = utc_stamps(facts.epoch_utc, np.asarray(history["time"], float)[rows])
        states = np.concatenate([history["r_BI_I"][rows], history["v_BI_I"][rows]], axis=1) / 1e3
        lines += [
            "",
            "META_START",
            f"OBJECT_NAME = {named}",
            "OBJECT_ID = UNKNOWN",
            "CENTER_NAME = EARTH",
            "REF_FRAME = GCRF",
            "TIME_SYSTEM = UTC",
            f"START_TIME = {stamps[0]}",
            f"STOP_TIME = {stamps[-1]}",
            "META_STOP",
            f"COMMENT leg: {name}",
        ]
        form = "%s %.9f %.9f %.9f %.12f %.12f %.12f"
        lines += [form % (stamp, *state) for stamp, state in zip(stamps, states.tolist(), strict=True)]
    return lines


def _second(epoch_utc: str) -> str:
    """The epoch stands in for the day of writing: the same flight writes the same file."""
    return str(utc_stamps(epoch_utc, np.zeros(1))[0])


HEIGHTS = 50  # stretches of a path of which the lowest and the highest point stay


def geographic_path(
    history: History, rows: np.ndarray | slice, most: int = 3000
) -> tuple[np.ndarray, np.ndarray]:
    """Times [s] and longitude [deg], latitude [deg], altitude [m] of a path, shape (n, 3), thinned.

    Thinned by rows, not by time, since the record itself is denser where more happens; peaks stay.
    """
    time = np.asarray(history["time"], float)[rows]
    path = np.column_stack(
        [
            np.degrees(np.asarray(history["longitude"], float)[rows]),
            np.degrees(np.asarray(history["latitude"], float)[rows]),
            np.asarray(history["altitude"], float)[rows],
        ]
    )
    good = np.isfinite(path).all(axis=1) & np.isfinite(time)
    time, path = time[good], path[good]
    rising = np.concatenate([[True], np.diff(np.maximum.accumulate(time)) > 1e-6]) if len(time) else good[:0]
    time, path = time[rising], path[rising]
    if len(time) > most:
        even = np.round(np.linspace(0, len(time) - 1, most - 2 * HEIGHTS)).astype(int)
        keep = np.union1d(even, thin_rows([path[:, 2]], 2 * HEIGHTS))
        time, path = time[keep], path[keep]
    return time, path
