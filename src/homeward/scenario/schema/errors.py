"""Turns what the schema finds wrong into one sentence: file, key, what was expected."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from pydantic import BaseModel, ValidationError

from homeward.errors import InputError, one_line
from homeward.scenario.schema.walk import fields_of, section_at, split_unit, unit_words, walk

Path = Sequence[str | int]


class _Problem(TypedDict):
    type: str
    loc: tuple[int | str, ...]
    input: Any
    ctx: Mapping[str, Any]


def dotted(path: Path) -> str:
    """A path of keys as a user writes it: ``truth.wind.north_m_s[2]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{one_line(part)}" if text else one_line(part)
    return text


def shown(value: object) -> str:
    """What stands in the file, in a few words."""
    match value:
        case str():
            return f'the text "{one_line(value, 40)}"'
        case bool():
            return "true" if value else "false"
        case int() if value.bit_length() > 64:
            return "a number of very many digits"
        case int() | float():
            return repr(value)
        case dict():
            return "a table"
        case list() | tuple():
            return "a list"
        case _:
            return f"a {type(value).__name__}"


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word most like a misspelt one, None where none is like it."""
    lower = {k.lower(): k for k in known}
    found = difflib.get_close_matches(one_line(word, 80).lower(), lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else None


def unknown_key(root: type[BaseModel], path: Path, missing: Collection[str] = ()) -> str:
    """Why a key is not known, and which was probably meant: first of all one missing beside it."""
    wrong = str(path[-1])
    section = section_at(root, path[:-1])
    known = list(fields_of(section)) if section is not None else []
    stem, unit = split_unit(wrong)
    for key in known:
        key_stem, key_unit = split_unit(key)
        if key_unit and key_stem == stem and key_unit != unit:
            given = f" in {unit_words(wrong)}" if unit else " without a unit"
            return f"{stem} cannot be given{given}; expected {key}, in {unit_words(key)}"
    like = nearest(wrong, missing) or nearest(wrong, known)
    if like is not None:
        return f"no such key; did you mean {like}?"
    elsewhere = [key.dotted for key in walk(root) if key.dotted.rpartition(".")[2] == wrong]
    if elsewhere:
        return f"no such key here; did you mean {elsewhere[0]}?"
    return f"no such key; known here: {', '.join(known)}" if len(known) <= 12 else "no such key"


def _expected(root: type[BaseModel], problem: _Problem, problems: Sequence[_Problem]) -> str:
    """What was expected of a value, without its place."""
    path, value, ctx = problem["loc"], problem["input"], problem["ctx"]
    key = str(next((part for part in reversed(path) if isinstance(part, str)), ""))
    unit = unit_words(key)
    number = f"a number ({unit})" if unit not in ("", "UTC") else "a number"
    match problem["type"]:
        case "extra_forbidden":
            beside = [p["loc"] for p in problems if p["type"] == "missing" and p["loc"][:-1] == path[:-1]]
            return unknown_key(root, path, [str(loc[-1]) for loc in beside])
        case "missing":
            section = section_at(root, path[:-1])
            field = fields_of(section).get(key) if section is not None else None
            meaning = f" ({field.description})" if field is not None and field.description else ""
            return f"this key is missing{meaning}"
        case "value_error":
            return one_line(str(ctx.get("error", "expected another value")), 300)
        case "finite_number":
            return f"expected {number} that is finite, not {shown(value)}"
        case "greater_than":
            return f"expected {number} greater than {ctx['gt']:g}, not {shown(value)}"
        case "greater_than_equal":
            return f"expected {number} of at least {ctx['ge']:g}, not {shown(value)}"
        case "less_than":
            return f"expected {number} less than {ctx['lt']:g}, not {shown(value)}"
        case "less_than_equal":
            return f"expected {number} of at most {ctx['le']:g}, not {shown(value)}"
        case "literal_error":
            words = str(ctx["expected"]).replace("'", "")
            like = nearest(value, words.replace(" or ", ", ").split(", ")) if isinstance(value, str) else None
            hint = f"; did you mean {like}?" if like else ""
            return f"expected {words}, not {shown(value)}{hint}"
        case "too_short":
            return f"expected at least {ctx['min_length']} entries, not {ctx['actual_length']}"
        case "too_long":
            return f"expected at most {ctx['max_length']} entries, not {ctx['actual_length']}"
        case "string_too_short":
            return "expected a text that is not empty"
        case "string_too_long":
            return f"expected a text of at most {ctx['max_length']} characters"
        case "string_type" | "string_unicode":
            return f"expected a text, not {shown(value)}"
        case "bool_type":
            return f"expected true or false, not {shown(value)}"
        case "tuple_type":
            return f"expected a list, not {shown(value)}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"expected a table of keys, not {shown(value)}"
        case "float_type" | "float_parsing":
            return f"expected {number}, not {shown(value)}"
        case kind if kind.startswith("int"):
            return f"expected a whole number, not {shown(value)}"
        case _:
            return f"expected another value than {shown(value)}"


def touched(key: str, overridden: Collection[str]) -> bool:
    """Whether a key, or something above or below it, came from the command line."""
    return any(key == name or name.startswith(key + ".") or key.startswith(name) for name in overridden)


def explain(
    error: ValidationError, root: type[BaseModel], file: str, overridden: Collection[str] = (),
    written: Mapping[str, str] | None = None,
) -> InputError:  # fmt: skip
    """The first thing wrong in a file as one sentence, and how many more there are.

    A misspelt key comes before the missing one that it causes. ``overridden`` holds the dotted keys
    that came from the command line, ``written`` the keys that stand elsewhere than they are written.
    """
    problems = [
        _Problem(type=e["type"], loc=e["loc"], input=e["input"], ctx=e.get("ctx", {}))
        for e in error.errors(include_url=False)
    ]
    problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")
    first = problems[0]
    key = dotted(first["loc"])
    key = (written or {}).get(key, key)
    place = f"{file} (--set)" if key and touched(key, overridden) else file
    reason = _expected(root, first, problems)
    sentence = f"{place}: {key}: {reason}" if key else f"{place}: {reason}"
    more = len(problems) - 1
    if more:
        sentence += f" (and {more} more problem{'s' if more > 1 else ''})"
    return InputError(sentence)
