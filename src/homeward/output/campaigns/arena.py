"""The picture of an arena: how near each law lands, and how many of the runs in reach it lands at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    SOFT,
    VERMILION,
    label,
    new_figure,
    panel_title,
    save,
    styled,
)

COLOURS = {
    "predictive": BLUE, "predictive-v1": SKY, "reference": VERMILION, "reference-2005": ORANGE,
    "fnpeg": GREEN, "apollo": PURPLE,
}  # fmt: skip
OWN = (INK, SOFT)
RINGS = ("landed_0_5_km", "landed_1_km", "landed_2_km")
RING_WORDS = ("0.5 km", "1 km", "2 km")
SMALLEST = 1e-3  # km, left end of the axis


def draw_arena(told: Mapping[str, Any], misses: Mapping[str, np.ndarray], path: Path) -> None:
    """Distribution of the misses [km, infinite if failed] of the runs in reach; shares landed in limits."""
    laws = list(misses)
    colours = _colours(laws)
    with styled():
        figure = new_figure(10.4, 4.9)
        left = figure.add_axes((0.055, 0.11, 0.47, 0.69))
        for law in laws:
            _distribution(left, misses[law], colours[law])
        left.set_xscale("log")
        every = np.concatenate([v[np.isfinite(v)] for v in misses.values()] or [np.ones(1)])
        most = 10.0 ** np.ceil(np.log10(max(float(every.max(initial=1.0)), 1.0)))
        left.set_xlim(SMALLEST, most)
        left.set_ylim(0.0, 104.0)
        left.axvline(0.5, color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)))
        label(left, 0.5, 2.0, "0.5 km", SOFT, offset=(3, 0), va="bottom", fontsize=8)
        left.set_xlabel("opening miss, km")
        panel_title(left, f"Share of the {told['reachable']} runs in reach that open as near, %")
        right = figure.add_axes((0.68, 0.11, 0.25, 0.69))
        _shares(right, told, colours)
        panel_title(right, "Landed inside all limits, % of those in reach")
        figure.text(0.055, 0.955, _title(told), fontsize=13, fontweight="bold", va="top", color=INK)
        groups = f"{told['runs']} runs of seed {told['seed']}"
        figure.text(0.055, 0.895, f"{told['scenario']}  ·  {told['set']}  ·  {groups}", fontsize=9, va="top",
                    color=SOFT)  # fmt: skip
        save(figure, path)


def _colours(laws: list[str]) -> dict[str, str]:
    own = iter(OWN * len(laws))
    return {law: COLOURS.get(law) or next(own) for law in laws}


def _title(told: Mapping[str, Any]) -> str:
    shares = {law: row["landed_0_5_km"]["share"] for law, row in told["laws"].items()}
    known = {law: s for law, s in shares.items() if s is not None}
    if not known:
        return "None of the runs is in reach"
    best = max(known.values())
    first = [law for law, s in known.items() if s == best]
    who = first[0] if len(first) == 1 else f"{', '.join(first[:-1])} and {first[-1]}"
    verb = "lands" if len(first) == 1 else "land"
    return f"{who} {verb} {100.0 * best:.1f} % of the runs in reach within half a kilometre"


def _distribution(ax: Axes, values: np.ndarray, colour: str) -> None:
    if values.size == 0:
        return
    ordered = np.sort(values)
    share = 100.0 * np.arange(1, len(ordered) + 1) / len(ordered)
    seen = np.isfinite(ordered)
    if np.any(seen):
        ax.step(np.maximum(ordered[seen], SMALLEST), share[seen], where="post", color=colour, linewidth=1.7)


def _shares(ax: Axes, told: Mapping[str, Any], colours: Mapping[str, str]) -> None:
    laws = list(told["laws"])
    for k, law in enumerate(laws):
        y, row = len(laws) - 1 - k, told["laws"][law]
        for ring, alpha in zip(reversed(RINGS), (0.25, 0.5, 1.0), strict=True):
            share = row[ring]["share"]
            if share is not None:
                ax.barh(y, 100.0 * share, height=0.55, color=colours[law], alpha=alpha, linewidth=0)
        near = row[RINGS[0]]
        if near["share"] is not None:
            ax.plot([100.0 * near["low"], 100.0 * near["high"]], [y, y], color=INK, linewidth=1.2)
            ax.annotate(f"{100.0 * near['share']:.1f}", (101.5, y), va="center", fontsize=8.5, color=INK,
                        annotation_clip=False)  # fmt: skip
    ax.set_yticks(range(len(laws)), list(reversed(laws)))
    for tick, law in zip(ax.get_yticklabels(), reversed(laws), strict=True):
        tick.set_color(colours[law])
        tick.set_fontweight("bold")
    ax.set_xlim(0.0, 100.0)
    ax.set_ylim(-0.6, len(laws) - 0.4)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(f"full: within {RING_WORDS[0]} (line: 95 %), paler: {RING_WORDS[1]}, {RING_WORDS[2]}")
