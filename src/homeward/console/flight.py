"""A flight as the console shows it: rows that may still grow, levels of the limits, events, legs."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from time import monotonic as clock
from typing import Any

import numpy as np

from homeward.console import silence
from homeward.console.believed import believed, names_of
from homeward.console.flight_events import Watcher
from homeward.console.marks import Marks, marks_of
from homeward.console.places import Network, Turning
from homeward.console.relative import DERIVED as PAIR_DERIVED
from homeward.console.relative import derived as pair_derived
from homeward.console.rows import Rows
from homeward.console.setting import Setting
from homeward.console.shown import HELD, UNSEEN, Shown, table_of
from homeward.earth.time import Epoch
from homeward.ground.telemetry.limits import SEVERITY, Level, Limit, Monitor

LEVELS: tuple[Level, ...] = ("green", "unknown", "yellow", "red")


@dataclasses.dataclass
class Leg:
    """A stretch of the flight with a name: start and end [s since the epoch]."""

    name: str
    start: float
    end: float


class Flight:
    """One flight, shared by all who look at it; only its source writes.

    ``kind`` is ``return`` or ``rendezvous``, ``source`` says in words where it comes from, ``live`` whether
    more is to come. ``landing`` are forecasts, oldest first, each with ``made_s`` and its ellipse. The rows
    hold what the ship believes; with ``truth`` the true values and the errors stand beside it.
    """

    def __init__(
        self, name: str, kind: str, epoch: Epoch, columns: list[str], setting: Setting, truth: bool = False
    ) -> None:
        self.name, self.kind, self.epoch, self.setting, self.truth = name, kind, epoch, setting, truth
        self.source, self.note = "", ""
        self.fault = ""  # of whatever takes the telemetry in, in words
        self.received = clock()  # when rows came last
        self._spacing = 0.0  # s of real time between the last two times that rows came
        self.changes = 0  # how often rows that had been shown were taken back
        self.live = self.ended = False
        self.feed: Any = None  # of a live flight: its clock and its commands
        derived = PAIR_DERIVED if kind == "rendezvous" else ()
        profile = setting.docking()["profile"] if kind == "rendezvous" else []
        self._profile = np.asarray(profile, float).reshape(-1, 2)
        known = {*names_of(kind, columns, truth), *derived}
        site = setting.site()
        if site is not None and "latitude_deg" in known:
            known.add(TO_SITE)
        self.shown: list[Shown] = table_of(kind, known)
        wanted = [s.column for s in self.shown] + [c for c in UNSEEN if c in known]
        self.rows = Rows(list(dict.fromkeys(wanted)), HELD)
        self.legs: list[Leg] = []
        self.summary: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.landing: list[dict[str, Any]] = []
        self.sites: list[tuple[float, float, float]] = []  # since when [s], where [deg]: as ordered
        self.burn: list[float] | None = None  # s and m/s: the burn to come of a live return
        self.network: Network = setting.network()
        self.limits: dict[str, Limit] = {k: v for k, v in setting.limits().items() if k in self.rows.place}
        self._monitor = Monitor(self.limits)
        self._levels = np.zeros((256, len(self.limits)), np.int8)
        self._names = tuple(self.limits)
        self._turning: Turning | None = None
        self._watcher = Watcher(kind, lambda t, what, text: self.say(t, what, text))
        self._marks: Marks | None = None
        self._marked = 0.0
        self._silent: list[silence.Silence] = []
        self._silent_of = (0, 0)  # the rows, and how often some were taken back, that this is of
        self._lock, self._log = threading.Lock(), threading.Lock()

    @property
    def start(self) -> float:
        """Time of the first row [s since the epoch]."""
        return float(self.rows.time[0]) if len(self.rows) else 0.0

    @property
    def end(self) -> float:
        """Time of the last row [s since the epoch]."""
        return float(self.rows.time[-1]) if len(self.rows) else 0.0

    @property
    def now(self) -> float:
        """The newest time there is to see: rows of a live flight may be there that are still to come."""
        return self.feed.now() if self.feed is not None and self.live else self.end

    def count(self) -> int:
        """How many rows there are to see."""
        if self.feed is None or not self.live:
            return len(self.rows)
        rows = int(np.searchsorted(self.rows.time, self.now + 1e-6, side="right"))
        if self.truth or "blackout" not in self.rows.place:
            return rows
        # What is recorded on board in a black-out comes down when it is over.
        dark = self.rows.column("blackout")[:rows]
        if not rows or not dark[-1] > 0.5:
            return rows
        clear = np.flatnonzero(~(dark > 0.5))
        return int(clear[-1]) + 1 if len(clear) else 0

    def quiet(self) -> bool:
        """Whether a live flight's telemetry has not come for longer than it takes between two rows of it."""
        wall, time = clock() - self.received, self.rows.time
        if wall > max(QUIET, 3.0 * self._spacing):
            return True
        # A flight that goes faster than time is silent for long within seconds.
        step = float(time[-1] - time[-2]) if len(time) > 1 else 0.0
        return wall > max(QUIET / 5.0, 3.0 * self._spacing) and self.now - self.end > max(QUIET, 5.0 * step)

    def silences(self) -> list[silence.Silence]:
        """Stretches in which no telemetry comes: black-outs, and gaps of what was received."""
        known = len(self.rows), self.changes
        if known != self._silent_of:
            time, dark = self.rows.time[: known[0]], None
            if "blackout" in self.rows.place and not self.truth:
                dark = self.rows.column("blackout")[: known[0]] > 0.5
            self._silent, self._silent_of = silence.silences(time, dark), known
        return self._silent

    def seen(self) -> list[dict[str, Any]]:
        """The events there are to see."""
        if not self.live:
            return list(self.events)
        told, here = self.now, silence.at(self.silences(), self.now)
        # Of what happens in a black-out the ground hears when it is over; that it has begun is seen.
        until = told if here is None else max(here[0], self._dark_from(here))
        return [e for e in list(self.events) if e["t"] <= until + 1e-6 or e["what"] == "order"]

    def _dark_from(self, here: silence.Silence) -> float:
        k = int(np.searchsorted(self.rows.time, here[0], side="right"))
        return float(self.rows.time[k]) if k < len(self.rows) else here[0]

    def take(self, time: np.ndarray, columns: Mapping[str, np.ndarray]) -> None:
        """Rows of the telemetry, in the units of its columns; derived columns and levels are made here."""
        with self._lock:
            time = np.asarray(time, float)
            if not len(time):
                return
            whole = believed(self.kind, columns, self.truth)
            if self.kind == "rendezvous":
                whole |= pair_derived(whole, self._profile)
            if "latitude_deg" not in whole and "position_x_i_m" in whole:
                if self._turning is None:
                    self._turning = Turning(self.epoch, float(time[0]))
                r_I = np.stack([whole[f"position_{axis}_i_m"] for axis in "xyz"], axis=1)
                latitude, longitude, altitude = self._turning.geodetic(time, r_I)
                whole |= {"latitude_deg": latitude, "longitude_deg": longitude, "altitude_m": altitude}
            site = self.site_at(float(time[-1])) if self.sites else None
            told = self.setting.site()
            if told is not None and TO_SITE in self.rows.place and "latitude_deg" in whole:
                place = site if site is not None else [told["lat"], told["lon"]]
                whole[TO_SITE] = distance(whole["latitude_deg"], whole["longitude_deg"], *place[:2])
            before = len(self.rows)
            self.rows.append(time, whole)
            self._spacing = clock() - self.received
            self.received = clock()
            self._watch(before)

    def rewind(self, when: float) -> None:
        """Take back all rows and events from a time [s] on: they were dated wrongly."""
        with self._lock:
            self.rows.cut(when)
            with self._log:
                self.events = [e for e in self.events if e["t"] < when or e["what"] in ("order", "reader")]
            self.legs = [leg for leg in self.legs if leg.start < when]
            self.landing = [f for f in self.landing if f["made_s"] < when]
            self._monitor, self.changes = Monitor(self.limits), self.changes + 1

    def enter(self, name: str, start: float, end: float | None = None) -> None:
        """A leg begins at a time [s]; the one before it has ended."""
        if self.legs:
            if end is None:
                self.legs[-1].end = start
            self._watcher.left(self.legs[-1].name, self.legs[-1].end)
        self.legs = [*self.legs, Leg(name, start, max(start, self.end) if end is None else end)]
        self._watcher.leg(name, start)

    def plan(self, burns: list[tuple[float, float, str]]) -> None:
        """Burns that a rendezvous was planned with, time [s], m/s, purpose: they name those in the log."""
        self._watcher.burns = burns
        with self._log:
            self.events = [self._watcher.named(e) for e in self.events]

    def finish(self) -> None:
        """The flight has ended: its last event is entered, and nothing is to come."""
        contact, site = self.summary.get("contact"), self.setting.site()
        name = self.legs[-1].name if self.legs else ""
        altitude = None if site is None or self.sites else float(site["alt"])
        self._watcher.finish(name, altitude, contact if isinstance(contact, dict) else None)

    def marks(self) -> Marks:
        """Burns, interface, black-outs and contacts with stations, as flown and as foreseen."""
        now = clock()
        if self._marks is None or (self.live and now - self._marked > MARKED):
            self._marks, self._marked = marks_of(self, self._marks), now
        return self._marks

    def leg_at(self, time: float) -> str:
        """Name of the leg at a time; the last one after its end."""
        name = ""
        for leg in self.legs:
            if leg.start <= time + 1e-6:
                name = leg.name
        return name or (self.legs[0].name if self.legs else "")

    def levels_at(self, row: int) -> list[int]:
        """Level of every limit at a row, as a place in ``LEVELS``, in the order of ``limits``."""
        return [] if row < 0 else self._levels[row].tolist()

    def say(self, time: float, what: str, text: str, level: Level = "green") -> None:
        """Enter a line in the log: an order, a failure, a forecast."""
        entry = {"t": time, "what": what, "text": text, "level": level}
        with self._log:
            # Another list: one that is being sorted looks empty to those who read it meanwhile.
            self.events = sorted([*self.events, entry], key=lambda e: e["t"])

    def site_at(self, time: float) -> list[float] | None:
        """The landing site [deg] that was ordered last by a time; None while it is the scenario's own."""
        told = [s for s in list(self.sites) if s[0] <= time + 1e-6]
        return list(told[-1][1:]) if told else None

    def forecast_at(self, time: float) -> dict[str, Any] | None:
        """The newest landing forecast that was made by a time; the first one before any."""
        made = [f for f in self.landing if f["made_s"] <= time + 1e-6]
        return made[-1] if made else (self.landing[0] if self.landing else None)

    def _watch(self, first: int) -> None:
        """Levels and events of the rows from ``first`` on."""
        count = len(self.rows)
        if count > len(self._levels):
            wider = np.zeros((max(2 * len(self._levels), count), len(self._names)), np.int8)
            wider[: len(self._levels)] = self._levels
            self._levels = wider
        places = [self.rows.place[n] for n in self._names]
        values, times = self.rows.values[first:, places], self.rows.time[first:]
        for k, (time, row) in enumerate(zip(times.tolist(), values.tolist(), strict=True), start=first):
            told = dict(zip(self._names, row, strict=True))
            for name in APPROACH.intersection(told):
                if told[name] != told[name]:  # there is no approach now: the level stays as it was
                    del told[name]
            for event in self._monitor.step(time, told):
                told = self._said(event.name, event.value)
                self.say(
                    time, "limit", f"{told} is {WORDS[event.after]}, was {WORDS[event.before]}", event.after
                )
            self._levels[k] = [LEVELS.index(self._monitor.levels[n]) for n in self._names]
        if count > first:
            names = self.rows.names
            self._watcher.rows(
                self.rows.time[first:], dict(zip(names, self.rows.values[first:].T, strict=True))
            )

    def _said(self, name: str, value: float) -> str:
        for line in self.shown:
            if line.column == name:
                return f"{line.label} {value * line.scale + line.offset:.{line.digits}f} {line.unit}".strip()
        return f"{name} {value:.4g}"


QUIET = 10.0  # s of real time without telemetry, at least, before that is told
MARKED = 5.0  # s of real time between two reckonings of what is to come
EARTH_RADIUS = 6371008.8  # m, mean
WORDS = {"green": "nominal", "unknown": "unknown", "yellow": "yellow", "red": "RED"}
APPROACH = {"corridor_angle_deg", "closing_over_m_s"}  # numbers of the last approach only
TO_SITE = "range_to_site_m"  # along the ground, from where the ship believes to be


def distance(
    latitude: np.ndarray, longitude: np.ndarray, to_latitude: float, to_longitude: float
) -> np.ndarray:
    """Metres along the ground (n,) from places (n,) to a place, all in degrees; on a sphere, to 0.5 %."""
    a, b = np.radians(latitude), np.radians(to_latitude)
    c = np.radians(np.asarray(longitude) - to_longitude)
    h = np.sin((a - b) / 2.0) ** 2 + np.cos(a) * np.cos(b) * np.sin(c / 2.0) ** 2
    return 2.0 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(h, 1.0)))


def worst(levels: list[int]) -> int:
    """The gravest of some levels, as a place in ``LEVELS``."""
    return max(levels, key=lambda k: SEVERITY[LEVELS[k]], default=0)
