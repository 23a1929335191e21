"""``homeward command``: an order to a flight, sealed, sent and acknowledged."""

from pathlib import Path
from typing import Annotated

import typer

from homeward.cli.telemetry import Host, Port
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
    flight: Annotated[
        str | None,
        typer.Option(metavar="NAME@EPOCH", help="flight it is for, as `homeward telemetry` prints it"),
    ] = None,
    valid: Annotated[
        int, typer.Option(metavar="S", min=1, max=600, help="validity in seconds by this machine's clock")
    ] = 60,
    port: Port = 10015,
    host: Host = "127.0.0.1",
) -> None:
    """Send an authenticated, encrypted command to a flight; both ends hold the same key."""
    from homeward.ground.commands.commands import parse, read_winds, words_of
    from homeward.ground.commands.keys import make_key, memory_of, read_key

    if key is None:
        raise InputError(
            "--key: expected the file of the key; `homeward command --new-key --key FILE` makes one"
        )
    if new_key:
        make_key(key)
        print(f"new key in {key}; used commands are remembered in {memory_of(key)}")
        return
    chosen = parse(words or [], read_winds)
    secret = read_key(key)
    from homeward.ground.commands.uplink import check_flight, send

    if flight is None:
        raise InputError(
            "--flight: expected the flight that the command is for, as NAME@EPOCH; `homeward telemetry` "
            "prints it"
        )
    answer = send(chosen, secret, host, port, check_flight(flight), valid)
    # One that is answered as sent again is one whose first answer was lost on the way.
    outcome = answer.first or answer.outcome
    if outcome != "accepted":
        raise Infeasible(f"{words_of(chosen)}: {outcome}" + (f": {answer.reason}" if answer.reason else ""))
    print(f"{words_of(chosen)}: accepted")
