"""Flight software as a C library: one header, one source file.

A structure each for parameters, state, sensors and command holds the fields of every mode; a mode reads and
writes those that its own trees have. Each mode's ``cycle`` and ``tick`` are functions of their own behind one
``cycle`` and one ``tick`` that choose.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from homeward.codegen.functions import HEAD, define, source
from homeward.codegen.layout import Field, fields, initialiser, structure
from homeward.codegen.record import CYCLE, TICK, Shapes
from homeward.codegen.single import single
from homeward.codegen.values import size_of
from homeward.codegen.writer import Unit
from homeward.flight.executive import return_executive as executive

PREFIX = "homeward"
PARAMETERS, STATE, COMMAND = f"{PREFIX}_parameters", f"{PREFIX}_state", f"{PREFIX}_command"
SENSORS = {CYCLE: f"{PREFIX}_measurements", TICK: f"{PREFIX}_readings"}
ABOUT = {
    f"{PREFIX}_begin": "What the legs before hand over.",
    PARAMETERS: "What the flight software is loaded with; may be changed between calls.",
    STATE: "What it remembers. Made by homeward_flight_init, handed from call to call, opaque.",
    COMMAND: "What it asks of the ship; acts in the next control tick.",
    SENSORS[CYCLE]: "What the sensors give at a guidance cycle.",
    SENSORS[TICK]: "What the sensors give at a control tick.",
}
FUNCTIONS = {CYCLE: executive.cycle, TICK: executive.tick}
BEGIN = f"{PREFIX}_begin"


@dataclasses.dataclass(frozen=True)
class Software:
    """What a library is made of: calls of (parameters, state, sensors, mode), and the state before the first.

    ``init`` takes parameters and, if ``begin`` is a tree, such a one too: what the legs before hand over.
    """

    about: str
    functions: dict[str, Callable[..., Any]]
    init: Callable[..., Any]
    begin: Any = None


RETURN = Software("a return", FUNCTIONS, executive.init)


@dataclasses.dataclass(frozen=True)
class Library:
    """The C files' texts, and the structures' fields by the structures' names."""

    header: str
    source: str
    structures: dict[str, list[Field]]
    modes: list[str]
    longest_loop: int
    loose: dict[str, set[str]]  # fields of state and command that depend on single precision


def joined(trees: Sequence[Any]) -> list[Field]:
    """The fields of all trees, each name once; TypeError where two of a name differ."""
    found: dict[str, Field] = {}
    for tree in trees:
        for field in fields(tree):
            known = found.setdefault(field.name, field)
            if (known.shape, known.dtype) != (field.shape, field.dtype):
                raise TypeError(
                    f"{field.name}: {known.shape} of {known.dtype}, and {field.shape} of {field.dtype}"
                )
    return list(found.values())


def write_library(
    shapes: dict[tuple[str, str], Shapes], parameters: Any, facts: dict[str, str], software: Software = RETURN
) -> Library:
    """The library of the calls with these ``shapes``, loaded with ``parameters``.

    ``facts`` are macros of the header: where the library comes from. Raises ``UntranslatableError``.
    """
    given = list(shapes.items())
    structures = {
        PARAMETERS: joined([parameters, *(s.parameters for _, s in given)]),
        STATE: joined([_first(software, parameters), *(s.state for _, s in given)]),
        COMMAND: joined([s.command for _, s in given]),
    }
    if software.begin is not None:
        structures[BEGIN] = fields(software.begin)
    for kind, name in SENSORS.items():
        structures[name] = joined([s.sensors for (k, _), s in given if k == kind])
    modes = sorted({mode for _, mode in shapes})
    unit = Unit(PREFIX)
    traced = [(kind, mode, some, _trace(software, kind, mode, some)) for (kind, mode), some in given]
    for kind, mode, some, call in traced:
        _define_call(unit, kind, mode, some, call)
    _define_init(unit, software, parameters)
    text = [f'#include "{PREFIX}_flight.h"', HEAD.strip(), source(unit), _loaded(structures, parameters)]
    text += [_checks(structures), *(_choosing(kind, shapes) for kind in (CYCLE, TICK))]
    checked = [f for name in (*SENSORS.values(), COMMAND) for f in structures[name]]
    longest = max([unit.longest_loop, *(size_of(f.shape) for f in checked)])
    return Library(
        _header(software, structures, modes, facts), "\n\n".join(x.strip() for x in text) + "\n", structures,
        modes, longest, _loose([(some, call) for _, _, some, call in traced]),
    )  # fmt: skip


def _first(software: Software, parameters: Any) -> Any:
    """The shapes of the first state."""
    more = () if software.begin is None else (software.begin,)
    return jax.eval_shape(software.init, parameters, *more)


def _trace(software: Software, kind: str, mode: str, some: Shapes) -> tuple[Any, Any]:
    """A call's jaxpr, and the trees of what it gives."""
    function = software.functions[kind]
    trees = (some.parameters, some.state, some.sensors)
    return jax.make_jaxpr(lambda p, s, m: function(p, s, m, mode), return_shape=True)(*trees)


def _loose(calls: Sequence[tuple[Shapes, tuple[Any, Any]]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {STATE: set(), COMMAND: set()}
    size = -1
    while size != len(found[STATE]):  # what one call has spoilt, another may read
        size = len(found[STATE])
        for some, (closed, out) in calls:
            names = [f.name for f in fields(some.state)]
            given = [False] * len(fields(some.parameters)) + [n in found[STATE] for n in names]
            given += [False] * (len(closed.jaxpr.invars) - len(given))
            told = single(closed.jaxpr, given)
            named = [(STATE, f.name) for f in fields(out[0])] + [(COMMAND, f.name) for f in fields(out[1])]
            for (name, field), yes in zip(named, told, strict=True):
                if yes:
                    found[name].add(field)
    return found


def _define_call(unit: Unit, kind: str, mode: str, some: Shapes, call: tuple[Any, Any]) -> None:
    trees = (some.parameters, some.state, some.sensors)
    closed, out = call
    given = [
        f.value(pointer, changes)
        for tree, pointer, changes in zip(trees, ("p", "s", "in"), (False, True, False), strict=True)
        for f in fields(tree)
    ]
    results = [f.value("s", True) for f in fields(out[0])] + [f.value("out") for f in fields(out[1])]
    head = (
        f"static void {kind}_{mode}(const {PARAMETERS} *p, {STATE} *s,\n"
        f"                       const {SENSORS[kind]} *in, {COMMAND} *out)"
    )
    define(unit, head, closed, given, results, ("p", "in"))


def _define_init(unit: Unit, software: Software, parameters: Any) -> None:
    given = [f.value("p") for f in fields(parameters)]
    if software.begin is not None:
        closed, out = jax.make_jaxpr(software.init, return_shape=True)(parameters, software.begin)
        begun = [*given, *(f.value("b") for f in fields(software.begin))]
        results = [f.value("s") for f in fields(out)]
        define(unit, _init_head(software), closed, begun, results, ("p", "b"))
        return
    closed, out = jax.make_jaxpr(software.init, return_shape=True)(parameters)
    define(unit, _init_head(software), closed, given, [f.value("s") for f in fields(out)], ("p",))


def _init_head(software: Software) -> str:
    begin = "" if software.begin is None else f"const {BEGIN} *b, "
    return f"void {PREFIX}_flight_init(const {PARAMETERS} *p, {begin}{STATE} *s)"


def loaded(members: Sequence[Field], parameters: Any) -> list[np.ndarray]:
    """The values of the fields of a structure that a tree of parameters has; zeros of those it has not."""
    known = dict(zip((f.name for f in fields(parameters)), jax.tree.leaves(parameters), strict=True))
    return [np.asarray(known.get(f.name, np.zeros(f.shape, f.dtype))) for f in members]


def _loaded(structures: dict[str, list[Field]], parameters: Any) -> str:
    members = structures[PARAMETERS]
    text = initialiser(members, loaded(members, parameters))
    return f"const {PARAMETERS} {PREFIX}_loaded = {text};"


def _checks(structures: dict[str, list[Field]]) -> str:
    """For sensors: the first field that is not finite. For commands: the first that is no number."""
    parts = []
    for name, test in ((SENSORS[CYCLE], "!isfinite"), (SENSORS[TICK], "!isfinite"), (COMMAND, "isnan")):
        lines = []
        for f in structures[name]:
            if f.dtype.kind != "f":
                continue
            if f.shape == ():
                lines.append(f'    if ({test}(x->{f.name})) {{ return "{f.name}"; }}')
            else:
                lines.append(f"    for (int i = 0; i < {size_of(f.shape)}; ++i) {{")
                lines.append(f'        if ({test}(x->{f.name}[i])) {{ return "{f.name}"; }}')
                lines.append("    }")
        head = f"const char *{name}_spoilt(const {name} *x)"
        parts.append("\n".join([head, "{", *lines, "    (void)x;", "    return 0;", "}"]))
    return "\n\n".join(parts)


def _choosing(kind: str, shapes: dict[tuple[str, str], Shapes]) -> str:
    modes = [mode for k, mode in shapes if k == kind]
    cases = [f"    case {_mode(m)}: {kind}_{m}(p, s, in, out); break;" for m in modes]
    return "\n".join([
        _signature(kind), "{", "    (void)p;", "    (void)s;",
        f"    if ({SENSORS[kind]}_spoilt(in)) {{ return HOMEWARD_BAD_INPUT; }}",
        "    switch (mode) {", *cases, "    default: return HOMEWARD_NO_SUCH_CALL;", "    }",
        f"    return {COMMAND}_spoilt(out) ? HOMEWARD_BAD_OUTPUT : HOMEWARD_FINE;", "}",
    ])  # fmt: skip


def _mode(name: str) -> str:
    return f"HOMEWARD_{name.upper()}"


def _signature(kind: str) -> str:
    return (
        f"int {PREFIX}_flight_{kind}(homeward_mode mode, const {PARAMETERS} *p, {STATE} *s,\n"
        f"                          const {SENSORS[kind]} *in, {COMMAND} *out)"
    )


def _header(
    software: Software, structures: dict[str, list[Field]], modes: list[str], facts: dict[str, str]
) -> str:
    lines = [
        f"/* The flight software of {software.about}, generated by Homeward: not to be edited. */",
        "#ifndef HOMEWARD_FLIGHT_H", "#define HOMEWARD_FLIGHT_H", "", "#include <stdbool.h>",
        "#include <stdint.h>", "",
        *(f'#define HOMEWARD_{name} "{value}"' for name, value in facts.items()), "",
        "/* What the present step of the flight plan needs: which leg is flown. */",
        "typedef enum homeward_mode {", *(f"    {_mode(m)}," for m in modes), "} homeward_mode;", "",
        "/* What a call says: FINE is zero. After BAD_INPUT nothing has changed. */",
        "enum {", "    HOMEWARD_FINE,", "    HOMEWARD_NO_SUCH_CALL, /* no such call in this mode */",
        "    HOMEWARD_BAD_INPUT,    /* a number from the sensors is not finite */",
        "    HOMEWARD_BAD_OUTPUT,   /* a number of the command is NaN: do not fly it */", "};", "",
        *(structure(name, ABOUT[name], some) + "\n" for name, some in structures.items()),
        "/* The parameters of the scenario. */", f"extern const {PARAMETERS} {PREFIX}_loaded;", "",
        "/* The state at power-on. */",
        f"{_init_head(software)};", "",
        "/* One guidance cycle, one control tick: sensors in, command out; the state is carried on. */",
        *(f"{_signature(kind)};" for kind in (CYCLE, TICK)), "",
        "/* The name of the first field that is not finite (sensors) or NaN (command); 0 if all is well. */",
        *(f"const char *{n}_spoilt(const {n} *x);" for n in (*SENSORS.values(), COMMAND)), "", "#endif",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"
