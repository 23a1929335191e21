"""A risk study in figures: the JSON of ``homeward risk``, and the files of its folder."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeward.campaigns.faults.matrix import LOST, Row
from homeward.campaigns.faults.worlds import Case, replay_words
from homeward.campaigns.risk.estimate import Part, Tail, Term, confidence_draws, estimate, gain
from homeward.campaigns.risk.half_study import CREW, MISSION, HalfStudy
from homeward.campaigns.risk.importance import redundancies, sensitivities
from homeward.campaigns.risk.strata import NONE, PAIRS

if TYPE_CHECKING:
    from homeward.campaigns.risk.study import RiskStudy

ASSUMPTIONS = (
    "Failures come as independent Poisson events, those of a group together; a rate is constant.",
    "An instant is uniform in the exposed legs; where a leg is over sooner in a world of its own, as far in.",
    "Legs that are not exposed, hours of drifting by default, have no failures.",
    "Three failures and more, and pairs that no flight can have, count as lost in the upper bound alone.",
    "A crew is lost in the class lost of the fault matrix, a mission in aborted and lost.",
    "Halves of a mission are independent: what fails in the rendezvous is whole again in the return.",
)


def summary(study: "RiskStudy") -> dict[str, Any]:
    """All of a study; every figure of the table and the page."""
    crew, mission = study.estimate(CREW), study.estimate(MISSION)
    parts = [p for h in study.halves for p in h.parts(CREW)]
    return {
        "scenario": study.scenario.name, "what": study.what, "seed": study.seed, "runs": study.runs,
        "flights": study.flown, "wall_s": study.wall, "width": study.width, "stopped": study.stopped,
        "crew": crew.told(), "mission": mission.told(), "target": _target(study, crew.low, crew.high),
        "gain": gain(parts, study.flown), "halves": {h.half: _half(h, study.seed) for h in study.halves},
        "sensitivity": [row for h in study.halves for row in sensitivities(h)],
        "redundancy": [row for h in study.halves for row in redundancies(h)],
        "lost": [row for h in study.halves for row in _lost(study, h)],
        "assumptions": list(ASSUMPTIONS), "repeat": _repeat(study),
    }  # fmt: skip


def _target(study: "RiskStudy", low: float, high: float) -> dict[str, Any] | None:
    if study.target is None:
        return None
    verdict = "met" if high <= study.target else "not met" if low > study.target else "undecided"
    return {"probability": study.target, "verdict": verdict}


def _repeat(study: "RiskStudy") -> str:
    words = ["homeward", "risk", *study.called, "--what", study.what, "--seed", str(study.seed), "--runs",
             str(study.runs), "--width", f"{study.width:g}"]  # fmt: skip
    return " ".join(words if study.target is None else [*words, "--target", f"{study.target:g}"])


def _half(h: HalfStudy, seed: int) -> dict[str, Any]:
    left = h.strata.unflown
    return {
        "expected_failures": h.strata.expected, "unflown": left, "flights": h.flown,
        "crew": estimate(h.parts(CREW), left, seed).told(),
        "mission": estimate(h.parts(MISSION), left, seed).told(), "dispersion": _dispersion(h),
        "contributions": _contributions(h), "groups": [x.name for x in h.hazards if x.group],
    }  # fmt: skip


def _share(part: Part) -> dict[str, float]:
    low, high = confidence_draws(part)
    value = part.weight * (part.value if isinstance(part, Tail) else part.share)
    return {"estimate": value, "low": float(_percentile(low, 2.5)), "high": float(_percentile(high, 97.5))}


def _percentile(values: Any, share: float) -> float:
    import numpy as np

    return float(np.percentile(values, share))


def _contributions(h: HalfStudy) -> list[dict[str, Any]]:
    """What each stratum adds to the probability of losing the crew and the mission, greatest first."""
    told = {x.name: x for x in h.hazards}
    crew = {p.name: p for p in h.parts(CREW)}
    mission = {p.name: p for p in h.parts(MISSION)}
    rows = []
    for name, part in crew.items():
        hazard, c = told.get(name), h.counted.get(name)
        kind = ("group" if hazard.group else "failure") if hazard else "pairs" if name == PAIRS else "none"
        flights = len(c.rows) if c else h.subset.samples if h.subset else 0
        rows.append({
            "name": name, "kind": kind, "weight": part.weight, "flights": flights,
            "lost": c.losses(CREW) if c else None, "mission_lost": c.losses(MISSION) if c else None,
            "not_applicable": c.asked - len(c.rows) if c else 0,
            "rate": hazard.rate if hazard else "", "source": hazard.source if hazard else "",
            "exposed_s": sum(s for _, s in hazard.legs) if hazard else None,
            "legs": [leg for leg, _ in hazard.legs] if hazard else [],
            "crew": _share(part), "mission": _share(mission[name]),
        })  # fmt: skip
    return sorted(rows, key=lambda r: (-r["crew"]["estimate"], -r["crew"]["high"]))


def _dispersion(h: HalfStudy) -> dict[str, Any]:
    """What the flights without a failure told: levels towards the limit, and which limit is nearest."""
    found = h.subset
    if found is None:
        return {"flights": 0, "estimate": None, "told": "not flown"}
    first = sorted(h.margins.get("0", []))
    last = sorted(row for rows in h.margins.values() for row in rows)
    part = h.dispersion_part(MISSION)
    if isinstance(part, Term):
        below = _share(part)["high"]
        value = part.share if part.losses else None
    else:
        below, value = part.upper, (part.value or None)
    told = f"no estimate: {found.why}" if value is None else found.why
    return {
        "flights": found.samples, "estimate": value, "below": below, "told": told,
        "variation": found.variation,
        "levels": [{"margin": x.threshold, "probability": x.probability, "accepted": x.accepted}
                   for x in found.levels],
        "nearest_at_random": {"margin": first[0][0], "limit": first[0][1]} if first else None,
        "nearest": {"margin": last[0][0], "limit": last[0][1]} if last else None,
        "limits": _nearest_limits(last[: max(len(first) // 10, 1)]),
    }  # fmt: skip


def _nearest_limits(rows: list[tuple[float, str, bool]]) -> dict[str, int]:
    """How often each limit is the nearest one, among the flights that came nearest."""
    counts: dict[str, int] = {}
    for _, word, _ in rows:
        counts[word] = counts.get(word, 0) + 1
    return dict(sorted(counts.items(), key=lambda x: -x[1]))


def _lost(study: "RiskStudy", h: HalfStudy) -> list[dict[str, Any]]:
    """Every flight with failures that lost the crew, with the command that flies it again."""
    return [
        {"half": h.half, "stratum": name, **row.told(), "replay": _again(study, h, row)}
        for name, c in h.counted.items()
        for row in c.rows
        if row.outcome == LOST
    ]


def _again(study: "RiskStudy", h: HalfStudy, row: Row) -> str:
    called = list(study.called)
    if h.half == "rendezvous" and "--guidance" in called:  # a law of the entry
        at = called.index("--guidance")
        called = [*called[:at], *called[at + 2 :]]
    return replay_words(h.half, called, Case(row.strikes, row.run), study.seed)


def save(study: "RiskStudy", folder: Path | str) -> Path:
    """Write ``risk.json``, ``risk.png`` and ``risk.html`` beside the flights."""
    from homeward.campaigns.risk.page import risk_page
    from homeward.output.campaigns.risk import draw_tornado
    from homeward.output.files.result_folder import RISK, ResultFolder

    made = ResultFolder(Path(folder), RISK)
    made.folder.mkdir(parents=True, exist_ok=True)
    told = study.summary()
    text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    made.put("risk.json", lambda path: path.write_text(text, encoding="utf-8"))
    made.put("risk.png", partial(draw_tornado, told))
    made.put("risk.html", lambda path: path.write_text(risk_page(told), encoding="utf-8"))
    return made.folder


__all__ = ["ASSUMPTIONS", "NONE", "save", "summary"]
