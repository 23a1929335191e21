"""What a command tells a person of a rendezvous and of launch windows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from homeward.cli.tables.return_summary import EXCEEDED, Heading, fmt, plain_table, verdict
from homeward.scenario.schema.rendezvous import PLANS
from homeward.scenario.schema.scenario import Scenario


def show_rendezvous(out: Console, heading: Heading, summary: Mapping[str, Any]) -> None:
    """The whole rendezvous on one page."""
    plan = summary.get("plan") or {}
    tables = (_burns(plan.get("burns") or ()), _figures(summary), _limits(summary), _withdrawal(summary))
    away = ", and away again" if summary.get("withdrawal") else ""
    head = Text.assemble((str(summary.get("scenario", "flight")), "bold"), "  ")
    out.print(head.append_text(verdict("docked", summary, tables, away)))
    if heading.title:
        out.print(heading.title, style="dim")
    drawn = "dispersed" if summary.get("dispersed") else "nominal"
    out.print(
        f"plan {fmt(plan.get('name'))}, {fmt(summary.get('port'))} port, law {heading.law}, "
        f"{drawn}, seed {fmt(summary.get('seed'))}",
        style="dim",
    )
    for table in tables:
        if table.row_count:
            out.print()
            out.print(table)
    out.print()


def _burns(burns: Iterable[Any]) -> Table:
    table = plain_table("burn", "after insertion", "delta-v", "purpose")
    for number, burn in enumerate(burns, 1):
        if isinstance(burn, Mapping):
            time = burn.get("time")
            delta_v, purpose = burn.get("delta_v_m_s"), burn.get("purpose")
        else:
            time, delta_v, purpose = (*burn, None, None, None)[:3]
        when = clock(time) if isinstance(time, int | float) else fmt(time)
        table.add_row(str(number), when, fmt(delta_v, "m/s"), fmt(purpose))
    return table


def clock(seconds: float | None) -> str:
    """Seconds as hours, minutes and seconds."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02d} min {rest:02d} s"


def _figures(summary: Mapping[str, Any]) -> Table:
    table = plain_table("", "")
    failure = summary.get("failure")
    if failure:
        table.add_row(
            "FAILURE",
            f"{fmt(failure.get('reason'))}, {clock(failure.get('time_s'))}, {fmt(failure.get('leg'))}",
        )
    delta_v, bound = summary.get("delta_v_m_s"), summary.get("two_impulse_delta_v_m_s")
    table.add_row(
        "delta-v", f"{fmt(delta_v, 'm/s')} in all; {fmt(bound, 'm/s')} to the aim point by two impulses"
    )
    for name in ("switches", "retreats", "aborts"):
        if name in summary:
            table.add_row(name, _events(summary.get(name)))
    abort, held = summary.get("abort"), summary.get("held")
    if abort:
        how = f"{clock(abort['time_s'])}, {abort['leg']}, {abort['way']}"
        table.add_row("left", f"{how}; adrift never nearer than {fmt(abort['free_min_range_m'], 'm', 0)}")
    if held:
        cost = f"{fmt(held['delta_v_m_s'], 'm/s')}, {fmt(held['propellant_kg'], 'kg', 1)}"
        table.add_row("held", f"{held['at']}: GO did not come for {clock(held['waited_s'])}; {cost}")
    elif summary.get("waited_for_go_s"):
        table.add_row("waited for GO", clock(summary["waited_for_go_s"]))
    return table


def _events(found: Any) -> str:
    """A count, or one clause an event."""
    if isinstance(found, int | float) or found is None:
        return fmt(found)
    clauses: list[str] = []
    for item in found:
        if isinstance(item, Mapping):
            time = clock(item["time_s"]) if item.get("time_s") is not None else ""
            words = [
                f"{k} {fmt(v)}" if k in ("from", "to") else fmt(v) for k, v in item.items() if k != "time_s"
            ]
            clauses.append(", ".join(filter(None, (time, " ".join(words)))))
        else:
            clauses.append(fmt(item))
    return "; ".join(clauses) or "none"


def _limits(summary: Mapping[str, Any]) -> Table:
    """The time beside its plan, and each figure beside its limit, as the summary judges it."""
    table = plain_table("against limits", "flown", "limit", "")
    names = summary.get("plan") or {}
    plan = str(names.get("flown", names.get("name")))
    time = summary.get("time_to_dock_s")
    if time is not None and plan in PLANS:
        word = Text("as planned", "green") if time <= PLANS[plan] else Text("late", "yellow")
        table.add_row("time to dock", clock(time), clock(PLANS[plan]), word)
    for row in summary.get("limits") or ():
        contact = str(row["quantity"]).startswith("contact.")
        flown = fmt(row["flown"], row["unit"], 3 if contact else 1)
        table.add_row(row["name"], flown, _span(row, 2 if contact else 1), _kept(row["kept"]))
    return table


def _span(row: Mapping[str, Any], digits: int) -> str:
    """What a figure may be: the most, at least the least, or both."""
    least, most, unit = row["least"], row["limit"], "" if row["unit"].startswith("of ") else row["unit"]
    if least is None:
        return fmt(most, unit, digits)
    return (
        f"at least {fmt(least, unit, digits)}"
        if most is None
        else (f"{fmt(least, '', digits)} to {fmt(most, unit, digits)}")
    )


def _withdrawal(summary: Mapping[str, Any]) -> Table:
    """How the ship left again, beside what it had to keep."""
    table = plain_table("withdrawal", "flown")
    told = summary.get("withdrawal")
    if not told:
        return table
    table.add_row("undocked", fmt(told.get("undock_utc")))
    table.add_row("out of the keep-out sphere after", clock(told.get("keep_out_exit_s")))
    table.add_row("departure burn after", clock(told.get("departure_s")))
    cost = f"{fmt(told.get('delta_v_m_s'), 'm/s')}, {fmt(told.get('propellant_kg'), 'kg', 1)}"
    table.add_row("delta-v, propellant", cost)
    return table


def _kept(good: bool) -> Text:
    return Text("kept", "green") if good else Text(EXCEEDED, "bold red")


def show_launch_windows(out: Console, scenario: Scenario, found: Sequence[Mapping[str, Any]]) -> None:
    """One row a window, one column a plan; the rows that no plan can fly are dim and say why."""
    launch = scenario.required_rendezvous().launch
    site = f"{fmt(launch.latitude_deg, 'deg')} north, {fmt(launch.longitude_deg, 'deg')} east"
    out.print(f"Launch windows at {site} to the station of {scenario.name}", style="bold")
    names = list(dict.fromkeys(name for item in found for name in item.get("plans") or {}))
    columns = ("", "lift-off (UTC)", "insertion (UTC)", "phase", "plane error", *names)
    table = plain_table(*columns, "cannot be flown, because")
    for number, item in enumerate(found):
        plans: Mapping[str, Mapping[str, Any]] = item.get("plans") or {}
        flown = [name for name in names if (plans.get(name) or {}).get("feasible")]
        cells = [fmt(plans[name].get("delta_v_m_s"), "m/s", 1) if name in flown else "-" for name in names]
        reasons = [f"{name}: {told['why_not']}" for name, told in plans.items() if told.get("why_not")]
        table.add_row(
            str(number),
            fmt(item.get("lift_off_utc")),
            fmt(item.get("insertion_utc")),
            fmt(item.get("phase_deg"), "deg", 1),
            fmt(item.get("plane_error_deg"), "deg", 3),
            *cells,
            "" if flown else "; ".join(reasons),
            style="" if flown else "dim",
        )
    if table.row_count:
        out.print(table)
        out.print("Under each plan: delta-v from the insertion to the aim point.", style="dim")
    else:
        out.print("There is none.")


def show_phase_map(out: Console, found: Mapping[str, Any]) -> None:
    """One row a phase, one column a plan: its delta-v. Below, at which phases each plan serves."""
    out.print(f"Plans by the station's phase at the insertion: {found['scenario']}", style="bold")
    plans: Mapping[str, Mapping[str, Any]] = found["plans"]
    table = plain_table("phase", *plans)
    for k, phase in enumerate(found["phases_deg"]):
        costs = [told["delta_v_m_s"][k] for told in plans.values()]
        table.add_row(fmt(phase, "deg", 1), *("-" if x is None else fmt(x, "m/s", 1) for x in costs))
    out.print(table)
    out.print("Under each plan: delta-v from the insertion to the aim point.", style="dim")
    for name, told in plans.items():
        spans = served(found["phases_deg"], told["delta_v_m_s"])
        out.print(f"{name} serves at {', '.join(spans)} deg" if spans else f"{name} serves at none of these")
    out.print(f"This launch: {found['own_phase_deg']:.1f} deg", style="dim")


def served(phases: Sequence[float], costs: Sequence[float | None]) -> list[str]:
    """The phases [deg] at which a plan serves, neighbours as a span; one over 360 deg is told as one."""
    there = [k for k, cost in enumerate(costs) if cost is not None]
    if len(there) == len(phases):
        return ["all"]
    begins = [k for k in there if (k - 1) % len(phases) not in there]
    spans: list[str] = []
    for k in begins:
        end = k
        while (end + 1) % len(phases) in there:
            end += 1
        spans.append(f"{phases[k]:g}" + (f" to {phases[end % len(phases)]:g}" if end > k else ""))
    return spans
