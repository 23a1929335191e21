"""The commands sent to one live flight, and what has become of each: what the panel of commands shows.

Two threads come here, that of the browsers and that which hears the flight; the list that viewers read is
replaced as a whole, never changed.
"""

import math
import threading
from collections.abc import Callable
from typing import Any

from homeward.errors import HomewardError
from homeward.ground.commands import NoCommand, parse, words_of
from homeward.ground.executive import read_answer
from homeward.ground.sealing import Sealer

MOST_WORDS = 4000  # characters of a command
SHOWN = 80  # of words that are no command
WRONG_KEY = "it is not sealed with this flight's key"

Say = Callable[[float, str, str], None]  # time [s], what, text: a line in the flight's log


class Orders:
    """``answers`` are entries with ``t`` [s], ``words``, ``outcome`` and ``reason``, oldest first.

    ``say`` enters in the log what was not accepted.
    """

    def __init__(self, say: Say) -> None:
        self.answers: list[dict[str, Any]] = []
        self._sent: dict[int, dict[str, Any]] = {}
        self._say, self._lock, self._up = say, threading.Lock(), threading.Lock()

    def send(
        self, words: str, now: float, sealer: Sealer | None, put: Callable[[bytes], Any],
        told: float | None = None,
    ) -> None:  # fmt: skip
        """Seal a command and hand it to ``put``, entered at the flight's time ``now`` [s].

        ``told`` [s] is the time it is sealed with, where that is another. Never raises for bad words, a
        missing key or a link that is down: the entry says so.
        """
        entry = {"t": now, "words": words.strip()[:SHOWN], "outcome": "sent", "reason": ""}
        told = now if told is None else told
        with self._up:
            try:
                if sealer is None:
                    raise NoCommand("no key, as --key names it")
                if len(words) > MOST_WORDS:
                    raise NoCommand("too long")
                if not math.isfinite(told):
                    raise NoCommand("no telemetry has come yet, so that the flight's time is not known")
                made = parse(words.split())
                entry["words"] = words_of(made)
                counter, packet = sealer.seal(made, told)
            except (HomewardError, NoCommand) as error:
                self._enter(entry | {"outcome": "no command", "reason": str(error)})
                return
            # Entered before it goes up: its answer may be here before ``put`` is back.
            self._enter(entry, counter)
            try:
                put(packet)
            except OSError:
                self._becomes(counter, "not sent", "the flight cannot be reached")

    def add(self, time: float, words: str, outcome: str, reason: str = "") -> None:
        """An entry of what the flight itself tells of a command."""
        self._enter({"t": time, "words": words, "outcome": outcome, "reason": reason})

    def answered(self, data: bytes, now: float) -> None:
        """Take in the user data of an acknowledgement at a time [s]; what is none of ours changes nothing."""
        try:
            counter, outcome, reason = read_answer(data)
        except ValueError:
            return
        if outcome == "forged" and not counter:
            # Whose key is wrong is not told: most likely that of what has waited longest here. Should it have
            # been somebody else's, its own answer is still to come and is taken.
            with self._lock:
                waiting = next((k for k, e in self._sent.items() if e["outcome"] == "sent"), None)
            words = None if waiting is None else self._becomes(waiting, outcome, WRONG_KEY, waits=True)
            reason = WRONG_KEY
        else:
            words = self._becomes(counter, outcome, reason)
        if words is not None and outcome != "accepted":
            self._say(now, "order", f"{words}: {outcome}, {reason}")

    def _enter(self, entry: dict[str, Any], counter: int | None = None) -> None:
        with self._lock:
            self.answers = [*self.answers, entry]
            if counter is not None:
                self._sent[counter] = entry

    def _becomes(self, counter: int, outcome: str, reason: str, waits: bool = False) -> str | None:
        """Words of what was sent under a counter, its entry changed; None where nothing was.

        ``waits``: its answer may still come.
        """
        with self._lock:
            entry = self._sent.pop(counter, None)
            if entry is None:
                return None
            done = entry | {"outcome": outcome, "reason": reason}
            self.answers = [done if a is entry else a for a in self.answers]
            if waits:
                self._sent[counter] = done
        return str(entry["words"])
