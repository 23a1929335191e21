"""Requirements held against the runs of a campaign: verdict, margin, confidence, and the worst runs."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from homeward.campaigns.statistics.order_statistics import Decision, decide, rank_of, share_lower, upper_rank
from homeward.campaigns.store.columns import RUN, SOURCES
from homeward.campaigns.store.records import Records
from homeward.campaigns.verification.requirements import Requirement
from homeward.campaigns.verification.stopping_rule import Until
from homeward.errors import InputError, one_line
from homeward.scenario.schema.errors import nearest

WORST = 10


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A requirement, judged.

    ``value`` is what the runs show (order statistic, share, count), ``bound`` its one-sided bound at the
    asked confidence; ``margin`` is from the bound to the limit, ``margin_of_value`` from the value, both
    negative where the limit is passed. None stands for infinite or not to be had from so few runs.
    ``confidence`` is the one reached, None where the sentence speaks of the runs flown only. ``kept`` runs
    keep the limit; ``share_shown`` of all flights do so at least, at the asked confidence.
    """

    requirement: Requirement
    verdict: str
    runs: int
    kept: int
    value: float | None
    bound: float | None
    margin: float | None
    margin_of_value: float | None
    confidence: float | None
    share_shown: float
    runs_to_decide: int | None
    worst: list[dict[str, Any]]

    def told(self) -> dict[str, Any]:
        """The verdict for ``--json``."""
        r = self.requirement
        own = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "requirement"}
        return {
            "id": r.id or None, "text": r.text, "why": r.why or None, "verdict": self.verdict,
            "margin": self.margin, "confidence": self.confidence, "quantity": r.quantity, "limit": r.limit,
            "asked_confidence": r.confidence,
        } | own  # fmt: skip


def judge(records: Records, requirements: Sequence[Requirement]) -> list[Verdict]:
    """Hold requirements against a campaign; raises ``InputError`` for a quantity that was not recorded."""
    return [_judged(records, r) for r in requirements]


def refuse_unknown(kind: str, requirements: Sequence[Requirement], rule: Until | None = None) -> None:
    """Refuse, before anything is flown, what no campaign of this kind records."""
    known = {c.name for c in RUN if c.name not in ("run", "failure")}
    known |= {source.column.name for source in SOURCES[kind]}
    asked = [(r.place, r.quantity) for r in requirements]
    if rule is not None:
        asked.append((f'--until "{one_line(rule.text, 80)}"', rule.quantity))
    for place, quantity in asked:
        if quantity not in known:
            like = nearest(quantity, known)
            hint = f"did you mean {like}?" if like else f"recorded are {', '.join(sorted(known))}"
            raise InputError(f'{place}: "{one_line(quantity)}" is not recorded of a {kind}; {hint}')


def _judged(records: Records, r: Requirement) -> Verdict:
    if r.quantity not in records.results:
        raise InputError(f"{r.place}: {records.lacking(r.quantity)}")
    flag = records.is_flag(r.quantity)
    if (r.statistic in ("share", "count")) != flag:
        hint = "share or count, as it is either true or false" if flag else "a percentile, max or min"
        raise InputError(f'{r.place}: "{r.text}": {r.quantity} has {hint}')
    return _flag(records, r) if flag else _quantity(records, r)


def _quantity(records: Records, r: Requirement) -> Verdict:
    """A limit on a number: turned about where it is one from below, so that more is worse."""
    turn = 1.0 if r.upper else -1.0
    bad = turn * records.worse(r.quantity, r.upper)
    n, limit = bad.size, turn * r.limit
    kept = int(np.sum(bad <= limit))
    shown = share_lower(kept, n, r.confidence)
    order = np.argsort(-bad, kind="stable")[:WORST]
    worst = _worst(records, order, records[r.quantity])
    if r.statistic in ("max", "min"):
        value = float(bad.max())
        verdict = "met" if kept == n else "not met"
        decision, bound = Decision(verdict, math.nan, None), value
    else:
        p = r.p if r.upper else 1.0 - r.p
        ordered = np.sort(bad)
        value, rank = float(ordered[rank_of(n, p) - 1]), upper_rank(n, p, r.confidence)
        bound = math.inf if rank is None else float(ordered[rank - 1])
        decision = decide(kept, n, p, r.confidence)
    return _verdict(
        r, decision, n, kept, turn * value, turn * bound, limit - bound, limit - value, shown, worst
    )


def _flag(records: Records, r: Requirement) -> Verdict:
    """A share or a number of runs; a failed run is one of those that nobody wants."""
    seen = records[r.quantity].astype(bool)
    if r.quantity != "failed":
        seen = seen & ~records.failed if not r.upper else seen | records.failed
    good = ~seen if r.upper else seen
    n, kept = seen.size, int(np.sum(good))
    shown = share_lower(kept, n, r.confidence)
    worst = _worst(records, np.flatnonzero(~good)[:WORST], records[r.quantity])
    if r.statistic == "count":
        value = float(np.sum(seen))
        margin = r.limit - value if r.upper else value - r.limit
        decision = Decision("met" if margin >= 0.0 else "not met", math.nan, None)
        return _verdict(r, decision, n, kept, value, value, margin, margin, shown, worst)
    wanted = 1.0 - r.limit if r.upper else r.limit
    share = kept / n
    value, bound = (1.0 - share, 1.0 - shown) if r.upper else (share, shown)
    decision = decide(kept, n, wanted, r.confidence)
    return _verdict(r, decision, n, kept, value, bound, shown - wanted, share - wanted, shown, worst)


def _verdict(r, decision, n, kept, value, bound, margin, margin_of_value, shown, worst) -> Verdict:
    value, bound, margin, margin_of_value = (
        x if math.isfinite(x) else None for x in (value, bound, margin, margin_of_value)
    )
    reached = decision.reached if math.isfinite(decision.reached) else None
    return Verdict(
        r, decision.verdict, n, kept, value, bound, margin, margin_of_value, reached, shown,
        decision.runs_to_decide, worst,
    )  # fmt: skip


def _worst(records: Records, places: np.ndarray, values: np.ndarray) -> list[dict[str, Any]]:
    """The runs in these rows and how to fly each again."""
    told = []
    for k in places:
        run, value, failed = int(records["run"][k]), values[k].item(), bool(records.failed[k])
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        told.append({"run": run, "value": value, "failed": failed, "failure": records.failure(int(k)),
                     "replay": records.replay(run)})  # fmt: skip
    return told


__all__ = ["Verdict", "judge", "refuse_unknown"]
