"""What ``homeward export`` writes of a saved flight or of a message: CCSDS messages, SPICE kernels."""

from pathlib import Path
from typing import Any

from homeward.cli.campaign_report import check_file
from homeward.cli.output_files import json_text, prepare_folder, writing
from homeward.cli.progress import working
from homeward.cli.validation import known_word
from homeward.errors import InputError
from homeward.scenario.files.shipped import DEFAULT

OF_A_FLIGHT = ("oem", "opm", "aem", "cdm", "tdm", "spice")
OF_A_MESSAGE = ("kvn", "xml")
#: Which of the options a kind of export takes.
TAKES: dict[str, tuple[str, ...]] = {
    "oem": ("--format", "--of"), "opm": ("--format", "--of", "--at"), "aem": ("--format",),
    "cdm": ("--format", "--from", "--until"), "tdm": ("--format", "--stations", "--seed"),
    "spice": ("--naif-id",), "kvn": (), "xml": (),
}  # fmt: skip


def exchange(source: str, to: str, out: Path | None, given: dict[str, Any], as_json: bool) -> None:
    """Write ``source`` (a saved flight's folder, or a message) as ``to``; ``given`` are further options."""
    for option, value in given.items():
        if value is not None and option not in TAKES[to]:
            raise InputError(f"{option}: --to {to} does not take it")
    form = known_word("--format", given.get("--format"), OF_A_MESSAGE)
    of = known_word("--of", given.get("--of"), ("ship", "station"))
    if to in OF_A_FLIGHT and not Path(source).is_dir():
        raise InputError(f"{source}: expected the folder of a saved flight to write --to {to}")
    if out is None:
        raise InputError(f"--out: expected a {'folder' if to == 'spice' else 'file'} to write into")
    if to == "spice":
        prepare_folder(out)
    else:
        check_file(out)
    form = form or ("xml" if out.suffix.lower() == ".xml" else "kvn")
    with working() as talk, writing(out):
        talk("reading")
        told = {"to": to, "file": str(out)} | _written(source, to, out, form, of or "ship", given, talk)
    if as_json:
        print(json_text(told))
        return
    facts = ", ".join(f"{key} {value}" for key, value in told.items() if key not in ("to", "file", "files"))
    print(f"{out}: {to.upper() if to not in OF_A_MESSAGE else to}, {facts}")


def _written(
    source: str, to: str, out: Path, form: str, of: str, given: dict[str, Any], talk: Any
) -> dict[str, object]:
    if to in OF_A_MESSAGE:
        from homeward.ground.exchange.convert import convert_message

        return convert_message(source, out, to)
    if to == "tdm":
        return _tracking(source, out, form, given, talk)
    from homeward.output.saved import read

    flight = read(source)
    talk("writing")
    if to == "cdm":
        from homeward.ground.exchange.conjunction import export_cdm

        return export_cdm(flight, out, form, given.get("--from"), given.get("--until"))
    if to == "spice":
        from homeward.ground.exchange.spice_kernels import export_spice

        return export_spice(flight, out, given.get("--naif-id"), talk)
    from homeward.ground.exchange import messages

    if to == "opm":
        return messages.export_opm(flight, out, form, of, given.get("--at"))
    if to == "oem":
        return messages.export_oem(flight, out, form, of)
    return messages.export_aem(flight, out, form)


def _tracking(source: str, out: Path, form: str, given: dict[str, Any], talk: Any) -> dict[str, object]:
    """The tracking data of a flight, as ``homeward track`` writes them too."""
    from homeward.cli.telemetry import recording_of
    from homeward.cli.tracking import stations_of
    from homeward.scenario.load import load

    stations = stations_of(load(given.get("--stations") or DEFAULT, {}))
    recording, _ = recording_of(source, None, talk)
    from homeward.ground.tracking.measurements import passes, to_segments
    from homeward.ground.tracking.simulated_tracks import flight_tracks
    from homeward.io.tdm import write_tdm

    tracks = flight_tracks(recording, stations, given.get("--seed") or 0)
    found = passes(tracks)
    if not found:
        raise InputError(f"{source}: no station sees this flight, so that there is nothing to write")
    write_tdm(out, to_segments(tracks, recording.name), form=form)
    return {"measurements": len(tracks.time), "passes": len(found), "stations": len(tracks.stations)}
