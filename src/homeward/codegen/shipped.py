"""Texts that are written beside the generated ones; they ship with the package."""

from importlib.resources import files


def shipped(name: str) -> str:
    """The text of a file of ``homeward/data``."""
    return files("homeward.data").joinpath(name).read_text(encoding="utf-8")
