"""A flight whose telemetry comes over TCP: the stream of ``homeward telemetry``, shown as it comes.

What arrives goes through the same decoder as ``homeward listen``: packets that were late or came twice are no
news, and a gap is told as one. Commands go up the same connection, sealed, where the key is known.
"""

import contextlib
import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from homeward.console.flight import Flight
from homeward.console.landing import LandingWatch
from homeward.console.orders import Orders
from homeward.console.reader import Reader
from homeward.console.setting import setting_of
from homeward.console.stream_clock import StreamClock
from homeward.earth.time import Epoch
from homeward.errors import InputError, one_line
from homeward.ground.commands.authentication import Sealer
from homeward.ground.commands.uplink import flight_word
from homeward.ground.telemetry.cabin import CABIN
from homeward.ground.telemetry.client import GREETING, Listener, connection

NAP = 0.05  # s between two looks at the connection
MOST_FAILURES = 20  # of the reader that the log lists
REWIND = 30.0  # s that news may be older than what is shown before that is taken for dated wrongly


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
        flights: Sequence[str] = (), truth: bool = False,
    ) -> None:  # fmt: skip
        self.commands = key is not None
        self._heard = _Rows(archive)
        self._stack = contextlib.ExitStack()
        self._link: socket.socket = self._stack.enter_context(connection(host, port))
        self._where, self._over, self._noted, self._number = f"{host}:{port}", False, 0, -1
        self._stumbled = self._silent = False
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
            list(dict.fromkeys([*columns, *CABIN.names])), setting, truth,
        )  # fmt: skip
        self.flight.live, self.flight.source, self.flight.feed = True, f"telemetry of {self._where}", self
        self._orders = Orders(self.flight.say)
        self._clock = StreamClock()
        self._landing = None
        if not pair and setting.scenario is not None and setting.scenario.homecoming is not None:
            self._landing = LandingWatch(self.flight, setting.scenario, archive)
        self._reader = Reader(self._step, self._failed, self._ended)

    def now(self) -> float:
        """The flight's time [s]: that of the newest row, and in a silence as the clock has run on since."""
        return self._clock.now(self.flight.end)

    def alive(self) -> bool:
        """Whether what arrives is taken in; a reader that has gone is started again."""
        return self._reader.alive()

    def set_pace(self, pace: float) -> None:
        """The sender's pace is its own."""

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What has become of the commands, oldest first; another list whenever that has changed."""
        return self._orders.answers

    def command(self, words: str) -> None:
        """Seal a command and send it up; what becomes of it is told by ``answers``."""
        self._orders.send(words, self.flight.end, self._sealer, self._link.sendall)

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

    def _step(self) -> bool:
        if self._over:
            return False
        if self._stumbled:  # over one packet: there may be whole ones behind it
            self._stumbled = False
            self._heard.feed(b"")
        elif not self._read(NAP):
            return False
        self._take()
        self._silent = self._heard.silent()
        return not self._silent

    def _failed(self, words: str, count: int) -> None:
        self._stumbled = True
        self.flight.fault = f"the reader failed and was started again ({words})"
        if count <= MOST_FAILURES:
            more = "; further failures are not listed" if count == MOST_FAILURES else ""
            text = f"reader failed and was started again: {one_line(words, 120)}{more}"
            self.flight.say(self.flight.end, "reader", text, "yellow")

    def _ended(self, why: str) -> None:
        with contextlib.suppress(Exception):  # whatever it is: the page must not stay live
            self._heard.close()
            self._take()
        f = self.flight
        silent = "the sender has been silent for a minute"
        why = why or (silent if self._silent else "the sender has hung up before its end")
        f.note = "" if "sent" in self._heard.about else f"the stream broke off: {why}"
        f.finish()
        f.say(f.end, "end", f.note or "end of the stream")
        f.live, f.ended, f.fault = False, True, ""
        self._stack.close()

    def _take(self) -> None:
        heard, f = self._heard, self.flight
        rows, heard.rows = heard.rows, []
        first = 0
        for k in range(1, len(rows) + 1):  # runs of rows in the order of their time
            if k == len(rows) or rows[k][0] < rows[k - 1][0] - REWIND:
                self._run(rows[first:k])
                first = k
        for event in heard.monitor.log[self._noted :]:
            if event.name in ("gap", "archive"):
                f.say(event.time, event.name, event.text, "unknown" if event.name == "gap" else "yellow")
        self._noted = len(heard.monitor.log)
        beacons, heard.beacons = heard.beacons, []
        for octets in beacons:
            if self._sealer is not None:
                self._sealer.hear(octets)
        answers, heard.acknowledged = heard.acknowledged, []
        for octets in answers:
            self._orders.answered(octets, self.now())
        self._orders.overdue()

    def _run(self, rows: list[tuple[float, dict[str, float | int]]]) -> None:
        f = self.flight
        if rows[0][0] < f.end - REWIND:
            f.rewind(rows[0][0])
            self._clock, self._number = StreamClock(), -1
            f.say(rows[0][0], "reader", "later rows were dated wrongly and are taken back", "yellow")
        self._legs(rows)
        names = {n for _, row in rows for n in row}
        table = {n: np.array([float(row.get(n, np.nan)) for _, row in rows]) for n in names}
        f.take(np.array([when for when, _ in rows]), table)
        f.fault = ""
        self._clock.heard(f.end)
        if f.legs:
            f.legs[-1].end = f.end

    def _legs(self, rows: list[tuple[float, dict[str, float | int]]]) -> None:
        for when, row in rows:
            number = int(row.get("leg" if self.flight.kind == "return" else "stage", -1))
            if number != self._number:
                self._number = number
                name = self._names[number] if 0 <= number < len(self._names) else f"leg {number}"
                self.flight.enter(name, when)
