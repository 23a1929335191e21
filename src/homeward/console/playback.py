"""The clock of one viewer: where in the flight one looks, and how fast that moves."""

import dataclasses

SLOWEST, FASTEST = 1.0, 100.0  # times real time


@dataclasses.dataclass
class Playback:
    """Time shown [s since the epoch], between the flight's ends; ``following`` stays with what is live."""

    time: float
    rate: float = 1.0
    playing: bool = False
    following: bool = False

    def step(self, passed: float, start: float, now: float) -> bool:
        """Let real time [s] pass, the flight reaching from ``start`` to ``now``; was there a change?"""
        before = self.time, self.playing
        if self.following:
            self.time = now
        elif self.playing:
            self.time += passed * self.rate
            if self.time >= now:
                self.time, self.playing = now, False
        self.time = min(max(self.time, start), now)
        return (self.time, self.playing) != before

    def seek(self, time: float) -> None:
        """Look at another time; a live flight is then no longer followed."""
        if time == time:  # not for what is no number
            self.time, self.following = time, False

    def pace(self, rate: float) -> None:
        """Play so many times real time, from 1 to 100."""
        if rate == rate:
            self.rate = min(max(rate, SLOWEST), FASTEST)

    def toggle(self, start: float, now: float) -> None:
        """Play or stop; from the beginning where the end has been reached."""
        if self.following:
            self.following = self.playing = False
            return
        self.playing = not self.playing
        if self.playing and self.time >= now - 1e-6:
            self.time = start
