"""The report of a campaign: one HTML file that needs nothing else, verdicts first."""

import dataclasses
import datetime
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.campaigns.analysis.sensitivity import SHOWN, Drivers, drivers_of, sample_of
from homeward.campaigns.report.figures import pictures_of
from homeward.campaigns.report.footprint import footprint_of
from homeward.campaigns.statistics.order_statistics import figures
from homeward.campaigns.store.failed_runs import failed_runs, failures_of
from homeward.campaigns.store.input_files import requirements_file
from homeward.campaigns.store.manifest import changed_since
from homeward.campaigns.store.records import RUN_COLUMNS, Records, read_records
from homeward.campaigns.store.reproduce import commands
from homeward.campaigns.verification.requirements import Requirement, default_requirements, read_requirements
from homeward.campaigns.verification.verdicts import Verdict, judge
from homeward.output.files.html_page import Block, Cell, Section, page, picture, soft, table

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
    records.look_up([*RUN_COLUMNS, *(r.quantity for r in requirements)])
    verdicts = judge(records, requirements)
    metrics = {n: figures(v, records.failed) for n, v in records.each(metrics_named(records))}
    tell("looking for what drives the results", 0.2)
    asked = (
        list(dict.fromkeys(r.quantity for r in requirements if r.quantity in metrics)) or list(metrics)[:4]
    )
    sample = sample_of(records)
    records.look_up(asked)
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
        Section("verdicts", "Verdicts", _verdicts(verdicts)),
        Section("figures", "Figures", _metrics(records, metrics)),
        Section("pictures", "Pictures", _shots(shots["results"])),
        Section("failures", "Failures", _failures(records, data)),
        Section("drivers", "What drives the results", _drivers(found, shots["drivers"])),
        Section("dispersions", "Dispersions drawn", _dispersions(records)),
        Section("worst", "Worst runs", _worst(verdicts)),
        Section("again", "Versions, and how to fly this again", _again(records)),
    ]
    when = str(m.get("created_utc", ""))[:16].replace("T", " ")
    flown = f"seed {m['seed']}, flown {when} UTC with Homeward {m['version'].get('homeward', '')}"
    subtitle = str(m.get("scenario_document", {}).get("title", ""))
    return page(title, subtitle, flown, *_answer(records, verdicts), sections)


def _flights(m: Any) -> str:
    return f"dispersed {m.get('fidelity') or ''} returns" if m["kind"] == "return" else "dispersed rendezvous"


def _answer(records: Records, verdicts: list[Verdict]) -> tuple[str, str]:
    """What the campaign has shown in one line, and its style."""
    failed, wanted = int(records.failed.sum()), int(records.manifest["runs"])
    said = {kind: [v for v in verdicts if v.verdict == kind] for kind in CLASS}
    style = "not" if said["not met"] else "open" if said["undecided"] or not verdicts else "met"
    if not verdicts:
        answer = "No requirements were judged."
    elif not said["not met"] and not said["undecided"]:
        answer = f"All {len(verdicts)} requirements are met."
    else:
        parts = [f"{len(said[k])} {k}" for k in ("not met", "undecided", "met") if said[k]]
        answer = f"Of {len(verdicts)} requirements: {', '.join(parts)}."
    rest = (
        f" {wanted - len(records):,} of {wanted:,} runs are still to be flown."
        if wanted > len(records)
        else ""
    )
    return f"{answer} {len(records):,} runs, {failed:,} failed.{rest}", style


def number(value: float | None) -> str:
    """Four digits, a dash for what is infinite or not there."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.4g}"


def _sure(v: Verdict) -> str | Cell:
    if v.confidence is None:
        return Cell("these runs", f"{100 * v.share_shown:.2f} % of all, at 95 %")
    return "> 99.99 %" if v.confidence > 0.9999 else f"{100 * v.confidence:.2f} %"


def _verdicts(verdicts: list[Verdict]) -> list[Block]:
    rows = []
    for v in verdicts:
        r = v.requirement
        need = "–" if v.confidence is None else f"{v.runs_to_decide:,}" if v.runs_to_decide else "no number"
        rows.append([
            Cell(r.id, style="c"), Cell(r.text, r.why, code=True), Cell(v.verdict, style=CLASS[v.verdict]),
            number(v.value), number(v.bound), number(v.margin), _sure(v), need,
        ])  # fmt: skip
    if not rows:
        return []
    told = (
        "Found is the order statistic ceil(pN) or the share; bound is its one-sided bound at the confidence "
        "asked for, by order statistics or Clopper and Pearson: whatever the distribution is. Margin is from "
        "the bound to the limit. A failed run is infinitely bad and is in no mean. Runs to decide: the least "
        "campaign that would settle it if further runs are like these."
    )
    head = ("", "requirement", "verdict", "found", "bound", "margin", "sure of it", "runs to decide")
    return [table(head, rows, (3, 4, 5, 6, 7)), soft(told)]


def _metrics(records: Records, metrics: dict[str, Any]) -> list[Block]:
    rows = []
    for name, told in metrics.items():
        unit, words = records.told(name)
        low, high = told["ci95_p99"]
        rows.append([
            Cell(name, words, code=True), unit, *(number(told[k]) for k in ("mean", "p50", "p99")),
            f"{number(low)} … {number(high)}", number(told["p99_7"]), number(told["max"]),
        ])  # fmt: skip
    head = ("", "unit", "mean", "p50", "p99", "95 % interval of p99", "p99.7", "greatest")
    return [table(head, rows, range(2, 8))]


def _shots(shots: list[tuple[bytes, str, str]]) -> list[Block]:
    return [
        block
        for data, title, caption in shots
        for block in (Block("heading", title), picture(data, title, caption))
    ]


def _failures(records: Records, data: dict[str, Any]) -> list[Block]:
    kinds, listed = data["failures"], data["failed_runs"][:FAILURES]
    if not kinds:
        most = 1.0 - 0.05 ** (1.0 / len(records))
        return [
            Block("paragraph", f"No run failed. At 95 %, fewer than {100 * most:.3g} % of all flights would.")
        ]
    rows = [[str(kind["what"]), f"{kind['count']:,}"] for kind in kinds]
    runs = [[f"{f['run']:,}", f["failure"] or "", Cell(str(f["replay"]), code=True)] for f in listed]
    rest = data["failed"] - len(listed)
    made = [
        table(("what failed", "runs"), rows, (1,)),
        table(("run", "leg, time and cause", "to fly it again"), runs, (0,)),
    ]
    return [*made, soft(f"{rest:,} more; homeward query lists them all.")] if rest else made


def _drivers(found: list[Drivers], shots: list[tuple[bytes, str, str]]) -> list[Block]:
    if not found:
        return []
    told = (
        "Regression: standardised coefficient of the ranks, signed, what is monotone and adds up. Sobol: "
        "share of the variance that the dispersion alone explains, of any shape, estimated from these same "
        "runs. Both leave failed runs out. Profiles of air and wind stand at the heights written down."
    )
    return [soft(told), *_shots(shots)]


def _dispersions(records: Records) -> list[Block]:
    rows = []
    for name, values in records.each(records.draws):
        x = values.astype(float)
        x = x[np.isfinite(x)]
        if not x.size or np.ptp(x) == 0.0:
            continue
        unit, words = records.told(name)
        spread = x.std(ddof=1) if x.size > 1 else 0.0
        rows.append([Cell(name.removeprefix("draw_"), words, code=True), unit,
                     *(f"{v:.3g}" for v in (x.mean(), spread, x.min(), x.max()))])  # fmt: skip
    return [table(("drawn", "unit", "mean", "sigma", "least", "greatest"), rows, range(2, 6))] if rows else []


def _worst(verdicts: list[Verdict]) -> list[Block]:
    blocks = []
    for v in verdicts:
        if not v.worst:
            continue
        r = v.requirement
        rows = [
            [f"{w['run']:,}", _value(w["value"]), w["failure"] or "", Cell(str(w["replay"]), code=True)]
            for w in v.worst
        ]
        blocks.append(Block("heading", f"{r.id}  {r.text}" if r.id else r.text))
        blocks.append(table(("run", r.quantity, "failure", "to fly it again"), rows, (0, 1)))
    return blocks


def _value(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else number(value)


def _again(records: Records) -> list[Block]:
    m = records.manifest
    version, machine = dict(m["version"]), dict(m.get("machine", {}))
    facts = {f"version: {k}": v for k, v in version.items()} | {
        f"machine: {k}": v for k, v in machine.items()
    }
    facts |= {
        f"input: {told['key']}": ", ".join(f"{n} (SHA-256 {h[:16]}...)" for n, h in told["files"].items())
        for told in m.get("inputs", ())
    }
    facts |= {"instruction set": m.get("instruction_set", "not written down"),
             "lanes of a block": m["lanes"], "sampling": m.get("sampling", "random"),
             "manifest": "changed since it was written" if changed_since(m) else "as written",
             "report made": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes")}  # fmt: skip
    rows = [[str(k), Cell(str(v), code=True)] for k, v in facts.items()]
    lines, note = commands(m, records.folder)
    document = json.dumps(m.get("scenario_document", {}), indent=1, ensure_ascii=False)
    return [
        Block("lines", "\n".join(lines)), soft(note), table(("", ""), rows),
        Block("details", document, "the scenario, every key"),
    ]  # fmt: skip


__all__ = ["Report", "report"]
