"""One viewer of one flight: a clock of one's own, and what has to be sent at each of its ticks."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from homeward.console import desk
from homeward.console.flight import Flight
from homeward.console.playback import Playback

Say = Callable[[str, float], None]


class Viewer:
    """Looks at a flight; ``tick`` gives the message that is due, None where nothing has changed.

    Nothing of the flight is copied: all viewers read the same rows.
    """

    def __init__(self, flight: Flight, clock: Callable[[], float] = time.monotonic) -> None:
        self.flight = flight
        start = flight.now if flight.live else first_look(flight)
        self.playback = Playback(start, 10.0, False, flight.live)
        self._clock, self._last = clock, clock()
        self._rows = self._events = self._legs = self._landing = -1
        self._answers: Any = None
        self._pace = 0.0
        self._live, self._end, self._changes = flight.live, flight.now, flight.changes
        self._marks: Any = None
        self._seek: int | None = None  # the browser's number of the last seek, sent back with its answer
        self._changed = True

    def ready(self, rows: int, events: int, landing: int = 0) -> None:
        """The browser has drawn what stood, which held so many rows, events and landing forecasts."""
        self._landing = landing
        self._rows, self._events, self._legs, self._answers, self._pace = rows, events, -1, None, 0.0
        self._changed = True

    def heard(self, told: dict[str, Any]) -> None:
        """What the browser asks for: seek, toggle, rate, live; anything else is left alone."""
        p, f = self.playback, self.flight
        number = told.get("t", told.get("rate"))
        fine = isinstance(number, int | float) and not isinstance(number, bool)
        match told.get("what"):
            case "seek" if fine:
                p.seek(float(number))  # type: ignore[arg-type]
                self._seek = told["n"] if isinstance(told.get("n"), int) else self._seek
            case "rate" if fine:
                p.pace(float(number))  # type: ignore[arg-type]
            case "toggle":
                p.toggle(f.start, f.now)
            case "live" if f.live:
                p.following = True
            case _:
                return
        self._changed = True

    def tick(self) -> dict[str, Any] | None:
        """The next message, at most ten a second."""
        if self._rows < 0:  # the browser is not there yet
            return None
        if self.flight.feed is not None and self.flight.live:
            self.flight.feed.alive()  # a reader that has gone is started again
        passed, self._last = self._clock() - self._last, self._clock()
        moved = self.playback.step(passed, self.flight.start, self.flight.now)
        grown = self._grown()
        if not (moved or grown or self._changed):
            return None
        self._changed = False
        p = self.playback
        clock = {"p": p.playing, "r": p.rate, "f": p.following, "n": self._seek}
        return desk.moving(self.flight, p.time) | clock | grown

    def _grown(self) -> dict[str, Any]:
        """What has come since the last message: rows, events, legs, answers to commands."""
        f, told = self.flight, {}
        count = f.count()
        if count > self._rows:
            told["rows"] = desk.drawn(f, np.arange(self._rows, count))
            told["blackouts"] = desk.blackouts(f)
            self._rows = count
        if f.changes != self._changes:  # what the browser has drawn is no longer so
            self._changes, told["again"] = f.changes, True
        if f.now > self._end + 1.0 or (told and f.now > self._end):
            self._end = told["t1"] = f.now
        if f.marks() is not self._marks:
            told["marks"] = self._marks = f.marks()
        events = f.seen()
        if len(events) != self._events:
            told["events"], self._events = events, len(events)
        if f.live != self._live:
            self._live = f.live
            told["live"], told["note"] = f.live, f.note
            self.playback.following = self.playback.following and f.live
        made = f.landing
        if len(made) > self._landing:
            told["landing"] = [desk.ellipses(x) for x in made[self._landing :]]
            self._landing = len(made)
        legs = desk.legs(f)
        if len(legs) != self._legs or (told.get("rows") and f.live):
            told["legs"], self._legs = legs, len(legs)
        if f.feed is not None:
            if f.feed.answers is not self._answers:
                told["orders"] = self._answers = f.feed.answers
            if f.feed.pace != self._pace:
                told["pace"] = self._pace = f.feed.pace
        return told


def first_look(flight: Flight) -> float:
    """Where a saved flight is first looked at: a minute before its entry or its last approach."""
    for leg in flight.legs:
        if leg.name in ("entry", "200 m hold"):
            return max(leg.start - 60.0, flight.start)
    return flight.start
