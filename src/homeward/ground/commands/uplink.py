"""Sends one command to a flight and waits for what becomes of it."""

import math
import select
import socket
import time

from homeward.earth.time import Epoch
from homeward.errors import InputError
from homeward.ground.commands.authentication import MOST_VALID, SKEW, VALID, Answer, Beacon, Sealer
from homeward.ground.commands.commands import Command
from homeward.ground.telemetry.client import GREETING, Listener, connection

PATIENCE = 20.0  # s for an acknowledgement


def flight_word(about: dict[str, object]) -> str:
    """What a command is bound to: the flight's name and epoch, as ``NAME@EPOCH``."""
    return f"{about['name']}@{Epoch.from_iso(str(about['epoch_utc'])).to_iso(6)}"


def flight_named(text: str) -> str:
    """The flight that an operator names as ``NAME@EPOCH``; raises InputError where that names none."""
    name, _, epoch = text.rpartition("@")
    try:
        return flight_word({"name": name, "epoch_utc": epoch}) if name else ""
    except InputError:
        return ""


def check_flight(text: str) -> str:
    """The word of a flight named by an operator; raises InputError with what was expected."""
    found = flight_named(text)
    if not found:
        raise InputError(
            f"--flight {text[:100]!r}: expected NAME@EPOCH as `homeward telemetry` prints it, such as "
            "shenzhou-15@2023-06-03T21:29:50Z"
        )
    return found


def check_streamed(flight: str, about: dict[str, object], where: str) -> None:
    """Raises InputError where what a sender calls itself is not the flight that the operator means."""
    streamed = flight_word(about)
    if streamed != flight:
        raise InputError(f"{where}: streams {streamed}, and not {flight} as --flight says; nothing was sent")


def send(
    command: Command, key: bytes, host: str, port: int, flight: str, valid: int = VALID,
    patience: float = PATIENCE,
) -> Answer:  # fmt: skip
    """The ship's own answer to a command for a flight (``flight_word``).

    Raises InputError where nobody flies, another flight is streamed, the ship does not show that it has the
    key, the clocks disagree, or no answer of the ship comes.
    """
    if not 1 <= valid <= MOST_VALID:
        raise InputError(f"--valid {valid}: expected from 1 to {MOST_VALID} s")
    where, heard = f"{host}:{port}", Listener()
    with connection(host, port) as link:
        sealer = _introduced(link, heard, key, flight, where, valid)
        number, packet = sealer.seal(command)
        try:
            link.sendall(packet)
        except OSError:
            raise InputError(f"{where}: the connection broke before the command was sent") from None
        until = time.monotonic() + patience
        while time.monotonic() < until and _heard(link, heard):
            answers, heard.acknowledged = heard.acknowledged, []
            for octets in answers:
                answer = sealer.read(octets)
                if answer is not None and answer.number == number:
                    return answer
    raise InputError(
        f"{where}: the command was sent, and no answer sealed by the ship came within {patience:.0f} s: "
        "whether it acts is not known"
    )


def _introduced(
    link: socket.socket, heard: Listener, key: bytes, flight: str, where: str, valid: int
) -> Sealer:
    """A sealer that has heard the ship, or InputError with the reason why not."""
    sealer: Sealer | None = None
    others, wrong_clock = 0, math.nan
    until = time.monotonic() + GREETING
    while time.monotonic() < until and _heard(link, heard):
        if not heard.about:
            continue
        if sealer is None:
            check_streamed(flight, heard.about, where)
            sealer = Sealer(key, flight, heard.clock, valid=valid)
        beacons, heard.beacons = heard.beacons, []
        for octets in beacons:
            found: Beacon | None = sealer.hear(octets)
            if found is None:
                others += 1
            elif abs(found.ahead) > SKEW:
                wrong_clock = found.ahead
        if sealer.ship:
            return sealer
    if not heard.about:
        raise InputError(f"{where}: nobody sends telemetry of Homeward there; nothing was sent")
    if math.isfinite(wrong_clock):
        way = "ahead of" if wrong_clock > 0.0 else "behind"
        raise InputError(
            f"{where}: the ship's clock is {abs(wrong_clock):.0f} s {way} this machine's, or its beacons are "
            f"kept back; at most {SKEW:.0f} s are allowed, and nothing was sent"
        )
    if others:
        raise InputError(f"{where}: what the ship sends is not sealed with this key; nothing was sent")
    raise InputError(
        f"{where}: no beacon of the ship came: it takes no commands (`homeward telemetry --key` does), or it "
        "is in a black-out; nothing was sent"
    )


def _heard(link: socket.socket, heard: Listener) -> bool:
    """Take in what has come within a moment; whether the connection still stands."""
    ready, _, _ = select.select([link], [], [], 0.1)
    if ready:
        try:
            octets = link.recv(65536)
        except OSError:
            return False
        heard.feed(octets)
        return bool(octets)
    return True
