"""``homeward replay``: a run of a campaign once more, with its telemetry and pictures."""

from typing import Annotated, Any

import typer

from homeward.cli.options import AsJson, Every, Folder, NoPictures, Trust, check_every, writing_options
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working


def replay(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="the folder of a campaign")],
    run: Annotated[int, typer.Argument(metavar="RUN", help="number of the run")],
    trust: Trust = False,
    out: Folder = None,
    every: Every = None,
    no_pictures: NoPictures = False,
    as_json: AsJson = False,
) -> None:
    """Fly a run of a campaign again, compare it with the stored one, and report it."""
    check_every(every)
    prepare_folder(out, "flight")
    with working() as talk:
        from homeward.campaigns.execution.replay import replay as again

        flown = again(folder, run, talk, trust=trust)
        if out is not None:
            talk("writing files")
            with writing(out):
                flown.flight.save(out, progress=talk, **writing_options(no_pictures, every))
    if as_json:
        print(json_text(flown.summary))
        return
    from homeward.cli.tables.rendezvous_summary import show_rendezvous
    from homeward.cli.tables.return_summary import Heading, console, show_return, told_files

    screen = console()

    show = show_return if flown.summary["kind"] == "return" else show_rendezvous
    show(screen, Heading.of(flown.scenario), flown.flight.summary)
    screen.print(_verdict(flown.summary))
    told_files(screen, out)


def _verdict(told: dict[str, Any]) -> str:
    """In one line: are these the bits of the store?"""
    if told["same_bits"]:
        off = ", ".join(f"{name} {x:+.3g}" for name, x in told["recorded_off"].items() if x)
        same = f"Run {told['run']}: flown again with the same bits as stored"
        return f"{same}; the recording program's last bits differ: {off}." if off else f"{same}."
    other = ""
    if not told["same_version"]:
        other = "; another version flew it, and only the same gives the same bits"
    elif not told["same_machine"]:
        other = f"; another kind of processor flew it ({told['instruction_set']})"
    return f"Run {told['run']}: NOT the stored bits: differs in {', '.join(told['differing'][:6])}{other}."
