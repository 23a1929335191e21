"""``homeward telemetry``, ``listen`` and ``dictionary``: the link between a flight and the ground."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homeward.cli.options import AsJson, Folder, Settings
from homeward.cli.output_files import json_text, writing
from homeward.cli.progress import working
from homeward.errors import Infeasible, InputError
from homeward.scenario.files.shipped import DEFAULT
from homeward.scenario.load import find, load, parse_settings
from homeward.scenario.schema.scenario import Scenario

if TYPE_CHECKING:
    from homeward.ground.telemetry.recording import Recording

Source = Annotated[
    str, typer.Argument(metavar="SCENARIO|DIR", help="a scenario, or a folder that a flight was written to")
]
Port = Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="TCP port; 0: any free one")]
Host = Annotated[str, typer.Option(metavar="NAME", help="address")]


def recording_of(source: str, settings: list[str] | None, talk: Any) -> "tuple[Recording, Scenario | None]":
    """The flight of a folder, or of a scenario that is flown for it; with the scenario where one is told."""
    from homeward.ground.telemetry.recording import of_flight, read_folder
    from homeward.scenario.schema.ground import GroundSegment

    overrides = parse_settings(settings or [])
    if Path(source).is_dir():
        if any(not key.startswith("ground.") for key in overrides):
            raise InputError(f"--set: {source} is flown already; only keys of [ground] can be changed")
        base = load(DEFAULT, overrides).ground if overrides else GroundSegment()
        return read_folder(source, base.cabin), None
    chosen = load(source, overrides)
    import homeward

    if chosen.homecoming is not None:
        flight: Any = homeward.fly(chosen, progress=talk)
    else:
        flight = homeward.rendezvous(chosen, progress=talk)
    return of_flight(flight, chosen.ground.cabin), chosen


def telemetry(
    source: Source = DEFAULT,
    port: Port = 10015,
    host: Host = "127.0.0.1",
    speed: Annotated[
        float, typer.Option(metavar="X", min=0.0, max=1e6, help="times real time; 0: as fast as possible")
    ] = 1.0,
    start: Annotated[
        float | None, typer.Option("--from", metavar="S", help="seconds since the epoch to begin at")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="key of the commands that may come up, mode 600")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="serve further listeners after the end")] = False,
    settings: Settings = None,
) -> None:
    """Stream a flight's telemetry as CCSDS space packets over TCP."""
    from homeward.scenario.schema.ground import Link

    if not Path(source).is_dir():
        find(source)
    secret = None
    if key is not None:
        from homeward.ground.commands.keys import read_key

        secret = read_key(key)
    with working() as talk:
        recording, chosen = recording_of(source, settings, talk)
        from homeward.ground.commands.uplink import flight_word
        from homeward.ground.flight_server import Stream, serve

        link = _link(source, chosen, settings) or Link()
        stream = Stream(recording, link, speed, start=start)
    word = flight_word(recording.about())
    if secret is not None and key is not None:
        from homeward.ground.commands.authentication import Opener
        from homeward.ground.commands.keys import memory_of
        from homeward.ground.commands.onboard_executive import Executive, Situation

        # What is streamed has been flown: commands are judged and answered, and none can act any more.
        stream.ship = Executive(Opener(secret, word, recording.clock, memory_of(key)), Situation)
    counted = sum(stream.counts.values())

    def ready(at: int) -> None:
        minutes = (stream.last - stream.first) / 60.0
        print(f"{recording.name}: {counted} packets, {minutes:.0f} min, on {host}:{at}; "
              "it begins with the first listener", flush=True)  # fmt: skip
        if stream.ship is not None:
            print(f"commands: homeward command ... --key {key} --flight '{word}'", flush=True)

    serve(stream, host, port, ready, keep)


def _link(source: str, chosen: Scenario | None, settings: list[str] | None) -> Any:
    if chosen is not None:
        return chosen.ground.link
    return load(DEFAULT, parse_settings(settings or [])).ground.link if settings else None


def listen(
    port: Port = 10015,
    host: Host = "127.0.0.1",
    out: Folder = None,
    patience: Annotated[
        float, typer.Option(metavar="S", min=1.0, help="stop after this many seconds without a packet")
    ] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Receive telemetry, archive every octet of it, and report limits exceeded and gaps."""
    if out is None:
        raise InputError("--out: expected a folder for the archive, as in `homeward listen --out archive`")
    from homeward.ground.telemetry.client import Listener, write_received
    from homeward.ground.telemetry.client import listen as receive

    listener = Listener(out)
    told = 0

    def progress(heard: Listener) -> None:
        nonlocal told
        for event in heard.monitor.log[told:]:
            print(f"{event.time:10.1f} s  {event.text}", file=sys.stderr, flush=True)
        told = len(heard.monitor.log)

    try:
        broke_off = receive(listener, host, port, progress, patience)
    finally:
        listener.close()
    progress(listener)
    if listener.archive_error:
        kept = 0 if listener.archive is None else listener.archive.packets
        raise InputError(
            f"--out {out}: cannot be written ({listener.archive_error}); the archive holds the {kept} "
            "packets that came before"
        )
    with writing(out):
        summary = write_received(out) | {
            "broke_off": broke_off or None,
            "events": [{"time_s": e.time, "name": e.name, "text": e.text} for e in listener.monitor.log],
        }
        # Of octets that came before the archive was begun, or after its last packet, only the listener knows.
        summary["skipped_octets"] = max(summary["skipped_octets"], listener.skipped)
        (out / "events.json").write_text(json_text(summary["events"]) + "\n", encoding="utf-8")
    if as_json:
        print(json_text(summary))
    else:
        _tell_reception(summary, out)
    if broke_off:
        # A script that goes on with an archive has to learn that it is not the whole flight.
        raise Infeasible(f"{host}:{port}: the stream broke off: {broke_off}; {out} holds what came before")


def _tell_reception(summary: dict[str, Any], out: Path) -> None:
    print(f"{summary['name']}: {summary['packets']} packets, {summary['duplicates']} of them twice, "
          f"{summary['missing']} missing in {len(summary['gaps'])} gaps, "
          f"{summary['skipped_octets']} octets of no packet")  # fmt: skip
    if summary["misdated"]:
        print(f"  {summary['misdated']} packets have a time that fits no other: they are in no table")
    for gap in summary["gaps"][:20]:
        sides = [f"{word} {gap[key]:.1f} s" for word, key in (("after", "after_s"), ("before", "before_s"))
                 if math.isfinite(gap[key])]  # fmt: skip
        print(f"  gap: {gap['missing']} of {gap['group']} {', '.join(sides)}")
    print(f"Archive in {out}")


def dictionary(
    source: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="a folder of a flight; else all of a return")
    ] = None,
    xtce: Annotated[Path | None, typer.Option(metavar="FILE", help="write it as XTCE")] = None,
    rendezvous: Annotated[bool, typer.Option("--rendezvous", help="the dictionary of a rendezvous")] = False,
    thrusters: Annotated[int, typer.Option(metavar="N", min=0, max=64, help="number of thrusters")] = 12,
    as_json: AsJson = False,
) -> None:
    """List every telemetry parameter: name, unit, frame, range, limits."""
    from homeward.ground.telemetry.dictionary import RENDEZVOUS, RETURN, flight_dictionary
    from homeward.ground.telemetry.limits import flight_limits
    from homeward.ground.telemetry.xtce import write_xtce

    name, limits = "homeward", flight_limits(5.0)
    if source is None:
        made = flight_dictionary(RENDEZVOUS if rendezvous else RETURN, thrusters)
    else:
        from homeward.ground.telemetry.recording import read_folder
        from homeward.scenario.schema.ground import Cabin

        recording = read_folder(source, Cabin())
        made, name = recording.dictionary, recording.name
    if xtce is not None:
        write_xtce(xtce, made, name, limits)
    rows = [
        {"group": g.name, "apid": g.apid, "name": p.name, "kind": p.kind, "unit": p.unit, "frame": p.frame,
         "range": p.span, "limits": None if p.name not in limits else vars(limits[p.name]), "text": p.text}
        for g in made.groups for p in g.parameters
    ]  # fmt: skip
    if as_json:
        print(json_text({"fingerprint": made.fingerprint, "parameters": rows}))
        return
    for row in rows:
        span = "" if row["range"] is None else f"{row['range'][0]:g} to {row['range'][1]:g}"
        unit = "" if row["unit"] == "1" else row["unit"]
        print(
            f"{row['group']:9} {row['apid']:4} {row['name']:38} {row['kind']:7} {unit:6} "
            f"{span:16} {row['text']}"
        )
