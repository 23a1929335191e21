"""Reads TOML and JSON that anybody may have written: size and depth are bounded before the parser sees them.

The parser of TOML takes time and memory with the square of a key's parts, and both parsers build whatever is
nested however deeply, for others to walk through.
"""

import json
import re
import tomllib
from typing import Any

LARGEST = 1_000_000  # bytes; tables of air and profiles of wind are tens of thousands
DEEPEST = 32  # tables within tables
_PART = r"(?:[A-Za-z0-9_\-]+|\"[^\"\n]*\"|'[^'\n]*')"
# From the beginning of a word on, or every letter of a long one would be tried.
_CHAIN = re.compile(rf"(?<![A-Za-z0-9_\-])(?:{_PART}[ \t]*\.[ \t]*){{{DEEPEST},}}")
#: Control characters but tab and new lines: they could steer the terminal that a text is shown on.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class DocumentError(ValueError):
    """A document that is too large, too deep or not valid; says why in half a sentence."""


def parse_toml(text: str, largest: int = LARGEST) -> dict[str, Any]:
    """The tables of a TOML text; raises ``DocumentError``."""
    _check_size(len(text), largest)
    found = _CHAIN.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise DocumentError(f"line {line}: a key of more than {DEEPEST} parts")
    _check_brackets(text)
    try:
        made = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at ")
        raise DocumentError(f"{place.rstrip(')') or 'line unknown'}: not valid TOML: {reason}") from None
    except (ValueError, OverflowError, RecursionError):
        raise DocumentError("expected numbers and lists of a sane size") from None
    _check_depth(made)
    return made


def parse_json(content: str | bytes, largest: int = LARGEST) -> Any:
    """The value of a JSON text in UTF-8; raises ``DocumentError``."""
    _check_size(len(content), largest)
    try:
        made = json.loads(content)
    except (ValueError, RecursionError):
        raise DocumentError("not valid JSON") from None
    _check_depth(made)
    return made


def control_character(made: Any, key: str = "") -> tuple[str, str] | None:
    """The dotted key of the first text that holds a control character, or that is one, and the character."""
    if isinstance(made, str):
        found = _CONTROLS.search(made)
        return None if found is None else (key, f"U+{ord(found[0]):04X}")
    inner: Any = ()
    if isinstance(made, dict):
        inner = ((f"{key}.{name}".lstrip("."), name, value) for name, value in made.items())
    elif isinstance(made, list):
        inner = ((f"{key}[{k}]", "", value) for k, value in enumerate(made))
    for place, name, value in inner:
        told = control_character(name, place) or control_character(value, place)
        if told is not None:
            return told
    return None


def _check_size(size: int, largest: int) -> None:
    if size > largest:
        raise DocumentError(f"larger than {largest / 1e6:g} MB")


def _check_brackets(text: str) -> None:
    """Refuse brackets that open far more often than they close: what is in strings may do so a little."""
    depth = 0
    for found in re.finditer(r"[\[\]{}\n]", text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        depth = max(depth, 0)
        if depth > 8 * DEEPEST:
            raise DocumentError(f"more than {DEEPEST} tables or lists within one another")


def _check_depth(made: Any) -> None:
    level = [made]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise DocumentError(f"more than {DEEPEST} tables or lists within one another")


__all__ = ["DEEPEST", "LARGEST", "DocumentError", "control_character", "parse_json", "parse_toml"]
