"""Reads a scenario: a shipped one by name or a file, with single keys overridden."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from homeward.documents import DEEPEST, DocumentError, control_character, parse_toml
from homeward.errors import InputError, one_line
from homeward.scenario.files.shipped import shipped_file, shipped_names
from homeward.scenario.files.toml import read_toml
from homeward.scenario.schema.base import table_of
from homeward.scenario.schema.errors import explain, nearest
from homeward.scenario.schema.onboard_data_set import moved_sensors, settle_onboard
from homeward.scenario.schema.returns import KINDS, Initial
from homeward.scenario.schema.scenario import Scenario
from homeward.textfile import STANDARD_INPUT, full_path, is_readable

ORBITS = (("return", "initial"), ("rendezvous", "station", "orbit"))  # each given in one of several ways
FILE_KEYS = ("tle_file", "oem_file", "opm_file", "file", "stations_file", "data_set")
DATA_SET = "flight.data_set"


def load(name_or_path: str | Path, overrides: Mapping[str, str] | None = None) -> Scenario:
    """The scenario of a shipped name or of a TOML file, checked.

    ``overrides`` maps dotted keys to values as they would stand in the file (a text needs no quotes). Keys
    under ``truth`` change the world alone, those under ``onboard`` what the flight software believes.
    Raises InputError, one sentence, for anything that is wrong.
    """
    path = find(name_or_path)
    label = str(name_or_path)
    data = read_toml(path, label)
    if "body" in data and not {"return", "rendezvous"} & data.keys():
        raise InputError(
            f"{one_line(label, 200)}: this is an open-loop file; fly it with `homeward propagate`"
        )
    chosen = dict(overrides or {})
    folder = Path(full_path(path)).parent
    apply_overrides(data, {key: text for key, text in chosen.items() if key == DATA_SET}, label)
    written = moved_sensors(data)
    # Before any other key is set: what `--set truth.KEY` says of the world is not known on board.
    settle_onboard(data, folder, one_line(label, 200))
    apply_overrides(data, {key: text for key, text in chosen.items() if key != DATA_SET}, label)
    written |= moved_sensors(data)
    context = {
        "directory": folder, "stem": "stdin" if label == STANDARD_INPUT else path.stem,
        "label": one_line(label, 200), "overridden": list(chosen),
    }  # fmt: skip
    try:
        scenario = Scenario.model_validate(data, context=context)
    except ValidationError as error:
        raise explain(error, Scenario, one_line(label, 200), list(chosen), written) from None
    _check_elements(scenario)
    return scenario


def _check_elements(scenario: Scenario) -> None:
    """Refuse two-line elements that stand in the file and are wrong, while the file's name is still known."""
    given: list[tuple[str, Initial]] = []
    if scenario.homecoming is not None:
        given.append(("return.initial", scenario.homecoming.initial))
    if scenario.rendezvous is not None:
        given.append(("rendezvous.station.orbit", scenario.rendezvous.station.orbit))
    for key, initial in given:
        if initial.tle is not None:
            from homeward.io.tle import parse_tle  # takes a tenth of a second, which others need not wait

            parse_tle(initial.tle, scenario.place(f"{key}.tle"))


def find(name_or_path: str | Path) -> Path:
    """The file of a shipped scenario's name or of a path; raises InputError where there is none."""
    text = str(name_or_path)
    if text in shipped_names():
        return shipped_file(text)
    label = one_line(text, 200)
    if not text or "\0" in text:
        raise InputError(f'"{label}": expected the name of a scenario or of a file')
    path = Path(text)
    if is_readable(path):
        return path
    with contextlib.suppress(OSError):  # A name too long for the file system is the name of no file.
        if path.is_dir():
            raise InputError(f"{label}: expected a scenario file, but this is a folder")
    like = nearest(text, shipped_names())
    hint = f"did you mean {like}?" if like else f"shipped scenarios are {', '.join(shipped_names())}"
    raise InputError(f"{label}: there is no such file and no shipped scenario of this name; {hint}")


def parse_value(text: str) -> Any:
    """A value as it would stand in a TOML file; what is no TOML value is a text."""
    try:
        table = parse_toml(f"value = {text}")
    except DocumentError:
        return text
    return table["value"] if list(table) == ["value"] else text


def parse_settings(settings: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` arguments of the command line as overrides; raises InputError for any other form."""
    overrides: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise InputError(f'--set "{one_line(setting)}": expected KEY=VALUE, as in site.altitude_m=1200')
        overrides[key.strip()] = value.strip()
    return overrides


def apply_overrides(data: dict[str, Any], overrides: Mapping[str, str], label: str) -> None:
    """Set dotted keys in the tables of a file, in place.

    Raises InputError for a key that is none, and for control characters in what is then in the tables.
    Another kind of initial state or of the station's orbit replaces the one in the file. A path given here
    is relative to the current folder, not to the scenario's.
    """
    for key, text in overrides.items():
        parts = [part.strip() for part in key.split(".")]
        if not all(parts) or len(parts) > DEEPEST:
            raise InputError(f"--set {one_line(key)}: expected a dotted key, as in site.altitude_m")
        for orbit in ORBITS:
            depth = len(orbit)
            if tuple(parts[:depth]) == orbit and len(parts) > depth and parts[depth] in KINDS:
                _drop_other_kinds(data, orbit, keep=parts[depth])
        table = data
        for part in parts[:-1]:
            inner = table_of(table.setdefault(part, {}))
            if inner is None:
                place = f"{one_line(label, 200)} (--set): {one_line(key)}"
                raise InputError(f"{place}: {one_line(part)} is a value, not a table")
            table = inner
        value = parse_value(text)
        names_file = parts[-1] in FILE_KEYS or (parts[-1] == "law" and ".py:" in text)
        if names_file and isinstance(value, str) and "\0" not in value and value != STANDARD_INPUT:
            value = str(Path(value).absolute())
        table[parts[-1]] = value
    found = control_character(data)
    if found is not None:
        raise InputError(
            f"{one_line(label, 200)}: {one_line(found[0], 200)}: expected text without control characters, "
            f"but it holds {found[1]}"
        )


def _drop_other_kinds(data: dict[str, Any], orbit: Sequence[str], keep: str) -> None:
    for part in orbit:
        data = table_of(data.get(part)) or {}
    for kind in KINDS:
        if kind != keep:
            data.pop(kind, None)
