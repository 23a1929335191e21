"""``homeward faults``: the matrix of failures, flown and told as a table, a picture and JSON."""

from typing import Annotated

import typer

from homeward.cli.guidance_option import with_guidance
from homeward.cli.options import AsJson, Folder, Guidance, ScenarioName, Settings
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.validation import known_word
from homeward.errors import InputError
from homeward.scenario.faults.catalogue import ALSO_CALLED, fault_kinds, names
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import load, parse_settings

HALVES = ("return", "rendezvous")


def faults(
    scenario: ScenarioName = DEFAULT,
    what: Annotated[
        str | None,
        typer.Option(metavar="return|rendezvous|FAULT", help="one half, or one kind of fault such as gnss"),
    ] = None,
    pairs: Annotated[
        int, typer.Option(metavar="N", min=0, max=100_000, help="fly N pairs of faults instead")
    ] = 0,
    cases: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=100_000, help="fly N of the cases, evenly taken")
    ] = None,
    nominal_world: Annotated[
        bool, typer.Option("--nominal-world", help="fly all cases in the undispersed world")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="print every fault and what on board is to notice it; fly nothing")
    ] = False,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="seed of fault times and of the worlds")
    ] = 0,
    guidance: Guidance = None,
    settings: Settings = None,
    out: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Run the fault matrix: every fault in every leg, in dispersed worlds, each outcome classified."""
    if listed:
        _tell_all(as_json)
        return
    if cases is not None and pairs:
        raise InputError("--cases: expected no --pairs beside it, whose number is their own")
    only, what = (what, None) if what is not None and what not in HALVES else (None, what)
    chosen = with_guidance(load(scenario, parse_settings(settings or [])), guidance)
    there = [h for h, x in zip(HALVES, (chosen.homecoming, chosen.rendezvous), strict=True) if x is not None]
    if what is not None and what not in there:
        raise InputError(f"--what: {chosen.name} holds no {what}")
    if only is not None:
        fits = {h: fault_kinds(only, h) for h in there}
        there = [h for h in there if fits[h]]
        if not there:
            known = {*HALVES, *(word for h in HALVES for word in names(h)), *ALSO_CALLED}
            known_word("--what", only, sorted(known), "no fault of this scenario; ")
            raise InputError(f'--what "{only}": {chosen.name} has no such fault')
    prepare_folder(out, "faults")
    of_kind = {} if only is None else {"fault": only}
    called = [scenario, *(word for text in settings or [] for word in ("--set", text))]
    called += [] if guidance is None else ["--guidance", guidance]
    with working() as talk:
        from homeward.campaigns.faults.fault_campaign import fault_matrices

        told = fault_matrices(
            chosen, [what] if what else there, seed, pairs=pairs, progress=talk, most=cases,
            nominal_world=nominal_world, called=called, **of_kind,
        )  # fmt: skip
        if out is not None:
            talk("writing files")
            with writing(out):
                told.save(out)
    if as_json:
        print(json_text(told.summary()))
        return
    from homeward.cli.tables.fault_matrix import show_faults
    from homeward.cli.tables.return_summary import console, told_files

    screen = console()
    show_faults(screen, told.summary())
    told_files(screen, out)


def _tell_all(as_json: bool) -> None:
    from homeward.scenario.faults.described import failures_told

    told = failures_told()
    if as_json:
        print(json_text({"faults": told}))
        return
    from homeward.cli.tables.fault_matrix import show_list
    from homeward.cli.tables.return_summary import console

    show_list(console(), told)
