"""Writes scenario files: a starting file with every key, or a scenario as it was flown."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from homeward.errors import InputError, one_line
from homeward.scenario.files.shipped import DATA_SET
from homeward.scenario.schema.onboard import DataSet
from homeward.scenario.schema.reference_page import plain
from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.schema.walk import fields_of, section_of

WIDTH = 46  # column in which the remarks start
LONGEST = 110  # a remark that goes further stands on a line of its own, above

EXAMPLE_TLE = (
    "CSS (TIANHE)",
    "1 48274U 21035A   23250.60323094  .00028729  00000+0  32278-3 0  9997",
    "2 48274  41.4752  14.6926 0010484 320.3089  39.6983 15.61907922134716",
)

EXAMPLE_LIFT_OFF = "2023-09-08T03:00:00Z"


def template(name: str = "mine", data_set: str | None = None) -> str:
    """A complete, valid scenario file in which every key has its default and a remark.

    ``data_set`` names the file of its onboard data set, if it has one.

    A key that is left out by default stands in a comment, as do the other kinds of initial state and, at the
    end, a whole rendezvous.
    """
    start = _start(name)
    head = [
        "# A Homeward scenario. Of a return, only [site] and one kind of [return.initial] are required; what",
        "# is deleted takes its default. The keys are told at length by docs/scenario.md of the project.",
    ]
    other = [
        "",
        "# ---------------------------------------------------------------- the other half: a rendezvous",
        "# A scenario may hold one as well, or in place of the return: take the first # off each line.",
    ]
    lines = _table(start, "", remarks=True, apart=("rendezvous", "onboard"))
    if data_set is not None:
        row = re.compile(r"^# data_set = .*$", re.MULTILINE)
        lines = [row.sub(lambda _: f"data_set = {plain(data_set)}", line) for line in lines]
    lines += [*other, *_commented(_table(start.required_rendezvous(), "rendezvous", remarks=True))]
    return "\n".join([*head, *lines]) + "\n"


def _start(name: str) -> Scenario:
    elements = list(EXAMPLE_TLE)
    return Scenario.model_validate(
        {
            "name": name,
            "title": "One line that says what this scenario is",
            "site": {"name": "Dongfeng", "latitude_deg": 41.6, "longitude_deg": 100.1, "altitude_m": 1000.0},
            "truth": {"retro": {}},
            "return": {"initial": {"tle": elements}},
            "rendezvous": {
                "launch": {"time_utc": EXAMPLE_LIFT_OFF},
                "station": {"orbit": {"tle": elements}},
            },
        }
    )


def data_set_text(scenario: Scenario, title: str) -> str:
    """The onboard data set of a scenario as a file of its own, every key with its value and a remark."""
    sections = {name: getattr(scenario.onboard, name) for name in type(scenario.onboard).model_fields}
    data = DataSet(title=title, sensors=scenario.flight.navigation.sensors, **sections)
    head = [
        "# What the flight software is loaded with. Nothing under [truth] of the scenario changes it; a key",
        "# that is deleted takes its default. `homeward check --believed` prints it beside the truth.",
    ]
    return "\n".join([*head, *_table(data, "", remarks=True)]) + "\n"


def _commented(lines: Sequence[str]) -> list[str]:
    """The same lines as comments; what was one already is one twice."""
    rows = "\n".join(lines).split("\n")
    return [f"# {row}" if row else "" for row in rows]


def to_toml(scenario: Scenario) -> str:
    """A scenario as a TOML file that reads back equal."""
    return "\n".join(_table(scenario, "", remarks=False)).lstrip("\n") + "\n"


def write_new(path: Path) -> Path:
    """Write the starting file and, beside it, the onboard data set, whose path is returned.

    Raises InputError where one of them exists or cannot be written.
    """
    if "\0" in str(path):
        raise InputError(f'"{one_line(str(path), 200)}": expected the name of a new file')
    name = path.stem or "mine"
    beside = path.with_name(f"{name}{DATA_SET}")
    if beside.exists():
        raise InputError(
            f"{one_line(str(beside), 200)}: exists already and is not overwritten; choose another name"
        )
    title = f"Onboard data set of {name}"
    _write_once(path, template(name, beside.name))
    _write_once(beside, data_set_text(_start(name), title))
    return beside


def _write_once(path: Path, text: str) -> None:
    label = one_line(str(path), 200)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(f"{label}: exists already and is not overwritten; choose another name") from None
    except OSError as error:
        raise InputError(f"{label}: cannot be written ({error.strerror or 'no reason given'})") from None


def _table(
    section: BaseModel, dotted: str, remarks: bool, apart: Collection[str] = (), repeats: bool = False
) -> list[str]:
    """Lines of one table: first its own keys, then the tables in it, save those told ``apart``."""
    values: dict[str, Any] = {
        field.alias or name: getattr(section, name) for name, field in type(section).model_fields.items()
    }
    keys: list[str] = []
    tables: list[str] = []
    for name, field in fields_of(type(section)).items():
        value = values[name]
        inner = f"{dotted}.{name}" if dotted else name
        kind = section_of(field)
        if name in apart:
            continue
        if isinstance(value, BaseModel):
            tables += _table(value, inner, remarks)
        elif kind is not None and value == () and remarks:
            tables += _absent_table(kind, inner, repeats=True)
        elif kind is not None and isinstance(value, tuple):
            for row in cast(tuple[BaseModel, ...], value):
                tables += _table(row, inner, remarks, repeats=True)
        elif kind is not None:
            tables += _absent_table(kind, inner) if remarks else []
        elif value is not None:
            keys.append(_line(name, plain(value), field, remarks))
        elif remarks:
            keys.append(_line(f"# {name}", _example(field), field, remarks))
    head = ["", f"[[{dotted}]]" if repeats else f"[{dotted}]"] if dotted and keys else []
    return [*head, *keys, *tables]


def _absent_table(section: type[BaseModel], dotted: str, repeats: bool = False) -> list[str]:
    """A table that is left out, as a comment with examples of its required keys."""
    lines = ["", f"# [[{dotted}]]" if repeats else f"# [{dotted}]"]
    for name, field in fields_of(section).items():
        if _example(field):
            lines.append(_line(f"# {name}", _example(field), field, remarks=True))
    return lines


def _example(field: FieldInfo) -> str:
    """An example of a key's value, else its default; empty where it has neither."""
    if field.examples:
        return plain(field.examples[0])
    return "" if field.is_required() or field.default is None else plain(field.default)


def _line(name: str, value: str, field: FieldInfo, remarks: bool) -> str:
    text = f"{name} = {value}".rstrip()
    if len(text) > LONGEST and value.startswith('["'):
        # A list of texts, such as the lines of a two-line element set, one below the other.
        text = text.replace('["', '[\n  "', 1).replace('", "', '",\n  "').replace('"]', '",\n]')
    if not remarks:
        return text
    choices = _choices(field)
    told = (
        f"{choices}: {field.description}"
        if choices and ":" not in str(field.description)
        else field.description
    )
    if "\n" in text:
        return f"# {told}\n{text}"
    line = f"{text}{' ' * max(2, WIDTH - len(text))}# {told}"
    return line if len(line) <= LONGEST else f"# {told}\n{text}"


def _choices(field: FieldInfo) -> str:
    """The words a key allows, such as ``us1976 | table``; empty for a number or a text."""
    words = getattr(field.annotation, "__args__", ())
    return " | ".join(words) if words and all(isinstance(word, str) for word in words) else ""
