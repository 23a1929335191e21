"""The files that a campaign's scenario names: part of what it is, by content, and kept beside its runs.

The manifest lists each with its key, where it was, its SHA-256 and its copy below ``inputs``. Runs are flown
by the copies: a campaign flies again when the files are gone, and is refused when one of them has changed.
"""

import ast
import copy
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from homeward.errors import InputError, one_line
from homeward.scenario.load import FILE_KEYS
from homeward.scenario.schema.flight import split_law
from homeward.textfile import read_octets

FOLDER, REQUIREMENTS, FLIGHT_SOFTWARE = "inputs", "requirements", "flight_software"
LIBRARY = ("homeward_flight.h", "homeward_flight.c")  # of an exported flight software
LAW_KEY = "flight.guidance.law"
Input = dict[str, Any]


def own_law(document: Mapping[str, Any]) -> tuple[Path, str] | None:
    """File and class of a scenario's own guidance law; None for one of Homeward's."""
    law = _value(document, LAW_KEY)
    parts = split_law(law) if isinstance(law, str) else None
    return None if parts is None else (Path(parts[0]), parts[1])


def gather(
    document: Mapping[str, Any], requirements: str | Path | None = None,
    flight_software: str | Path | None = None,
) -> list[Input]:  # fmt: skip
    """The inputs of a scenario's document: key, path, SHA-256 and copy of each file, in the order of keys.

    ``requirements`` is the file that a campaign is judged by, if one is named, ``flight_software`` the folder
    of the C library that flies in it. Raises ``InputError`` for a
    file that cannot be read.
    """
    found = []
    for key, path in _files(document):
        listed = [path]
        if key == LAW_KEY:
            listed += _beside(path)
        hashes = {p.relative_to(path.parent).as_posix(): _hashed(p, key) for p in listed}
        found.append(_input(key, path, hashes))
    if requirements is not None:
        path = Path(requirements).absolute()
        found.append(_input(REQUIREMENTS, path, {path.name: _hashed(path, f"--{REQUIREMENTS}")}))
    if flight_software is not None:
        path = Path(flight_software).absolute() / LIBRARY[0]
        hashes = {name: _hashed(path.with_name(name), "--flight-software") for name in LIBRARY}
        found.append(_input(FLIGHT_SOFTWARE, path, hashes))
    return found


def keep(folder: Path, inputs: list[Input]) -> None:
    """Copy the inputs into a campaign's folder; raises OSError, ``InputError`` where one changes."""
    for told in inputs:
        for name, sha256 in told["files"].items():
            source, place = Path(told["path"]).parent / name, folder / told["copy"] / name
            content = read_octets(source)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise InputError(f"{one_line(str(source), 200)}: changed while the campaign was being set up")
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_name(f".new-{place.name}")
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)


def check_kept(folder: Path, inputs: list[Input]) -> None:
    """Raise ``InputError`` where a copy in the campaign's folder is not what was flown with."""
    for told in inputs:
        for name, sha256 in told["files"].items():
            place = folder / told["copy"] / name
            if _hashed(place, told["key"]) != sha256:
                raise InputError(
                    f"{one_line(str(place), 200)}: changed since the campaign was flown with it "
                    f"({told['key']}); expected SHA-256 {sha256[:16]}..."
                )


def check_originals(folder: Path, inputs: list[Input]) -> None:
    """Raise ``InputError`` where a file is still where it was, but is another one by now."""
    for told in inputs:
        for name, sha256 in told["files"].items():
            source = Path(told["path"]).parent / name
            if source.is_file() and _hashed(source, told["key"]) != sha256:
                raise InputError(
                    f"{one_line(str(source), 200)}: changed since the campaign was flown with it "
                    f"({told['key']}); what it was is {one_line(str(folder / told['copy'] / name), 200)}"
                )


def check_same(label: str, there: list[Input], here: list[Input]) -> None:
    """Raise ``InputError`` where a campaign would be gone on with by other files than it was begun with."""
    begun = {told["key"]: told for told in there}
    if (FLIGHT_SOFTWARE in begun) != any(told["key"] == FLIGHT_SOFTWARE for told in here):
        how = "with" if FLIGHT_SOFTWARE in begun else "without"
        raise InputError(
            f"{label}: this campaign was begun {how} a flight software of its own: go on with it {how} "
            "--flight-software"
        )
    for told in here:
        old = begun.get(told["key"])
        if old is None or old["files"] == told["files"]:
            continue
        names = [n for n in {**old["files"], **told["files"]} if old["files"].get(n) != told["files"].get(n)]
        source = Path(told["path"]).parent / names[0]
        raise InputError(
            f"{label}: {told['key']}: {one_line(str(source), 200)} is not the file that this campaign was "
            f"begun with; that one is kept in {one_line(old['copy'], 200)}"
        )


def by_content(document: Mapping[str, Any], inputs: list[Input]) -> dict[str, Any]:
    """The document with each file's content in the place of its path: what two campaigns are compared by."""
    return _replaced(document, {told["key"]: f"sha256 {sorted(told['files'].items())}" for told in inputs})


def by_copies(document: Mapping[str, Any], inputs: list[Input], folder: Path) -> dict[str, Any]:
    """The document with the copies in a campaign's folder in the place of the files that it names."""
    return _replaced(document, {told["key"]: str(kept_file(folder, told)) for told in inputs})


def requirements_file(folder: Path, inputs: list[Input]) -> Path | None:
    """The copy of the requirements that a campaign is judged by; None where those that ship are."""
    told = next((told for told in inputs if told["key"] == REQUIREMENTS), None)
    if told is None:
        return None
    check_kept(folder, [told])
    return kept_file(folder, told)


def flight_software_of(folder: Path, inputs: list[Input]) -> Path | None:
    """The folder with the copy of the flight software that flies a campaign; None for the package's own."""
    told = next((told for told in inputs if told["key"] == FLIGHT_SOFTWARE), None)
    return None if told is None else kept_file(folder, told).parent


def kept_file(folder: Path, told: Input) -> Path:
    """The copy of an input in a campaign's folder."""
    return (folder / told["copy"] / Path(told["path"]).name).absolute()


def _replaced(document: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    made = copy.deepcopy(dict(document))
    for key, value in values.items():
        *above, last = key.split(".")
        table: Any = made
        for part in above:
            table = table.get(part) if isinstance(table, dict) else None
        if not isinstance(table, dict) or not isinstance(table.get(last), str):
            continue  # requirements and flight software, which are in no scenario
        if key == LAW_KEY:
            parts = split_law(table[last])
            value = f"{value}:{parts[1]}" if parts else value
        table[last] = value
    return made


def _files(document: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    law = own_law(document)
    if law is not None:
        yield LAW_KEY, law[0]
    yield from _walk(document, "")


def _walk(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, Path]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _walk(value, f"{above}{key}.")
        elif key in FILE_KEYS and isinstance(value, str):
            yield f"{above}{key}", Path(value)


def _value(document: Mapping[str, Any], key: str) -> Any:
    found: Any = document
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _input(key: str, path: Path, hashes: dict[str, str]) -> Input:
    whole = hashlib.sha256(repr(sorted(hashes.items())).encode()).hexdigest()
    return {"key": key, "path": str(path), "files": hashes, "copy": f"{FOLDER}/{whole[:16]}"}


def _hashed(path: Path, key: str) -> str:
    return hashlib.sha256(read_octets(path, f"the file of {key}")).hexdigest()


def _beside(path: Path) -> list[Path]:
    """The Python files beside a law, or in packages beside it, that it imports, and theirs."""
    found: list[Path] = []
    waiting = [path]
    while waiting:
        for name in _imported(waiting.pop()):
            place = path.parent.joinpath(*name.split("."))
            package = [p for parent in (place, *place.parents) if parent.is_relative_to(path.parent)
                       for p in [parent / "__init__.py"] if parent != path.parent]  # fmt: skip
            for other in (place.with_suffix(".py"), *package):
                if other.is_file() and other != path and other not in found:
                    found.append(other)
                    waiting.append(other)
    return sorted(found)


def _imported(path: Path) -> list[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError, RecursionError):
        return []  # what is wrong with it is said when it is run
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [item.name for item in node.names]
        elif isinstance(node, ast.ImportFrom):
            home = node.module or ""
            names += [home, *(f"{home}.{item.name}".lstrip(".") for item in node.names)]
    return [name for name in names if name]


__all__ = [
    "FLIGHT_SOFTWARE", "LAW_KEY", "LIBRARY", "REQUIREMENTS", "Input", "by_content", "by_copies",
    "check_kept", "check_originals", "check_same",
    "flight_software_of", "gather", "keep", "kept_file", "own_law", "requirements_file",
]  # fmt: skip
