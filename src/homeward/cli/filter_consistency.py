"""``homeward consistency``: whether the navigation filter knows how wrong it is."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from homeward.cli.campaign_report import check_file, write_whole
from homeward.cli.options import AsJson, ScenarioName, Settings
from homeward.cli.output_files import json_text
from homeward.cli.progress import working
from homeward.errors import InputError
from homeward.scenario.load import load, parse_settings


def consistency(
    name: ScenarioName,
    runs: Annotated[int, typer.Option("--runs", help="dispersed flights to fly")] = 300,
    seed: Annotated[int, typer.Option("--seed", help="of the draws")] = 1,
    settings: Settings = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE.png", help="draw it here")] = None,
    as_json: AsJson = False,
) -> None:
    """Fly many returns, or rendezvous of a file that holds no return; tell by leg whether errors and
    innovations are as large as the filter believes."""
    if out is not None:
        if not out.lower().endswith(".png"):
            raise InputError(f"--out {out}: expected a name that ends in .png")
        check_file(Path(out))
    scenario = load(name, parse_settings(settings or []))
    with working() as talk:
        if scenario.landing_site is None and scenario.rendezvous is not None:
            from homeward.campaigns.analysis.relative_filter_consistency import pair_consistency as look
        else:
            from homeward.campaigns.analysis.filter_consistency import consistency as look

        found = look(scenario, runs, seed, talk)
        if out is not None:
            from homeward.output.campaigns.distributions import png
            from homeward.output.campaigns.filter_consistency import consistency_picture

            write_whole(Path(out), png(consistency_picture(found.data, found.series)))
    if as_json:
        print(json_text(found.data))
        return
    from homeward.cli.tables.return_summary import console

    _show(console(), found.data)


def _show(screen: Console, told: dict) -> None:
    from homeward.cli.tables.return_summary import plain_table

    flights = told.get("flights", "returns")
    screen.print(f"{told['scenario']}: {told['runs']} {flights}, seed {told['seed']}", style="bold")
    low, high = told["band"]
    table = plain_table(
        "leg",
        "squares of",
        "mean",
        "lowest",
        "highest",
        f"in {low}-{high}",
        f"longest above {told['high']}",
        "",
    )
    for r in told["rows"]:
        table.add_row(
            r["leg"], r["of"], f"{r['mean']:.2f}", f"{r['lowest']:.2f}", f"{r['highest']:.2f}",
            f"{100.0 * r['share']:.0f} %", f"{r['longest_high_s']} s", "" if r["holds"] else "not as asked",
        )  # fmt: skip
    screen.print(table)
    o = told.get("opening")
    if o is None:
        return
    since = (
        "none since the blackout began" if o["satellites_since_s"] < 0 else f"{o['satellites_since_s']:.0f} s"
    )
    screen.print(
        f"At the parachute, GNSS again for {since}: position {o['error_997_m']:.1f} m off (99.7 %), "
        f"onboard three sigma {o['believed_3sigma_m']:.1f} m"
    )
