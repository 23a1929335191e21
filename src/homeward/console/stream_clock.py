"""The clock of a stream: what time it is in a flight of which only its packets tell."""

import time
from collections import deque

LOOKED_BACK = 40  # arrivals that the pace is reckoned from
LEAST = 1.0  # s of real time that they have to span
PACES = (0.1, 5000.0)  # times real time: a stream beyond is no flight that goes by a clock


class StreamClock:
    """``heard`` takes the flight's time [s] of what arrives; ``now`` runs on while nothing does."""

    def __init__(self) -> None:
        self._arrivals: deque[tuple[float, float]] = deque(maxlen=LOOKED_BACK)
        self._newest = float("-inf")

    def heard(self, when: float) -> None:
        """Rows up to a time [s] have come."""
        self._arrivals.append((time.monotonic(), when))

    def pace(self) -> float:
        """Times real time that the flight goes by; 0 where that cannot be told."""
        if len(self._arrivals) < 3:
            return 0.0
        (first, start), (last, end) = self._arrivals[0], self._arrivals[-1]
        if last - first < LEAST:
            return 0.0
        pace = (end - start) / (last - first)
        return pace if PACES[0] <= pace <= PACES[1] else 0.0

    def now(self, end: float) -> float:
        """The flight's time [s], that of the last row or later; it never goes back."""
        if not self._arrivals:
            return end
        last, when = self._arrivals[-1]
        self._newest = max(self._newest, end, when + self.pace() * (time.monotonic() - last))
        return self._newest
