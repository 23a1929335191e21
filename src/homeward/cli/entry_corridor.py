"""``homeward corridor``: how steep and how shallow an entry may be."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from homeward.cli.campaign_report import check_file, write_whole
from homeward.cli.guidance_option import with_guidance
from homeward.cli.options import AsJson, Guidance, ScenarioName, Settings
from homeward.cli.output_files import json_text
from homeward.cli.progress import working
from homeward.errors import InputError, one_line
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings

SHOWN = 16  # rows of the table


def corridor(
    scenario: ScenarioName = DEFAULT,
    runs: Annotated[int, typer.Option(metavar="N", help="number of entries")] = 2000,
    seed: Annotated[int, typer.Option(metavar="N", help="seed of the draws")] = 0,
    angles: Annotated[
        str | None,
        typer.Option(metavar="LOW,HIGH", help="entry angles in degrees, such as --angles=-8,-5; else found"),
    ] = None,
    cores: Annotated[
        int | None, typer.Option(metavar="N", help="blocks flown in parallel; default: all cores")
    ] = None,
    guidance: Guidance = None,
    settings: Settings = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE.png", help="draw it here")] = None,
    as_json: AsJson = False,
) -> None:
    """Fly the entry corridor: guided entries over a wide range of entry angles, and how they end."""
    chosen = with_guidance(load(scenario, parse_settings(settings or [])), guidance)
    span = None if angles is None else _angles(angles)
    if cores is not None and cores < 1:
        raise InputError(f"--cores: expected a whole number of at least 1, not {cores}")
    if out is not None:
        if not out.lower().endswith(".png"):
            raise InputError(f"--out {one_line(out, 200)}: expected a name that ends in .png")
        check_file(Path(out))
    with working() as talk:
        from homeward.campaigns.analysis.entry_corridor import ENDS, entry_corridor

        talk("getting ready", 0.0)
        found = entry_corridor(chosen, runs, seed, angles=span, cores=cores, progress=talk)
        told = found.told()
        if out is not None:
            from homeward.output.campaigns.distributions import png
            from homeward.output.campaigns.entry_corridor import entry_corridor_picture

            shot = entry_corridor_picture(told, found.angle, found.end, found.load, ENDS)
            write_whole(Path(out), png(shot))
    if as_json:
        print(json_text(told))
        return
    from homeward.cli.tables.return_summary import console

    _show(console(), told)
    if out is not None:
        console().print(f"Picture: {out}", style="dim")


def _angles(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f'--angles "{one_line(text)}": expected two angles in degrees, LOW,HIGH') from None
    return low, high


def _edge(found: dict[str, Any] | None, side: str) -> str:
    edge = None if found is None else found[side]
    if edge is None:
        return "not within what was flown"
    return f"{edge['angle_deg']:.3f} deg ({edge['by']} beyond)"


def _show(screen: Console, told: dict[str, Any]) -> None:
    screen.print(f"{told['scenario']}: entry corridor by {told['runs']:,} dispersed entries", style="bold")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for k, name in enumerate(("entry angle", "runs", "lands", "95 % interval", *list(told["ends"])[1:])):
        table.add_column(name, justify="right" if k else "left")
    step = max(len(told["bins"]) // SHOWN, 1)
    for row in told["bins"][::step]:
        others = [v for k, v in row["shares"].items() if k != "lands"]
        table.add_row(
            f"{row['low_deg']:.2f} to {row['high_deg']:.2f}", str(row["runs"]),
            _percent(row["shares"]["lands"]),
            f"{100 * row['share_low']:.0f} to {100 * row['share_high']:.0f} %", *map(_percent, others),
        )  # fmt: skip
    screen.print()
    screen.print(table)
    screen.print()
    screen.print(f"planned {told['nominal_deg']:.3f} deg; edges where half of the runs pass:")
    for kind, words in (("landing", "parachute opening near the site"), ("survival", "survivable, anywhere")):
        screen.print(f"  {words}: steepest {_edge(told[kind], 'steep')}, "
                     f"shallowest {_edge(told[kind], 'shallow')}")  # fmt: skip


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"


__all__ = ["corridor"]
