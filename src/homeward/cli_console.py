"""``homeward console``: mission control in a browser."""

import secrets
from typing import Annotated

import typer

from homeward.cli_progress import working
from homeward.errors import InputError

LOCAL = "127.0.0.1"


def console(
    folders: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DIR]...", help="saved flights, archives of telemetry, campaigns"),
    ] = None,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="port; 0 takes any that is free")
    ] = 8090,
    host: Annotated[
        str, typer.Option(metavar="NAME", help="address; any but this machine's own asks for a token")
    ] = LOCAL,
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
    if not folders:
        raise InputError("expected a folder to show, as in `homeward console out`, or --live SCENARIO")
    with working() as talk:
        talk("reading")
        from homeward.console.guard import is_local
        from homeward.console.reading import read_flight
        from homeward.console.server import Console, check_port

        port = check_port(host, port)
        shown = Console()
        for folder in folders:
            shown.add(read_flight(folder, scenario))
    token = None if is_local(host) else secrets.token_urlsafe(18)

    def ready() -> None:
        words = f"Mission control on http://{host}:{port}/"
        print(f"{words}?token={token}" if token else words, flush=True)

    shown.serve(host, port, token, ready)
