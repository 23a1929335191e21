"""The commands sent to one live flight, and what has become of each: what the panel of commands shows.

Two threads come here, that of the browsers and that which hears the flight; the list that viewers read is
replaced as a whole, never changed.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from homeward.errors import HomewardError
from homeward.ground.commands.authentication import Answer, Sealer
from homeward.ground.commands.commands import NoCommand, parse, words_of

MOST_WORDS = 4000  # characters of a command
SHOWN = 80  # of words that are no command
PATIENCE = 20.0  # s for an answer sealed by the ship
UNKNOWN = "no answer sealed by the ship has come: whether it acts is not known"

Say = Callable[[float, str, str], None]  # time [s], what, text: a line in the flight's log


class Orders:
    """``answers`` are entries with ``t`` [s], ``words``, ``outcome`` and ``reason``, oldest first.

    ``say`` enters in the log what was not accepted.
    """

    def __init__(self, say: Say) -> None:
        self.answers: list[dict[str, Any]] = []
        self._sent: dict[int, dict[str, Any]] = {}
        self._since: dict[int, float] = {}
        self._sealer: Sealer | None = None
        self._say, self._lock, self._up = say, threading.Lock(), threading.Lock()

    def send(self, words: str, now: float, sealer: Sealer | None, put: Callable[[bytes], Any]) -> None:
        """Seal a command and hand it to ``put``, entered at the flight's time ``now`` [s].

        It is sealed with the time that the ship's beacon tells, and with ``now`` where there are no beacons.
        Never raises for bad words, a missing key or a link that is down: the entry says so.
        """
        entry = {"t": now, "words": words.strip()[:SHOWN], "outcome": "sent", "reason": ""}
        with self._up:
            try:
                if sealer is None:
                    raise NoCommand("no key, as --key names it")
                if len(words) > MOST_WORDS:
                    raise NoCommand("too long")
                made = parse(words.split())
                entry["words"] = words_of(made)
                self._sealer = sealer
                number, packet = sealer.seal(made, now if math.isnan(sealer.time) else None)
            except (HomewardError, NoCommand) as error:
                self._enter(entry | {"outcome": "no command", "reason": str(error)})
                return
            # Entered before it goes up: its answer may be here before ``put`` is back.
            self._enter(entry, number)
            try:
                put(packet)
            except OSError:
                self._becomes(number, "not sent", "the flight cannot be reached")

    def add(self, time: float, words: str, outcome: str, reason: str = "") -> None:
        """An entry of what the flight itself tells of a command."""
        self._enter({"t": time, "words": words, "outcome": outcome, "reason": reason})

    def answered(self, octets: bytes, now: float) -> None:
        """Take in the packet of an answer at a time [s]; what the ship did not seal changes nothing."""
        answer = None if self._sealer is None else self._sealer.read(octets)
        if answer is not None:
            self._take(answer, now)

    def overdue(self) -> None:
        """Say of every command without an answer for PATIENCE that what became of it is not known."""
        until = time.monotonic() - PATIENCE
        with self._lock:
            late = [n for n, e in self._sent.items() if e["outcome"] == "sent" and self._since[n] < until]
        for number in late:
            self._becomes(number, "unknown", UNKNOWN, waits=True)

    def _take(self, answer: Answer, now: float) -> None:
        # One that is answered as sent again is one whose first answer was lost on the way.
        outcome = answer.first or answer.outcome
        words = self._becomes(answer.number, outcome, answer.reason)
        if words is not None and outcome != "accepted":
            self._say(now, "order", f"{words}: {outcome}, {answer.reason}")

    def _enter(self, entry: dict[str, Any], number: int | None = None) -> None:
        with self._lock:
            self.answers = [*self.answers, entry]
            if number is not None:
                self._sent[number], self._since[number] = entry, time.monotonic()

    def _becomes(self, number: int, outcome: str, reason: str, waits: bool = False) -> str | None:
        """Words of what was sent under a number, its entry changed; None where nothing was.

        ``waits``: its answer may still come.
        """
        with self._lock:
            entry = self._sent.pop(number, None)
            if entry is None:
                return None
            done = entry | {"outcome": outcome, "reason": reason}
            self.answers = [done if a is entry else a for a in self.answers]
            if waits:
                self._sent[number] = done
        return str(entry["words"])
