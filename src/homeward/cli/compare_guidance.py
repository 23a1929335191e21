"""``homeward compare-guidance``: both generations of entry guidance over the same flights."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from homeward.cli.guidance_option import with_guidance
from homeward.cli.options import AsJson, Folder, ScenarioName, Settings
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.errors import InputError
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.flight import LAWS as OWN_WORDS

CASES = (("dispersed", "dispersed"), ("large_changes", "large changes"))
LAWS = (("predictive", "predictive (second)"), ("reference", "reference (first)"), ("own", "your own"))


def compare_guidance(
    scenario: ScenarioName = DEFAULT,
    runs: Annotated[int, typer.Option(metavar="N", min=1, max=1_000_000, help="flights of each kind")] = 500,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="seed of the draws")] = 0,
    guidance: Annotated[
        str | None, typer.Option(metavar="FILE.py:CLASS", help="your own law, flown beside them")
    ] = None,
    settings: Settings = None,
    out: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Compare the predictive and the reference entry guidance over the same dispersed flights."""
    chosen = load(scenario, parse_settings(settings or []))
    if guidance is not None:
        if guidance in OWN_WORDS:
            raise InputError(
                f"--guidance {guidance}: expected FILE.py:CLASS; Homeward's own two are flown anyway"
            )
        guidance = with_guidance(chosen, guidance).flight.guidance.law
    own = {} if guidance is None else {"guidance": guidance}
    prepare_folder(out, "comparison")
    with working() as talk:
        import homeward

        result = homeward.compare_guidance(chosen, runs=runs, seed=seed, progress=talk, **own)
        if out is not None:
            talk("writing files")
            with writing(out):
                result.save(out)
    if as_json:
        print(json_text(result.summary))
        return
    from homeward.cli.tables.return_summary import console

    _show(console(), result.summary, out)


def _show(screen: Console, summary: dict[str, Any], out: Path | None) -> None:
    """Percentiles of the opening miss, and the answer."""
    screen.print(f"{summary['scenario']}: opening miss of two generations of entry guidance", style="bold")
    screen.print(f"{summary['runs']} runs of seed {summary['seed']}, {summary['wall_s']:.0f} s", style="dim")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("", "guidance", "p10", "p50", "p99.7", "failed", "over load", "out of reach"):
        table.add_column(column, justify="left" if column in ("", "guidance") else "right")
    for case, words in CASES:
        for law, name in LAWS:
            if law not in summary[case]:
                continue
            told = summary[case][law]
            numbers = [_km(told[key]) for key in ("p10", "p50", "p99_7")]
            table.add_row(
                words,
                name,
                *numbers,
                str(told["failed"]),
                str(told["over_load"]),
                str(summary[case]["unreachable"]),
            )
    screen.print()
    screen.print(table)
    screen.print()
    screen.print(summary["answer"])
    if out is not None:
        from homeward.output.files.result_folder import files_in

        screen.print(f"Files in {out}: {', '.join(files_in(out))}", style="dim")


def _km(value: float | None) -> str:
    return "failed" if value is None else f"{value:.3f} km"
