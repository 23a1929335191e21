"""A flight whose telemetry comes over TCP: the stream of ``homeward telemetry``, shown as it comes.

What arrives goes through the same decoder as ``homeward listen``: packets that were late or came twice are no
news, and a gap is told as one. Commands go up the same connection, sealed, where the key is known.
"""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.console.flight import Flight, Leg
from homeward.console.landing import LandingWatch
from homeward.console.orders import Orders
from homeward.console.setting import setting_of
from homeward.earth.time import Epoch
from homeward.errors import HomewardError, InputError
from homeward.ground.cabin import CABIN
from homeward.ground.listen import GREETING, Listener, connection
from homeward.ground.sealing import Sealer
from homeward.ground.uplink import flight_word

NAP = 0.05  # s between two looks at the connection


class _Rows(Listener):
    """A listener that keeps the rows of one group, each with what the other groups told last."""

    def __init__(self, folder: Path | None) -> None:
        super().__init__(folder)
        self.rows: list[tuple[float, dict[str, float | int]]] = []

    @property
    def pair(self) -> bool:
        """Whether a rendezvous is streamed."""
        return "pair" in self.about["groups"]

    def told(self, group: str, when: float, row: dict[str, float | int]) -> None:
        """A row that has come."""
        if group == ("pair" if self.pair else "flight"):
            self.rows.append((when, dict(self.latest)))


class StreamFeed:
    """Shows what a sender streams; ``flight.feed`` is this. Raises InputError where nobody sends."""

    pace = 0.0  # the sender's own

    def __init__(
        self, host: str, port: int, key: bytes | None, scenario: str | None, archive: Path | None = None,
        flights: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.commands = key is not None
        self._heard = _Rows(archive)
        self._stack = contextlib.ExitStack()
        self._link: socket.socket = self._stack.enter_context(connection(host, port))
        self._where, self._over, self._gaps, self._number = f"{host}:{port}", False, 0, -1
        began = time.monotonic()
        try:
            while not self._heard.about:
                if not self._read(0.2) or time.monotonic() - began > GREETING:
                    raise InputError(f"{self._where}: what answers there does not send telemetry of Homeward")
        except BaseException:
            self._stack.close()
            raise
        about = self._heard.about
        if key is not None and flight_word(about) not in flights:
            self._stack.close()
            named = ", ".join(flights) or "none"
            raise InputError(
                f"--key: {self._where} streams {flight_word(about)}; --flight names the flights that "
                f"commands may go to: {named}"
            )
        pair = self._heard.pair
        self._names = [str(n) for n in about.get("legs", [])]
        self._sealer = None if key is None else Sealer(key, flight_word(about), self._heard.clock)
        columns = [
            p for g in self._heard.dictionary.groups for p in g.names if not p.startswith("valve_share_")
        ]
        setting = setting_of(str(about["name"]), scenario)
        self.flight = Flight(
            str(about["name"]), "rendezvous" if pair else "return", Epoch.from_iso(about["epoch_utc"]),
            list(dict.fromkeys([*columns, *CABIN.names])), setting,
        )  # fmt: skip
        self.flight.live, self.flight.source, self.flight.feed = True, f"telemetry of {self._where}", self
        self._orders = Orders(self.flight.say)
        self._landing = None
        if not pair and setting.scenario is not None and setting.scenario.homecoming is not None:
            self._landing = LandingWatch(self.flight, setting.scenario, archive)
        threading.Thread(target=self._listen, daemon=True, name="telemetry").start()

    def now(self) -> float:
        """The flight's time [s]: that of the newest row."""
        return self.flight.end

    def set_pace(self, pace: float) -> None:
        """The sender's pace is its own."""

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What has become of the commands, oldest first; another list whenever that has changed."""
        return self._orders.answers

    def command(self, words: str) -> None:
        """Seal a command and send it up; what becomes of it is told by ``answers``."""
        self._orders.send(words, self.now(), self._sealer, self._link.sendall)

    def stop(self) -> None:
        """Hang up."""
        self._over = True

    def _read(self, patience: float) -> bool:
        """Take in what has arrived; False once the sender has hung up."""
        ready, _, _ = select.select([self._link], [], [], patience)
        if ready:
            try:
                octets = self._link.recv(65536)
            except OSError:
                return False
            if not octets:
                return False
            self._heard.feed(octets)
        return True

    def _listen(self) -> None:
        why = "the sender has hung up before its end"
        try:
            while not self._over and self._read(NAP):
                self._take()
                if self._heard.silent():
                    why = "the sender has been silent for a minute"
                    break
            self._heard.close()
            self._take()
        except HomewardError as error:
            why = str(error)
        except Exception as error:  # whatever it was: a page must not stay live over a reader that has died
            why = f"its reader failed ({type(error).__name__})"
        finally:
            f = self.flight
            f.note = "" if "sent" in self._heard.about else f"the stream broke off: {why}"
            f.live, f.ended = False, True
            f.say(f.end, "end", f.note or "end of the stream")
            with contextlib.suppress(OSError):
                self._heard.close()
            self._stack.close()

    def _take(self) -> None:
        heard, f = self._heard, self.flight
        rows, heard.rows = heard.rows, []
        if rows:
            names = {n for _, row in rows for n in row}
            table = {n: np.array([float(row.get(n, np.nan)) for _, row in rows]) for n in names}
            f.take(np.array([when for when, _ in rows]), table)
            self._legs(rows)
        for event in heard.monitor.log[self._gaps :]:
            if event.name in ("gap", "archive"):
                f.say(event.time, event.name, event.text, "unknown")
        self._gaps = len(heard.monitor.log)
        beacons, heard.beacons = heard.beacons, []
        for octets in beacons:
            if self._sealer is not None:
                self._sealer.hear(octets)
        answers, heard.acknowledged = heard.acknowledged, []
        for octets in answers:
            self._orders.answered(octets, self.now())
        self._orders.overdue()

    def _legs(self, rows: list[tuple[float, dict[str, float | int]]]) -> None:
        f = self.flight
        for when, row in rows:
            number = int(row.get("leg" if f.kind == "return" else "stage", -1))
            if number != self._number:
                self._number = number
                if f.legs:
                    f.legs[-1].end = when
                name = self._names[number] if 0 <= number < len(self._names) else f"leg {number}"
                f.legs.append(Leg(name, when, when))
        if f.legs:
            f.legs[-1].end = f.end
