"""``homeward risk``: how likely the crew or the mission is lost, by failure rates and dispersions."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.guidance_option import with_guidance
from homeward.cli.options import AsJson, Guidance, ScenarioName, Settings, folder_option
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.validation import known_word
from homeward.errors import InputError
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings

WHATS = ("return", "rendezvous", "mission")


def risk(
    scenario: ScenarioName = DEFAULT,
    what: Annotated[
        str | None, typer.Option(metavar="|".join(WHATS), help="default: all that the scenario holds")
    ] = None,
    runs: Annotated[
        int, typer.Option(metavar="N", min=1, max=10**7, help="most flights, some of a block more or less")
    ] = 3000,
    width: Annotated[
        float, typer.Option(metavar="PART", help="stop at this relative half width of the crew's interval")
    ] = 0.3,
    target: Annotated[
        float | None, typer.Option(metavar="P", help="say whether P(loss of crew) is shown to be below P")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="seed of all draws")] = 0,
    cores: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="blocks flown in parallel; default: all cores")
    ] = None,
    guidance: Guidance = None,
    settings: Settings = None,
    out: Annotated[
        Path | None, folder_option("keep the flights, risk.json, the picture and the page here")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with the study in --out")] = False,
    as_json: AsJson = False,
) -> None:
    """Estimate the probabilities of losing the crew and the mission, with intervals and what drives them."""
    if what is not None:
        known_word("--what", what, WHATS)
    if resume and out is None:
        raise InputError("--resume: expected --out with the folder of the study to go on with")
    chosen = with_guidance(load(scenario, parse_settings(settings or [])), guidance)
    if what is None:
        both = chosen.homecoming is not None and chosen.rendezvous is not None
        what = "mission" if both else "return" if chosen.homecoming is not None else "rendezvous"
    prepare_folder(out, "risk")
    called = [scenario, *(word for text in settings or [] for word in ("--set", text))]
    called += [] if guidance is None else ["--guidance", guidance]
    with working() as talk:
        from homeward.campaigns.risk.study import risk as study

        found = study(
            chosen, what, seed=seed, runs=runs, width=width, target=target, out=out, resume=resume,
            progress=talk, cores=cores, called=called,
        )  # fmt: skip
        told = found.summary()
        if out is not None:
            talk("writing files")
            with writing(out):
                found.save(out)
    if as_json:
        print(json_text(told))
        return
    from homeward.cli.tables.return_summary import console, told_files
    from homeward.cli.tables.risk import show_risk

    screen = console()
    show_risk(screen, told)
    told_files(screen, out)
