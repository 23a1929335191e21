"""Golden vectors: calls of a flight as text, and the C program that replays them and says how far it is off.

Numbers are hexadecimal, so that nothing is lost. A window begins with a state; then come calls, each with its
sensors and the command that was given; it ends with the state that was reached.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from homeward.codegen.layout import Field, fields
from homeward.codegen.library import COMMAND, SENSORS, STATE, Library
from homeward.codegen.record import CYCLE, Call, Shapes
from homeward.codegen.shipped import shipped
from homeward.codegen.values import size_of

# A number against the recorded one, in its own unit and relative to its size: what other orders of summing
# and other libraries' sines leave after four cycles. What has passed through the entry's predictor, which is
# in single precision and solves for a bank angle, is good for the last number.
ABSOLUTE, RELATIVE, SINGLE = 1e-9, 1e-9, 2e-3
# What single precision leaves where the number passes through nought. A range of 1,000 km is good for about a
# metre. In the last minute of the entry a radian of bank moves it by some 200 m, and so does half a minute of
# delay of the last reversal: a metre is 5e-3 rad and 0.15 s.
SINGLE_IN = {"m": 1.0, "rad": 5e-3, "s": 0.15}


def _numbers(tree: Any, leaves: Sequence[np.ndarray], known: list[Field]) -> str:
    """The fields of a tree in the order of the structure; what the tree has none of is zero."""
    given = {f.name: np.asarray(x) for f, x in zip(fields(tree), leaves, strict=True)}
    words = []
    for field in known:
        values = given.get(field.name, np.zeros(field.shape, field.dtype))
        words += [_word(x) for x in np.ravel(values)]
    return " ".join(words)


def _word(x: Any) -> str:
    return str(int(x)) if np.asarray(x).dtype.kind in "iub" else float(x).hex()


def golden_text(library: Library, shapes: dict[tuple[str, str], Shapes], windows: list[list[Call]]) -> str:
    """The file of golden vectors."""
    s = library.structures
    lines = [f"homeward-golden-1 {len(windows)}"]
    for window in windows:
        tree = shapes[window[0].kind, window[0].mode].state
        lines.append(f"{window[0].mode} {len(window)} {library.modes.index(window[0].mode)}")
        lines.append(_numbers(tree, window[0].before, s[STATE]))
        for call in window:
            some = shapes[call.kind, call.mode]
            lines.append(str(int(call.kind != CYCLE)))
            lines.append(_numbers(some.sensors, call.sensors, s[SENSORS[call.kind]]))
            lines.append(_numbers(some.command, call.command, s[COMMAND]))
        lines.append(_numbers(tree, window[-1].after, s[STATE]))
    return "\n".join(lines) + "\n"


def _table(name: str, members: list[Field], loose: set[str]) -> str:
    rows = [
        f"    {{\"{f.name}\", '{f.dtype.kind}', sizeof(((({name} *)0)->{f.name}))"
        f"{f' / {size_of(f.shape)}' if f.shape else ''}, {size_of(f.shape)}, offsetof({name}, {f.name}), "
        f"{int(f.name in loose)}, {SINGLE_IN.get(f.unit, 0.0) if f.name in loose else 0.0!r}}},"
        for f in members
    ]
    rows = rows or ["    {\"none\", 'i', 1, 0, 0, 0, 0.0},"]  # C knows no table without a row
    return "\n".join([f"static const field {name}_fields[] = {{", *rows, "};"])


def replay_text(library: Library) -> str:
    """The text of ``main.c``."""
    s = library.structures
    tables = "\n\n".join(
        _table(n, s[n], library.loose.get(n, set())) for n in (STATE, *SENSORS.values(), COMMAND)
    )
    text = shipped("flight_replay.c").replace("@TABLES@", tables)
    for word, number in (("@ABSOLUTE@", ABSOLUTE), ("@RELATIVE@", RELATIVE), ("@SINGLE@", SINGLE)):
        text = text.replace(word, repr(number))
    return text
