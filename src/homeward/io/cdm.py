"""Conjunction Data Messages (CCSDS 508.0-B-1): the closest approach of two objects, read and written.

R points away from the Earth's centre, N along the orbit's normal, T completes them (forward). Relative
position and velocity are of object 2 less object 1, along the axes of object 1; velocities are inertial.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from homeward.earth.frames import frame_kind
from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.io.ccsds import Line, check_version, is_comment, read_lines, write_lines

VERSIONS = ("1.0",)
AXES = ("R", "T", "N", "RDOT", "TDOT", "NDOT")
_COVARIANCE = tuple((f"C{a}_{b}", i, j) for i, a in enumerate(AXES) for j, b in enumerate(AXES[: i + 1]))
_STATE = (("X", "km"), ("Y", "km"), ("Z", "km"), ("X_DOT", "km/s"), ("Y_DOT", "km/s"), ("Z_DOT", "km/s"))
_RELATIVE = tuple(
    (f"RELATIVE_{what}_{a}", unit)
    for what, unit in (("POSITION", "m"), ("VELOCITY", "m/s"))
    for a in AXES[:3]
)
_META = (
    "OBJECT_DESIGNATOR", "CATALOG_NAME", "OBJECT_NAME", "INTERNATIONAL_DESIGNATOR", "EPHEMERIS_NAME",
    "COVARIANCE_METHOD", "MANEUVERABLE", "REF_FRAME",
)  # fmt: skip


@dataclass(frozen=True)
class ConjunctionObject:
    """One object at the closest approach: state in its frame, SI units, and covariance (6, 6) in R, T, N."""

    name: str
    designator: str
    frame: str
    r: np.ndarray
    v: np.ndarray
    covariance: np.ndarray
    manoeuvrable: bool = False
    meta: Mapping[str, str] = field(default_factory=dict)
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cdm:
    """A whole message: time, distance [m], speed [m/s].

    ``relative`` (6,) is position [m] and velocity [m/s] of object 2 less object 1 in R, T, N of object 1.
    """

    file: str
    message_id: str
    originator: str
    tca: Epoch
    miss: float
    speed: float
    relative: np.ndarray
    objects: tuple[ConjunctionObject, ConjunctionObject]


def rtn_axes(r: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Rows: R, T, N of a state, as unit vectors of its frame."""
    radial = r / np.linalg.norm(r)
    normal = np.cross(r, v)
    normal /= np.linalg.norm(normal)
    return np.stack([radial, np.cross(normal, radial), normal])


def read_cdm(path: str | Path) -> Cdm:
    """Read a message in keywords or XML.

    What stands beside states and covariances is kept as text. Raises ``InputError`` with file and line for
    anything mandatory that is missing, doubled, of another unit or not finite.
    """
    lines, name = [line for line in read_lines(path, "cdm") if not is_comment(line)], str(path)
    check_version(name, lines, "CCSDS_CDM_VERS", VERSIONS)
    parts: list[dict[str, tuple[Line, str]]] = [{}]
    for line in lines[1:]:
        key, value = line.pair()
        if key == "OBJECT":
            wanted = f"OBJECT{len(parts)}"
            if value.upper() != wanted or len(parts) > 2:
                line.fail(f"OBJECT: expected OBJECT1, then OBJECT2, got {value[:20]!r}")
            parts.append({})
            continue
        if key in parts[-1]:
            line.fail(f"{key} stands here a second time")
        parts[-1][key] = line, value
    if len(parts) != 3:
        raise InputError(f"{name}: expected two objects, found {len(parts) - 1}: the message is cut short")
    about = _Part(name, "the message", parts[0])
    line, told = about.text("TCA")
    relative = [about.number(key, unit, 0.0) for key, unit in _RELATIVE]
    objects = [_object(_Part(name, f"OBJECT{k}", part)) for k, part in enumerate(parts[1:], start=1)]
    return Cdm(
        name, about.text("MESSAGE_ID")[1], about.text("ORIGINATOR")[1], line.epoch("TCA", told, "UTC"),
        about.number("MISS_DISTANCE", "m"), about.number("RELATIVE_SPEED", "m/s", 0.0), np.asarray(relative),
        (objects[0], objects[1]),
    )  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """The keywords of one part of a message."""

    file: str
    what: str
    told: dict[str, tuple[Line, str]]

    def text(self, key: str) -> tuple[Line, str]:
        if not self.told.get(key, (None, ""))[1]:
            raise InputError(f"{self.file}: {self.what}: {key} is missing: the message is incomplete")
        return self.told[key]

    def number(self, key: str, unit: str, default: float | None = None) -> float:
        if default is not None and key not in self.told:
            return default
        line, value = self.text(key)
        return line.number_of(key, value, unit)


def _object(part: _Part) -> ConjunctionObject:
    for key in _META:
        part.text(key)
    line, frame = part.text("REF_FRAME")
    try:
        if frame_kind(frame) == "TEME":
            line.fail("REF_FRAME: expected GCRF, EME2000 or ITRF, got TEME")
    except InputError as error:
        line.fail(f"REF_FRAME: {error}")
    state = np.asarray([part.number(key, unit) for key, unit in _STATE]) * 1e3
    covariance = np.zeros((6, 6))
    for key, i, j in _COVARIANCE:
        covariance[i, j] = covariance[j, i] = part.number(key, _unit(i, j))
    known = {key for key, _ in _STATE} | {key for key, _, _ in _COVARIANCE}
    return ConjunctionObject(
        part.text("OBJECT_NAME")[1], part.text("OBJECT_DESIGNATOR")[1], frame, state[:3], state[3:],
        covariance, part.text("MANEUVERABLE")[1].upper() == "YES",
        {key: value for key, (_, value) in part.told.items() if key not in known},
    )  # fmt: skip


def _unit(i: int, j: int) -> str:
    return ("m**2", "m**2/s", "m**2/s**2")[(i > 2) + (j > 2)]


def write_cdm(
    path: str | Path, tca: Epoch, objects: Sequence[ConjunctionObject], message_id: str,
    screened: tuple[Epoch, Epoch] | None = None, originator: str = "HOMEWARD", created: str | None = None,
    comments: Sequence[str] = (), form: str = "kvn",
) -> None:  # fmt: skip
    """Write the closest approach of two objects, given in one inertial frame at ``tca``; times are UTC.

    Distance, speed and relative state are those of the two states. ``screened`` are start and end of the time
    looked through; ``form`` is ``kvn`` or ``xml``. Raises ``ValueError`` for what is not finite, or not
    two objects of one frame.
    """
    first, second = objects
    values = np.concatenate([x for o in objects for x in (o.r, o.v, np.ravel(o.covariance))])
    if not np.isfinite(values).all() or first.frame != second.frame:
        raise ValueError("write_cdm: expected two finite states in one frame")
    C = rtn_axes(first.r, first.v)
    relative = np.concatenate([C @ (second.r - first.r), C @ (second.v - first.v)])
    date = tca.to_iso(6).removesuffix("Z")
    out = [
        "CCSDS_CDM_VERS = 1.0", f"CREATION_DATE = {created or date}", f"ORIGINATOR = {originator}",
        f"MESSAGE_ID = {message_id}", "", *(f"COMMENT {text}" for text in comments), f"TCA = {date}",
        f"MISS_DISTANCE = {np.linalg.norm(relative[:3]):.6f} [m]",
        f"RELATIVE_SPEED = {np.linalg.norm(relative[3:]):.9f} [m/s]",
    ]  # fmt: skip
    out += [f"{key} = {x:.9f} [{unit}]" for (key, unit), x in zip(_RELATIVE, relative, strict=True)]
    if screened is not None:
        out += [
            f"{key}_SCREEN_PERIOD = {when.to_iso(6).removesuffix('Z')}"
            for key, when in zip(("START", "STOP"), screened, strict=True)
        ]
    for k, o in enumerate(objects, start=1):
        known = bool(np.any(o.covariance))
        out += [
            "", f"OBJECT = OBJECT{k}", f"OBJECT_DESIGNATOR = {o.designator}", "CATALOG_NAME = HOMEWARD",
            f"OBJECT_NAME = {o.name}", "INTERNATIONAL_DESIGNATOR = UNKNOWN", "OBJECT_TYPE = PAYLOAD",
            "EPHEMERIS_NAME = NONE", f"COVARIANCE_METHOD = {'CALCULATED' if known else 'DEFAULT'}",
            f"MANEUVERABLE = {'YES' if o.manoeuvrable else 'NO'}", f"REF_FRAME = {o.frame}",
            *(f"COMMENT {text}" for text in o.comments),
        ]  # fmt: skip
        state = np.concatenate([o.r, o.v]) / 1e3
        out += [f"{key} = {x:.12f} [{unit}]" for (key, unit), x in zip(_STATE, state, strict=True)]
        out += [f"{key} = {o.covariance[i, j]:.12e} [{_unit(i, j)}]" for key, i, j in _COVARIANCE]
    write_lines(path, out, form)


__all__ = ["Cdm", "ConjunctionObject", "read_cdm", "rtn_axes", "write_cdm"]
