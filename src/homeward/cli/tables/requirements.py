"""Requirements and their verdicts as a table in a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

COLOURS = {"met": "green", "not met": "red", "undecided": "yellow"}
FAILED = 10  # failed runs shown


def show_verdicts(screen: Console, told: Sequence[Mapping[str, Any]]) -> None:
    """A line a requirement: verdict, what was found, its bound, margin, how sure, and runs to decide."""
    if not told:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("requirement", "verdict", "found", "bound", "margin", "sure", "runs to decide"):
        table.add_column(column, justify="left" if column in ("requirement", "verdict") else "right")
    for v in told:
        colour = COLOURS[v["verdict"]]
        table.add_row(
            f"{v['id']}  {v['text']}" if v["id"] else v["text"], Text(v["verdict"], colour),
            number(v["value"]), number(v["bound"]), number(v["margin"]), sure(v["confidence"]),
            runs(v),
        )  # fmt: skip
    screen.print()
    screen.print(table)


def show_failed(screen: Console, failed: int, told: Sequence[Mapping[str, Any]]) -> None:
    """The first failed runs and how to fly each again."""
    if not failed:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("failed run", "leg, time and cause", "to fly it again"):
        table.add_column(column, justify="right" if column == "failed run" else "left")
    for f in told[:FAILED]:
        table.add_row(f"{f['run']:,}", f["failure"] or "", f["replay"] or "keep the runs with --out DIR")
    screen.print()
    screen.print(table)
    if failed > FAILED:
        screen.print(f"{failed - FAILED:,} more failed", style="dim")


def number(value: float | None) -> str:
    """A figure in four digits; what is infinite or not there is a dash."""
    return "-" if value is None else f"{value:.4g}"


def sure(confidence: float | None) -> str:
    """The confidence reached, never rounded up to 100 %."""
    if confidence is None:
        return "these runs"
    return "> 99.99 %" if confidence > 0.9999 else f"{100.0 * confidence:.2f} %"


def runs(v: Mapping[str, Any]) -> str:
    """How many runs decide."""
    if v["confidence"] is None:
        return "-"
    return "no number" if v["runs_to_decide"] is None else f"{v['runs_to_decide']:,}"
