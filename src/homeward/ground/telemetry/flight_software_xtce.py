"""The packets between a simulation and a flight software in a process of its own, as XTCE 1.2."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from homeward.codegen.layout import Field
from homeward.codegen.library import COMMAND, SENSORS, Library
from homeward.codegen.record import CYCLE, TICK
from homeward.flight_link import messages as m
from homeward.flight_link.c_texts import link_texts
from homeward.ground.telemetry.dictionary import Dictionary, Group, Parameter
from homeward.ground.telemetry.xtce import CHECK, container, inherit, into, xtce

NAME = "homeward_link.xml"
KINDS = {"f": "number", "b": "flag", "i": "count", "u": "count"}
TEXTS = {"messages": "SHA-256 of the messages", "scenario": "SHA-256 of the scenario; empty: any",
         "source": "state of the package; empty: any", "name": "what it is called"}  # fmt: skip


def link_dictionary(structures: Mapping[str, Sequence[Field]], modes: Sequence[str]) -> Dictionary:
    """The packets that hold numbers only, as a dictionary."""
    told = ", ".join(f"{k} {mode}" for k, mode in enumerate(modes))
    call = (Parameter("call", "count", "1", "", "number of the call"),)
    mode = (Parameter("mode", "flag", "1", "", f"leg flown: {told}"),)
    says = (Parameter("says", "flag", "1", "", "0 fine, 1 no such call, 2 bad sensors, 3 bad command"),)
    load = (
        Parameter("field", "count", "1", "", "which parameter, in the order of homeward_parameters"),
        Parameter("first", "count", "1", "", "place of the first number in it"),
        Parameter("count", "count", "1", "", "how many numbers are told; the others are of no matter"),
        *(Parameter(f"value_{k}", "number", "1", "", "a number") for k in range(m.BLOCK)),
    )
    ready = (Parameter("loaded", "count", "1", "", "how many numbers were loaded"),)
    cycle, tick = (tuple(_parameters(structures[SENSORS[kind]])) for kind in (CYCLE, TICK))
    return Dictionary((
        Group("load", m.LOAD, "link", load), Group("begin", m.BEGIN, "link", ()),
        Group("ready", m.READY, "link", ready), Group("end", m.END, "link", ()),
        Group("cycle", m.CALL_CYCLE, "link", (*call, *mode, *cycle)),
        Group("tick", m.CALL_TICK, "link", (*call, *mode, *tick)),
        Group("command", m.ANSWER, "link", (*call, *says, *_parameters(structures[COMMAND]))),
    ))  # fmt: skip


def write_link(folder: Path, library: Library) -> list[str]:
    """Write all that lets a simulation call the library from another process; gives the files' names."""
    texts = link_texts(library)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [*texts, write_link_xtce(folder, library)]


def write_link_xtce(folder: Path, library: Library) -> str:
    """Write the document of a library's link into a folder; gives its name.

    The date of its header is the SHA-256 of the messages, which the greeting tells too.
    """
    fingerprint = m.Messages(library.structures, tuple(library.modes)).fingerprint
    tree = xtce(link_dictionary(library.structures, library.modes), "homeward_link")
    root = tree.getroot()
    assert root is not None
    head, telemetry = root[0], root[1]
    head.set("date", fingerprint)
    types, parameters, containers = telemetry
    kind = into(types, "IntegerParameterType", name="hello_version_Type", signed="false")
    into(kind, "UnitSet")
    into(kind, "IntegerDataEncoding", sizeInBits="32", encoding="unsigned")
    into(parameters, "Parameter", name="hello_version", parameterTypeRef="hello_version_Type",
         shortDescription="version of the link")  # fmt: skip
    for name, text in TEXTS.items():
        size = m.HELLO_KIND[name].itemsize
        kind = into(types, "StringParameterType", name=f"hello_{name}_Type")
        into(kind, "UnitSet")
        coded = into(into(kind, "StringDataEncoding", encoding="US-ASCII"), "SizeInBits")
        into(into(coded, "Fixed"), "FixedValue").text = str(8 * size)
        into(parameters, "Parameter", name=f"hello_{name}", parameterTypeRef=f"hello_{name}_Type",
             shortDescription=text)  # fmt: skip
    held = container(containers, "hello", [*(f"hello_{n}" for n in ("version", *TEXTS)), CHECK[0]])
    inherit(held, "TimedPacket", "PKT_APID", m.HELLO)
    ET.indent(root)
    tree.write(folder / NAME, encoding="UTF-8", xml_declaration=True)
    return NAME


def _parameters(known: Sequence[Field]) -> list[Parameter]:
    found = []
    for f in known:
        unit = f.unit or "1"
        kind = KINDS[f.dtype.kind]
        if f.shape == ():
            found.append(Parameter(f.name, kind, unit, "", f.comment))
        else:
            count = int(np.prod(f.shape))
            found += [Parameter(f"{f.name}_{k}", kind, unit, "", f.comment) for k in range(count)]
    return found


__all__ = ["NAME", "link_dictionary", "write_link", "write_link_xtce"]
