"""A flight that is flown while one looks: the ground's end of the process that flies it."""

import contextlib
import multiprocessing
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeward._process.children import isolated
from homeward.console.flight import Flight
from homeward.console.landing import LandingWatch
from homeward.console.live_worker import work
from homeward.console.orders import Orders
from homeward.console.reader import Reader
from homeward.console.reading import planned_burns
from homeward.console.setting import Setting
from homeward.earth.time import Epoch
from homeward.errors import Infeasible, one_line
from homeward.ground.commands.authentication import Sealer
from homeward.ground.commands.commands import Command, LandingSite, decode
from homeward.ground.commands.keys import OCTETS
from homeward.ground.commands.uplink import flight_word
from homeward.ground.telemetry.cabin import CABIN
from homeward.ground.telemetry.dictionary import told_columns
from homeward.icd import Accuracy, Frame
from homeward.icd.rendezvous_messages import PairFrame
from homeward.io.cuc_time import Clock
from homeward.scenario.load import load

PACES = (1.0, 1000.0)  # times real time, slowest and fastest
GREETING = 600.0  # s within which a flight has to begin
ENDING = 1.0  # s that its process may take to end before it is killed
MOST_FAILURES = 20  # of the reader that the log lists


class Feed:
    """Takes what a flight sends down, and sends commands up, sealed. ``flight.feed`` is this."""

    def __init__(
        self,
        scenario: str,
        settings: Mapping[str, str],
        key: bytes | None = None,
        pace: float = 10.0,
        archive: Path | None = None,
        truth: bool = False,
    ) -> None:
        chosen = load(scenario, settings)
        if chosen.homecoming is None:
            chosen.required_rendezvous()
        self.pace, self.commands = pace, True
        self._name, self._key = chosen.name, key or secrets.token_bytes(OCTETS)
        self._setting = Setting(chosen, f"limits and corridor of {scenario}")
        self._anchor: tuple[float, float] | None = None
        self._names: list[str] = []
        self._lock = threading.Lock()
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        arguments = (there, scenario, dict(settings), self._key, pace)
        self._process = context.Process(target=work, args=arguments, daemon=True, name="flight")
        with isolated():
            self._process.start()
        there.close()
        self.flight = self._greeted(chosen.homecoming is None, truth)
        self._orders = Orders(self.flight.say)
        self._landing = LandingWatch(self.flight, chosen, archive) if chosen.homecoming is not None else None
        self._reader = Reader(self._step, self._failed, self._gone)

    def now(self) -> float:
        """The flight's time [s]: rows may be there that are still to come."""
        if self._anchor is None:
            return self.flight.start
        when, wall = self._anchor
        return min(when + (time.monotonic() - wall) * self.pace, self.flight.end)

    def alive(self) -> bool:
        """Whether what the flight sends is taken in; a reader that has gone is started again."""
        return self._reader.alive()

    @property
    def answers(self) -> list[dict[str, Any]]:
        """What has become of the commands, oldest first; another list whenever that has changed."""
        return self._orders.answers

    def command(self, words: str) -> None:
        """Seal a command and send it up; what becomes of it is told by ``answers``."""
        self._orders.send(words, self.now(), self._sealer, lambda packet: self._put("octets", packet))

    def set_pace(self, pace: float) -> None:
        """Let the flight fly so many times real time."""
        if pace == pace:
            with contextlib.suppress(OSError):
                self._put("pace", min(max(pace, PACES[0]), PACES[1]))

    def _put(self, what: str, value: Any) -> None:
        with self._lock:
            self._pipe.send((what, value))

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join(ENDING)
        if self._process.is_alive():
            self._process.kill()
            self._process.join(ENDING)

    def _greeted(self, pair: bool, truth: bool) -> Flight:
        """The flight, once its process has told what flies; raises what it fails with."""
        try:
            told: Any = self._pipe.recv() if self._pipe.poll(GREETING) else ("failed", "it does not begin")
        except EOFError:
            told = ("failed", "its process has ended")
        if told[0] != "begun":
            raise Infeasible(f"--live {self._name}: {told[1]}")
        _, epoch_utc, self._names, ship = told
        epoch = Epoch.from_iso(epoch_utc)
        self._clock = Clock.of(epoch)
        self._sealer = Sealer(
            self._key, flight_word({"name": self._name, "epoch_utc": epoch_utc}), self._clock, ship
        )
        messages = (PairFrame,) if pair else (Frame, Accuracy)
        columns = [c.name for m in messages for c in told_columns(m, 0)] + list(CABIN.names)
        kind = "rendezvous" if pair else "return"
        flight = Flight(self._name, kind, epoch, columns, self._setting, truth)
        flight.live, flight.source, flight.feed = True, "flown now", self
        return flight

    def _step(self) -> bool:
        try:
            self._take(self._pipe.recv())
        except (EOFError, OSError):
            return False
        self.flight.fault = ""
        return True

    def _failed(self, words: str, count: int) -> None:
        self.flight.fault = f"the reader failed and was started again ({words})"
        if count <= MOST_FAILURES:
            text = f"reader failed and was started again: {one_line(words, 120)}"
            self.flight.say(self.flight.end, "reader", text, "yellow")

    def _gone(self, why: str) -> None:
        if self.flight.live:
            self._over(why or "the process that flew it has ended")

    def _take(self, told: Any) -> None:
        f = self.flight
        match told:
            case ("rows", when, columns):
                f.take(when, columns)
                if f.legs:
                    f.legs[-1].end = f.end
            case ("leg", number, start):
                f.enter(self._names[number] if 0 <= number < len(self._names) else f"leg {number}", start)
            case ("clock", when, wall, pace):
                self.pace, self._anchor = pace, (when, wall)
            case ("answers", packets):
                for packet in packets:
                    self._orders.answered(packet, self.now())
            case ("acts", when, words, octets):
                f.say(when, "order", f"{words} acts")
                self._orders.add(when, words, "acts")
                self._acted(when, decode(octets))
            case ("burn", when, delta_v):
                f.burn = [when, delta_v]
            case ("refused", when, words, why):
                f.say(when, "order", f"{words}: not carried out, {why}")
                self._orders.add(when, words, "refused", why)
            case ("ended", summary):
                f.summary = summary
                f.plan(planned_burns(summary))
                while self.now() < f.end - 1e-6:
                    time.sleep(0.05)
                self._over("")
            case ("failed", sentence):
                self._over(sentence)

    def _acted(self, when: float, command: Command) -> None:
        """What the displays take over of a command that has been carried out."""
        if isinstance(command, LandingSite):
            self.flight.sites.append((when, command.latitude_deg, command.longitude_deg))
        if self._landing is not None:
            self._landing.ordered(command)

    def _over(self, why: str) -> None:
        f = self.flight
        f.note = f"the flight broke off: {why}" if why else ""
        f.finish()
        f.say(f.end, "end", f.note or "end of the flight")
        f.live, f.ended, f.fault = False, True, ""
