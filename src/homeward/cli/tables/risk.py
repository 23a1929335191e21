"""The tables of ``homeward risk``."""

from typing import Any

from rich.console import Console

from homeward.cli.tables.return_summary import plain_table

MOST_LOST, MOST_ROWS = 20, 12
WORDS = {"crew": "loss of crew", "mission": "loss of mission"}


def figure(value: float | None) -> str:
    """A probability in three digits."""
    return "-" if value is None else "0" if value == 0.0 else f"{value:.3g}"


def interval(told: dict[str, Any]) -> str:
    """The 95 % interval in words."""
    return f"{figure(told['low'])} to {figure(told['high'])}"


def show_risk(screen: Console, told: dict[str, Any]) -> None:
    """Probabilities, what they are made of, what buys most, and the flights lost."""
    screen.print(f"{told['scenario']}: risk of the {told['what']}, seed {told['seed']}", style="bold")
    screen.print(f"{told['flights']:,} flights in {told['wall_s']:.0f} s; {told['stopped']}", style="dim")
    table = plain_table("", "probability", "95 % interval", "relative half width", "one in")
    for key, word in WORDS.items():
        row = told[key]
        one = f"{1.0 / row['estimate']:,.0f}" if row["estimate"] else "-"
        wide = "-" if row["relative_half_width"] is None else f"{100 * row['relative_half_width']:.0f} %"
        found = figure(row["estimate"]) if row["estimate"] else "no loss flown"
        table.add_row(f"P({word})", found, interval(row), wide, one)
    screen.print(table)
    if told["target"] is not None:
        screen.print(f"target {told['target']['probability']:g}: {told['target']['verdict']}")
    if told["gain"] is not None:
        screen.print(
            f"plain Monte Carlo would take {told['gain']:,.1f} times as many flights for the same variance",
            style="dim",
        )
    for half, h in told["halves"].items():
        _contributions(screen, half, h)
    _sensitivity(screen, told)
    for row in told["lost"][:MOST_LOST]:
        screen.print(f"lost: {row['fault']}, {row['when']}: {row['reason']}", highlight=False)
        screen.print(f"  {row['replay']}", highlight=False, soft_wrap=True)
    if len(told["lost"]) > MOST_LOST:
        more = len(told["lost"]) - MOST_LOST
        screen.print(f"and {more} more lost (--json or --out tells all)", highlight=False)


def _contributions(screen: Console, half: str, h: dict[str, Any]) -> None:
    screen.print()
    screen.print(
        f"{half}: {h['expected_failures']:.3g} failures a flight on average; crew {interval(h['crew'])}, "
        f"mission {interval(h['mission'])}",
        style="bold",
    )
    table = plain_table("", "probability", "flights", "lost", "of crew", "at most", "of mission", "rate from")
    rows = h["contributions"]
    shown = [r for r in rows if r["crew"]["estimate"] or r["mission"]["estimate"] or r["kind"] != "failure"]
    shown += [r for r in rows if r not in shown][: max(MOST_ROWS - len(shown), 0)]
    for r in shown:
        table.add_row(
            r["name"], figure(r["weight"]), f"{r['flights']:,}", "" if r["lost"] is None else str(r["lost"]),
            figure(r["crew"]["estimate"]), figure(r["crew"]["high"]), figure(r["mission"]["estimate"]),
            r["source"].partition(":")[0],
        )  # fmt: skip
    if len(rows) > len(shown):
        table.add_row(f"{len(rows) - len(shown)} others, none lost", "", "", "", "", "", "", "")
    table.add_row("more failures than flown", figure(h["unflown"]), "0", "", "", figure(h["unflown"]), "", "")
    screen.print(table)
    d = h["dispersion"]
    if d.get("estimate") is None:
        bound = f", below {figure(d['below'])}" if "below" in d else ""
        screen.print(f"dispersion only: {d['told']}{bound}")
    else:
        screen.print(f"dispersion only: {figure(d['estimate'])}, variation {d['variation']:.2f}")
    if d.get("nearest"):
        near = d["nearest"]
        screen.print(
            f"  nearest limit: {near['limit']}, {100 * near['margin']:.1f} % of it left", style="dim"
        )


def _sensitivity(screen: Console, told: dict[str, Any]) -> None:
    rows = [r for r in told["sensitivity"] if r["certain"] > 0.0][:MOST_ROWS]
    if rows:
        screen.print()
        table = plain_table("what to improve first", "P(crew lost)", "halved", "doubled", "never", "certain")
        for r in rows:
            table.add_row(r["hazard"], *(figure(r[k]) for k in ("base", "halved", "doubled", "removed",
                                                                 "certain")))  # fmt: skip
        screen.print(table)
    if told["redundancy"]:
        table = plain_table("without", "P(crew lost)", "change", "by")
        for r in told["redundancy"]:
            table.add_row(r["without"], figure(r["probability"]), figure(r["change"]), r["by"])
        screen.print(table)


__all__ = ["figure", "interval", "show_risk"]
