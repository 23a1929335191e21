"""What buys most: each rate halved and doubled, each failure for certain, each redundancy taken away.

Closed-form by the strata flown: m_k changes the probabilities of the strata, the shares lost in each stay.
Measures as in W. E. Vesely et al., Measures of Risk Importance and Their Applications, NUREG/CR-3385 (1983):
the share of the risk that goes with a hazard (Fussell and Vesely) and the risk with it for certain (risk
achievement).
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from homeward.campaigns.risk.estimate import Tail
from homeward.campaigns.risk.half_study import CREW, HalfStudy
from homeward.campaigns.risk.strata import NONE, strata_of

# A part that may be missing, and the failure whose flights are those without it.
REDUNDANCIES: tuple[tuple[str, str], ...] = (
    ("one gyro of six", "gyro dead"),
    ("one accelerometer of six", "accelerometer dead"),
    ("one star tracker head of two", "star tracker blind"),
    ("the satellite receiver", "satellite lost"),
    ("one main engine", "engine out"),
    ("the gamma altimeter", "altimeter silent"),
    ("one camera", "camera lost"),
    ("the lidar", "lidar lost"),
)
BACKED = ("main fails", "main torn", "landing set")  # failures that the backup parachute survives


def shares_of(h: HalfStudy, of: str) -> dict[str, float]:
    """Share lost in each stratum, the dispersion-only one among them."""
    told = {t.name: t.share for t in h.terms(of)}
    part = h.dispersion_part(of)
    return told | {NONE: part.value if isinstance(part, Tail) else part.share}


def probability(h: HalfStudy, shares: Mapping[str, float], factors: Mapping[str, float]) -> float:
    """Probability of loss with the mean numbers of events of some hazards multiplied."""
    changed = [dataclasses.replace(x, expected=x.expected * factors.get(x.name, 1.0)) for x in h.hazards]
    return sum(s.weight * shares.get(s.name, 0.0) for s in strata_of(changed, h.bars).strata)


def sensitivities(h: HalfStudy, of: str = CREW) -> list[dict[str, Any]]:
    """Each hazard with its rate halved and doubled, the greatest change first."""
    shares = shares_of(h, of)
    base = probability(h, shares, {})
    rows = []
    for x in h.hazards:
        count = len(h.counted[x.name].rows) if x.name in h.counted else 0
        if not count:
            continue
        rows.append({
            "half": h.half, "hazard": x.name, "source": x.source, "base": base,
            "halved": probability(h, shares, {x.name: 0.5}),
            "doubled": probability(h, shares, {x.name: 2.0}),
            "removed": probability(h, shares, {x.name: 0.0}), "certain": shares[x.name], "flights": count,
        })  # fmt: skip
    return sorted(rows, key=lambda r: r["removed"] - r["doubled"])


def redundancies(h: HalfStudy, of: str = CREW) -> list[dict[str, Any]]:
    """What the probability becomes without each redundancy, where the flights tell.

    Of what fails at a random instant of its legs: a part that is missing from the start is like one that
    fails early. Without the backup parachute every failure of the main is a loss.
    """
    shares = shares_of(h, of)
    base = probability(h, shares, {})
    rows = []
    for what, name in REDUNDANCIES:
        c = h.counted.get(name)
        if c is not None and c.rows:
            without = h.sound.weight * shares[name] + (base - h.sound.weight * shares[NONE])
            rows.append({"half": h.half, "without": what, "probability": without, "change": without - base,
                         "by": f"{len(c.rows)} flights with {name}"})  # fmt: skip
    mains = [n for n in BACKED if n in h.counted and h.counted[n].rows]
    if mains:
        without = probability(h, shares | dict.fromkeys(mains, 1.0), {})
        rows.append({"half": h.half, "without": "the backup parachute", "probability": without,
                     "change": without - base, "by": f"every flight with {', '.join(mains)}"})  # fmt: skip
    return sorted(rows, key=lambda r: -r["change"])


__all__ = ["probability", "redundancies", "sensitivities", "shares_of"]
