"""``homeward campaign``: thousands of dispersed flights into a store, and what they amount to."""

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from homeward.cli.guidance_option import with_guidance
from homeward.cli.options import (
    AsJson,
    FlightSoftware,
    Guidance,
    Require,
    ScenarioName,
    Settings,
    check_require,
    folder_option,
)
from homeward.cli.output_files import json_text
from homeward.cli.progress import Talk, working
from homeward.cli.tables.requirements import show_failed, show_verdicts
from homeward.cli.validation import known_word
from homeward.errors import InputError, NotMet, one_line
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings
from homeward.scenario.schema.rendezvous import PLAN_WORDS, PORTS
from homeward.scenario.schema.scenario import FIDELITIES

KINDS = ("return", "rendezvous")
ENGINES = ("local", "ray")
SAMPLINGS = ("random", "lhs", "sobol")
SHOWN = ("mean", "p50", "p99", "p99_7", "max")
STILL, MOVING = 15.0, 0.2  # s between two lines of progress: of a log, and on a terminal


def campaign(
    scenario: ScenarioName = DEFAULT,
    runs: Annotated[int, typer.Option(metavar="N", help="number of runs")] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", help="seed of the draws")] = 0,
    engine: Annotated[str, typer.Option(metavar="|".join(ENGINES), help="execution backend")] = "local",
    what: Annotated[
        str | None, typer.Option(metavar="|".join(KINDS), help="which flight of a scenario with both")
    ] = None,
    fidelity: Annotated[
        str, typer.Option(metavar="|".join(FIDELITIES), help="vehicle model of a return")
    ] = "point-mass",
    plan: Annotated[
        str | None, typer.Option(metavar="|".join(PLAN_WORDS), help="plan of a rendezvous")
    ] = None,
    port: Annotated[str | None, typer.Option(metavar="|".join(PORTS), help="port of a rendezvous")] = None,
    cores: Annotated[
        int | None, typer.Option(metavar="N", help="blocks flown in parallel; default: all cores")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="RULE", help='stop when known well enough: "p99(open_miss_km) +-5%"'),
    ] = None,
    requirements: Annotated[
        str | None, typer.Option(metavar="FILE", help="requirements to verify; default: those shipped")
    ] = None,
    sampling: Annotated[
        str, typer.Option(metavar="|".join(SAMPLINGS), help="sampling of the dispersions")
    ] = "random",
    precision: Annotated[
        str, typer.Option(metavar="double", help="precision of the truth; the onboard predictor is single")
    ] = "double",
    guidance: Guidance = None,
    flight_software: FlightSoftware = None,
    settings: Settings = None,
    out: Annotated[Path | None, folder_option("keep the runs here")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="continue the campaign in --out")] = False,
    other_machine: Annotated[
        bool, typer.Option("--other-machine", help="allow --resume on another kind of processor")
    ] = False,
    require: Require = None,
    as_json: AsJson = False,
) -> None:
    """Fly a campaign: many dispersed flights, counted, and kept in --out for queries and replays."""
    for option, word, known in (
        ("--engine", engine, ENGINES), ("--what", what, KINDS), ("--fidelity", fidelity, FIDELITIES),
        ("--plan", plan, PLAN_WORDS), ("--port", port, PORTS), ("--sampling", sampling, SAMPLINGS),
    ):  # fmt: skip
        known_word(option, word, known)
    check_require(require)
    if precision != "double":
        raise InputError(
            f'--precision "{one_line(precision)}": expected double: in single precision a place in orbit is '
            "known to half a metre, the clock after a day to 8 ms; the onboard predictor is in single anyway"
        )
    chosen = with_guidance(load(scenario, parse_settings(settings or [])), guidance)
    with working() as talk:
        from homeward.campaigns.execution.campaign import campaign as fly

        flown = fly(
            chosen, runs, seed=seed, out=out, resume=resume, what=what, engine=engine, fidelity=fidelity,
            plan=plan, port=port, cores=cores, sampling=sampling, until=until,
            requirements=requirements, other_machine=other_machine, flight_software=flight_software,
            progress=_sparing(talk),
        )  # fmt: skip
    if as_json:
        print(json_text(flown.summary))
    else:
        from homeward.cli.tables.return_summary import console

        _show(console(), flown.summary)
    if require is not None:
        _meet(flown.summary)


def _meet(told: dict[str, Any]) -> None:
    """Raise ``NotMet`` (exit status 4) unless every requirement is met; without any, every run a success."""
    open_ = [f"{v['id'] or v['text']} {v['verdict']}" for v in told["requirements"] if v["verdict"] != "met"]
    if not told["requirements"] and told["success"] < told["runs"]:
        open_ = [f"{told['runs'] - told['success']} of {told['runs']} runs no success"]
    if open_:
        raise NotMet(f"{told['scenario']}: --require success: {'; '.join(open_)}")


def _sparing(talk: Talk):
    """Progress in as many words as can be read."""
    pause, last = (MOVING if sys.stderr.isatty() else STILL), [0.0]

    def tell(count: Any) -> None:
        now = time.monotonic()
        if now - last[0] >= pause:
            last[0] = now
            talk(count.told(), count.done / max(count.wanted, 1))

    return tell


def _show(screen: Console, told: dict[str, Any]) -> None:
    """The figures of a campaign as a table."""
    screen.print(f"{told['scenario']}: {told['runs']:,} dispersed flights ({told['kind']})", style="bold")
    screen.print(
        f"seed {told['seed']}, {told['failed']} failed, {told['success']} successful; "
        f"{told['wall_s']:.0f} s, {told['runs_per_s']:.3g} runs/s",
        style="dim",
    )
    if told["damaged"]:
        screen.print(f"damaged parts, flown again: {', '.join(told['damaged'])}")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("", "mean", "p50", "p99", "p99.7", "greatest"):
        table.add_column(column, justify="left" if not column else "right")
    for name, figures in told["metrics"].items():
        table.add_row(name, *("failed" if figures[k] is None else f"{figures[k]:.4g}" for k in SHOWN))
    screen.print()
    screen.print(table)
    show_verdicts(screen, told["requirements"])
    show_failed(screen, told["failed"], told["failed_runs"])
    if told["until"] is not None:
        u = told["until"]
        how = "reached" if u["enough"] else "not reached"
        screen.print(
            f"{u['text']}: {how} after {u['runs']:,} runs, 95 % from {u['low']:.4g} to {u['high']:.4g}"
        )
    if told["store"] is not None:
        screen.print()
        screen.print(
            f"Runs in {told['store']}: homeward report, homeward query, homeward replay", style="dim"
        )
