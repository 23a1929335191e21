"""What drives a campaign's results: its runs, beside them the flight's gradient and linear covariance."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from homeward.campaigns.analysis.gradient import (
    RESULTS,
    Moved,
    all_at_once,
    flown_on,
    nominal,
    one_by_one,
    prepare_entry,
    units_of,
)
from homeward.campaigns.analysis.sensitivity import drivers_of, sample_of
from homeward.campaigns.execution.campaign import scenario_of
from homeward.campaigns.report.report import metrics_named
from homeward.campaigns.store.input_files import own_law
from homeward.campaigns.store.records import Records, read_records
from homeward.campaigns.store.store import Store
from homeward.campaigns.verification.requirements import default_requirements
from homeward.dispersion.sampling import Plan
from homeward.dispersion.scaled_aerodynamics import unscaled
from homeward.errors import InputError
from homeward.output.campaigns.distributions import bars, png
from homeward.planning.return_plan import plan_return
from homeward.sim.lanes import preparing

MOST_FLOWN = 128  # runs flown again, with their derivative
STRONGEST = 10
NOT_FLOWN = {
    "rendezvous": "thrusters fire in pulses and plans are chosen: decisions throughout, of which it has no "
    "derivative",
    "six-dof": "thrusters fire in pulses, decided ten times a second: the derivative with those held says "
    "nothing of flights that pulse otherwise",
}
OWN_LAW = "its guidance law is a program of its own, which is run with --trust alone"
Progress = Callable[[str, float | None], None]


@dataclasses.dataclass
class Understanding:
    """``data`` is what ``homeward understand --json`` prints; ``picture`` shows it, PNG."""

    data: dict[str, Any]
    picture: bytes


def understand(
    folder: str | Path, gradients: bool = True, progress: Progress | None = None, *, trust: bool = False
) -> Understanding:
    """What drives the results of the campaign in a folder.

    From the runs: rank regression and Sobol indices. Of returns as a point mass also, if ``gradients``: the
    flight's own derivative by each dispersion, and the covariance it gives. ``trust`` allows the campaign's
    own guidance law, a program in its folder, to be run for that. Raises ``InputError`` where there is no
    campaign or too few runs.
    """
    tell = progress or (lambda _, __: None)
    tell("reading the runs", None)
    records = read_records(folder)
    m = records.manifest
    fidelity = m.get("fidelity") if m["kind"] == "return" else None
    asked = [r.quantity for r in default_requirements(str(m["scenario"]), m["kind"], fidelity)]
    metrics = metrics_named(records)
    names = [n for n in dict.fromkeys(asked) if n in metrics] or metrics[:4]
    sample = sample_of(records)
    found = [d for d in (drivers_of(records, n, sample) for n in names) if d is not None]
    data: dict[str, Any] = {
        "scenario": m["scenario"], "kind": m["kind"], "fidelity": m.get("fidelity"), "seed": m["seed"],
        "runs": len(records), "failed": int(records.failed.sum()),
        "drivers": [d.told(STRONGEST) for d in found], "gradient": None, "covariance": None, "why_not": None,
    }  # fmt: skip
    why = NOT_FLOWN.get("rendezvous" if m["kind"] != "return" else str(m.get("fidelity")))
    if why is None and not trust and own_law(m["scenario_document"]) is not None:
        why = OWN_LAW
    if why is None and gradients:
        data |= _flown(records, tell, trust)
    else:
        data["why_not"] = why or "not asked for"
    if not found and data["gradient"] is None:
        raise InputError(f"{records.folder}: too few runs to tell what drives them ({len(records)})")
    return Understanding(data, _picture(data))


def _flown(records: Records, tell: Progress, trust: bool) -> dict[str, Any]:
    """Gradient and covariance, by flying the first block of the campaign again."""
    store = Store.open(records.folder)
    store.trusted = trust
    m = store.manifest
    scenario = scenario_of(store)
    tell("planning", None)
    # In lanes and legs as the campaign flew it, so that its programs serve again.
    lanes = store.lanes
    plan = plan_return(scenario, fidelity="point-mass", ahead=preparing(lanes, False, unscaled))
    tell("the nominal flight", None)
    about = nominal(plan, lanes, m["seed"])
    count = min(MOST_FLOWN, m["runs"], lanes)
    prepare_entry(about, count)
    tell("one dispersion at a time", None)
    units = one_by_one(about)
    tell("all at once", None)
    sampling = Plan(m.get("sampling", "random"), m["seed"], m["runs"], True)
    together = all_at_once(about, sampling, count)
    tell("the entries", None)
    *alone, together = flown_on(about, [*units, together])
    alone = units_of(alone)
    return {"gradient": _gradient(alone, together), "covariance": _covariance(together)}


def _gradient(alone: Moved, together: Moved) -> list[dict[str, Any]]:
    """For each result the draws, strongest first: what one sigma does by the derivative, and flown."""
    total = np.var(together.linear, axis=0)
    told = []
    for k, (name, (unit, words)) in enumerate(RESULTS.items()):
        order = np.argsort(-np.abs(alone.linear[:, k]), kind="stable")[:STRONGEST]
        rows = [
            {"draw": alone.names[i], "gradient": float(alone.linear[i, k]),
             "flown": _finite(alone.flown[i, k]), "share": float(alone.linear[i, k] ** 2 / total[k]),
             "reversals": int(alone.reversals[i])}
            for i in order
        ]  # fmt: skip
        told.append({"quantity": name, "unit": unit, "text": words, "nominal": float(alone.nominal[k]),
                     "one_sigma": rows})  # fmt: skip
    return told


def _covariance(together: Moved) -> dict[str, Any]:
    """J S J^T beside the sample covariance of the same runs, and whether each is where it was foretold."""
    good = np.isfinite(together.flown).all(axis=1)
    linear, flown = together.linear[good], together.flown[good]
    same = together.reversals[good] == 0
    rows = []
    for k, (name, (unit, _)) in enumerate(RESULTS.items()):
        rows.append({
            "quantity": name, "unit": unit, "linear_sigma": float(linear[:, k].std(ddof=1)),
            "flown_sigma": float(flown[:, k].std(ddof=1)), "correlation": _correlation(linear, flown, k),
            "correlation_same_reversals": _correlation(linear[same], flown[same], k),
        })  # fmt: skip
    return {
        "runs": int(good.sum()), "same_reversals": int(same.sum()), "quantities": rows,
        "linear": np.cov(linear.T).tolist(), "flown": np.cov(flown.T).tolist(),
    }  # fmt: skip


def _correlation(a: np.ndarray, b: np.ndarray, k: int) -> float | None:
    if len(a) < 3 or np.ptp(a[:, k]) == 0.0 or np.ptp(b[:, k]) == 0.0:
        return None
    return float(np.corrcoef(a[:, k], b[:, k])[0, 1])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _picture(data: dict[str, Any]) -> bytes:
    """The gradient beside what was flown, of the greatest load; without it the regression beside Sobol."""
    if data["gradient"] is not None:
        told = next(g for g in data["gradient"] if g["quantity"] == "peak_load_g")
        rows = {
            r["draw"]: {"gradient": r["gradient"], "flown": np.nan if r["flown"] is None else r["flown"]}
            for r in told["one_sigma"]
        }
        return png(bars(rows, f"{told['quantity']} [{told['unit']}]: what one sigma of each dispersion does"))
    d = data["drivers"][0]
    rows = {
        r["draw"].removeprefix("draw_"): {"regression": r["regression"], "Sobol": r["sobol"]}
        for r in d["drivers"]
    }
    return png(bars(rows, f"{d['quantity']}: rank regression coefficient, and first-order Sobol index"))


__all__ = ["Understanding", "understand"]
