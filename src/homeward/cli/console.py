"""``homeward console``: mission control in a browser."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.options import Settings
from homeward.cli.progress import working
from homeward.errors import InputError, one_line
from homeward.scenario.load import parse_settings

LOCAL = "127.0.0.1"


def _sender(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``, ``:PORT`` or ``PORT``."""
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise InputError(f"--listen {one_line(text, 60)}: expected HOST:PORT, as in 127.0.0.1:10015")
    return host.strip("[]") or LOCAL, int(port)


def _archives(folder: Path | None) -> Iterator[Path | None]:
    """A new folder for each live flight: 1, 2, ... in the one named, those that are there passed over."""
    number = 0
    while True:
        number += 1
        if folder is None:
            yield None
            continue
        try:
            (folder / str(number)).mkdir(parents=True)
        except FileExistsError:
            if not folder.is_dir():
                raise InputError(f"--archive {folder}: expected a folder") from None
            continue
        except OSError as error:
            raise InputError(f"--archive {folder}: cannot be written ({error.strerror})") from None
        yield folder / str(number)


def console(
    folders: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DIR]...", help="saved flights, archives of telemetry, campaigns"),
    ] = None,
    live: Annotated[
        list[str] | None,
        typer.Option("--live", metavar="SCENARIO", help="fly this live and accept commands; may be repeated"),
    ] = None,
    stream: Annotated[
        list[str] | None,
        typer.Option("--listen", metavar="HOST:PORT", help="show what `homeward telemetry` streams there"),
    ] = None,
    pace: Annotated[
        float, typer.Option(metavar="X", min=1.0, max=1000.0, help="times real time that --live flies")
    ] = 10.0,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="key of the commands, mode 600; else one is made up")
    ] = None,
    flight: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME@EPOCH", help="a flight of --listen that commands may go to, with --key"),
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="archive what --listen receives and landing forecasts, one folder per flight"
        ),
    ] = None,
    truth: Annotated[bool, typer.Option("--truth", help="also show the true state, marked as such")] = False,
    settings: Settings = None,
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="port; 0: any free one")] = 8090,
    host: Annotated[
        str, typer.Option(metavar="NAME", help="address; any but this machine's own asks to log in")
    ] = LOCAL,
    login: Annotated[
        bool, typer.Option("--login", help="ask to log in on this machine's own address too")
    ] = False,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME|FILE", help="where limits, site and corridor are taken from")
    ] = None,
) -> None:
    """Mission control in a browser: flights and campaigns, saved or live, with timeline and commands."""
    try:
        import nicegui  # noqa: F401
    except ImportError:
        raise InputError(
            "the console needs the package nicegui, which is an extra: pip install 'homeward[console]'"
        ) from None
    if not folders and not live and not stream:
        raise InputError(
            "expected a folder to show, as in `homeward console out`, --live SCENARIO or --listen HOST:PORT"
        )
    senders = [_sender(text) for text in stream or []]
    with working() as talk:
        talk("reading")
        from homeward.console.campaign import Campaign
        from homeward.console.guard import is_local
        from homeward.console.live import Feed
        from homeward.console.login import Login
        from homeward.console.reading import kind_of_folder, read_flight
        from homeward.console.server import Console, check_port
        from homeward.console.stream import StreamFeed
        from homeward.ground.commands.keys import read_key
        from homeward.ground.commands.uplink import check_flight

        port = check_port(host, port)
        shown = Console()
        for folder in folders or []:
            if kind_of_folder(folder) == "campaign":
                shown.add_campaign(Campaign(folder))
            else:
                shown.add(read_flight(folder, scenario, truth))
        folders_of = _archives(archive)
        secret = None if key is None else read_key(key)
        named = [check_flight(text) for text in flight or []]
        for name in live or []:
            talk(f"getting {one_line(name, 60)} ready")
            chosen = parse_settings(settings or [])
            shown.add(Feed(name, chosen, secret, pace, next(folders_of), truth).flight)
        for there, at in senders:
            talk(f"listening to {one_line(there, 60)}:{at}")
            shown.add(StreamFeed(there, at, secret, scenario, next(folders_of), named, truth).flight)
    asked = None if is_local(host) and not login else Login()

    def ready() -> None:
        address = f"http://{_name(host)}:{port}/"
        if asked is None:
            print(f"Mission control on {address}", flush=True)
        else:
            print(f"Mission control on {address}login#{asked.code}", flush=True)
            print(f"This link logs in once; for other browsers the token is {asked.token}", flush=True)

    shown.serve(host, port, asked, ready)


def _name(host: str) -> str:
    """The host as a link names it: this machine's name where it listens on all addresses."""
    if host in ("0.0.0.0", "::", ""):
        host = socket.gethostname()
    return f"[{host}]" if ":" in host else host
