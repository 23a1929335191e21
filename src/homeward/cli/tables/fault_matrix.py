"""The table of ``homeward faults``."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

CLASSES = ("nominal", "degraded", "aborted", "lost")
WORLDS = {"dispersed": "each in its own dispersed world", "nominal": "all in the undispersed world"}
MOST_LOST = 40  # lines of lost cases told one by one; the files hold all


def kind_of(fault: str) -> str:
    """A failure without its number: one line of the table stands for all of a kind."""
    return re.sub(r" \d+(?= )", "", fault)


def _landing(name: str, flown: dict[str, Any]) -> str:
    """Where a return without a failure comes down, steered or not, and what the crew bears."""
    if flown["failed"] or any(v is None for v in flown.values()):
        return f"{name}: does not come down"
    return (
        f"{name}: lands at {flown['latitude_deg']:.3f}, {flown['longitude_deg']:.3f}, "
        f"{flown['site_miss_km']:.1f} km from the site, {flown['peak_load_g']:.1f} g "
        f"(limit {flown['load_limit_g']:.1f}), {flown['touchdown_speed_m_s']:.1f} m/s"
    )


def show_faults(screen: Console, told: dict[str, Any]) -> None:
    """One table a half of the mission, and the cases that were lost."""
    for half, figures in told["halves"].items():
        rows = [r for r in told["rows"] if r["what"] == half]
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for row in rows:
            counts[kind_of(row["fault"]), row["leg"]][row["outcome"]] += 1
        title = f"{told['scenario']}: {half}, {figures['cases']} cases, {WORLDS[told['world']]}"
        table = Table(title=title, title_justify="left")
        table.add_column("failure")
        table.add_column("leg")
        for name in CLASSES:
            table.add_column(name, justify="right")
        for (fault, leg), n in counts.items():
            table.add_row(fault, leg, *(str(n[name] or "") for name in CLASSES))
        table.add_section()
        table.add_row("all", "", *(str(figures["counts"][name]) for name in CLASSES))
        screen.print(table)
        for name, flown in (figures.get("abort") or {}).items():
            screen.print(_landing(name, flown), highlight=False)
    lost = [r for r in told["rows"] if r["outcome"] == "lost"]
    for row in lost[:MOST_LOST]:
        screen.print(f"lost: {row['fault']}, {row['when']}: {row['reason']}", highlight=False)
        screen.print(f"  {row['replay']}", highlight=False, soft_wrap=True)
    if len(lost) > MOST_LOST:
        screen.print(f"and {len(lost) - MOST_LOST} more lost (--json or --out tells all)", highlight=False)


def show_list(screen: Console, told: Sequence[Mapping[str, Any]]) -> None:
    """Every failure, a row each: ``what`` and ``how`` as ``[[fault]]`` takes them."""
    table = Table()
    for name in ("what", "how", "size", "lasts", "strikes in the matrix", "noticed on board by"):
        table.add_column(name)
    for f in told:
        legs = [*f["strikes"], *(["rendezvous"] if f["rendezvous"] else [])]
        lasts = "" if f["lasts_s"] is None else f"{f['lasts_s']:g} s"
        table.add_row(f["what"], f["how"], f["size"], lasts, ", ".join(legs), f["noticed_by"])
    screen.print(table)
