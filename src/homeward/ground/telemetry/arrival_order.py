"""Which packets are news: the order of a stream that may be joined at any count, wraps, and is not trusted.

Time decides, the sequence count tells what is missing. Counts have 14 bits and begin anew, and a listener may
join at any of them, so that a count alone says neither "late" nor "lost". One packet with a false date must
not hide the true ones behind it: whatever leaps in time waits until the packet after it confirms the leap.
"""

import dataclasses
import math
import statistics

from homeward.io.space_packet import COUNTS

LEAP = 30.0  # s ahead of the newest packet: more than that has to be confirmed
BEHIND = 20  # packets running behind the newest by more than LEAP: then it is the newest that was false
ENOUGH = 3  # packets in ascending order confirm each other, however far apart
HALF = COUNTS // 2
NEXT = 5  # counts ahead of the newest of its group up to which a doubted packet is taken for the next one
REMEMBERED = 9  # packets whose spacing is remembered


@dataclasses.dataclass(frozen=True)
class Arrival:
    """A packet of a group as it came: sequence count, time [s], values."""

    group: str
    sequence: int
    time: float
    values: tuple[float | int, ...]


@dataclasses.dataclass(frozen=True)
class News:
    """An arrival that is newer than all of its group so far.

    ``count`` does not wrap; ``missing`` packets lie between it and the one at ``after`` [s] (nan: none).
    """

    arrival: Arrival
    count: int
    missing: int
    after: float


@dataclasses.dataclass
class _Newest:
    count: int
    time: float
    spacings: tuple[float, ...]  # s a count, of the last few packets

    @property
    def spacing(self) -> float:
        """Seconds a count; nan where it is not known yet. Two rows of one instant do not change it."""
        return statistics.median(self.spacings) if len(self.spacings) > 2 else math.nan


class ArrivalOrder:
    """Sorts arrivals into news and what came late or twice.

    ``first`` are the counts, not wrapped, of the first packet of each group that is sent to this listener,
    where the sender tells them: what is lost before the first arrival is missing only then.
    """

    def __init__(self, first: dict[str, int] | None = None) -> None:
        self._first = first or {}
        self._newest: dict[str, _Newest] = {}
        self._time = math.nan
        self._doubted: list[Arrival] = []
        self._behind = 0
        self.misdated = 0

    def take(self, item: Arrival) -> tuple[list[News], list[Arrival]]:
        """What this arrival makes known, in order: the news, and what came late or twice.

        Both are empty while it waits to be confirmed.
        """
        if item.time < self._time - LEAP:
            self._behind += 1
            if self._behind < BEHIND:
                return [], [item]
            self.misdated += 1
            self._newest.clear()
            self._time, self._behind = math.nan, 0
            self._doubted.clear()
        if abs(item.time - self._time) <= LEAP:  # false while there is no time yet
            self._behind = 0
            return self._sorted([item])
        while self._doubted and item.time < self._doubted[-1].time - LEAP:
            self._doubted.pop()
            self.misdated += 1
        near = bool(self._doubted) and abs(item.time - self._doubted[-1].time) <= LEAP
        if near:  # two that agree; of what was doubted before them, only what its own count speaks for
            kept = [d for d in self._doubted[:-1] if self._follows(d)]
            self.misdated += len(self._doubted) - 1 - len(kept)
            self._doubted[:-1] = kept
        self._doubted.append(item)
        if not near and len(self._doubted) < ENOUGH:
            return [], []
        return self._confirmed()

    def _follows(self, item: Arrival) -> bool:
        """Whether a packet is the next of its group, or one of the next few."""
        last = self._newest.get(item.group)
        return last is not None and 0 < (item.sequence - last.count) % COUNTS <= NEXT

    def finish(self) -> tuple[list[News], list[Arrival]]:
        """What was never confirmed, as the stream has ended: news only where nothing else came."""
        if not self._newest:
            return self._confirmed()
        self.misdated += len(self._doubted)
        self._doubted.clear()
        return [], []

    def _confirmed(self) -> tuple[list[News], list[Arrival]]:
        doubted, self._doubted = self._doubted, []
        return self._sorted(doubted)

    def _sorted(self, items: list[Arrival]) -> tuple[list[News], list[Arrival]]:
        news: list[News] = []
        late: list[Arrival] = []
        for item in items:
            found = self._accept(item)
            if found is None:
                late.append(item)
            else:
                news.append(found)
        return news, late

    def _accept(self, item: Arrival) -> News | None:
        last = self._newest.get(item.group)
        if last is None:
            first = self._first.get(item.group)
            missing = 0 if first is None else (item.sequence - first) % COUNTS
            missing = 0 if missing > HALF else missing
            count = item.sequence if first is None else first + missing
            after, spacings = math.nan, ()
        else:
            ahead = (item.sequence - last.count) % COUNTS
            step = item.time - last.time
            if step < 0.0 or (step == 0.0 and not 0 < ahead < HALF):
                return None
            # A group that is not recorded for hours while others come has lost nothing.
            ahead = _unwrapped(ahead, min(step, max(item.time - self._time, 0.0)), last.spacing)
            missing, count, after = max(ahead - 1, 0), last.count + ahead, last.time
            spacings = last.spacings
            if 0 < ahead <= HALF:  # of more, the turns are themselves a guess
                spacings = (*spacings[1 - REMEMBERED :], step / ahead)
        self._newest[item.group] = _Newest(count, item.time, spacings)
        self._time = item.time if math.isnan(self._time) else max(self._time, item.time)
        return News(item, count, missing, after)


def _unwrapped(ahead: int, step: float, spacing: float) -> int:
    """How far a count has gone on in ``step`` silent seconds, from what is left of it modulo the turn.

    Where so much time has passed that the count may have turned, the number of turns is the likeliest at the
    ``spacing`` [s] before. Where a count goes back although little time has passed, the sender began anew.
    """
    expected = step / spacing if spacing > 0.0 else 0.0
    if expected > HALF:
        return max(ahead, ahead + COUNTS * round((expected - ahead) / COUNTS))
    return ahead if 0 < ahead <= HALF else 0
