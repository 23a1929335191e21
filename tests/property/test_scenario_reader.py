"""Whatever stands in a scenario file, the reader gives a scenario or says in one line what is wrong."""

import copy
import tomllib
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeward.errors import InputError
from homeward.scenario import Scenario, load
from homeward.scenario.files.shipped import shipped_file
from homeward.scenario.schema.reference_page import plain
from homeward.scenario.template import to_toml

TEXT = shipped_file("shenzhou-15").read_text(encoding="utf-8")
TABLES = tomllib.loads(TEXT)
SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def paths(table: dict[str, Any], prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for key, value in table.items():
        found.append((*prefix, key))
        if isinstance(value, dict):
            found += paths(value, (*prefix, key))
    return found


PATHS = paths(TABLES)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
JUNK = st.one_of(st.binary(max_size=30), WORDS)
VALUES = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from([float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 0.0, -0.0, 1e-308, 10**400]),
    st.integers(-(10**25), 10**25),
    st.booleans(),
    WORDS,
    st.lists(st.one_of(st.floats(), st.integers(-9, 9), WORDS, st.booleans()), max_size=4),
    st.dictionaries(st.sampled_from(["mass_kg", "tle", "x", ""]), st.integers(-1, 1), max_size=2),
)


def toml(table: dict[str, Any]) -> str:
    """Tables as inline TOML, any key and any value."""

    def value(item: Any) -> str:
        if isinstance(item, dict):
            return "{" + ", ".join(f"{plain(k)} = {value(v)}" for k, v in item.items()) + "}"
        if isinstance(item, list):
            return "[" + ", ".join(value(v) for v in item) + "]"
        return plain(item)

    return "\n".join(f"{plain(key)} = {value(item)}" for key, item in table.items()) + "\n"


def judged(path: Path, content: bytes) -> Scenario | None:
    """The scenario of a file, None where it is refused in one line that names the file."""
    path.write_bytes(content)
    try:
        return load(path)
    except InputError as error:
        message = str(error)
        assert message.startswith(str(path))
        assert len(message.splitlines()) == 1 and message.isprintable() and len(message) < 1000
        assert "pydantic" not in message and "Input should" not in message
        return None


def changed(path: tuple[str, ...], change: Any) -> dict[str, Any]:
    """The default scenario's tables with ``change(table, key)`` done at one place."""
    tables = copy.deepcopy(TABLES)
    inner = tables
    for part in path[:-1]:
        inner = inner[part]
    change(inner, path[-1])
    return tables


@SETTINGS
@given(path=st.sampled_from(PATHS), value=VALUES)
def test_any_value_at_any_key(tmp_path: Path, path: tuple[str, ...], value: Any) -> None:
    tables = changed(path, lambda table, key: table.__setitem__(key, value))
    scenario = judged(tmp_path / "a.toml", toml(tables).encode())
    if scenario is not None:
        again = judged(tmp_path / "b.toml", to_toml(scenario).encode())
        assert again == scenario
    if isinstance(value, float) and value != value:
        assert scenario is None


@SETTINGS
@given(path=st.sampled_from(PATHS), name=st.one_of(WORDS, st.sampled_from(["mass_lb", "altitude_km", "tle"])))
def test_any_key_dropped_or_renamed(tmp_path: Path, path: tuple[str, ...], name: str) -> None:
    judged(tmp_path / "a.toml", toml(changed(path, lambda table, key: table.pop(key))).encode())
    renamed = changed(path, lambda table, key: table.__setitem__(name, table.pop(key)))
    judged(tmp_path / "a.toml", toml(renamed).encode())


@SETTINGS
@given(
    start=st.integers(0, len(TEXT) - 1),
    length=st.integers(0, 60),
    junk=JUNK,
)
def test_any_bytes_anywhere(tmp_path: Path, start: int, length: int, junk: bytes | str) -> None:
    whole = TEXT.encode()
    middle = junk if isinstance(junk, bytes) else junk.encode()
    judged(tmp_path / "a.toml", whole[:start] + middle + whole[start + length :])
    judged(tmp_path / "a.toml", whole[:start])


@SETTINGS
@given(
    key=st.one_of(st.sampled_from([".".join(path) for path in PATHS]), WORDS),
    value=st.one_of(WORDS, VALUES.map(lambda item: item if isinstance(item, str) else str(item))),
)
def test_any_override(key: str, value: str) -> None:
    try:
        load("shenzhou-15", {key: value})
    except InputError as error:
        assert len(str(error).splitlines()) == 1 and str(error).isprintable()
