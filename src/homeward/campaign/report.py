"""The report of a campaign: one HTML file that needs nothing else, verdicts first."""

import dataclasses
import datetime
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.campaign.drivers import SHOWN, Drivers, drivers_of, sample_of
from homeward.campaign.failed_runs import failed_runs, failures_of
from homeward.campaign.inputs import requirements_file
from homeward.campaign.records import RUN_COLUMNS, Records, read_records
from homeward.campaign.report_figures import pictures_of
from homeward.campaign.report_footprint import footprint_of
from homeward.campaign.reproduce import commands
from homeward.campaign.requirements import Requirement, default_requirements, read_requirements
from homeward.campaign.statistics import figures
from homeward.campaign.verdicts import Verdict, judge
from homeward.output.report_page import page, picture, table, text

Progress = Callable[[str, float], None]
CLASS = {"met": "met", "not met": "not", "undecided": "open"}
FAILURES = 50  # listed; the rest is counted


@dataclasses.dataclass
class Report:
    """A report: ``html`` is the page, ``data`` what ``homeward report --json`` prints."""

    html: str
    data: dict[str, Any]


def report(
    folder: str | Path, requirements: Sequence[Requirement] | None = None, progress: Progress | None = None,
    footprint: bool = False, trust: bool = False,
) -> Report:  # fmt: skip
    """The report of the campaign in a folder, by the requirements that ship if none are given.

    ``footprint`` flies what the capsule of a return can reach, and draws it: compiling that takes a minute.
    ``trust`` allows a guidance law of the campaign's own to be run for it.
    Raises ``InputError`` where there is no campaign, or for a requirement on what was not recorded.
    """
    tell = progress or (lambda _, __: None)
    tell("reading the runs", 0.0)
    records = read_records(folder)
    m = records.manifest
    if requirements is None:
        kept = requirements_file(Path(folder), m.get("inputs", []))
        requirements = (
            default_requirements(str(m["scenario"]), m["kind"], m.get("fidelity"))
            if kept is None
            else read_requirements(kept, m.get("fidelity"))
        )
    records.look_up([*RUN_COLUMNS, *metrics_named(records), *(r.quantity for r in requirements)])
    verdicts = judge(records, requirements)
    metrics = {n: figures(records[n], records.failed) for n in metrics_named(records)}
    tell("looking for what drives the results", 0.2)
    asked = (
        list(dict.fromkeys(r.quantity for r in requirements if r.quantity in metrics)) or list(metrics)[:4]
    )
    sample = sample_of(records)
    found = [d for d in (drivers_of(records, n, sample) for n in asked) if d is not None]
    ground = None
    if footprint:
        tell("flying the footprint", 0.3)
        ground = footprint_of(records, trust)
    tell("drawing", 0.4)
    shots = pictures_of(records, verdicts, found, lambda part: tell("drawing", 0.4 + 0.6 * part), ground)
    failed = records.failed
    data = {
        "scenario": m["scenario"], "kind": m["kind"], "fidelity": m.get("fidelity"), "seed": m["seed"],
        "runs": len(records), "failed": int(failed.sum()), "success": int(records["success"].sum()),
        "requirements": [v.told() for v in verdicts], "metrics": metrics,
        "drivers": [d.told(SHOWN) for d in found], "failures": failures_of(records),
        "failed_runs": failed_runs(records),
    }  # fmt: skip
    return Report(_page(records, verdicts, metrics, found, shots, data), data)


def metrics_named(records: Records) -> list[str]:
    """Results of which more is worse, as the manifest marks them."""
    marked = [c["name"] for c in records.manifest["columns"] if c.get("metric")]
    return [n for n in marked if n in records.names]


def _page(
    records: Records, verdicts: list[Verdict], metrics: dict[str, Any], found: list[Drivers],
    shots: dict[str, list[tuple[bytes, str, str]]], data: dict[str, Any],
) -> str:  # fmt: skip
    m = records.manifest
    title = f"{m['scenario']}: campaign of {len(records):,} {_flights(m)}"
    sections = [
        ("verdicts", "Verdicts", _verdicts(verdicts)),
        ("figures", "Figures", _metrics(records, metrics)),
        ("pictures", "Pictures", _shots(shots["results"])),
        ("failures", "Failures", _failures(records, data)),
        ("drivers", "What drives the results", _drivers(found, shots["drivers"])),
        ("dispersions", "Dispersions drawn", _dispersions(records)),
        ("worst", "Worst runs", _worst(verdicts)),
        ("again", "Versions, and how to fly this again", _again(records)),
    ]
    return page(title, _head(title, records, verdicts), [s for s in sections if s[2]])


def _flights(m: Any) -> str:
    return f"dispersed {m.get('fidelity') or ''} returns" if m["kind"] == "return" else "dispersed rendezvous"


def _head(title: str, records: Records, verdicts: list[Verdict]) -> str:
    m, failed = records.manifest, int(records.failed.sum())
    said = {kind: [v for v in verdicts if v.verdict == kind] for kind in CLASS}
    style = "not" if said["not met"] else "open" if said["undecided"] or not verdicts else "met"
    if not verdicts:
        answer = "No requirements were judged."
    elif not said["not met"] and not said["undecided"]:
        answer = f"All {len(verdicts)} requirements are met."
    else:
        parts = [f"{len(said[k])} {k}" for k in ("not met", "undecided", "met") if said[k]]
        answer = f"Of {len(verdicts)} requirements: {', '.join(parts)}."
    wanted = int(m["runs"])
    rest = (
        f" {wanted - len(records):,} of {wanted:,} runs are still to be flown."
        if wanted > len(records)
        else ""
    )
    answer += f" {len(records):,} runs, {failed:,} failed.{rest}"
    document = m.get("scenario_document", {})
    when = str(m.get("created_utc", ""))[:16].replace("T", " ")
    return (
        f"<h1>{text(title)}</h1><p class='soft'>{text(document.get('title', ''))}<br>"
        f"seed {m['seed']}, flown {text(when)} UTC with Homeward {text(m['version'].get('homeward', ''))}</p>"
        f"<p class='answer {style}'>{text(answer)}</p>"
    )


def number(value: float | None) -> str:
    """Four digits, a dash for what is infinite or not there."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.4g}"


def _sure(v: Verdict) -> str:
    if v.confidence is None:
        return f"these runs<small>{100 * v.share_shown:.2f} % of all, at 95 %</small>"
    return "&gt; 99.99 %" if v.confidence > 0.9999 else f"{100 * v.confidence:.2f} %"


def _verdicts(verdicts: list[Verdict]) -> str:
    rows = []
    for v in verdicts:
        r = v.requirement
        need = "–" if v.confidence is None else f"{v.runs_to_decide:,}" if v.runs_to_decide else "no number"
        rows.append([
            f'<td class="c">{text(r.id)}</td>', f"<code>{text(r.text)}</code><small>{text(r.why)}</small>",
            f'<td class="{CLASS[v.verdict]}">{v.verdict}</td>', number(v.value), number(v.bound),
            number(v.margin), _sure(v), need,
        ])  # fmt: skip
    told = (
        "Found is the order statistic ceil(pN) or the share; bound is its one-sided bound at the confidence "
        "asked for, by order statistics or Clopper and Pearson: whatever the distribution is. Margin is from "
        "the bound to the limit. A failed run is infinitely bad and is in no mean. Runs to decide: the least "
        "campaign that would settle it if further runs are like these."
    )
    head = ("", "requirement", "verdict", "found", "bound", "margin", "sure of it", "runs to decide")
    return table(head, rows, (3, 4, 5, 6, 7)) + f"<p class='soft'>{text(told)}</p>" if rows else ""


def _metrics(records: Records, metrics: dict[str, Any]) -> str:
    rows = []
    for name, told in metrics.items():
        unit, words = records.told(name)
        low, high = told["ci95_p99"]
        rows.append([
            f"<code>{text(name)}</code><small>{text(words)}</small>", text(unit),
            *(number(told[k]) for k in ("mean", "p50", "p99")), f"{number(low)} … {number(high)}",
            number(told["p99_7"]), number(told["max"]),
        ])  # fmt: skip
    head = ("", "unit", "mean", "p50", "p99", "95 % interval of p99", "p99.7", "greatest")
    return table(head, rows, range(2, 8))


def _shots(shots: list[tuple[bytes, str, str]]) -> str:
    return "".join(f"<h3>{text(title)}</h3>{picture(data, title, caption)}" for data, title, caption in shots)


def _failures(records: Records, data: dict[str, Any]) -> str:
    kinds, listed = data["failures"], data["failed_runs"][:FAILURES]
    if not kinds:
        n = len(records)
        most = 1.0 - 0.05 ** (1.0 / n)
        return f"<p>No run failed. At 95 %, fewer than {100 * most:.3g} % of all flights would.</p>"
    rows = [[text(kind["what"]), f"{kind['count']:,}"] for kind in kinds]
    runs = [[f"{f['run']:,}", text(f["failure"] or ""), f"<code>{text(f['replay'])}</code>"] for f in listed]
    rest = data["failed"] - len(listed)
    more = f"<p class='soft'>{rest:,} more; homeward query lists them all.</p>" if rest else ""
    return (
        table(("what failed", "runs"), rows, (1,))
        + table(("run", "leg, time and cause", "to fly it again"), runs, (0,))
        + more
    )


def _drivers(found: list[Drivers], shots: list[tuple[bytes, str, str]]) -> str:
    if not found:
        return ""
    told = (
        "Regression: standardised coefficient of the ranks, signed, what is monotone and adds up. Sobol: "
        "share of the variance that the dispersion alone explains, of any shape, estimated from these same "
        "runs. Both leave failed runs out. Profiles of air and wind stand at the heights written down."
    )
    return f"<p class='soft'>{text(told)}</p>" + _shots(shots)


def _dispersions(records: Records) -> str:
    rows = []
    for name, values in records.each(records.draws):
        x = values.astype(float)
        x = x[np.isfinite(x)]
        if not x.size or np.ptp(x) == 0.0:
            continue
        unit, words = records.told(name)
        rows.append([
            f"<code>{text(name.removeprefix('draw_'))}</code><small>{text(words)}</small>", text(unit),
            *(f"{v:.3g}" for v in (x.mean(), x.std(ddof=1) if x.size > 1 else 0.0, x.min(), x.max())),
        ])  # fmt: skip
    return table(("drawn", "unit", "mean", "sigma", "least", "greatest"), rows, range(2, 6)) if rows else ""


def _worst(verdicts: list[Verdict]) -> str:
    parts = []
    for v in verdicts:
        if not v.worst:
            continue
        r = v.requirement
        rows = [
            [f"{w['run']:,}", _value(w["value"]), text(w["failure"] or ""),
             f"<code>{text(w['replay'])}</code>"]
            for w in v.worst
        ]  # fmt: skip
        name = f"{r.id}  {r.text}" if r.id else r.text
        parts.append(
            f"<h3>{text(name)}</h3>" + table(("run", r.quantity, "failure", "to fly it again"), rows, (0, 1))
        )
    return "".join(parts)


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else number(value)


def _again(records: Records) -> str:
    m = records.manifest
    version, machine = dict(m["version"]), dict(m.get("machine", {}))
    facts = {f"version: {k}": v for k, v in version.items()} | {
        f"machine: {k}": v for k, v in machine.items()
    }
    facts |= {"lanes of a block": m["lanes"], "sampling": m.get("sampling", "random"),
             "report made": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes")}  # fmt: skip
    rows = [[text(k), f"<code>{text(v)}</code>"] for k, v in facts.items()]
    lines, note = commands(m, records.folder)
    document = json.dumps(m.get("scenario_document", {}), indent=1, ensure_ascii=False)
    return (
        f"<pre>{text(chr(10).join(lines))}</pre><p class='soft'>{text(note)}</p>"
        + table(("", ""), rows)
        + f"<details><summary>the scenario, every key</summary><pre>{text(document)}</pre></details>"
    )


__all__ = ["Report", "report"]
