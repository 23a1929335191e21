"""Leaves out what nobody reads: locals that no later line names, and comments with nothing under them."""

import re
from collections.abc import Sequence

DECLARED = re.compile(r"\s*(?:const \w+|\w+ \*const) (\w+) = ")
NAME = re.compile(r"[A-Za-z_]\w*")


def pruned(lines: Sequence[str]) -> list[str]:
    """The lines of a function's body without those; every local is declared before it is read."""
    read: set[str] = set()
    kept: list[str] = []
    for line in reversed(lines):
        bare = line.strip()
        if bare.startswith("/*"):
            if kept and not kept[-1].strip().startswith(("/*", "}")):
                kept.append(line)
            continue
        declared = DECLARED.match(line)
        if declared is not None and declared[1] not in read:
            continue
        read.update(NAME.findall(line))
        kept.append(line)
    return _once(kept[::-1])


def _once(lines: list[str]) -> list[str]:
    """A comment is not said again where nothing else was said meanwhile."""
    told, kept = "", []
    for line in lines:
        if line.strip().startswith("/*"):
            if line.strip() == told:
                continue
            told = line.strip()
        kept.append(line)
    return kept
