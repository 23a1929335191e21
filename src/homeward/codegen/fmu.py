"""An exported flight software as a Functional Mock-up Unit (FMI 3.0, co-simulation): one ``.fmu`` file.

Source: FMI 3.0.2, fmi-standard.org: sections 2.4 (model description), 2.5 (the file) and 4 (co-simulation).
The file holds the C sources, and for this kind of machine the compiled library, if there is a C compiler.
"""

import platform
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np

from homeward.codegen.compiler import compile_c, compiler
from homeward.codegen.layout import Field
from homeward.codegen.library import COMMAND, PARAMETERS, PREFIX, SENSORS, Library
from homeward.codegen.record import CYCLE, TICK
from homeward.codegen.shipped import shipped
from homeward.codegen.values import size_of

NAME = "homeward_flight"
TYPES = {
    "float64": "Float64", "float32": "Float32", "bool": "Boolean", "int8": "Int8", "uint8": "UInt8",
    "int16": "Int16", "uint16": "UInt16", "int32": "Int32", "uint32": "UInt32", "int64": "Int64",
    "uint64": "UInt64",
}  # fmt: skip
#: Exponents of the SI base units of what the messages are measured in.
UNITS: dict[str, dict[str, int]] = {
    "m": {"m": 1}, "s": {"s": 1}, "kg": {"kg": 1}, "rad": {"rad": 1}, "m/s": {"m": 1, "s": -1},
    "m/s2": {"m": 1, "s": -2}, "rad/s": {"rad": 1, "s": -1}, "Pa": {"kg": 1, "m": -1, "s": -2},
    "N": {"kg": 1, "m": 1, "s": -2},
}  # fmt: skip
#: The variables that are of no message: name, type, causality, variability, start, what it is.
OWN = (
    ("time", "Float64", "independent", "continuous", None, "time"),
    ("mode", "Int32", "input", "discrete", "0", "which leg is flown: an entry of homeward_mode"),
    ("cycle", "Boolean", "input", "discrete", "false", "the next step begins with a guidance cycle"),
    ("tick", "Boolean", "input", "discrete", "false", "the next step begins with a control tick"),
    ("said", "Int32", "output", "discrete", None, "what the last call answered; 0 is fine"),
)
PARTS = {
    PARAMETERS: "PARAMETERS",
    SENSORS[CYCLE]: "MEASUREMENTS",
    SENSORS[TICK]: "READINGS",
    COMMAND: "COMMAND",
}


def platform_tuple() -> str:
    """This machine as FMI names it: x86_64-linux, aarch64-darwin."""
    machine = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    system = {"linux": "linux", "darwin": "darwin", "win32": "windows"}.get(sys.platform, sys.platform)
    return f"{machine}-{system}"


def write_fmu(
    folder: Path, library: Library, parameters: Sequence[np.ndarray], facts: dict[str, str],
    progress: Callable[[str], None],
) -> Path:  # fmt: skip
    """The ``.fmu`` of a library, in a folder; ``parameters`` are its values in their structure's order."""
    token = f"{{{facts['SCENARIO_SHA256'][:32]}-{facts['SOURCE'][:16]}}}"
    sources = {
        f"{NAME}.h": library.header, f"{NAME}.c": library.source, "fmi3.c": _adapter(library, token),
    }  # fmt: skip
    target = folder / f"{NAME}.fmu"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        _put(file, "modelDescription.xml", _description(library, parameters, facts, token))
        _put(file, "sources/buildDescription.xml", _build())
        for name, text in sources.items():
            _put(file, f"sources/{name}", text)
        if compiler() is not None:
            progress("compiling")
            with tempfile.TemporaryDirectory() as place:
                for name, text in sources.items():
                    (Path(place) / name).write_text(text, encoding="utf-8")
                one = Path(place) / "all.c"
                one.write_text(f'#include "{NAME}.c"\n#include "fmi3.c"\n', encoding="utf-8")
                made = Path(place) / f"{NAME}.so"
                compile_c(one, made)
                ending = {"darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")
                _put(file, f"binaries/{platform_tuple()}/{NAME}{ending}", made.read_bytes())
    return target


def _put(file: zipfile.ZipFile, name: str, content: str | bytes) -> None:
    # A date of its own, so that the same flight software is the same file.
    file.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def _adapter(library: Library, token: str) -> str:
    rows = [
        f"    {{{part}, {TYPES[f.dtype.name].upper()}, {size_of(f.shape)}, offsetof({name}, {f.name})}},"
        for name, part in PARTS.items()
        for f in library.structures[name]
    ]
    return shipped("flight_fmi.c").replace("@VARIABLES@", "\n".join(rows)).replace("@TOKEN@", token)


def _description(
    library: Library, parameters: Sequence[np.ndarray], facts: dict[str, str], token: str
) -> bytes:
    root = Xml.Element("fmiModelDescription", {
        "fmiVersion": "3.0", "modelName": f"Flight software of {facts['SCENARIO']}",
        "instantiationToken": token,
        "description": f"{facts['FIDELITY']}; scenario SHA-256 {facts['SCENARIO_SHA256']}",
        "generationTool": f"Homeward {facts['VERSION']}", "variableNamingConvention": "structured",
    })  # fmt: skip
    Xml.SubElement(root, "CoSimulation", {
        "modelIdentifier": NAME, "canHandleVariableCommunicationStepSize": "true",
        "canGetAndSetFMUState": "true", "canSerializeFMUState": "true",
    })  # fmt: skip
    units = Xml.SubElement(root, "UnitDefinitions")
    for name, exponents in UNITS.items():
        unit = Xml.SubElement(units, "Unit", {"name": name})
        Xml.SubElement(unit, "BaseUnit", {base: str(n) for base, n in exponents.items()})
    Xml.SubElement(
        Xml.SubElement(root, "LogCategories"),
        "Category",
        {"name": "logStatusError", "description": "refusals"},
    )
    Xml.SubElement(root, "DefaultExperiment", {"startTime": "0", "stepSize": "0.1"})
    listed = Xml.SubElement(root, "ModelVariables")
    outputs = _own(listed)
    values = iter(parameters)
    reference = len(OWN)
    for structure in PARTS:
        for f in library.structures[structure]:
            start = next(values) if structure == PARAMETERS else np.zeros(f.shape, f.dtype)
            _variable(listed, structure, f, reference, start)
            if structure == COMMAND:
                outputs.append(reference)
            reference += 1
    told = Xml.SubElement(root, "ModelStructure")
    for kind in ("Output", "InitialUnknown"):
        for k in outputs:
            Xml.SubElement(told, kind, {"valueReference": str(k)})
    Xml.indent(root)
    return Xml.tostring(root, encoding="utf-8", xml_declaration=True)


def _own(listed: Xml.Element) -> list[int]:
    """The variables of no message; gives the references of the outputs among them."""
    outputs = []
    for k, (name, kind, causality, variability, start, text) in enumerate(OWN):
        more = {} if start is None else {"start": start}
        Xml.SubElement(listed, kind, {
            "name": name, "valueReference": str(k), "causality": causality, "variability": variability,
            "description": text, **more,
        })  # fmt: skip
        if causality == "output":
            outputs.append(k)
    return outputs


def _variable(listed: Xml.Element, structure: str, f: Field, reference: int, start: Any) -> None:
    kind, real = TYPES[f.dtype.name], f.dtype.kind == "f"
    told = {
        "name": f"{structure.removeprefix(f'{PREFIX}_')}.{f.name}", "valueReference": str(reference),
        "description": f.comment,
    }  # fmt: skip
    if structure == COMMAND:
        told |= {"causality": "output", "variability": "discrete"}
    else:
        loaded = structure == PARAMETERS
        told |= {
            "causality": "parameter" if loaded else "input",
            "variability": "tunable" if loaded else "discrete",
            "start": " ".join(_word(x) for x in np.ravel(start)),
        }
    unit = f.comment.partition(":")[0]
    if real and unit in UNITS:
        told["unit"] = unit
    entry = Xml.SubElement(listed, kind, told)
    for n in f.shape:
        Xml.SubElement(entry, "Dimension", {"start": str(n)})


def _word(x: Any) -> str:
    if np.asarray(x).dtype.kind == "b":
        return "true" if x else "false"
    if np.asarray(x).dtype.kind in "iu":
        return str(int(x))
    value = float(x)
    if np.isinf(value):
        return "INF" if value > 0 else "-INF"
    return "NaN" if np.isnan(value) else repr(value)


def _build() -> bytes:
    root = Xml.Element("fmiBuildDescription", {"fmiVersion": "3.0"})
    unit = Xml.SubElement(root, "BuildConfiguration", {"modelIdentifier": NAME})
    files = Xml.SubElement(unit, "SourceFileSet", {"language": "C99"})
    for name in (f"{NAME}.c", "fmi3.c"):
        Xml.SubElement(files, "SourceFile", {"name": name})
    Xml.SubElement(unit, "Library", {"name": "m"})
    Xml.indent(root)
    return Xml.tostring(root, encoding="utf-8", xml_declaration=True)


__all__ = ["platform_tuple", "write_fmu"]
