"""A record of telemetry as users hold it: one-dimensional columns by name, and the channels behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from homeward.errors import InputError
from homeward.icd import BodyFrame, Frame, channels
from homeward.icd.rendezvous_messages import PairFrame

VECTOR = {"N": ("north", "east", "down")}
AXES, QUATERNION = ("x", "y", "z"), ("w", "x", "y", "z")


class Telemetry(dict[str, np.ndarray]):
    """A dictionary of one-dimensional arrays, one row a recorded moment; SI and radians.

    What it lists are columns: ``altitude``, ``r_BI_I_x``, ``q_BI_w``; so ``pandas.DataFrame(record)`` is a
    table. A channel of several components is read whole under its own name: ``record["r_BI_I"]`` has shape
    (n, 3) and is the array that the columns look into.
    """

    def __init__(self, channels_by_name: Mapping[str, Any]) -> None:
        arrays = {name: np.asarray(values) for name, values in channels_by_name.items()}
        super().__init__(
            {
                column: array if part is None else array[:, part]
                for name, array in arrays.items()
                for column, part in _columns(name, array)
            }
        )
        self.channels: dict[str, np.ndarray] = arrays

    def __missing__(self, name: str) -> np.ndarray:
        return self.channels[name]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.channels

    def get(self, name: str, default: Any = None) -> Any:
        """A column or a channel by name; ``default`` where there is neither."""
        return self[name] if name in self else default  # noqa: SIM401

    def __repr__(self) -> str:
        rows = len(next(iter(self.channels.values()), ()))
        return f"<Telemetry: {rows:,} rows, {len(self)} columns ({', '.join(list(self)[:4])}, ...)>"

    def __reduce__(self) -> Any:
        return Telemetry, (self.channels,)


_FRAMES = {c.name: c.frame for message in (Frame, BodyFrame, PairFrame) for c in channels(message)}


def _columns(name: str, array: np.ndarray) -> list[tuple[str, int | None]]:
    if array.ndim < 2:
        return [(name, None)]
    width = array.shape[1]
    ends: tuple[str, ...] = tuple(str(k) for k in range(width))
    if width == 3 and _FRAMES.get(name):
        ends = VECTOR.get(_FRAMES[name], AXES)
    elif width == 4 and name.startswith("q_"):
        ends = QUATERNION
    return [(f"{name}_{end}", k) for k, end in enumerate(ends)]


def spaced(record: Mapping[str, Any], every: float | None) -> dict[str, np.ndarray]:
    """One row of a record in every so many seconds, its first and last among them.

    None keeps every row. Raises ``InputError`` for a number that is no length of time.
    """
    rows = record.channels if isinstance(record, Telemetry) else dict(record)
    if every is None:
        return rows
    if isinstance(every, bool) or not every > 0.0 or not np.isfinite(every):
        raise InputError(f"every: expected seconds above 0, not {every!r}")
    time = np.asarray(rows.get("time", ()), float)
    if len(time) < 2:
        return rows
    count = np.floor((time - time[0]) / every + 1e-9)
    keep = np.r_[True, np.diff(count) > 0.0]
    keep[-1] = True
    return {name: np.asarray(values)[keep] for name, values in rows.items()}


__all__ = ["Telemetry", "spaced"]
