"""Sends one command to a flight and waits for what becomes of it."""

import contextlib
import math
import select
import time

from homeward.errors import InputError
from homeward.ground.commands import Command
from homeward.ground.executive import read_answer
from homeward.ground.listen import GREETING, Listener, connection
from homeward.ground.sealing import Sealer

PATIENCE = 20.0  # s for an acknowledgement


def flight_word(about: dict[str, object]) -> str:
    """What a command is bound to: the flight's name and epoch, as its telemetry tells them."""
    return f"{about['name']} {about['epoch_utc']}"


def send(command: Command, key: bytes, host: str, port: int) -> tuple[str, str]:
    """Outcome and reason of a command. Raises InputError where nobody flies, or nobody answers."""
    heard = Listener()
    with connection(host, port) as link:
        counter = None
        began = time.monotonic()
        while time.monotonic() - began < (GREETING if counter is None else PATIENCE):
            ready, _, _ = select.select([link], [], [], 0.2)
            if ready:
                octets = link.recv(65536)
                if not octets:
                    break
                heard.feed(octets)
            if counter is None and heard.about and math.isfinite(heard.time):
                sealer = Sealer(key, flight_word(heard.about), heard.clock)
                counter, packet = sealer.seal(command, heard.time)
                link.sendall(packet)
                began = time.monotonic()
            for data in heard.acknowledged:
                with contextlib.suppress(ValueError):
                    answered, outcome, reason = read_answer(data)
                    # A forged command is answered without its counter: it may be anybody's.
                    if answered == counter or (answered == 0 and outcome == "forged"):
                        return outcome, reason
            heard.acknowledged.clear()
    if counter is None:
        raise InputError(f"{host}:{port}: no telemetry came, so that the flight's time is not known")
    raise InputError(f"{host}:{port}: the command was sent and nobody acknowledged it")
