"""Orbit Parameter Messages (CCSDS 502.0-B-3, chapter 3): one state of one object."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from homeward.earth.frames import frame_kind, to_gcrf
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.ccsds import Line, check_version, read_lines, without_comments, write_lines

VERSIONS = ("1.0", "2.0", "3.0")
_TEXT = (
    "CREATION_DATE", "ORIGINATOR", "OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM",
    "EPOCH",
)  # fmt: skip
_TEXT_MORE = ("CLASSIFICATION", "MESSAGE_ID", "REF_FRAME_EPOCH", "COV_REF_FRAME", "MAN_EPOCH_IGNITION")
_STATE = {"X": "km", "Y": "km", "Z": "km", "X_DOT": "km/s", "Y_DOT": "km/s", "Z_DOT": "km/s"}
_BODY = {"MASS": "kg", "SOLAR_RAD_AREA": "m**2", "SOLAR_RAD_COEFF": "", "DRAG_AREA": "m**2", "DRAG_COEFF": ""}
_UNUSED = (
    "SEMI_MAJOR_AXIS", "ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "TRUE_ANOMALY",
    "MEAN_ANOMALY", "GM", "MAN_DURATION", "MAN_DELTA_MASS", "MAN_DV_1", "MAN_DV_2", "MAN_DV_3",
)  # fmt: skip
_AXES = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_COVARIANCE = tuple(f"C{a}_{b}" for i, a in enumerate(_AXES) for b in _AXES[: i + 1])


@dataclass(frozen=True)
class Opm:
    """A state in its own frame, SI units: ``r`` [m], ``v`` [m/s] (3,), and what is known of the body."""

    file: str
    object_name: str
    object_id: str
    centre: str
    frame: str
    epoch: Epoch
    r: np.ndarray
    v: np.ndarray
    mass: float | None  # kg
    drag_area: float | None  # m2
    drag_coefficient: float | None
    covariance: np.ndarray | None = None  # (6, 6) in m and m/s, in the frame of the state

    def in_gcrf(self, eop: Mapping[str, float] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Position [m] and velocity [m/s] in I (GCRF); raises ``InputError`` unless about the Earth."""
        if self.centre.upper() != "EARTH":
            raise InputError(f"{self.file}: CENTER_NAME {self.centre!r}: expected EARTH")
        r, v = to_gcrf(self.frame, [self.epoch], self.r[None], self.v[None], eop)
        return r[0], v[0]


def read_opm(path: str | Path) -> Opm:
    """Read a message in keyword-value notation or in XML.

    Keplerian elements and manoeuvres are checked for form and not used, nor is a covariance in axes of its
    own. Raises ``InputError`` with file and line for anything missing, misspelt, doubled or not finite.
    """
    name = str(path)
    lines = list(without_comments(read_lines(path, "opm")))
    check_version(name, lines, "CCSDS_OPM_VERS", VERSIONS)
    texts: dict[str, tuple[Line, str]] = {}
    numbers: dict[str, float] = {}
    for line in lines[1:]:
        key, value = line.pair()
        repeats = key.startswith("MAN_")
        if key.startswith("USER_DEFINED_"):
            continue
        if (key in texts or key in numbers) and not repeats:
            line.fail(f"{key} stands here a second time")
        if key in _TEXT + _TEXT_MORE or key == "MAN_REF_FRAME":
            texts[key] = line, value
        elif key in _STATE or key in _BODY:
            numbers[key] = line.number_of(key, value, (_STATE | _BODY)[key])
        elif key in _UNUSED or key in _COVARIANCE:
            numbers[key] = line.number_of(key, value)
        else:
            line.fail(f"unknown keyword {key[:30]}")
    for key in (*_TEXT, *_STATE):
        if key not in numbers and not texts.get(key, (None, ""))[1]:
            raise InputError(f"{name}: {key} is missing: the message is incomplete or cut short")
    line, system = texts["TIME_SYSTEM"]
    system = line.time_system(system)
    line, frame = texts["REF_FRAME"]
    try:
        frame_kind(frame)
    except InputError as error:
        line.fail(f"REF_FRAME: {error}")
    line, date = texts["EPOCH"]
    for key in ("MASS", "DRAG_AREA", "DRAG_COEFF"):
        if numbers.get(key, 0.0) < 0.0:
            raise InputError(f"{name}: {key}: expected a number that is not negative")
    covariance = None
    own = texts.get("COV_REF_FRAME", (line, frame))[1].upper() != frame.upper()
    if all(key in numbers for key in _COVARIANCE) and not own:
        covariance = np.zeros((6, 6))
        pairs = [(i, j) for i in range(6) for j in range(i + 1)]
        for key, (i, j) in zip(_COVARIANCE, pairs, strict=True):
            covariance[i, j] = covariance[j, i] = numbers[key] * 1e6
    return Opm(
        name,
        texts["OBJECT_NAME"][1],
        texts["OBJECT_ID"][1],
        texts["CENTER_NAME"][1],
        frame,
        line.epoch("EPOCH", date, system),
        np.asarray([numbers[k] for k in ("X", "Y", "Z")]) * 1e3,
        np.asarray([numbers[k] for k in ("X_DOT", "Y_DOT", "Z_DOT")]) * 1e3,
        numbers.get("MASS"),
        numbers.get("DRAG_AREA"),
        numbers.get("DRAG_COEFF"),
        covariance,
    )


def write_opm(
    path: str | Path, object_name: str, epoch: Epoch, r: np.ndarray, v: np.ndarray,
    covariance: np.ndarray | None = None, mass: float | None = None, area: float | None = None,
    drag_coefficient: float | None = None, object_id: str = "UNKNOWN", originator: str = "HOMEWARD",
    form: str = "kvn",
) -> None:  # fmt: skip
    """Write a state ``r`` [m], ``v`` [m/s] in GCRF, UTC; ``covariance`` (6, 6) in m and m/s, same axes.

    ``form`` is ``kvn`` or ``xml``.

    Raises ``ValueError`` for what is not finite.
    """
    state = np.concatenate([np.asarray(r, float), np.asarray(v, float)]) / 1e3
    if not np.isfinite(state).all():
        raise ValueError("write_opm: expected a finite state")
    date = epoch.to_iso(6).removesuffix("Z")
    out = [
        "CCSDS_OPM_VERS = 2.0", f"CREATION_DATE = {date}", f"ORIGINATOR = {originator}", "",
        f"OBJECT_NAME = {object_name}", f"OBJECT_ID = {object_id}", "CENTER_NAME = EARTH",
        "REF_FRAME = GCRF", "TIME_SYSTEM = UTC", "", f"EPOCH = {date}",
    ]  # fmt: skip
    out += [
        f"{key} = {value:.12f} [{unit}]" for (key, unit), value in zip(_STATE.items(), state, strict=True)
    ]
    told = {"MASS": mass, "DRAG_AREA": area, "DRAG_COEFF": drag_coefficient}
    if mass is not None:
        for key, value in told.items():
            if value is not None:
                out.append(f"{key} = {value:.9g}" + (f" [{_BODY[key]}]" if _BODY[key] else ""))
    if covariance is not None:
        km = np.asarray(covariance, float) / 1e6
        pairs = [(i, j) for i in range(6) for j in range(i + 1)]
        out += [f"{key} = {km[i, j]:.12e}" for key, (i, j) in zip(_COVARIANCE, pairs, strict=True)]
    write_lines(path, out, form)
