"""A failed run in words: in which leg, when, and why."""

from collections.abc import Sequence

import numpy as np

from homeward.scenario.returns import ReturnPlan
from homeward.sim.mission import Outcome

LATE, BROKEN = "the leg took too long", "a number stopped being finite"


def return_failures(plan: ReturnPlan, outcome: Outcome) -> list[str | None]:
    """A sentence for every lane of a block of returns that has failed, None for the others."""
    failed, times = np.asarray(outcome.truth.failed), np.asarray(outcome.truth.failed_time)
    told: list[str | None] = [None] * len(failed)
    for lane in np.flatnonzero(failed):
        spans = [(name, float(leg.start[lane]), float(leg.end[lane])) for name, leg in outcome.legs]
        leg, begun, late = failed_leg(plan, spans, float(times[lane]))
        told[lane] = (
            f"{leg}, {times[lane]:.1f} s ({times[lane] - begun:.1f} s into it): {LATE if late else BROKEN}"
        )
    return told


def failed_leg(
    plan: ReturnPlan, spans: Sequence[tuple[str, float, float]], time: float
) -> tuple[str, float, bool]:
    """The leg in which a flight failed at ``time`` [s], when that began, and whether it took too long.

    ``spans`` hold name, start and end of every leg; the legs after the failure stand still.
    """
    name, begun, _ = next((s for s in spans if s[1] - 1e-6 <= time <= s[2] + 1e-6), spans[-1])
    patience = next(float(m.leg.patience) for m in plan.legs if m.name == name)
    return name, begun, time - begun >= patience


def pair_failures(
    failed: np.ndarray, times: np.ndarray, finite: np.ndarray, hold: np.ndarray
) -> list[str | None]:
    """The same of a block of rendezvous; ``hold`` says which lanes had come to the first hold."""
    told: list[str | None] = [None] * len(failed)
    for lane in np.flatnonzero(failed):
        leg = "approach" if hold[lane] else "far guidance"
        told[lane] = f"{leg}, {times[lane]:.1f} s: {'took too long' if finite[lane] else BROKEN}"
    return told
