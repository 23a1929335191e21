"""Navigation Data Messages in XML (CCSDS 505.0-B-3), written: out of the lines of the keyword form.

One writer serves every message, as one reader does (``ndm_xml``). Which element a keyword stands in is said
by the tables below; sources: CCSDS 502.0-B-3, 503.0-B-2, 504.0-B-2, 508.0-B-1 and the schema NDM/XML 4.0.0.
"""

import re
from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from homeward.errors import InputError
from homeward.io.ndm_xml import BLOCKS, ROW_UNITS

SCHEMA = "https://sanaregistry.org/r/ndmxml_unqualified/ndmxml-4.0.0-master-4.0.xsd"
#: The versions which that schema holds, of messages whose content they leave as it is.
_VERSIONS = {"oem": "3.0", "opm": "3.0", "omm": "3.0", "tdm": "2.0"}
_HEADER = ("CLASSIFICATION", "CREATION_DATE", "ORIGINATOR", "MESSAGE_FOR", "MESSAGE_ID")
_ORBIT_META = (
    "OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "REF_FRAME_EPOCH", "TIME_SYSTEM",
    "MEAN_ELEMENT_THEORY",
)  # fmt: skip
_STATE = ("EPOCH", "X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_BODY = ("MASS", "SOLAR_RAD_AREA", "SOLAR_RAD_COEFF", "DRAG_AREA", "DRAG_COEFF")
_ELEMENTS = (
    "SEMI_MAJOR_AXIS", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER",
    "TRUE_ANOMALY", "MEAN_ANOMALY", "GM",
)  # fmt: skip
_TLE = (
    "EPHEMERIS_TYPE", "CLASSIFICATION_TYPE", "NORAD_CAT_ID", "ELEMENT_SET_NO", "REV_AT_EPOCH", "BSTAR",
    "BTERM", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT", "AGOM",
)  # fmt: skip
_ORBIT_FIT = (
    "TIME_LASTOB_START", "TIME_LASTOB_END", "RECOMMENDED_OD_SPAN", "ACTUAL_OD_SPAN", "OBS_AVAILABLE",
    "OBS_USED", "TRACKS_AVAILABLE", "TRACKS_USED", "RESIDUALS_ACCEPTED", "WEIGHTED_RMS",
)  # fmt: skip
_ADDITIONAL = (
    "AREA_PC", "AREA_DRG", "AREA_SRP", "MASS", "CD_AREA_OVER_MASS", "CR_AREA_OVER_MASS",
    "THRUST_ACCELERATION", "SEDR",
)  # fmt: skip
_DATA = ("body", "segment", "data")
_FLAT: dict[str, dict[str, tuple[str, ...]]] = {
    "opm": {"stateVector": _STATE, "keplerianElements": _ELEMENTS, "spacecraftParameters": _BODY},
    "omm": {"meanElements": ("EPOCH", *_ELEMENTS), "spacecraftParameters": _BODY, "tleParameters": _TLE},
    "cdm": {"odParameters": _ORBIT_FIT, "additionalParameters": _ADDITIONAL, "stateVector": _STATE[1:]},
}
_COVARIANCE = re.compile(r"COV_REF_FRAME|C[RTNXYZ](DOT)?_\w+|C[XYZ]_DOT_\w+|C(DRG|SRP|THR)_\w+")
_AXES = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
#: Of a row of attitude: the element it stands in, with the elements and columns within.
_QUATERNION = ("quaternion", ("Q1", "Q2", "Q3", "QC"))
_ATTITUDE = {
    "QUATERNION": ("quaternionEphemeris", (_QUATERNION,)),
    "QUATERNION/DERIVATIVE": (
        "quaternionDerivative", (_QUATERNION, ("quaternionDot", ("Q1_DOT", "Q2_DOT", "Q3_DOT", "QC_DOT"))),
    ),
    "QUATERNION/ANGVEL": (
        "quaternionAngVel", (_QUATERNION, ("angVel", ("ANGVEL_X", "ANGVEL_Y", "ANGVEL_Z"))),
    ),
}  # fmt: skip
Pair = tuple[str, str, str]  # keyword, value, unit


def xml_of(lines: Sequence[str]) -> str:
    """The XML of a message given by the lines of its keyword form.

    Raises ``InputError`` for what has no place in it: a message of another kind, an attitude in Euler angles.
    """
    told = [line.strip() for line in lines if line.strip()]
    head = re.fullmatch(r"CCSDS_([A-Z]{3})_VERS\s*=\s*([\d.]+)", told[0]) if told else None
    kind = head[1].lower() if head else ""
    if head is None or (kind not in _FLAT and kind not in BLOCKS):
        known = ", ".join(k.upper() for k in (*BLOCKS, *_FLAT))
        raise InputError(f"expected a message of the kinds {known} to write as XML")
    if kind == "aem" and head[2] == "1.0":
        raise InputError("AEM 1.0: expected version 2.0 to write as XML, whose elements have other names")
    out = _Elements(kind, _VERSIONS.get(kind, head[2]))
    (_flat if kind in _FLAT else _tables)(out, kind, told[1:])
    return out.text()


class _Elements:
    """XML as it grows: the path of open elements, and the lines."""

    def __init__(self, kind: str, version: str) -> None:
        self.kind, self.open = kind, [kind]
        self.lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<{kind} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            f' xsi:noNamespaceSchemaLocation="{SCHEMA}" id="CCSDS_{kind.upper()}_VERS" version="{version}">',
        ]

    def go(self, *path: str, fresh: str = "") -> None:
        """Close and open elements until ``path`` below the message is open; ``fresh`` begins anew."""
        same = 0
        while same < min(len(path), len(self.open) - 1) and self.open[same + 1] == path[same]:
            if path[same] == fresh:
                break
            same += 1
        while len(self.open) - 1 > same:
            self.lines.append(f"{'  ' * (len(self.open) - 1)}</{self.open.pop()}>")
        for name in path[same:]:
            self.lines.append(f"{'  ' * len(self.open)}<{name}>")
            self.open.append(name)

    def leaf(self, name: str, value: str, unit: str = "", attributes: str = "") -> None:
        units = f" units={quoteattr(unit)}" if unit else ""
        self.lines.append(f"{'  ' * len(self.open)}<{name}{attributes}{units}>{escape(value)}</{name}>")

    def leaves(self, comments: list[str], pair: Pair) -> None:
        """Held comments, then a keyword."""
        for text in comments:
            self.leaf("COMMENT", text)
        comments.clear()
        key, value, unit = pair
        if key.startswith("USER_DEFINED_"):
            self.leaf("USER_DEFINED", value, "", f" parameter={quoteattr(key.removeprefix('USER_DEFINED_'))}")
        else:
            self.leaf(key, value, unit)

    def text(self) -> str:
        self.go()
        return "\n".join([*self.lines, f"</{self.kind}>"]) + "\n"


def _pairs(lines: Sequence[str]) -> Iterator[Pair | str]:
    """Each line as keyword, value and unit; comments and rows of tables as their text."""
    for line in lines:
        match = re.fullmatch(r"([A-Z][A-Z0-9_]*)\s*=\s*(.*?)(?:\s*\[([^\]]*)\])?", line)
        yield (match[1], match[2].strip(), match[3] or "") if match else line


def _comment(item: Pair | str) -> str | None:
    if isinstance(item, str) and (item == "COMMENT" or item.startswith("COMMENT ")):
        return item[8:].strip()
    return None


def _flat(out: _Elements, kind: str, lines: Sequence[str]) -> None:
    """Messages whose keyword form has no blocks: OPM, OMM, CDM."""
    comments: list[str] = []
    out.go("header")
    for item in _pairs(lines):
        said = _comment(item)
        if said is not None:
            comments.append(said)
            continue
        if isinstance(item, str):
            raise InputError(f"expected KEY = value, got {item[:40]!r}")
        path = _place(kind, item[0], out.open)
        fresh = {"OBJECT": "segment", "MAN_EPOCH_IGNITION": "maneuverParameters"}.get(item[0], "")
        out.go(*path, fresh=fresh if fresh in path and fresh in out.open else "")
        out.leaves(comments, item)


def _place(kind: str, key: str, open_: list[str]) -> tuple[str, ...]:
    """The elements that a keyword stands in, below the message's own."""
    if key in _HEADER and "header" in open_:
        return ("header",)
    for name, keys in _FLAT[kind].items():
        if key in keys and not (kind == "cdm" and "segment" not in open_):
            return (*_DATA, name)
    if _COVARIANCE.fullmatch(key):
        return (*_DATA, "covarianceMatrix")
    if key.startswith("MAN_"):
        return (*_DATA, "maneuverParameters")
    if key.startswith("USER_DEFINED_"):
        return (*_DATA, "userDefinedParameters")
    if kind != "cdm":
        if key in _ORBIT_META:
            return ("body", "segment", "metadata")
        raise InputError(f"unknown keyword {key[:30]}")
    if key == "OBJECT" or "segment" in open_:
        return ("body", "segment", "metadata")
    inner = ("relativeStateVector",) if key.startswith(("RELATIVE_POS", "RELATIVE_VEL")) else ()
    return ("body", "relativeMetadataData", *inner)


def _tables(out: _Elements, kind: str, lines: Sequence[str]) -> None:
    """Messages in segments of metadata and a table: OEM, AEM, TDM."""
    out.go("header")
    comments: list[str] = []
    meta: dict[str, str] = {}
    covariance: list[str] | None = None
    for item in _pairs(lines):
        said = _comment(item)
        if said is not None:
            comments.append(said)
        elif item == "META_START":
            out.go("body", "segment", "metadata", fresh="segment" if "segment" in out.open else "")
            meta = {}
        elif item == "META_STOP":
            out.go("body", "segment", "data")
        elif item in ("DATA_START", "DATA_STOP"):
            continue
        elif item == "COVARIANCE_START":
            covariance = []
        elif item == "COVARIANCE_STOP":
            covariance = None
        elif out.open[-1] in ("header", "metadata"):
            if isinstance(item, str):
                raise InputError(f"expected KEY = value, got {item[:40]!r}")
            meta[item[0]] = item[1]
            out.leaves(comments, item)
        else:
            for text in comments:
                out.leaf("COMMENT", text)
            comments.clear()
            covariance = _row(out, kind, item, meta, covariance)


def _row(
    out: _Elements, kind: str, item: Pair | str, meta: dict[str, str], covariance: list[str] | None
) -> list[str] | None:
    """One line of a table; returns what is known of a covariance that is not yet whole."""
    data = out.open[1:]
    if covariance is not None:
        if isinstance(item, tuple):
            if item[0] == "EPOCH":
                out.go(*data[:3], "covarianceMatrix", fresh="covarianceMatrix")
                covariance = []
            out.leaf(item[0], item[1])
            return covariance
        names = [f"C{a}_{b}" for i, a in enumerate(_AXES) for b in _AXES[: i + 1]]
        for value in item.split():
            out.leaf(names[len(covariance)], value)
            covariance.append(value)
        if len(covariance) == len(names):
            out.go(*data[:3])
        return covariance
    if isinstance(item, tuple):  # an observation
        epoch, _, value = item[1].partition(" ")
        out.go(*data, "observation")
        out.leaf("EPOCH", epoch)
        out.leaf(item[0], value.strip())
    elif kind == "oem":
        epoch, *numbers = item.split()
        out.go(*data, "stateVector")
        out.leaf("EPOCH", epoch)
        for name, value in zip(ROW_UNITS, numbers, strict=False):
            out.leaf(name, value, ROW_UNITS[name])
    else:
        name = meta.get("ATTITUDE_TYPE", "")
        if name not in _ATTITUDE:
            raise InputError(f"ATTITUDE_TYPE {name[:40]!r}: expected {', '.join(_ATTITUDE)} to write as XML")
        epoch, *numbers = item.split()
        element, parts = _ATTITUDE[name]
        first = meta.get("QUATERNION_TYPE", "").upper() == "FIRST"
        out.go(*data, "attitudeState", element)
        out.leaf("EPOCH", epoch)
        for part, names in parts:
            out.go(*data, "attitudeState", element, part)
            scalar = names[-1] if first and part != "angVel" else ""
            for key in (scalar, *names[:-1]) if scalar else names:
                out.leaf(key, numbers.pop(0), ROW_UNITS.get(key, "1/s" if part == "quaternionDot" else ""))
    out.go(*data)
    return None


__all__ = ["xml_of"]
