"""The page of a risk study: what a review board needs of it, in one HTML file."""

from collections.abc import Mapping
from typing import Any

from homeward.output.campaigns.risk import contributions, svg, tornado
from homeward.output.files.html_page import Block, Cell, Section, page, picture, soft, table

METHOD = (
    "Flights are grouped by number and kind of failures; the probability of each group follows from the "
    "rates in closed form, the share lost in it from flights in dispersed worlds of their own. Intervals "
    "meld the confidence distributions of Clopper and Pearson of all groups (Fay, Proschan and Brittain "
    "2015): a group without a loss adds nothing to the lower bound and what so few flights allow to the "
    "upper one. Flights are shared out after Neyman (1934). Those without a failure are subset simulation "
    "(Au and Beck 2001)."
)


def risk_page(told: Mapping[str, Any]) -> str:
    """The page of what ``homeward risk --json`` prints."""
    crew, mission, target = told["crew"], told["mission"], told["target"]
    answer = f"P(loss of crew) {_figure(crew['estimate'])}, 95 % from {_between(crew)}; " \
             f"P(loss of mission) {_figure(mission['estimate'])}, {_between(mission)}."  # fmt: skip
    style = "open"
    if target is not None:
        answer += f" Target {target['probability']:g}: {target['verdict']}."
        style = {"met": "met", "not met": "not"}.get(target["verdict"], "open")
    sections = [
        Section("probabilities", "Probabilities", _probabilities(told)),
        Section("contributions", "What they are made of", _contributions(told)),
        Section("sensitivity", "What to improve first", _sensitivity(told)),
        Section("lost", "Flights that lost the crew", _lost(told)),
        Section("rates", "Failure rates and where they are from", _rates(told)),
        Section("assumptions", "Assumptions", [soft(text) for text in told["assumptions"]]),
        Section("again", "How to repeat it", [Block("lines", str(told["repeat"])), soft(METHOD)]),
    ]
    flown = f"seed {told['seed']}, {told['flights']:,} flights; {told['stopped']}"
    return page(f"{told['scenario']}: risk of the {told['what']}", "", flown, answer, style, sections)


def _figure(value: float | None) -> str:
    return "–" if value is None else "0" if value == 0.0 else f"{value:.3g}"


def _between(row: Mapping[str, Any]) -> str:
    return f"{_figure(row['low'])} to {_figure(row['high'])}"


def _probabilities(told: Mapping[str, Any]) -> list[Block]:
    rows = []
    for scope, part in [(told["what"], told), *told["halves"].items()]:
        for key, word in (("crew", "loss of crew"), ("mission", "loss of mission")):
            r = part[key]
            wide = r["relative_half_width"]
            rows.append([f"{word}, {scope}", _figure(r["estimate"]) if r["estimate"] else "no loss flown",
                         _between(r), "–" if wide is None else f"{100 * wide:.0f} %"])  # fmt: skip
        if len(told["halves"]) == 1:
            break
    gain = told["gain"]
    more = "" if gain is None else f" Plain Monte Carlo: {gain:,.1f} times as many flights for that variance."
    return [
        table(("", "probability", "95 % interval", "relative half width"), rows, (1, 2, 3)),
        soft(f"{told['flights']:,} flights; {told['stopped']}.{more}"),
    ]


def _contributions(told: Mapping[str, Any]) -> list[Block]:
    says = "Contribution of each group of flights to the probability of losing the crew, with its interval"
    blocks = [picture(svg(contributions(told)), says)]
    for half, h in told["halves"].items():
        rows = [
            [Cell(r["name"], r["kind"]), _figure(r["weight"]), f"{r['flights']:,}",
             "–" if r["lost"] is None else str(r["lost"]), _figure(r["crew"]["estimate"]),
             _between(r["crew"]), _figure(r["mission"]["estimate"])]
            for r in h["contributions"]
        ]  # fmt: skip
        rows.append([Cell("more failures than flown", "added to the upper bound"), _figure(h["unflown"]), "0",
                     "–", "–", f"0 to {_figure(h['unflown'])}", "–"])  # fmt: skip
        blocks.append(Block("heading", half))
        head = ("", "probability", "flights", "lost", "of crew", "95 % interval", "of mission")
        blocks += [table(head, rows, range(1, 7)), soft(_dispersion(h["dispersion"]))]
    return blocks


def _dispersion(d: Mapping[str, Any]) -> str:
    if d.get("estimate") is not None:
        told = f"Dispersion only: {_figure(d['estimate'])}, coefficient of variation {d['variation']:.2f}."
    else:
        bound = f"; below {_figure(d['below'])}" if "below" in d else ""
        told = f"Dispersion only: {d['told']}{bound}."
    if d.get("nearest"):
        near = d["nearest"]
        told += f" Nearest limit: {near['limit']}, {100 * near['margin']:.1f} % of it left."
    return told


def _sensitivity(told: Mapping[str, Any]) -> list[Block]:
    rows = [
        [Cell(r["hazard"], r["half"]), *(_figure(r[k]) for k in ("base", "halved", "doubled", "removed",
                                                                 "certain"))]
        for r in told["sensitivity"]
        if r["certain"] > 0.0
    ]  # fmt: skip
    without = [
        [Cell(r["without"], r["half"]), _figure(r["probability"]), _figure(r["change"]), r["by"]]
        for r in told["redundancy"]
    ]
    says = "P(loss of crew) with each failure rate halved and doubled"
    head = ("failure", "P(crew lost)", "rate halved", "doubled", "never", "for certain")
    return [
        picture(svg(tornado(told)), says),
        *([table(head, rows, range(1, 6))] if rows else []),
        *([table(("without", "P(crew lost)", "change", "by"), without, (1, 2))] if without else []),
    ]


def _lost(told: Mapping[str, Any]) -> list[Block]:
    rows = [
        [Cell(r["fault"], f"{r['half']}, {r['when']}"), r["reason"], Cell(r["replay"], code=True)]
        for r in told["lost"]
    ]
    return [table(("failure", "how it ended", "to fly it again"), rows)] if rows else [soft("None.")]


def _rates(told: Mapping[str, Any]) -> list[Block]:
    blocks = []
    for half, h in told["halves"].items():
        rows = [
            [Cell(r["name"], r["kind"]), r["rate"], ", ".join(r["legs"]), r["source"]]
            for r in h["contributions"]
            if r["source"]
        ]
        blocks += [Block("heading", half), table(("", "rate", "exposed", "source"), rows)]
    return blocks


__all__ = ["risk_page"]
