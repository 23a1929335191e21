"""The schema as others read it: a JSON Schema for editors and a page of tables for people."""

import json
import sys
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from homeward.scenario.schema.scenario import Scenario
from homeward.scenario.schema.walk import Key, unit_words, walk

INTRODUCTION = """\
# The scenario file

A scenario is one TOML file and holds a rendezvous, a return or both. A return needs `[site]` and one kind
of `[return.initial]`; a rendezvous needs the time of its launch and one kind of
`[rendezvous.station.orbit]`. Every other key has a default. A key carries its unit in its name, an unknown
key is refused, and a number must be finite. Latitude is geodetic, longitude is positive to the east,
altitude is above the ellipsoid, and a bank angle is positive to the right. The path of a file is relative
to the scenario file.

    homeward new mine.toml                       a complete file with every key, its default and its meaning,
                                                 and its onboard data set beside it
    homeward check mine.toml                     is it right, and what is it
    homeward check mine.toml --believed          truth beside what the flight software believes
    homeward return mine.toml                    fly its return
    homeward rendezvous mine.toml                fly its rendezvous
    homeward return --set site.altitude_m=1200   the default scenario with one key changed

`[truth.*]` is the world and the vehicle as they are; `[onboard.*]` is the same as the flight software
believes it, from a file of its own (`flight.data_set`) or, without one, as this file says under `[truth]`;
what `--set` changes of the truth does not inform the flight. `[flight.*]` is what flies;
`[return.*]` and `[rendezvous.*]` are this mission; `[dispersion]` says how far each thing strays in
dispersed flights.
The same schema for editors: [schema.json](schema.json), or `homeward schema`. This page is made from it.
"""


def json_schema(model: type[BaseModel] = Scenario) -> dict[str, Any]:
    """JSON Schema (2020-12) of a scenario, or of another file that is described in the same way."""
    schema = _tidy(model.model_json_schema(by_alias=True))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _tidy(node: Any) -> Any:
    """The same schema without what TOML cannot say (null) and without titles made from names."""
    if isinstance(node, list):
        return [_tidy(item) for item in cast(list[Any], node)]
    if not isinstance(node, dict):
        return node
    table = cast(dict[str, Any], node)
    tidy = {
        key: _tidy(value)
        for key, value in table.items()
        if not (key == "title" and isinstance(value, str)) and value is not None
    }
    choices = [choice for choice in tidy.get("anyOf", []) if choice != {"type": "null"}]
    if len(choices) == 1:
        del tidy["anyOf"]
        tidy = {**choices[0], **tidy}
    low, above = tidy.get("minimum"), tidy.get("exclusiveMinimum")
    if isinstance(low, float) and isinstance(above, float):
        del tidy["exclusiveMinimum" if low > above else "minimum"]
    return tidy


def reference() -> str:
    """The page docs/scenario.md: one table a section, made from the schema."""
    lines = [INTRODUCTION, *_section("", Scenario)]
    told: dict[type[BaseModel], str] = {}
    for key in walk(Scenario):
        if key.section is None:
            continue
        heading = f"[[{key.dotted}]]" if key.repeats else f"[{key.dotted}]"
        lines += _section(heading, key.section, told.get(key.section, ""), _without(key))
        told.setdefault(key.section, heading)
    return "\n".join(lines).rstrip() + "\n"


def _without(key: Key) -> str:
    """What holds where none of the sections that may repeat is given."""
    if not key.repeats or key.field.is_required():
        return ""
    if not key.field.default:
        return ""
    rows = ", ".join(f"`{plain(item)}`" for item in cast(tuple[object, ...], key.field.default))
    return f"Without any: {rows}."


def _section(name: str, section: type[BaseModel], told: str = "", without: str = "") -> list[str]:
    """Heading and table of a section; ``told`` is where the same keys stand already."""
    keys = [key for key in walk(section) if key.section is None and "." not in key.dotted]
    if not keys:
        return []
    heading = f"## `{name}`" if name else "## At the top"
    if told:
        return [heading, "", f"The keys of `{told}`.", ""]
    properties = json_schema(section)["properties"]
    head = [
        heading,
        "",
        " ".join(filter(None, (_sentence(section, name), without))),
        "",
        "| key | default | allowed | meaning |",
        "|---|---|---|---|",
    ]
    return [*head, *(_row(key, properties[key.dotted]) for key in keys), ""]


def _sentence(section: type[BaseModel], name: str) -> str:
    return (section.__doc__ or name).strip().splitlines()[0]


def _row(key: Key, about: dict[str, Any]) -> str:
    if key.field.is_required():
        default = "**required**"
    elif key.field.default is None:
        default = "none"
    else:
        default = f"`{plain(key.field.default)}`"
    return f"| `{key.dotted}` | {default} | {_allowed(key, about)} | {key.field.description} |"


def _allowed(key: Key, about: dict[str, Any]) -> str:
    """What a value may be, in a few words."""
    if "enum" in about:
        return ", ".join(f"`{word}`" for word in about["enum"])
    kind = about.get("type")
    if kind == "array":
        items = about.get("items") or about.get("prefixItems", [{}])[0]
        return f"list: {_allowed(key, items)}"
    if kind in ("number", "integer"):
        if about.get("minimum") == about.get("maximum") is not None:
            return f"`{about['minimum']}`"
        low, above = about.get("minimum"), about.get("exclusiveMinimum")
        high, below = about.get("maximum"), about.get("exclusiveMaximum")
        bounds: list[str] = []
        if above is not None or low is not None:
            bounds.append(f"> {above:g}" if above is not None else f"≥ {low:g}")
        if below is not None:
            bounds.append(f"< {below:g}")
        elif high is not None and high != 1e12:
            bounds.append(f"≤ {high:g}")
        words = unit_words(key.dotted) or ("whole number" if kind == "integer" else "number")
        return f"{words}, {', '.join(bounds)}" if bounds else words
    if kind == "boolean":
        return "`true`, `false`"
    if "anyOf" in about:
        return " or ".join(dict.fromkeys(_allowed(key, choice) for choice in about["anyOf"]))
    return "UTC time" if unit_words(key.dotted) == "UTC" else "text"


def plain(value: object) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'
        case BaseModel():
            given = {name: getattr(value, name) for name in type(value).model_fields}
            pairs = ", ".join(f"{name} = {plain(item)}" for name, item in given.items() if item is not None)
            return "{" + pairs + "}"
        case tuple() | list():
            return "[" + ", ".join(plain(item) for item in cast(tuple[object, ...], value)) + "]"
        case _:
            return repr(value)


def json_text() -> str:
    """The text of docs/schema.json."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> None:
    """Write scenario.md and schema.json into a folder of documentation."""
    (folder / "scenario.md").write_text(reference(), encoding="utf-8")
    (folder / "schema.json").write_text(json_text(), encoding="utf-8")


if __name__ == "__main__":  # python -m homeward.scenario.schema.reference_page docs
    write(Path(sys.argv[1]))
