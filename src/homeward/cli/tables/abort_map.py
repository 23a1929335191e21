"""The abort map on a screen: time to landing at each class of site, leg by leg."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from homeward.cli.tables.return_summary import fmt, plain_table


def show_aborts(out: Console, found: Mapping[str, Any], most: int) -> None:
    """At most ``most`` moments, evenly spread; below them the longest way home of each class."""
    out.print(f"Earliest landings: {found['scenario']}, from {found['epoch_utc'][:19]}Z on", style="bold")
    rows = found["rows"]
    names = list(rows[0]["landings"])
    titles = [title_of(name, found) for name in names]
    table = plain_table("from", *titles, "delta-v left", "load")
    every = max(-(-len(rows) // most), 1)
    for row in rows[::every]:
        best = row["landings"].get(row["earliest"] or "")
        table.add_row(
            row["from"], *(minutes(row["landings"][name]) for name in names),
            "-" if best is None else fmt(best["delta_v_left_m_s"], "m/s", 0),
            "-" if best is None else fmt(best["load_g"], "g", 1),
        )  # fmt: skip
    out.print(table)
    out.print(
        "Time to landing; delta-v left and load are those of the earliest. "
        f"Moments reckoned: {len(rows)}; of {every} in a row one is shown.",
        style="dim",
    )
    for name, title in zip(names, titles, strict=True):
        ways = [row["landings"][name] for row in rows]
        there = [w for w in ways if w is not None]
        if not there:
            out.print(f"{title}: from nowhere within {found['days']:g} days")
            continue
        longest = max(w["time_to_landing_s"] for w in there)
        shortest = min(w["time_to_landing_s"] for w in there)
        outside = sum(not w["inside_limits"] for w in there)
        told = f"{title}: {clock(shortest)} to {clock(longest)}"
        if len(there) < len(ways):
            told += f"; none from {len(ways) - len(there)} of {len(ways)} moments"
        out.print(told + (f"; {outside} outside a limit" if outside else ""))


def title_of(name: str, found: Mapping[str, Any]) -> str:
    """A class of site as people read it: the names of the sites themselves."""
    if name == "site":
        return str(found["sites"][0]["name"])
    if name.startswith("backup "):
        return str(found["sites"][int(name.split()[1])]["name"])
    return name


def minutes(landing: Mapping[str, Any] | None) -> str:
    """The time to a landing."""
    return "-" if landing is None else clock(landing["time_to_landing_s"])


def clock(seconds: float) -> str:
    """Hours and minutes."""
    whole = round(seconds / 60.0)
    return f"{whole // 60:d}:{whole % 60:02d} h"
