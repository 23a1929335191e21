"""A page that stands alone: headings, tables and pictures in one HTML file, for screen and paper.

What it says comes from manifests and tables that anybody may have written. Jinja2 escapes every value,
nothing else puts HTML together, and the page itself forbids scripts.
"""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

FOLDER = Path(__file__).parent
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, as code if asked for, a smaller line below it, and a style's class."""

    text: str
    small: str = ""
    code: bool = False
    style: str = ""


@dataclasses.dataclass(frozen=True)
class Block:
    """A piece of a section; ``kind`` is one that the template knows."""

    kind: str
    text: str = ""
    title: str = ""
    data: str = ""
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str | Cell]] = ()
    numbers: frozenset[int] = frozenset()


@dataclasses.dataclass(frozen=True)
class Section:
    """A heading with what stands under it; one without blocks is left out."""

    key: str
    title: str
    blocks: Sequence[Block]


def table(head: Sequence[str], rows: Iterable[Sequence[str | Cell]], numbers: Iterable[int] = ()) -> Block:
    """A table; ``numbers`` are the columns set to the right."""
    return Block("table", head=head, rows=list(rows), numbers=frozenset(numbers))


def picture(svg: bytes, says: str, caption: str = "") -> Block:
    """An embedded picture; ``says`` tells the same to those who cannot see it."""
    return Block("picture", caption, says, base64.b64encode(svg).decode("ascii"))


def soft(text: str) -> Block:
    """A paragraph that steps back."""
    return Block("soft", text)


def page(title: str, subtitle: str, flown: str, answer: str, style: str, sections: Sequence[Section]) -> str:
    """The whole page: a title and two lines below it, the answer with its style, and the sections."""
    shown = [s for s in sections if s.blocks]
    css = Markup((FOLDER / "report.css").read_text(encoding="utf-8"))  # ours alone
    return _template().render(
        title=title, subtitle=subtitle, flown=flown, answer=answer, style=style, sections=shown, css=css
    )


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, finalize=_clean
    )
    return environment.get_template("report.html.j2")


def _clean(value: Any) -> Any:
    """What stands in the page for a value: control characters turn no text around and hide nothing."""
    return (
        CONTROLS.sub("\ufffd", value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )


__all__ = ["Block", "Cell", "Section", "page", "picture", "soft", "table"]
