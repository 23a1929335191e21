"""Fly until a figure is known well enough: ``p99(open_miss_km) +-5%``.

The width of the figure's 95 % interval decides, order statistics for a percentile, Clopper and Pearson for a
share. It is looked at after numbers of runs that are fixed beforehand, in whole blocks and growing
by a quarter, so that where a campaign stops depends on its runs alone and on no clock or number of cores.
"""

import dataclasses
import math
import re
from collections.abc import Iterator
from typing import Any

from homeward.campaigns.statistics.order_statistics import (
    CONFIDENCE,
    clopper_pearson,
    order_statistic,
    quantile_interval,
)
from homeward.campaigns.store.records import Records
from homeward.errors import InputError, one_line

GROWTH = 1.25
FEWEST = 100  # runs before the first look
RULE = re.compile(
    r"(?P<what>p\d+(?:\.\d+)?|share)\s*\(\s*(?P<quantity>[A-Za-z_]\w*)\s*\)\s*(?:\+-|\+/-|±)\s*"
    r"(?P<width>\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*(?P<percent>%)?"
)
FORM = 'expected pXX(QUANTITY) or share(QUANTITY) and +- a width, as in "p99(open_miss_km) +-5%"'


@dataclasses.dataclass(frozen=True)
class Look:
    """What a look shows: the figure, its interval, half the interval's width, and whether that is enough."""

    runs: int
    value: float
    low: float
    high: float
    half_width: float
    enough: bool

    def told(self) -> dict[str, Any]:
        """The look for ``--json``; what is infinite becomes null there."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Until:
    """A stopping rule: ``p`` of a percentile, None of a share; half the interval is to be at most ``width``.

    ``relative`` is in parts of the figure; the width of a share in per cent is in percentage points.
    """

    text: str
    quantity: str
    p: float | None
    width: float
    relative: bool

    def look(self, records: Records) -> Look:
        """Judge the runs there are; raises ``InputError`` for a quantity that is not recorded."""
        place = f'--until "{one_line(self.text, 80)}"'
        if self.quantity not in records.results:
            raise InputError(f"{place}: {records.lacking(self.quantity)}")
        if records.is_flag(self.quantity) != (self.p is None):
            hint = "a share, as it is true or false" if self.p is not None else "percentiles, not a share"
            raise InputError(f"{place}: {self.quantity} has {hint}")
        n = len(records)
        if self.p is None:
            k = int(records[self.quantity].sum())
            value, (low, high) = k / n, clopper_pearson(k, n, CONFIDENCE)
        else:
            values = records.worse(self.quantity)
            value, (low, high) = order_statistic(values, self.p), quantile_interval(values, self.p)
        half = 0.5 * (high - low) if math.isfinite(low) and math.isfinite(high) else math.inf
        allowed = self.width * abs(value) if self.relative else self.width
        return Look(n, value, low, high, half, half <= allowed)


def parse_until(text: str) -> Until:
    """A stopping rule from its text; raises ``InputError`` for one that cannot be read."""
    found = RULE.fullmatch(text.strip())
    place = f'--until "{one_line(text, 80)}"'
    if found is None:
        raise InputError(f"{place}: {FORM}")
    width = float(found["width"]) / (100.0 if found["percent"] else 1.0)
    share = found["what"] == "share"
    p = None if share else float(found["what"][1:]) / 100.0
    if p is not None and not 0.0 < p < 1.0:
        raise InputError(f"{place}: expected a percentile between p0 and p100")
    if not width > 0.0 or (share and width >= 1.0):
        raise InputError(
            f"{place}: expected a width greater than 0" + (" and less than 100 %" if share else "")
        )
    return Until(text.strip(), found["quantity"], p, width, bool(found["percent"]) and not share)


def looks(lanes: int, most: int) -> Iterator[int]:
    """Numbers of runs after which the rule is asked: whole blocks of ``lanes``, up to ``most`` runs."""
    n = -(-FEWEST // lanes) * lanes
    while n < most:
        yield n
        n = max(n + lanes, math.ceil(n * GROWTH / lanes) * lanes)
    yield most


__all__ = ["Look", "Until", "looks", "parse_until"]
