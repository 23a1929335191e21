"""Packets that are overdue: told as a gap when they have not come some seconds after those behind them."""

import dataclasses

from homeward.ground.packets import COUNTS

OVERDUE = 5.0  # s that a packet may come later than one sent after it


@dataclasses.dataclass
class _Missing:
    counts: set[int]
    after: float
    before: float


class Overdue:
    """Sequence counts that were leapt over, until they come or are told as a gap."""

    def __init__(self) -> None:
        self._missing: list[tuple[str, _Missing]] = []

    def leapt(self, group: str, last: int, count: int, after: float, before: float) -> None:
        """A group went on with ``count`` [sent at ``before`` s] after ``last`` [at ``after`` s]."""
        between = {(last + k) % COUNTS for k in range(1, (count - last) % COUNTS)}
        self._missing.append((group, _Missing(between, after, before)))

    def came(self, group: str, count: int) -> None:
        """A packet came after all."""
        for name, missing in self._missing:
            if name == group:
                missing.counts.discard(count)

    def due(self, now: float) -> list[str]:
        """What is to be told at a time [s]; told once."""
        told = [(g, m) for g, m in self._missing if now - m.before > OVERDUE]
        self._missing = [(g, m) for g, m in self._missing if now - m.before <= OVERDUE and m.counts]
        return [
            f"{group}: {len(m.counts)} missing between {m.after:.1f} and {m.before:.1f} s"
            for group, m in told
            if m.counts
        ]
