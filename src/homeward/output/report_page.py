"""A page that stands alone: headings, tables and pictures in one HTML file, for screen and paper."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from pathlib import Path

CSS = Path(__file__).with_name("report.css")


def text(value: object) -> str:
    """Anything as text that HTML takes."""
    return html.escape(str(value))


def picture(data: bytes, says: str, caption: str = "", kind: str = "svg+xml") -> str:
    """An embedded picture; ``says`` tells the same to those who cannot see it."""
    code = base64.b64encode(data).decode("ascii")
    below = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    image = f'<img class="picture" alt="{text(says)}" src="data:image/{kind};base64,{code}">'
    return f"<figure>{image}{below}</figure>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """A table of cells that are HTML already; ``numbers`` are the columns set to the right.

    A cell that begins with ``<td`` is taken as it is.
    """
    right = set(numbers)

    def cell(k: int, inner: str) -> str:
        if inner.startswith("<td"):
            return inner
        return f'<td class="n">{inner}</td>' if k in right else f"<td>{inner}</td>"

    top = "".join(f'<th class="n">{h}</th>' if k in right else f"<th>{h}</th>" for k, h in enumerate(head))
    body = "".join(f"<tr>{''.join(cell(k, c) for k, c in enumerate(row))}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def section(key: str, title: str, *parts: str) -> str:
    """A heading with what stands under it."""
    return f'<section id="{key}"><h2>{text(title)}</h2>{"".join(parts)}</section>'


def page(title: str, head: str, sections: Sequence[tuple[str, str, str]]) -> str:
    """The whole page; ``sections`` are key, title and HTML of each."""
    links = "".join(f'<a href="#{key}">{text(name)}</a>' for key, name, _ in sections)
    body = "".join(section(key, name, inner) for key, name, inner in sections)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{text(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{CSS.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>{head}<nav>{links}</nav>{body}</main></body></html>\n"
    )


__all__ = ["page", "picture", "section", "table", "text"]
