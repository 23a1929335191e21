"""``homeward command``: an order to a flight, sealed, sent and acknowledged."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli_ground import Host, Port
from homeward.errors import Infeasible, InputError


def command(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[COMMAND]",
            help="go, hold, retreat, abort; site LAT LON ALT; plan WORD; winds FILE; burn START DV PITCH YAW",
        ),
    ] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="key file, mode 600")] = None,
    new_key: Annotated[bool, typer.Option("--new-key", help="write a new key to that file")] = False,
    port: Port = 10015,
    host: Host = "127.0.0.1",
) -> None:
    """Send a command to a flight; it is sealed with the key that `homeward telemetry --key` opens with."""
    from homeward.ground.commands import parse, read_winds, words_of
    from homeward.ground.keys import make_key, read_key

    if key is None:
        raise InputError(
            "--key: expected the file of the key; `homeward command --new-key --key FILE` makes one"
        )
    if new_key:
        make_key(key)
        print(f"new key in {key}")
        return
    chosen = parse(words or [], read_winds)
    secret = read_key(key)
    from homeward.ground.uplink import send

    outcome, reason = send(chosen, secret, host, port)
    if outcome != "accepted":
        raise Infeasible(f"{words_of(chosen)}: {outcome}" + (f": {reason}" if reason else ""))
    print(f"{words_of(chosen)}: accepted")
