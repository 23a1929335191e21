"""What a command tells a person: calm tables of a flight, of opportunities, of scenarios."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from homeward.cli.tables.canopy_words import canopy_words
from homeward.cli.tables.landing_words import landing_words
from homeward.cli.tables.streams import console as console  # for the commands
from homeward.scenario.schema.rendezvous import Rendezvous
from homeward.scenario.schema.scenario import Scenario

KINDS = {
    "tle": "two-line elements",
    "tle_file": "a file of two-line elements",
    "oem_file": "an orbit ephemeris message",
    "opm_file": "an orbit parameter message",
    "state": "a state vector",
    "interface": "a point at the entry interface",
}
EXCEEDED = "exceeded"
# s that the range binds a guidance whose site its lift does not reach; km that the opening is off then
OUT_OF_REACH, MISSED = 30.0, 1.0


@dataclasses.dataclass(frozen=True)
class Heading:
    """What a summary is headed with besides itself: title, landing site, law of a rendezvous."""

    title: str = ""
    site: str = "the site"
    law: str = "-"

    @classmethod
    def of(cls, scenario: Scenario) -> "Heading":
        """That of a scenario."""
        told, site = scenario.rendezvous, scenario.landing_site
        return cls(
            scenario.title,
            "the site" if site is None else site.name,
            "-" if told is None else told.guidance.law,
        )


def fmt(value: Any, unit: str = "", digits: int = 2) -> str:
    """A number with its unit, a dash where there is none."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        text = f"{value:.{digits}f}" if isinstance(value, float) else str(value)
        return f"{text} {unit}".rstrip()
    return f"{value}"


def place(latitude: Any, longitude: Any) -> str:
    """A place as people write it: 41.600 N, 100.100 E."""
    if latitude is None or longitude is None:
        return "-"
    north, east = "N" if latitude >= 0 else "S", "E" if longitude >= 0 else "W"
    return f"{abs(latitude):.4f} {north}, {abs(longitude):.4f} {east}"


def told_files(screen: Console, out: Path | None) -> None:
    """Which files were written, and how to have some."""
    if out is None:
        screen.print("No files written; --out DIR writes telemetry, trajectory and pictures.", style="dim")
        return
    from homeward.output.files.result_folder import files_in

    names = files_in(out)
    screen.print(f"{len(names)} files in {out}: {', '.join(names)}", style="dim")


def show_return(out: Console, heading: Heading, summary: Mapping[str, Any]) -> None:
    """The whole return on one page."""
    tables = (_legs(summary.get("legs") or []), _figures(heading, summary), _limits(summary))
    head = Text.assemble((str(summary.get("scenario", "flight")), "bold"), "  ")
    out.print(head.append_text(verdict("landed", summary, tables)))
    if heading.title:
        out.print(heading.title, style="dim")
    out.print(
        f"guidance {summary.get('guidance', '-')}, {summary.get('fidelity', '-')}, "
        f"seed {fmt(summary.get('seed'))}",
        style="dim",
    )
    for line in link_lines(summary.get("flight_software") or {}):
        out.print(line, style="bold red" if line.startswith("lost") else "dim")
    for table in tables:
        if table.row_count:
            out.print()
            out.print(table)
    out.print()


def link_lines(link: Mapping[str, Any]) -> list[str]:
    """What is told of a flight software in a process of its own; nothing where none flew."""
    if not link:
        return []
    trip = link["round_trip_us"]
    told = [
        f"flown by {link['process']}: {link['calls']} calls, {link['missed']} missed, "
        f"{link['packets_lost']} packets lost; round trip {trip['median']:.0f} us "
        f"(99 %: {trip['p99']:.0f} us)"
    ]
    lost = link["lost"]
    if lost is not None:
        told.append(f"lost at {lost['at_s']:.1f} s ({lost['mode']}), the back-up flew on: {lost['why']}")
    return told


def verdict(done: str, summary: Mapping[str, Any], tables: Iterable[Table], also: str = "") -> Text:
    """The flight in a word: as planned only where it is a success and its tables hold no limit exceeded."""
    cells = (str(cell) for table in tables for column in table.columns for cell in column.cells)
    over = sum(cell == EXCEEDED for cell in cells)
    if summary.get("success") and not over:
        return Text(f"{done} as planned{also}", "green")
    if over and not summary.get("failure"):
        return Text(f"not a success: {over} limit{'s' * (over > 1)} exceeded", "bold red")
    return Text("not a success", "bold red")


def plain_table(*columns: str) -> Table:
    """A table without lines; a column without a name leaves its heading empty."""
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=any(columns)
    )
    for index, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=index == 0)
    return table


def _legs(legs: Iterable[Mapping[str, Any]]) -> Table:
    table = plain_table("leg", "start", "end")
    for leg in legs:
        table.add_row(str(leg.get("name", "-")), fmt(leg.get("start"), "s", 1), fmt(leg.get("end"), "s", 1))
    return table


def _figures(heading: Heading, summary: Mapping[str, Any]) -> Table:
    table = plain_table("", "")
    deorbit, entry = summary.get("deorbit") or {}, summary.get("entry") or {}
    chute, ground = summary.get("parachute") or {}, summary.get("touchdown") or {}
    navigation = summary.get("navigation") or {}
    departure = summary.get("departure") or {}
    if departure:
        safe = "no recontact" if departure.get("safe") else "RECONTACT RISK"
        table.add_row(
            "departure",
            f"from the {departure.get('port')} port, {safe}: minimum range "
            f"{fmt(_over(departure.get('station_min_range_m'), 1e3), 'km', 2)} to the station over "
            f"{fmt(departure.get('checked_revolutions'), 'revolutions', 1)}",
        )
    if deorbit:
        burn = f"{fmt(deorbit.get('delta_v_m_s'), 'm/s')} with {fmt(deorbit.get('propellant_kg'), 'kg', 1)}"
        table.add_row("deorbit burn", f"{fmt(deorbit.get('burn_start_utc'))}, {burn}")
        if deorbit.get("put_off"):
            table.add_row("", "postponed on board to the next opportunity: attitude or position unknown")
    for module in summary.get("modules") or ():
        falls = module.get("fate") == "falls"
        where = place(module.get("latitude_deg"), module.get("longitude_deg"))
        told = f"falls at {where}, {fmt(module.get('time_utc'))}" if falls else "stays in orbit"
        near = ", RECONTACT with the capsule" if module.get("recontact") else ""
        table.add_row(str(module.get("name")), told + near)
    table.add_row(
        "entry",
        f"{fmt(entry.get('speed_m_s'), 'm/s', 1)} at {fmt(entry.get('flight_path_angle_deg'), 'deg', 3)}, "
        f"{fmt(entry.get('bank_reversals'))} bank reversals",
    )
    bound = entry.get("bound_s") or {}
    if bound:
        words = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in bound.items())
        missed = bound.get("range", 0.0) > OUT_OF_REACH and (chute.get("open_miss_km") or 0.0) > MISSED
        far = ": the site lay beyond the reach of the lift" if missed else ""
        table.add_row("guidance bound by", words + far)
    table.add_row("heat load", fmt(_over(entry.get("heat_load_j_m2"), 1e6), "MJ/m2", 1))
    shield = summary.get("heat_shield") or {}
    if shield:
        worn = max(p["recession_mm"] for p in shield["points"])
        hottest, limit = shield["peak_back_face_temperature_k"], shield["back_face_limit_k"]
        inside = f"inner face {fmt(hottest, 'K', 0)} (limit {fmt(limit, 'K', 0)})"
        table.add_row("heat shield", f"recession at most {fmt(worn, 'mm', 1)}, {inside}")
    opening = f"{fmt(_over(chute.get('open_altitude_m'), 1e3), 'km', 2)}"
    table.add_row(
        "parachute", f"opened at {opening}, {fmt(chute.get('open_miss_km'), 'km', 3)} from the aim point"
    )
    error = navigation.get("position_error_at_parachute_m")
    believed = navigation.get("position_3sigma_at_parachute_m")
    sure = f", onboard three sigma {fmt(believed, 'm', 1)}" if believed is not None else ""
    table.add_row("navigation", f"{fmt(error, 'm', 1)} position error at parachute opening{sure}")
    _executive(table, summary.get("executive") or {})
    also = ("opening loads", canopy_words(chute)), ("landing", landing_words(ground))
    for name, told in filter(all, (*_attitude(summary.get("attitude") or {}), *also)):
        table.add_row(name, told)
    where = place(ground.get("latitude_deg"), ground.get("longitude_deg"))
    table.add_row(
        "touchdown",
        f"{where}, {fmt(ground.get('miss_km'), 'km', 3)} from {heading.site}, {fmt(ground.get('time_utc'))}",
    )
    left = summary.get("propellant_kg")
    if left is not None:
        table.add_row("propellant", f"{fmt(left, 'kg', 1)} used")
    return table


def _attitude(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Lines of a ship that turns."""
    if not told:
        return []
    held = f"{fmt(told.get('angle_of_attack_error_deg_max'), 'deg', 1)} of trim "
    held += f"({fmt(told.get('trim_angle_deg'), 'deg', 1)} at the peak load), bank within "
    held += f"{fmt(told.get('bank_error_deg_max_outside_reversals'), 'deg', 1)} of a steady command"
    used = f"{fmt(told.get('firings'))} firings, {fmt(told.get('entry_thruster_propellant_kg'), 'kg', 1)} in "
    used += f"the entry, {fmt(told.get('stack_thruster_propellant_kg'), 'kg', 1)} before the separation"
    rows = [("attitude", "TUMBLED" if told.get("tumbled") else f"within {held}"), ("thrusters", used)]
    if told.get("hang_angle_deg") is not None:
        rows.append(("hang angle", f"{fmt(told['hang_angle_deg'], 'deg', 1)} from the air flow"))
    return rows


def _executive(table: Table, told: Mapping[str, Any]) -> None:
    """What the flight computer did instead of the entry guidance, if it did anything."""
    if told.get("mode") == "ballistic":
        off = fmt(told.get("prediction_off_km"), "km", 1)
        words = f"ballistic from {fmt(told.get('since_s'), 's', 1)} on: {told.get('cause')}; touchdown {off} "
        table.add_row("executive", words + "from the point predicted then")
    elif told.get("mode") == "degraded":
        table.add_row(
            "executive", f"lift up for {fmt(told.get('lift_up_s'), 's', 1)} to protect the load limit"
        )


def _over(value: Any, divisor: float) -> float | None:
    return None if value is None else float(value) / divisor


def _limits(summary: Mapping[str, Any]) -> Table:
    """Each figure beside its limit, as the summary judges it."""
    table = plain_table("against limits", "flown", "limit", "")
    for row in summary.get("limits") or ():
        kept = Text("kept", "green") if row["kept"] else Text(EXCEEDED, "bold red")
        if isinstance(row["limit"], bool):
            table.add_row(row["name"], fmt(row["flown"]), "yes", kept)
        else:
            table.add_row(row["name"], fmt(row["flown"], row["unit"]), fmt(row["limit"], row["unit"]), kept)
    return table


def show_opportunities(out: Console, scenario: Scenario, found: Sequence[Mapping[str, Any]]) -> None:
    """One row an opportunity; the rows that can be flown stand out."""
    out.print(f"Landing opportunities at {scenario.site.name}", style="bold")
    columns = ("", "revolution", "time (UTC)", "local", "cross-range", "pass", "undock (UTC)", "burn (UTC)")
    table = plain_table(*columns, "cannot be flown, because")
    for item in found:
        cross = f"{fmt(item.get('cross_range_km'), 'km', 1)} {item.get('side', '')}".rstrip()
        table.add_row(
            fmt(item.get("index")),
            fmt(item.get("revolution"), "", 1),
            fmt(item.get("time_utc")),
            fmt(item.get("local_time")),
            cross,
            fmt(item.get("direction")),
            fmt(item.get("undock_utc")),
            fmt(item.get("burn_utc")),
            str(item.get("why_not") or ""),
            style="" if item.get("feasible", True) else "dim",
        )
    out.print(table)


def show_scenarios(out: Console, found: Sequence[tuple[str, str]]) -> None:
    """Names and titles."""
    table = plain_table("", "")
    for name, title in found:
        table.add_row(name, title)
    out.print(table)


COLUMNS: Sequence[tuple[str, str, str, float, int]] = (
    ("time_s", "time", "s", 1.0, 2),
    ("altitude_m", "altitude", "km", 1e3, 3),
    ("speed_m_s", "speed", "m/s", 1.0, 2),
    ("flight_path_angle_deg", "angle", "deg", 1.0, 3),
    ("downrange_m", "downrange", "km", 1e3, 2),
    ("load_g", "load", "g", 1.0, 3),
    ("heat_rate_w_m2", "heating", "kW/m2", 1e3, 1),
)


def show_open_loop(out: Console, summary: Mapping[str, Any]) -> None:
    """One row a moment that the summary tells of, and the single figures below."""
    out.print(f"{summary.get('scenario', 'open-loop')}, flown open-loop", style="bold")
    table = plain_table("", *(title for _, title, *_ in COLUMNS), "place")
    for name, moment in _moments(summary):
        cells = [fmt(_over(moment.get(key), by), unit, digits) for key, _, unit, by, digits in COLUMNS]
        table.add_row(name, *cells, place(moment.get("latitude_deg"), moment.get("longitude_deg")))
    if table.row_count:
        out.print(table)
    figures = plain_table("", "")
    for name, value in summary.items():
        if isinstance(value, str | int | float) and name != "scenario":
            figures.add_row(name, fmt(value))
    out.print(figures)


def _moments(summary: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The moments of a summary in order of time, each with a name."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name, value in summary.items():
        if isinstance(value, Mapping):
            found.append((name.replace("_", " "), value))
        elif isinstance(value, list | tuple):
            found += [("passage", item) for item in value if isinstance(item, Mapping)]
    return sorted(found, key=lambda item: float(item[1].get("time_s") or 0.0))


def describe(scenario: Scenario) -> str:
    """What a scenario is, in one sentence."""
    halves: list[str] = []
    if scenario.rendezvous is not None:
        halves.append(_describe_rendezvous(scenario.rendezvous))
    if scenario.homecoming is not None:
        halves.append(_describe_return(scenario))
    return f"{scenario.name}: {'; and '.join(halves)}"


def _describe_rendezvous(told: Rendezvous) -> str:
    lift_off, ship = told.launch.time_utc.partition(".")[0], told.ship
    return (
        f"a rendezvous with a station from {KINDS[told.station.orbit.kind]}, lift-off {lift_off}Z, "
        f"plan {told.plan}, to the {told.port} port through {len(told.holds)} hold points, "
        f"a ship of {ship.mass_kg:g} kg with {ship.propellant_kg:g} kg of propellant, law {told.guidance.law}"
    )


def _describe_return(scenario: Scenario) -> str:
    initial, legs, guidance = scenario.return_.initial, scenario.return_.legs, scenario.flight.guidance
    site, capsule = scenario.site, scenario.truth.capsule
    return (
        f"a return from {KINDS[initial.kind]}, {legs.start} to {legs.end}, "
        f"to {site.name} ({place(site.latitude_deg, site.longitude_deg)}), "
        f"a capsule of {capsule.mass_kg:g} kg with L/D {capsule.lift_to_drag:g}, "
        f"guidance {guidance.law}"
    )
