"""The pins: what is installed is what they name, each once, and nothing but names and versions."""

import re
from importlib import metadata
from pathlib import Path

FILE = Path(__file__).parents[3] / "constraints.txt"
OWN = {"homeward", "pip", "setuptools", "wheel"}  # not pinned here


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins() -> list[tuple[str, str]]:
    lines = [line for line in FILE.read_text().splitlines() if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line) for line in lines)
    return [(normal(name), version) for name, version in (line.split("==") for line in lines)]


def test_each_package_is_pinned_once():
    names = [name for name, _ in pins()]
    assert len(names) == len(set(names))


def needed() -> set[str]:
    """All that Homeward and its extras ask for, and what these ask for in turn."""
    found, todo = set(), ["homeward"]
    while todo:
        name = normal(todo.pop())
        if name in found:
            continue
        found.add(name)
        try:
            asked = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        todo += [
            re.split(r"[^A-Za-z0-9._-]", text)[0]
            for text in asked
            if name == "homeward" or "extra ==" not in text
        ]
    return found - OWN


def test_what_is_installed_is_what_is_pinned():
    """A pin whose name is wrong leaves its package without one."""
    installed = {normal(d.metadata["Name"]): d.version for d in metadata.distributions()}
    there = {name: installed[name] for name in needed() if name in installed}
    assert len(there) > 50
    pinned = dict(pins())
    wrong = {n: (v, pinned.get(n)) for n, v in there.items() if pinned.get(n) != v}
    assert not wrong, f"installed and pinned: {wrong}"
