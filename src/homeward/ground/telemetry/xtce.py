"""The dictionary as XTCE 1.2 (CCSDS 660.0-B-2 / OMG), so that other people's software reads our packets.

One abstract container holds the primary header, one the time on top of it, and each group is a container that
restricts the APID. Names, units, texts, ranges and limits are the dictionary's own.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from pathlib import Path

from homeward.errors import InputError
from homeward.ground.telemetry.dictionary import BITS, Dictionary, Parameter
from homeward.ground.telemetry.limits import Limit

SPACE = "http://www.omg.org/spec/XTCE/20180204"
HEADER = (
    ("PKT_VERSION", 3, "packet version, 0"),
    ("PKT_TYPE", 1, "0 telemetry, 1 command"),
    ("PKT_SECONDARY", 1, "1: a time code follows"),
    ("PKT_APID", 11, "application process identifier"),
    ("PKT_FLAGS", 2, "3: not segmented"),
    ("PKT_SEQUENCE", 14, "sequence count of this APID"),
    ("PKT_LENGTH", 16, "octets after this header, less one"),
)
TIME = (
    ("TIME_CODE", 8, "preamble of the time code, 31: CUC of level 1"),
    ("TIME_SECONDS", 32, "whole seconds of TAI since 1958-01-01"),
    ("TIME_FRACTION", 24, "fraction of a second, in 1/16777216"),
)
CHECK = ("PKT_CHECK", 16, "CRC-16, polynomial 0x1021, start 0xFFFF, over all before it")
ENCODINGS = {"flag": "unsigned", "count": "twosComplement"}


def xtce(
    dictionary: Dictionary, name: str = "homeward", limits: Mapping[str, Limit] | None = None
) -> ET.ElementTree:
    """The document; ``limits`` by name of parameter become default alarms."""
    ET.register_namespace("xtce", SPACE)
    root = element("SpaceSystem", name=_identifier(name))
    root.append(element("Header", date=dictionary.fingerprint, version="1", validationStatus="Working"))
    telemetry = into(root, "TelemetryMetaData")
    types = into(telemetry, "ParameterTypeSet")
    parameters = into(telemetry, "ParameterSet")
    containers = into(telemetry, "ContainerSet")
    for short, bits, text in (*HEADER, *TIME, CHECK):
        kind = into(types, "IntegerParameterType", name=f"{short}_Type", signed="false")
        into(kind, "UnitSet")
        into(kind, "IntegerDataEncoding", sizeInBits=str(bits), encoding="unsigned")
        into(parameters, "Parameter", name=short, parameterTypeRef=f"{short}_Type", shortDescription=text)
    container(containers, "CCSDSPacket", [h[0] for h in HEADER], abstract="true")
    timed = container(containers, "TimedPacket", [t[0] for t in TIME], abstract="true")
    inherit(timed, "CCSDSPacket", "PKT_SECONDARY", 1)
    for group in dictionary.groups:
        for p in group.parameters:
            full = f"{group.name}.{p.name}".replace(".", "_")
            types.append(_type(full, p, (limits or {}).get(p.name)))
            into(parameters, "Parameter", name=full, parameterTypeRef=f"{full}_Type", shortDescription=p.text)
        names = [f"{group.name}_{n}" for n in group.names]
        held = container(containers, group.name, [*names, CHECK[0]])
        inherit(held, "TimedPacket", "PKT_APID", group.apid)
    ET.indent(root)
    return ET.ElementTree(root)


def write_xtce(
    path: Path, dictionary: Dictionary, name: str = "homeward", limits: Mapping[str, Limit] | None = None
) -> None:
    """Write the document; raises InputError where the file cannot be written."""
    try:
        xtce(dictionary, name, limits).write(path, encoding="UTF-8", xml_declaration=True)
    except OSError as error:
        raise InputError(f"--xtce {path}: cannot be written ({error.strerror})") from None


def element(tag: str, **attributes: str) -> ET.Element:
    """An element of the standard's name space."""
    return ET.Element(f"{{{SPACE}}}{tag}", attributes)


def into(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    """A new element at the end of another."""
    child = element(tag, **attributes)
    parent.append(child)
    return child


def _identifier(text: str) -> str:
    return "".join(c if c.isalnum() or c in "_-" else "_" for c in text) or "homeward"


def _type(full: str, p: Parameter, limit: Limit | None) -> ET.Element:
    bits = str(BITS[p.kind])
    if p.kind == "number":
        kind = element("FloatParameterType", name=f"{full}_Type", sizeInBits=bits)
    else:
        signed = "true" if p.kind == "count" else "false"
        kind = element("IntegerParameterType", name=f"{full}_Type", signed=signed)
    units = into(kind, "UnitSet")
    if p.unit != "1":
        into(units, "Unit", description=p.frame).text = p.unit
    if p.kind == "number":
        into(kind, "FloatDataEncoding", sizeInBits=bits, encoding="IEEE754")
    else:
        into(kind, "IntegerDataEncoding", sizeInBits=bits, encoding=ENCODINGS[p.kind])
    if p.span is not None:
        ends = dict(zip(("minInclusive", "maxInclusive"), p.span, strict=True))
        told = {k: repr(v) if p.kind == "number" else str(int(v)) for k, v in ends.items()}
        into(kind, "ValidRange", **told)
    if limit is not None:
        alarm = into(into(kind, "DefaultAlarm"), "StaticAlarmRanges")
        for tag, low, high in (
            ("WarningRange", limit.low_yellow, limit.high_yellow),
            ("CriticalRange", limit.low_red, limit.high_red),
        ):
            ends = {"minInclusive": low, "maxInclusive": high}
            into(alarm, tag, **{k: repr(v) for k, v in ends.items() if v is not None})
    return kind


def container(parent: ET.Element, name: str, entries: Iterable[str], abstract: str = "false") -> ET.Element:
    """A container with these parameters, in their order."""
    held = into(parent, "SequenceContainer", name=name, abstract=abstract)
    listed = into(held, "EntryList")
    for entry in entries:
        into(listed, "ParameterRefEntry", parameterRef=entry)
    return held


def inherit(held: ET.Element, base: str, parameter: str, value: int) -> None:
    """The container goes on where another ends, if that one's parameter has this value."""
    criteria = into(into(held, "BaseContainer", containerRef=base), "RestrictionCriteria")
    into(criteria, "Comparison", parameterRef=parameter, value=str(value), useCalibratedValue="false")
