"""`homeward export --to fmu`: valid as FMPy reads the standard; it commands what the simulation did."""

import tempfile

import numpy as np
import pytest
from fmpy import extract, read_model_description
from fmpy.fmi3 import FMU3Slave
from fmpy.validation import validate_fmu

from homeward.cli.app import main
from homeward.codegen.compiler import compiler
from homeward.codegen.golden import RELATIVE, SINGLE, SINGLE_IN
from homeward.codegen.native import Native

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(compiler() is None, reason="no C compiler (cc, gcc, clang or CC)"),
]
ENTRY = ["apollo-10", "--fidelity", "point-mass", "--set", "return.legs.end=opening"]
MESSAGES = {0: "measurements", 1: "readings"}


@pytest.fixture(scope="module")
def unit(tmp_path_factory):
    out = tmp_path_factory.mktemp("unit")
    assert main(["export", *ENTRY, "--to", "fmu", "--out", str(out)]) == 0
    return str(out / "homeward_flight.fmu")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    out = tmp_path_factory.mktemp("library")
    assert main(["export", *ENTRY, "--out", str(out)]) == 0
    return out


@pytest.fixture
def slave(unit):
    said = []
    description = read_model_description(unit)
    with tempfile.TemporaryDirectory() as place:
        extract(unit, place)
        made = FMU3Slave(guid=description.guid, unzipDirectory=place, modelIdentifier="homeward_flight",
                         instanceName="it")  # fmt: skip
        made.instantiate(logMessage=lambda environment, status, category, text: said.append(text.decode()))
        made.enterInitializationMode()
        made.exitInitializationMode()
        yield made, {v.name: v for v in description.modelVariables}, said
        made.freeInstance()


def _record(line, kind):
    """A row of golden vectors as the library's structure."""
    words, record = iter(line.split()), np.zeros((), kind)
    for name in kind.names:
        values = [_number(next(words), kind[name].base.kind) for _ in range(np.size(record[name]))]
        record[name] = np.reshape(values, np.shape(record[name]))
    return record


def _number(word, kind):
    return float.fromhex(word) if kind == "f" else int(word)


def _put(slave, variables, part, record):
    for name in record.dtype.names:
        v = variables[f"{part}.{name}"]
        getattr(slave, f"set{v.type}")([v.valueReference], np.ravel(record[name]).tolist())


def _windows(library):
    """Of each window of golden vectors: mode, state before, calls (kind, sensors, command)."""
    native = Native(library)
    lines = iter((library / "golden.txt").read_text().splitlines()[1:])
    for head in lines:
        _, calls, mode = head.split()
        state, told = _record(next(lines), native.records["homeward_state"]), []
        for _ in range(int(calls)):
            kind = int(next(lines))
            sensors = _record(next(lines), native.records[f"homeward_{MESSAGES[kind]}"])
            told.append((kind, sensors, _record(next(lines), native.records["homeward_command"])))
        next(lines)  # the state reached
        yield native, int(mode), state, told


def _take_up(made, native, state):
    """Put the flight software into a recorded state: its memory ends with that structure."""
    kept = made.getFMUState()
    octets = bytearray(made.serializeFMUState(kept))
    octets[len(octets) - native.records["homeward_state"].itemsize :] = state.tobytes()
    restored = made.deserializeFMUState(bytes(octets))
    made.setFMUState(restored)
    made.freeFMUState(kept)
    made.freeFMUState(restored)


def test_it_is_valid(unit):
    assert not validate_fmu(unit)


def test_it_commands_what_the_simulation_did(slave, library):
    made, variables, _ = slave
    seen = 0
    for native, mode, state, told in _windows(library):
        _take_up(made, native, state)
        made.setInt32([variables["mode"].valueReference], [mode])
        for kind, sensors, wanted in told:
            _put(made, variables, MESSAGES[kind], sensors)
            made.setBoolean([variables["cycle"].valueReference], [kind == 0])
            made.setBoolean([variables["tick"].valueReference], [kind == 1])
            made.doStep(currentCommunicationPoint=0.0, communicationStepSize=0.1)
            for name in wanted.dtype.names:
                v = variables[f"command.{name}"]
                found = np.array(getattr(made, f"get{v.type}")([v.valueReference], np.size(wanted[name])))
                # The bank has passed through the predictor, which is in single precision.
                share, least = (SINGLE, SINGLE_IN["rad"]) if name == "bank" else (RELATIVE, RELATIVE)
                expected = np.ravel(wanted[name]).astype(float)
                assert found.astype(float) == pytest.approx(expected, rel=share, abs=least), name
                seen += 1
    assert seen > 20


def test_a_sensor_that_is_no_number_is_told_by_name(slave):
    made, variables, said = slave
    made.setFloat64([variables["measurements.height"].valueReference], [float("nan")])
    made.setBoolean([variables["cycle"].valueReference], [True])
    with pytest.raises(Exception, match="fmi3DoStep"):
        made.doStep(currentCommunicationPoint=0.0, communicationStepSize=0.1)
    assert any("height is not finite" in text for text in said), said


def test_an_approach_is_no_unit_yet(tmp_path, capsys):
    told = ["export", "shenzhou-16", "--mission", "rendezvous", "--to", "fmu", "--out", str(tmp_path / "x")]
    assert main(told) == 2
    assert "expected a return" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
