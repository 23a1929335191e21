"""Flight software of a point mass as a C library: what is in it, that it agrees, what it refuses."""

import ctypes
import dataclasses
import re

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from c_functions import needs_compiler
from closed_loop import plan_of

from homeward.cli.app import main
from homeward.codegen.compiler import compile_c
from homeward.codegen.export import scenario_hash
from homeward.codegen.functions import HEAD, argument, define, source
from homeward.codegen.golden import replay_text
from homeward.codegen.in_loop import library_of
from homeward.codegen.layout import fields
from homeward.codegen.library import STATE, write_library
from homeward.codegen.native import Native
from homeward.codegen.record import Shapes
from homeward.codegen.registry import TRANSLATIONS
from homeward.codegen.writer import Unit
from homeward.errors import InputError
from homeward.flight.executive import return_executive as executive
from homeward.flight.executive.flight_computer import idle
from homeward.icd import InertialSample, Measurements, TickReadings
from homeward.scenario import load
from homeward.sim.mission import planned


@pytest.fixture(scope="module")
def parameters():
    plan = plan_of(return__legs__end="opening")
    return planned(plan.flight, plan.legs)


def _shapes(parameters):
    number, yes, three = jnp.asarray(0.0), jnp.asarray(True), jnp.zeros(3)
    fix = Measurements(number, yes, three, three, three, number, number, number, period=number)
    reading = TickReadings(number, number, yes, number, number, InertialSample(three, three, number))
    state, command = executive.init(parameters), idle()
    return {
        ("cycle", "coast"): Shapes(parameters, state, fix, command),
        ("tick", "burn"): Shapes(parameters, state, reading, command),
    }


@pytest.fixture(scope="module")
def library(parameters):
    return write_library(_shapes(parameters), parameters, {"SCENARIO": "apollo-10"})


def _built(library, folder):
    (folder / "homeward_flight.h").write_text(library.header)
    (folder / "homeward_flight.c").write_text(library.source)
    compile_c(folder / "homeward_flight.c", folder / "homeward_flight.so", ("-O0",))
    return Native(folder)


@pytest.fixture(scope="module")
def native(library, tmp_path_factory):
    return _built(library, tmp_path_factory.mktemp("library"))


def test_every_field_of_a_message_has_its_unit_and_frame(library):
    assert "double position_fix[3];  /* m: measured position of the capsule, in I */" in library.header
    assert "double bank;  /* rad: bank angle wanted; positive turns right */" in library.header
    assert "double last_r_BE_E[3];  /* m: believed position, in E */" in library.header


def test_the_library_needs_math_only_and_has_nothing_that_changes(library):
    includes = set(re.findall(r'#include [<"](.*?)[>"]', library.source))
    assert includes == {"homeward_flight.h", "math.h", "stdbool.h", "stdint.h"}
    assert not re.search(r"\b(malloc|calloc|free|printf|memcpy|goto)\b", library.source)
    for line in library.source.splitlines():
        if line.startswith("static") and "(" not in line:
            assert line.startswith("static const")


def test_no_function_calls_itself_and_every_loop_counts(library):
    for name, body in re.findall(r"^static void (\w+)\(.*?\n\{\n(.*?)^\}", library.source, re.S | re.M):
        assert f"{name}(" not in body
    heads = re.findall(r"^\s*(for|while) \((.*)\)", library.source, re.M)
    assert heads and all(kind == "for" for kind, _ in heads)
    counted = re.compile(r"int (\w+) = 0; \1 < (\d+); \+\+\1")
    bounds = [int(counted.match(text)[2]) for _, text in heads]
    assert max(bounds) <= library.longest_loop


@needs_compiler
def test_the_state_at_power_on_is_that_of_the_python(native, parameters):
    state = native.init(native.parameters(parameters))
    wanted = executive.init(parameters)
    for one, other in zip(native.unpacked(state, fields(wanted)), jax.tree.leaves(wanted), strict=True):
        np.testing.assert_array_equal(one, np.asarray(other))
    assert native.records[STATE].itemsize >= sum(np.asarray(x).nbytes for x in jax.tree.leaves(wanted))


@needs_compiler
def test_sensors_that_are_not_finite_are_refused_by_name_and_change_nothing(native, parameters):
    loaded = native.parameters(parameters)
    state = native.init(loaded)
    before = state.tobytes()
    sensors = np.zeros((), native.records["homeward_measurements"])
    sensors["velocity_fix"][1] = np.nan
    with pytest.raises(InputError, match=r"cycle in coast refuses .* not finite \(velocity_fix\)"):
        native.call("cycle", "coast", loaded, state, sensors)
    assert state.tobytes() == before
    with pytest.raises(InputError, match="has no such call in this leg"):
        native.call("tick", "coast", loaded, state, np.zeros((), native.records["homeward_readings"]))


def _burn(native, parameters):
    """A burn of 0.3 m/s, tick by tick: commands and last state of the C and of the Python."""
    steps = parameters.plan.steps
    ordered = eqx.tree_at(lambda p: p.plan.steps.delta_v, parameters, jnp.full_like(steps.delta_v, 0.3))
    loaded = native.parameters(ordered)
    state, mine, given, wanted = native.init(loaded), executive.init(ordered), [], []
    tick, number, three = jax.jit(lambda *a: executive.tick(*a, "burn")), jnp.asarray(0.1), jnp.zeros(3)
    for k in range(4):
        gained = InertialSample(three, jnp.asarray([0.1, 0.0, 0.0]), number)
        time = 0.1 * jnp.asarray(float(k))
        told = TickReadings(time, 0 * number, jnp.asarray(True), 9 * number, number, gained)
        mine, command = tick(ordered, mine, told)
        reading = native.packed("homeward_readings", fields(told), jax.tree.leaves(told))
        record = native.call("tick", "burn", loaded, state, reading)
        given += native.unpacked(record, fields(command))
        wanted += jax.tree.leaves(command)
    return [*given, *native.unpacked(state, fields(mine))], [*wanted, *jax.tree.leaves(mine)]


@needs_compiler
def test_a_burn_is_cut_off_as_the_python_cuts_it(native, parameters):
    for one, other in zip(*_burn(native, parameters), strict=True):
        np.testing.assert_allclose(one, np.asarray(other), rtol=1e-14)


@needs_compiler
@pytest.mark.parametrize("name", ["sub", "div", "select_n"])
def test_a_swapped_operand_of_a_translation_is_noticed(name, parameters, tmp_path, monkeypatch):
    right = TRANSLATIONS[name]

    def swapped(site):
        *first, one, other = site.operands
        return right(dataclasses.replace(site, operands=[*first, other, one]))

    monkeypatch.setitem(TRANSLATIONS, name, swapped)
    shapes = {("tick", "burn"): _shapes(parameters)["tick", "burn"]}
    wrong = _built(write_library(shapes, parameters, {}), tmp_path)
    pairs = zip(*_burn(wrong, parameters), strict=True)
    assert not all(np.allclose(one, np.asarray(other), rtol=1e-14) for one, other in pairs)


@needs_compiler
def test_the_replay_builds_without_a_warning(library, native, tmp_path):
    main = native.folder / "main.c"
    main.write_text(replay_text(library))
    compile_c(main, tmp_path / "main.o", ("-O0", "-c"), shared=False)


def test_the_hash_is_of_all_that_the_scenario_says():
    one, other = load("apollo-10"), load("apollo-10", {"truth.capsule.mass_kg": "5500.5"})
    assert scenario_hash(one, "six-dof") == scenario_hash(load("apollo-10"), "six-dof")
    assert len({scenario_hash(one, "six-dof"), scenario_hash(one, "point-mass"),
                scenario_hash(other, "six-dof")}) == 3  # fmt: skip


def test_a_folder_without_a_library_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"expected homeward_flight\.h"):
        Native(tmp_path)


@needs_compiler
def test_a_library_of_another_scenario_is_not_flown(native):
    with pytest.raises(
        InputError, match=r"expected a library of this scenario or fidelity .*: export it again"
    ):
        library_of(native.folder, load("apollo-10"), "point-mass")


@needs_compiler
@pytest.mark.parametrize("size", [3, 12])
def test_what_is_written_anew_is_read_before(size, tmp_path):
    """A state whose parts change places: each part is an argument and another part's result."""
    closed = jax.make_jaxpr(lambda a, b, c: (b, c[::-1], 2.0 * a))(*[jnp.zeros(size)] * 3)
    unit = Unit("hw")
    places = [argument(f"s->{name}", (size,), float, changes=True) for name in "abc"]
    again = [argument(f"s->{name}", (size,), float, changes=True) for name in "abc"]
    define(unit, "void turn(struct state *s)", closed, places, again)
    head = f"{HEAD}struct state {{ double a[{size}], b[{size}], c[{size}]; }};\nvoid turn(struct state *s);\n"
    (tmp_path / "turn.c").write_text(head + source(unit))
    compile_c(tmp_path / "turn.c", tmp_path / "turn.so", ("-O1",))
    state = np.arange(3.0 * size)
    a, b, c = state.copy().reshape(3, size)
    ctypes.CDLL(str(tmp_path / "turn.so")).turn(ctypes.c_void_p(state.ctypes.data))
    np.testing.assert_array_equal(state, np.concatenate([b, c[::-1], 2.0 * a]))


@pytest.mark.parametrize(("words", "told"), [
    (["apollo-10", "--to", "ada"], '--to "ada"'),
    (["apollo-10", "--mission", "return"], "--out: expected a folder"),
    (["apollo-10", "--mission", "rendezvous"], "holds no rendezvous"),
    (["shenzhou-16", "--mission", "return"], "holds no return"),
])  # fmt: skip
def test_what_cannot_be_exported_is_refused_in_a_sentence(words, told, capsys):
    assert main(["export", *words]) == 2
    assert told in capsys.readouterr().err


@needs_compiler
def test_a_command_that_is_no_number_is_told_by_name(native, parameters):
    loaded = native.parameters(parameters)
    state, reading = native.init(loaded), np.zeros((), native.records["homeward_readings"])
    loaded["thrust_acceleration"] = np.nan
    loaded["plan_steps_delta_v"][:] = 1.0
    with pytest.raises(InputError, match=r"tick in burn commands what is no number \(engine_seconds\)"):
        native.call("tick", "burn", loaded, state, reading)
