"""Packets that are overdue: reported as a gap when they do not come for seconds after those behind them."""

import dataclasses

from homeward.io.space_packet import COUNTS

OVERDUE = 5.0  # s that a packet may come later than one sent after it
MOST = 256  # gaps that are waited for at a time


@dataclasses.dataclass
class _Missing:
    group: str
    first: int  # sequence count of the first packet that is missing
    number: int
    after: float
    before: float
    came: set[int]

    def text(self) -> str:
        left = self.number - len(self.came)
        since = f"between {self.after:.1f} and" if self.after == self.after else "before"
        return f"{self.group}: {left} missing {since} {self.before:.1f} s"


class Overdue:
    """Sequence counts that were leapt over, until they come or are reported as a gap."""

    def __init__(self) -> None:
        self._missing: list[_Missing] = []

    def leapt(self, group: str, first: int, number: int, after: float, before: float) -> None:
        """``number`` packets of a group from the count ``first`` on have not come.

        ``after`` and ``before`` [s] are the times of the packets on either side; ``after`` is not a number
        where none came before.
        """
        self._missing.append(_Missing(group, first % COUNTS, number, after, before, set()))

    def came(self, group: str, count: int) -> None:
        """A packet came after all."""
        for missing in self._missing:
            place = (count - missing.first) % COUNTS
            if missing.group == group and place < missing.number:
                missing.came.add(place)

    def due(self, now: float) -> list[str]:
        """What is to be reported at a time [s]; reported once."""
        late = [m for m in self._missing if now - m.before > OVERDUE]
        waits = [m for m in self._missing if now - m.before <= OVERDUE]
        late, self._missing = [*late, *waits[:-MOST]], waits[-MOST:]
        return [m.text() for m in late if len(m.came) < m.number]
