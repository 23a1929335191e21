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
    root = _element("SpaceSystem", name=_identifier(name))
    root.append(_element("Header", date=dictionary.fingerprint, version="1", validationStatus="Working"))
    telemetry = _into(root, "TelemetryMetaData")
    types = _into(telemetry, "ParameterTypeSet")
    parameters = _into(telemetry, "ParameterSet")
    containers = _into(telemetry, "ContainerSet")
    for short, bits, text in (*HEADER, *TIME, CHECK):
        kind = _into(types, "IntegerParameterType", name=f"{short}_Type", signed="false")
        _into(kind, "UnitSet")
        _into(kind, "IntegerDataEncoding", sizeInBits=str(bits), encoding="unsigned")
        _into(parameters, "Parameter", name=short, parameterTypeRef=f"{short}_Type", shortDescription=text)
    _container(containers, "CCSDSPacket", [h[0] for h in HEADER], abstract="true")
    timed = _container(containers, "TimedPacket", [t[0] for t in TIME], abstract="true")
    _inherit(timed, "CCSDSPacket", "PKT_SECONDARY", 1)
    for group in dictionary.groups:
        for p in group.parameters:
            full = f"{group.name}.{p.name}".replace(".", "_")
            types.append(_type(full, p, (limits or {}).get(p.name)))
            _into(
                parameters, "Parameter", name=full, parameterTypeRef=f"{full}_Type", shortDescription=p.text
            )
        names = [f"{group.name}_{n}" for n in group.names]
        held = _container(containers, group.name, [*names, CHECK[0]])
        _inherit(held, "TimedPacket", "PKT_APID", group.apid)
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


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(f"{{{SPACE}}}{tag}", attributes)


def _into(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    child = _element(tag, **attributes)
    parent.append(child)
    return child


def _identifier(text: str) -> str:
    return "".join(c if c.isalnum() or c in "_-" else "_" for c in text) or "homeward"


def _type(full: str, p: Parameter, limit: Limit | None) -> ET.Element:
    bits = str(BITS[p.kind])
    if p.kind == "number":
        kind = _element("FloatParameterType", name=f"{full}_Type", sizeInBits=bits)
    else:
        signed = "true" if p.kind == "count" else "false"
        kind = _element("IntegerParameterType", name=f"{full}_Type", signed=signed)
    units = _into(kind, "UnitSet")
    if p.unit != "1":
        _into(units, "Unit", description=p.frame).text = p.unit
    if p.kind == "number":
        _into(kind, "FloatDataEncoding", sizeInBits=bits, encoding="IEEE754")
    else:
        _into(kind, "IntegerDataEncoding", sizeInBits=bits, encoding=ENCODINGS[p.kind])
    if p.span is not None:
        ends = dict(zip(("minInclusive", "maxInclusive"), p.span, strict=True))
        told = {k: repr(v) if p.kind == "number" else str(int(v)) for k, v in ends.items()}
        _into(kind, "ValidRange", **told)
    if limit is not None:
        alarm = _into(_into(kind, "DefaultAlarm"), "StaticAlarmRanges")
        for tag, low, high in (
            ("WarningRange", limit.low_yellow, limit.high_yellow),
            ("CriticalRange", limit.low_red, limit.high_red),
        ):
            ends = {"minInclusive": low, "maxInclusive": high}
            _into(alarm, tag, **{k: repr(v) for k, v in ends.items() if v is not None})
    return kind


def _container(parent: ET.Element, name: str, entries: Iterable[str], abstract: str = "false") -> ET.Element:
    held = _into(parent, "SequenceContainer", name=name, abstract=abstract)
    listed = _into(held, "EntryList")
    for entry in entries:
        _into(listed, "ParameterRefEntry", parameterRef=entry)
    return held


def _inherit(held: ET.Element, base: str, parameter: str, value: int) -> None:
    criteria = _into(_into(held, "BaseContainer", containerRef=base), "RestrictionCriteria")
    _into(criteria, "Comparison", parameterRef=parameter, value=str(value), useCalibratedValue="false")
