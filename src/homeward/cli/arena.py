"""``homeward arena``: guidance laws through the same flights."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from homeward.cli.guidance_option import tested_law
from homeward.cli.options import AsJson, Folder
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.errors import InputError, one_line
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.flight import split_law

TOLD = 4  # lost runs of a law that the table tells with their command


def arena(
    scenario: Annotated[
        str | None,
        typer.Argument(metavar="SCENARIO", help="a shipped scenario or a TOML file; left out, the set's own"),
    ] = None,
    laws: Annotated[
        str | None,
        typer.Option(metavar="LAW,LAW,...", help="words or FILE.py:CLASS, commas between"),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="SET|KEY=VALUE", help="dispersed, orbit-changes, skip or lunar; or a key"
        ),
    ] = None,
    runs: Annotated[int, typer.Option(metavar="N", min=1, max=1_000_000, help="flights of each law")] = 256,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="seed of the draws")] = 0,
    run: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=2**31 - 1, help="fly run N of the seed alone, again")
    ] = None,
    bound: Annotated[
        str, typer.Option(metavar="needed|all|none", help="of which runs the clairvoyant bound is sought")
    ] = "needed",
    out: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Fly every guidance law through the same flights, scored over those that could be landed."""
    from homeward.campaigns.arena.arena import BOUNDS, LAWS
    from homeward.campaigns.arena.entrants import entrants_of
    from homeward.campaigns.arena.sets import SETS

    words = [w for w in sets or [] if "=" not in w]
    settings = [w for w in sets or [] if "=" in w]
    if len(words) > 1:
        raise InputError(f"--set: expected one set of flights, not {len(words)} ({', '.join(words)[:100]})")
    name = words[0] if words else "dispersed"
    if name not in SETS:
        raise InputError(f"--set {one_line(name, 100)}: expected {', '.join(SETS)} or KEY=VALUE")
    if bound not in BOUNDS:
        raise InputError(f"--bound {one_line(bound, 100)}: expected {', '.join(BOUNDS)}")
    chosen = load(scenario or SETS[name], parse_settings(settings))
    _ = chosen.return_  # refuses a scenario without
    named = list(LAWS) if laws is None else [w.strip() for w in laws.split(",")]
    for text in [e.text for e in entrants_of(named)]:
        if split_law(text) is not None:
            tested_law(text, "--laws")
    prepare_folder(out, "arena")
    called = [chosen.name if scenario is None else scenario]
    for text in settings:
        called += ["--set", text]
    with working() as talk:
        import homeward

        result = homeward.arena(
            chosen, named, flights=name, runs=1 if run is not None else runs, seed=seed, first=run or 0,
            progress=talk, called=called, bound=bound,
        )  # fmt: skip
        if out is not None:
            talk("writing files")
            with writing(out):
                result.save(out)
    if as_json:
        print(json_text(result.summary))
        return
    from homeward.cli.tables.return_summary import console

    _show(console(), result.summary, out)


def _show(screen: Console, told: dict[str, Any], out: Path | None) -> None:
    """A row a law; then the runs that were lost."""
    screen.print(f"{told['scenario']}: guidance laws through the same flights, {told['set']}", style="bold")
    what = f"run {told['first_run']}" if told["runs"] == 1 else f"{told['runs']} runs"
    screen.print(f"{what} of seed {told['seed']}, {told['wall_s']:.0f} s", style="dim")
    by = "by some law"
    if told["bound"] is not None:
        by += f", or ({told['bound']['reached_by_no_law']}) by a bank history that knows the truth"
    near = f"{told['reached_within_km']:g} km"
    screen.print(f"{told['reachable']} in reach: landed within {near} inside all limits {by}")
    screen.print()
    screen.print(_landings(told))
    screen.print()
    screen.print(_margins(told))
    for law, row in told["laws"].items():
        if not row["lost"]:
            continue
        screen.print()
        screen.print(f"{law} lost {len(row['lost'])} of those in reach:", style="bold")
        for lost in row["lost"][:TOLD]:
            group = f" ({lost['group']})" if lost["group"] else ""
            screen.print(f"  run {lost['run']}{group}: {lost['why']}")
            screen.print(f"    {lost['replay']}", style="dim", soft_wrap=True)
        if len(row["lost"]) > TOLD:
            screen.print(f"  and {len(row['lost']) - TOLD} more; --json tells them all", style="dim")
    if out is not None:
        from homeward.output.files.result_folder import files_in

        screen.print()
        screen.print(f"Files in {out}: {', '.join(files_in(out))}", style="dim")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, justify="left" if column == "law" else "right")
    return table


def _landings(told: dict[str, Any]) -> Table:
    table = _table("law", "0.5 km", "1 km", "2 km", "p50", "p99", "p99.7", "most", "failed")
    for law, row in told["laws"].items():
        shares = [_percent(row[f"landed_{r}_km"]["share"]) for r in ("0_5", "1", "2")]
        misses = [_km(row["miss_km"][p]) for p in ("p50", "p99", "p99_7", "most")]
        table.add_row(law, *shares, *misses, str(row["failed"]))
    return table


def _margins(told: dict[str, Any]) -> Table:
    table = _table("law", "load p99.7", "over", "heat rate p99.7", "over", "roll", "reversals", "propellant",
                   "a cycle")  # fmt: skip
    for law, row in told["laws"].items():
        load, heat, bank = row["of_limit"]["load"], row["of_limit"]["heat rate"], row["bank"]
        table.add_row(
            law, _percent(load["p99_7"]), str(load["over"]), _percent(heat["p99_7"]), str(heat["over"]),
            _told(bank["roll_deg"], "{:.0f} deg"), _told(bank["reversals"], "{:.1f}"),
            _told(bank["propellant_kg"], "{:.1f} kg"), _told(row["cycle_us"], "{:.0f} us"),
        )  # fmt: skip
    return table


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100.0 * value:.1f} %"


def _km(value: float | None) -> str:
    return "failed" if value is None else f"{value:.3f} km"


def _told(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)
