"""When a flight's telemetry does not come: black-outs, and gaps of what was received."""

import numpy as np

LEAST = 10.0  # s without a row that may be a gap at all
WIDER = 5.0  # times the steps before and after it
Silence = tuple[float, float, str]  # last row before, first row after [s]; "black-out" or "gap"


def silences(time: np.ndarray, dark: np.ndarray | None) -> list[Silence]:
    """Stretches without telemetry among rows at these times [s] (n,), ``dark`` (n,) in a black-out.

    Each lasts from the last row before it to the first one after it; the last one to infinity where it
    is not over.
    """
    told: list[Silence] = []
    if dark is not None and len(time):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], dark.astype(int), [0]])))
        for a, b in edges.reshape(-1, 2):
            end = float(time[b]) if b < len(time) else float("inf")
            told.append((float(time[max(a - 1, 0)]), end, "black-out"))
    steps = np.diff(time)
    if len(steps) > 2:
        before = np.concatenate([steps[1:2], steps[:-1]])
        after = np.concatenate([steps[1:], steps[-2:-1]])
        wide = (steps > LEAST) & (steps > WIDER * np.maximum(before, after))
        for k in np.flatnonzero(wide):
            a, b = float(time[k]), float(time[k + 1])
            if not any(start <= a and b <= end for start, end, _ in told):
                told.append((a, b, "gap"))
    return sorted(told)


def at(told: list[Silence], time: float) -> Silence | None:
    """The silence that a time [s] lies in."""
    return next((s for s in told if s[0] < time < s[1]), None)
