"""Pictures of a comparison of two guidance laws: how far they miss, and where they open the parachute."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from homeward.output.figure_style.style import (
    BLUE,
    GREEN,
    INK,
    SOFT,
    VERMILION,
    label,
    marker,
    new_figure,
    panel_title,
    save,
    styled,
)

COLOURS = {"predictive": BLUE, "reference": VERMILION, "own": GREEN}
NAMES = {"predictive": "second: predictive", "reference": "first: reference", "own": "a law of one's own"}
CASES = {"dispersed": "Dispersed", "large_changes": "After large orbit changes"}
MARKS = ((0.10, "10 %"), (0.50, "50 %"), (0.997, "99.7 %"))
CASES_FIRST = "dispersed"
RINGS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)  # km

Table = Mapping[str, Mapping[str, np.ndarray]]


def draw_distributions(misses: Table, note: str, unreachable: int, path: Path) -> None:
    """Share of runs that open within a distance, both laws, a panel a case; misses in km, inf if failed."""
    with styled():
        figure = new_figure(10.4, 4.8)
        edges = _decades(misses)
        for k, (case, words) in enumerate(CASES.items()):
            ax = figure.add_axes((0.055 + 0.485 * k, 0.11, 0.445, 0.69))
            for k_law, (law, values) in enumerate(misses[case].items()):
                _distribution(ax, values, COLOURS[law], left=k_law == 0)
            ax.set_xscale("log")
            ax.set_xlim(*edges)
            ax.set_ylim(0.0, 104.0)
            ax.set_xlabel("opening miss, km")
            count = len(next(iter(misses[case].values())))
            left = f", {unreachable} out of reach" if case == "large_changes" and unreachable else ""
            panel_title(ax, f"{words}: share of {count} runs, %{left}")
            if k == 0:
                _names(ax, misses[case], 0.55, 0.30)
        _head(figure, _title(misses), f"{note}  ·  dots at 10, 50 and 99.7 %")
        save(figure, path)


def draw_places(places: Table, note: str, path: Path) -> None:
    """Where the parachutes opened about the aim, east and north in km, both laws, one panel a case."""
    with styled():
        figure = new_figure(10.4, 5.7)
        for k, (case, words) in enumerate(CASES.items()):
            ax = figure.add_axes((0.055 + 0.485 * k, 0.09, 0.445, 0.755))
            _scatter(ax, places[case])
            panel_title(ax, f"{words}: openings, km north over km east")
            if k == 0:
                _names(ax, places[case], 0.02, 0.97)
        spread = {
            law: _radius(np.concatenate([places[case][law] for case in CASES])) for law in places[CASES_FIRST]
        }
        _head(
            figure,
            f"99 % of the openings: within {spread['predictive']:.2f} km under the second generation, "
            f"{spread['reference']:.2f} km under the first",
            note,
        )  # fmt: skip
        save(figure, path)


def _title(misses: Table) -> str:
    second = {case: _order(misses[case]["predictive"], 0.997) for case in CASES}
    first = {case: _order(misses[case]["reference"], 0.10) for case in CASES}
    won = [case for case in CASES if second[case] < first[case]]
    if len(won) == len(CASES):
        return "The worst of the second generation is better than the best of the first"
    if won:
        return f"Worst of the second better than best of the first: only {CASES[won[0]].lower()}"
    return "The worst of the second generation is not better than the best of the first"


def _distribution(ax: Axes, values: np.ndarray, color: str, left: bool) -> None:
    """One law's curve; its figures stand left or right of it, so that two laws' do not meet."""
    ordered = np.sort(values)
    share = 100.0 * np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
    seen = np.isfinite(ordered)
    ax.step(np.maximum(ordered[seen], 1e-4), share[seen], where="post", color=color, linewidth=1.9)
    for p, _ in MARKS:
        at = _order(values, p)
        if np.isfinite(at):
            ax.plot([max(at, 1e-4)], [100.0 * p], "o", color=color, markersize=5.5, mec="white", mew=0.8)
            where, side = (-8, "right") if left else (8, "left")
            label(ax, max(at, 1e-4), 100.0 * p, f"{at:.2g}", color, offset=(where, -7), ha=side)


def _scatter(ax: Axes, places: Mapping[str, np.ndarray]) -> None:
    reach = max(_radius(p) for p in places.values())
    size = next((r for r in RINGS if r >= 1.05 * reach), RINGS[-1])
    for law in reversed(list(places)):
        x, y = places[law].T
        ax.plot(x, y, "o", color=COLOURS[law], markersize=3.2, alpha=0.6, mew=0, clip_on=True)
    turn = np.linspace(0.0, 2.0 * np.pi, 200)
    for ring in RINGS[max(RINGS.index(size) - 2, 0) : RINGS.index(size) + 1]:
        ax.plot(ring * np.cos(turn), ring * np.sin(turn), color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)))
        label(ax, 0.0, -ring, f"{ring:g} km", SOFT, offset=(0, -1), ha="center", va="top", fontsize=8)
    marker(ax, 0.0, 0.0, "aim")
    wide = 1.17 * size
    box = ax.get_window_extent()
    ax.set_xlim(-wide * box.width / box.height, wide * box.width / box.height)
    ax.set_ylim(-wide, wide)
    outside = {law: int(np.sum(np.hypot(*p.T) > size)) for law, p in places.items()}
    if any(outside.values()):
        told = ", ".join(f"{n} of {law}" for law, n in outside.items() if n)
        ax.annotate(f"beyond the outer ring: {told}", (0.98, 0.02), xycoords="axes fraction", ha="right",
                    fontsize=8, color=SOFT)  # fmt: skip


def _names(ax: Axes, table: Mapping[str, np.ndarray], x: float, y: float) -> None:
    for k, law in enumerate(table):
        ax.annotate(NAMES[law], (x, y - 0.06 * k), xycoords="axes fraction", color=COLOURS[law], fontsize=9,
                    fontweight="bold", va="center")  # fmt: skip


def _decades(misses: Table) -> tuple[float, float]:
    """Whole decades that hold all but the nearest percent of the misses."""
    values = np.concatenate([v for row in misses.values() for v in row.values()])
    values = values[np.isfinite(values) & (values > 0.0)]
    if values.size == 0:
        return 0.01, 10.0
    low, high = np.log10(np.quantile(values, 0.01)), np.log10(values.max())
    return 10.0 ** np.floor(low), 10.0 ** max(np.ceil(high + 0.05), np.floor(low) + 1.0)


def _radius(places: np.ndarray) -> float:
    """Distance from the aim [km] within which 99 % of the openings lie."""
    return _order(np.hypot(*places.T), 0.99) if len(places) else 0.1


def _order(values: np.ndarray, p: float) -> float:
    ordered = np.sort(values)
    return float(ordered[max(int(np.ceil(p * len(ordered) - 1e-9)), 1) - 1]) if len(ordered) else np.inf


def _head(figure: Figure, title: str, note: str) -> None:
    height = float(figure.get_size_inches()[1])
    left = min(ax.get_position().x0 for ax in figure.axes)
    figure.text(left, 1.0 - 0.20 / height, title, fontsize=13, fontweight="bold", va="top", color=INK)
    figure.text(left, 1.0 - 0.49 / height, note, fontsize=9, color=SOFT, va="top")
