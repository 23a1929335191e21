"""The rows of a flight's telemetry: a table that may still grow, and its values at any time."""

import threading
from collections.abc import Mapping, Sequence

import numpy as np


class Rows:
    """Times rising, and a number a column; ``held`` columns keep their value until the next row.

    One writer appends; any number of readers look without waiting, since rows that are there never change.
    """

    def __init__(self, names: Sequence[str], held: Sequence[str] = ()) -> None:
        self.names = tuple(names)
        self.place = {name: k for k, name in enumerate(self.names)}
        self._held = np.array([name in held for name in self.names])
        self._angle = np.array([name.endswith("_deg") for name in self.names])
        self._time = np.empty(256)
        self._values = np.empty((256, len(self.names)))
        self._count = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self._count

    @property
    def time(self) -> np.ndarray:
        """Times [s since the epoch], shape (n,)."""
        return self._time[: self._count]

    @property
    def values(self) -> np.ndarray:
        """All numbers, shape (n, columns)."""
        return self._values[: self._count]

    def column(self, name: str) -> np.ndarray:
        """One column, shape (n,); raises KeyError for one that is not there."""
        return self.values[:, self.place[name]]

    def append(self, time: np.ndarray, columns: Mapping[str, np.ndarray]) -> int:
        """Rows after those that are there; one that is not later is left out. Returns how many."""
        with self._lock:
            last = self._time[self._count - 1] if self._count else -np.inf
            time = np.asarray(time, float)
            keep = np.isfinite(time) & (time > np.append(last, np.maximum.accumulate(time)[:-1]))
            keep &= time > last
            more = int(keep.sum())
            end = self._count + more
            if end > len(self._time):
                size = max(2 * len(self._time), end)
                self._time = np.concatenate([self._time, np.empty(size - len(self._time))])
                wider = np.empty((size - len(self._values), len(self.names)))
                self._values = np.concatenate([self._values, wider])
            block = np.full((more, len(self.names)), np.nan)
            for name, values in columns.items():
                if name in self.place:
                    block[:, self.place[name]] = np.asarray(values, float)[keep]
            self._time[self._count : end] = time[keep]
            self._values[self._count : end] = block
            self._count = end
            return more

    def cut(self, time: float) -> None:
        """Take back the rows from a time [s] on; readers that hold the old arrays keep them as they were."""
        with self._lock:
            count = int(np.searchsorted(self.time, time, side="left"))
            self._time, self._values = self._time.copy(), self._values.copy()
            self._count = count

    def index(self, time: float) -> int:
        """The last row at or before a time; the first one where there is none. -1 in an empty table."""
        if not self._count:
            return -1
        return max(int(np.searchsorted(self.time, time, side="right")) - 1, 0)

    def at(self, time: float) -> np.ndarray:
        """The values at a time [s], shape (columns,): between two rows on the straight line.

        Not so across a gap of a number, for what is held, and for an angle that runs over its seam.
        """
        k = self.index(time)
        if k < 0:
            return np.full(len(self.names), np.nan)
        here = self._values[k]
        if k + 1 >= self._count or time <= self._time[k]:
            return here.copy()
        there = self._values[k + 1]
        share = (time - self._time[k]) / (self._time[k + 1] - self._time[k])
        still = self._held | (self._angle & (np.abs(there - here) > 180.0)) | ~np.isfinite(there)
        return np.where(still, here, here + share * (there - here))
