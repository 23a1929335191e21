"""The picture of a matrix of failures: a row a failure and leg, a square a case, coloured by how it ended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.output.figure_style.style import (
    GREEN,
    INK,
    ORANGE,
    SKY,
    SOFT,
    VERMILION,
    new_figure,
    save,
    styled,
)

COLOURS = {"nominal": GREEN, "degraded": SKY, "aborted": ORANGE, "lost": VERMILION}
WIDEST = 60  # squares in a row; more are told by shares


def draw_matrix(rows: Sequence[Mapping[str, Any]], title: str, path: Path) -> None:
    """Rows of ``homeward faults --json``, drawn to a PNG file."""
    order = list(COLOURS)
    lines: dict[str, list[str]] = {}
    for row in rows:
        words = f"{re.sub(r' [0-9]+(?= )', '', row['fault'])}  ·  {row['leg']}"
        lines.setdefault(words, []).append(row["outcome"])
    counts = {name: sum(r["outcome"] == name for r in rows) for name in order}
    with styled():
        height = 1.2 + 0.165 * max(len(lines), 4)
        figure = new_figure(10.4, height)
        ax = figure.add_axes((0.38, 0.3 / height, 0.60, 1.0 - 1.1 / height))
        for k, outcomes in enumerate(lines.values()):
            shares = np.array([outcomes.count(name) for name in order]) / len(outcomes)
            left = 0.0
            for name, share in zip(order, shares, strict=True):
                ax.barh(k, share, left=left, height=0.78, color=COLOURS[name], linewidth=0)
                left += share
            if len(outcomes) <= WIDEST:
                for edge in range(1, len(outcomes)):
                    ax.plot([edge / len(outcomes)] * 2, [k - 0.39, k + 0.39], color="white", lw=0.6)
            ax.text(1.005, k, str(len(outcomes)), va="center", fontsize=6.5, color=SOFT)
        ax.set_yticks(range(len(lines)), list(lines), fontsize=6.8)
        ax.set_ylim(len(lines) - 0.4, -0.6)
        ax.set_xlim(0.0, 1.0)
        ax.set_xticks([])
        ax.grid(visible=False)
        for side in ("left", "bottom"):
            ax.spines[side].set_visible(False)
        lost = counts["lost"]
        told = f"{len(rows)} cases, {lost if lost else 'none'} lost"
        figure.text(0.015, 1.0 - 0.3 / height, f"{title}: {told}", fontsize=12, weight="bold", color=INK)
        for k, name in enumerate(order):
            at = 0.015 + 0.17 * k
            figure.text(
                at, 1.0 - 0.62 / height, f"■ {name} {counts[name]}", color=COLOURS[name], fontsize=9.5
            )
        save(figure, path)
