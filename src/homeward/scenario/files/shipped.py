"""The scenarios that come with Homeward."""

import functools
import tomllib
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "scenarios"
DATA_SET = ".onboard.toml"  # end of the name of a file that holds the onboard data of a scenario


@functools.cache
def shipped_names() -> tuple[str, ...]:
    """Names of the shipped scenarios, the default one first."""
    names = sorted(path.stem for path in FOLDER.glob("*.toml") if not path.name.endswith(DATA_SET))
    return tuple(sorted(names, key=lambda name: name != DEFAULT))


def shipped_file(name: str) -> Path:
    """The file of a shipped scenario."""
    return FOLDER / f"{name}.toml"


def shipped() -> list[tuple[str, str]]:
    """Name and title of each shipped scenario, the default one first."""
    told: list[tuple[str, str]] = []
    for name in shipped_names():
        data = tomllib.loads(shipped_file(name).read_text(encoding="utf-8"))
        told.append((name, str(data.get("title", ""))))
    return told


DEFAULT = "shenzhou-15"
DEFAULT_RENDEZVOUS = "shenzhou-21"
