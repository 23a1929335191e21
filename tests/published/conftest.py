"""Collects the rows of docs/validation.md from the checks against published numbers."""

import json
import os
from pathlib import Path

import pytest


class Validation:
    """Writes one JSON line per comparison; the page is rendered from them."""

    def __init__(self, test: str, path: Path | None) -> None:
        self.test = test
        self.path = path

    def record(self, *, source, case, quantity, theirs, ours, difference, limit, unit="", verdict=None,
               kind=None):  # fmt: skip
        row = {
            "test": self.test, "source": source, "case": case, "quantity": quantity, "theirs": theirs,
            "ours": ours, "difference": difference, "limit": limit, "unit": unit,
            "kind": kind, "verdict": verdict or ("pass" if abs(difference) <= limit else "fail"),
        }  # fmt: skip
        self._write(row)

    def picture(self, name, draw, *, source, words):
        """Let ``draw(path)`` make a picture for the page, if a page is being made."""
        if self.path:
            draw(self.path.parent / name)
            self._write({"test": self.test, "source": source, "picture": name, "words": words})

    def _write(self, row):
        if self.path:
            with self.path.open("a") as stream:
                stream.write(json.dumps(row, default=float) + "\n")


@pytest.fixture
def validation(request):
    target = os.environ.get("HOMEWARD_VALIDATION")
    return Validation(request.node.nodeid, Path(target) if target else None)
