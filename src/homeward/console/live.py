"""A flight that is flown while one looks: the ground's end of the process that flies it."""

import contextlib
import multiprocessing
import secrets
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from homeward.console.flight import Flight, Leg
from homeward.console.landing import LandingWatch
from homeward.console.live_worker import work
from homeward.console.setting import Setting
from homeward.earth.time import Epoch
from homeward.errors import HomewardError, Infeasible
from homeward.ground.cabin import CABIN
from homeward.ground.commands import Command, LandingSite, NoCommand, decode, parse, words_of
from homeward.ground.dictionary import told_columns
from homeward.ground.executive import read_answer
from homeward.ground.keys import OCTETS
from homeward.ground.packets import BadPacket, unpack
from homeward.ground.sealing import Sealer
from homeward.ground.timecode import Clock
from homeward.ground.uplink import flight_word
from homeward.icd import Accuracy, Frame
from homeward.icd_pair import PairFrame
from homeward.scenario.load import load

PACES = (1.0, 1000.0)  # times real time, slowest and fastest
MOST_WORDS = 4000  # characters of a command
GREETING = 600.0  # s within which a flight has to begin


class Feed:
    """Takes what a flight sends down, and sends commands up, sealed. ``flight.feed`` is this."""

    def __init__(
        self,
        scenario: str,
        settings: Mapping[str, str],
        key: bytes | None = None,
        pace: float = 10.0,
        archive: Path | None = None,
    ) -> None:
        chosen = load(scenario, settings)
        if chosen.homecoming is None:
            chosen.required_rendezvous()
        self.pace, self.answers, self.commands = pace, [], True
        self._name, self._key = chosen.name, key or secrets.token_bytes(OCTETS)
        self._setting = Setting(chosen, f"limits and corridor of {scenario}")
        self._anchor: tuple[float, float] | None = None
        self._sent: dict[int, dict[str, Any]] = {}
        self._names: list[str] = []
        self._lock = threading.Lock()
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        arguments = (there, scenario, dict(settings), self._key, pace)
        self._process = context.Process(target=work, args=arguments, daemon=True, name="flight")
        self._process.start()
        there.close()
        self.flight = self._greeted(chosen.homecoming is None)
        self._landing = LandingWatch(self.flight, chosen, archive) if chosen.homecoming is not None else None
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def now(self) -> float:
        """The flight's time [s]: rows may be there that are still to come."""
        if self._anchor is None:
            return self.flight.start
        when, wall = self._anchor
        return min(when + (time.monotonic() - wall) * self.pace, self.flight.end)

    def command(self, words: str) -> None:
        """Seal a command and send it up; what becomes of it is added to ``answers``."""
        entry = {"t": self.now(), "words": words.strip()[:80], "outcome": "sent", "reason": ""}
        try:
            if len(words) > MOST_WORDS:
                raise NoCommand("too long")
            made: Command = parse(words.split())
            entry["words"] = words_of(made)
            with self._lock:
                counter, packet = self._sealer.seal(made, self.now())
                self._sent[counter] = entry
                self._pipe.send(("octets", packet))
        except (HomewardError, NoCommand) as error:
            entry |= {"outcome": "no command", "reason": str(error)}
        except OSError:
            entry |= {"outcome": "not sent", "reason": "the flight cannot be reached"}
        self.answers = [*self.answers, entry]

    def set_pace(self, pace: float) -> None:
        """Let the flight fly so many times real time."""
        if pace == pace:
            with self._lock, contextlib.suppress(OSError):
                self._pipe.send(("pace", min(max(pace, PACES[0]), PACES[1])))

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join(5.0)

    def _greeted(self, pair: bool) -> Flight:
        """The flight, once its process has told what flies; raises what it fails with."""
        try:
            told: Any = self._pipe.recv() if self._pipe.poll(GREETING) else ("failed", "it does not begin")
        except EOFError:
            told = ("failed", "its process has ended")
        if told[0] != "begun":
            raise Infeasible(f"--live {self._name}: {told[1]}")
        _, epoch_utc, self._names = told
        epoch = Epoch.from_iso(epoch_utc)
        self._clock = Clock.of(epoch)
        self._sealer = Sealer(
            self._key, flight_word({"name": self._name, "epoch_utc": epoch_utc}), self._clock
        )
        messages = (PairFrame,) if pair else (Frame, Accuracy)
        columns = [c.name for m in messages for c in told_columns(m, 0)] + list(CABIN.names)
        kind = "rendezvous" if pair else "return"
        flight = Flight(self._name, kind, epoch, columns, self._setting)
        flight.live, flight.source, flight.feed = True, "flown now", self
        return flight

    def _listen(self) -> None:
        try:
            while True:
                self._take(self._pipe.recv())
        except (EOFError, OSError):
            if self.flight.live:
                self._over("the process that flew it has ended")

    def _take(self, told: Any) -> None:
        f = self.flight
        match told:
            case ("rows", when, columns):
                f.take(when, columns)
                if f.legs:
                    f.legs[-1].end = f.end
            case ("leg", number, start):
                if f.legs:
                    f.legs[-1].end = start
                name = self._names[number] if 0 <= number < len(self._names) else f"leg {number}"
                f.legs.append(Leg(name, start, f.end))
            case ("clock", when, wall, pace):
                self.pace, self._anchor = pace, (when, wall)
            case ("answers", packets):
                for packet in packets:
                    self._answered(packet)
            case ("acts", when, words, octets):
                f.say(when, "order", f"{words} acts")
                entry = {"t": when, "words": words, "outcome": "acts", "reason": ""}
                self.answers = [*self.answers, entry]
                self._acted(when, decode(octets))
            case ("burn", when, delta_v):
                f.burn = [when, delta_v]
            case ("refused", when, words, why):
                f.say(when, "order", f"{words}: not carried out, {why}")
                entry = {"t": when, "words": words, "outcome": "refused", "reason": why}
                self.answers = [*self.answers, entry]
            case ("ended", summary):
                f.summary = summary
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

    def _answered(self, octets: bytes) -> None:
        try:
            counter, outcome, reason = read_answer(unpack(octets, self._clock).data)
        except (BadPacket, ValueError):
            return
        entry = self._sent.pop(counter, None)
        if entry is not None:
            done = entry | {"outcome": outcome, "reason": reason}
            self.answers = [done if a is entry else a for a in self.answers]
            if outcome != "accepted":
                self.flight.say(self.now(), "order", f"{entry['words']}: {outcome}, {reason}")

    def _over(self, why: str) -> None:
        f = self.flight
        f.note = f"the flight broke off: {why}" if why else ""
        f.say(f.end, "end", f.note or "end of the flight")
        f.live, f.ended = False, True
