"""A failed run in words: in which leg, when, and why."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from homeward.missions.implausible_values import BOUNDS, likely_keys, named
from homeward.planning.return_plan import ReturnPlan
from homeward.sim.mission import Outcome

LATE = "the leg took too long"
BROKEN = "numbers beyond physics: not finite, or a load over 1000 g, or a speed over 100 km/s"

Span = tuple[str, float, float]  # name, start and end of a leg [s]


def failure_told(plan: ReturnPlan, n: Mapping[str, Any], spans: Sequence[Span]) -> dict[str, Any] | None:
    """The summary's ``failure`` of one lane, ``n`` being its numbers by ``metrics``; None of a sound one.

    ``leg``, ``time_s``, ``reason`` with the likely key, and ``not_finite``: whether the numbers are none,
    which ends the command with status 3.
    """
    if not bool(n["failed"]):
        return None
    leg, time, late, why = _cause(plan, n, spans)
    keys = [] if late else likely_keys(plan.scenario, leg)
    return {"leg": leg, "time_s": time, "reason": named(why, keys), "not_finite": not late}


def _cause(plan: ReturnPlan, n: Mapping[str, Any], spans: Sequence[Span]) -> tuple[str, float, bool, str]:
    """Leg, time [s], whether it took too long, and why."""
    figure, time = int(n.get("implausible", -1)), float(n["failed_time"])
    if figure >= 0:
        name = list(BOUNDS)[figure]
        leg = "entry" if name.startswith(("interface", "open", "peak_load", "heat")) else spans[-1][0]
        end = next((e for g, _, e in spans if g == leg), time)
        return leg, end, False, f"numbers beyond physics: {name} is {float(n[name]):.3g}"
    leg, _, late = failed_leg(plan, spans, time)
    return leg, time, late, LATE if late else BROKEN


def return_failures(
    plan: ReturnPlan, outcome: Outcome, numbers: Mapping[str, np.ndarray]
) -> list[str | None]:
    """A sentence for every lane of a block of returns that has failed, None for the others."""
    told: list[str | None] = [None] * len(numbers["failed"])
    for lane in np.flatnonzero(numbers["failed"]):
        spans = [(name, float(leg.start[lane]), float(leg.end[lane])) for name, leg in outcome.legs]
        n = {k: numbers[k][lane] for k in ("failed", "failed_time", "implausible", *BOUNDS) if k in numbers}
        failure = failure_told(plan, n, spans)
        assert failure is not None
        begun = next((s for name, s, _ in spans if name == failure["leg"]), 0.0)
        time = failure["time_s"]
        told[lane] = f"{failure['leg']}, {time:.1f} s ({time - begun:.1f} s into it): {failure['reason']}"
    return told


def failed_leg(plan: ReturnPlan, spans: Sequence[Span], time: float) -> tuple[str, float, bool]:
    """The leg in which a flight failed at ``time`` [s], when that began, and whether it took too long.

    ``spans`` hold name, start and end of every leg; the legs after the failure stand still.
    """
    name, begun, _ = next((s for s in spans if s[1] - 1e-6 <= time <= s[2] + 1e-6), spans[-1])
    patience = next(float(m.leg.patience) for m in plan.legs if m.name == name)
    return name, begun, time - begun >= patience


def pair_failures(
    failed: np.ndarray, times: np.ndarray, sound: np.ndarray, hold: np.ndarray,
    beyond: Sequence[str] | None = None,
) -> list[str | None]:  # fmt: skip
    """The same of a block of rendezvous.

    ``sound`` says whose motion is still a ship's, ``hold`` which lanes had come to the first hold, and
    ``beyond`` names the figure that is beyond physics, empty where none is.
    """
    told: list[str | None] = [None] * len(failed)
    for lane in map(int, np.flatnonzero(failed)):
        why = "took too long" if sound[lane] else BROKEN
        if beyond is not None and beyond[lane]:
            why = f"numbers beyond physics: {beyond[lane]}"
        leg = "approach" if hold[lane] else "far guidance"
        told[lane] = f"{leg}, {times[lane]:.1f} s: {why}"
    return told
