"""A flight as the console shows it: rows that may still grow, levels of the limits, events, legs."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from homeward.console.places import Network, Turning
from homeward.console.rows import Rows
from homeward.console.setting import Setting
from homeward.console.shown import HELD, UNSEEN, Shown, table_of
from homeward.earth.time import Epoch
from homeward.ground.limits import SEVERITY, Level, Limit, Monitor

LEVELS: tuple[Level, ...] = ("green", "unknown", "yellow", "red")
PARACHUTES = ("", "drogue", "main, reefed", "main", "backup parachute")


@dataclasses.dataclass
class Leg:
    """A stretch of the flight with a name: start and end [s since the epoch]."""

    name: str
    start: float
    end: float


class Flight:
    """One flight, shared by all who look at it; only its source writes.

    ``kind`` is ``return`` or ``rendezvous``, ``source`` says in words where it comes from, ``live`` whether
    more is to come. ``landing`` are forecasts, oldest first, each with ``made_s`` and its ellipse.
    """

    def __init__(self, name: str, kind: str, epoch: Epoch, columns: list[str], setting: Setting) -> None:
        self.name, self.kind, self.epoch, self.setting = name, kind, epoch, setting
        self.source, self.note = "", ""
        self.live = self.ended = False
        self.feed: Any = None  # of a live flight: its clock and its commands
        derived = PAIR_DERIVED if kind == "rendezvous" else ()
        profile = setting.docking()["profile"] if kind == "rendezvous" else []
        self._profile = np.asarray(profile, float).reshape(-1, 2)
        self.shown: list[Shown] = table_of(kind, [*columns, *derived])
        known = {*columns, *derived}
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
        self._before: dict[str, float] = {}
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
        return int(np.searchsorted(self.rows.time, self.now + 1e-6, side="right"))

    def seen(self) -> list[dict[str, Any]]:
        """The events there are to see."""
        now = self.now
        return [e for e in list(self.events) if e["t"] <= now + 1e-6] if self.live else list(self.events)

    def take(self, time: np.ndarray, columns: Mapping[str, np.ndarray]) -> None:
        """Rows of the telemetry, in the units of its columns; derived columns and levels are made here."""
        with self._lock:
            time = np.asarray(time, float)
            if not len(time):
                return
            whole = dict(columns)
            if self.kind == "rendezvous":
                whole |= pair_derived(whole, self._profile)
            if "latitude_deg" not in whole and "position_x_i_m" in whole:
                if self._turning is None:
                    self._turning = Turning(self.epoch, float(time[0]))
                r_I = np.stack([whole[f"position_{axis}_i_m"] for axis in "xyz"], axis=1)
                latitude, longitude, altitude = self._turning.geodetic(time, r_I)
                whole |= {"latitude_deg": latitude, "longitude_deg": longitude, "altitude_m": altitude}
            before = len(self.rows)
            self.rows.append(time, whole)
            self._watch(before)

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
        self._changes(first)

    def _said(self, name: str, value: float) -> str:
        for line in self.shown:
            if line.column == name:
                return f"{line.label} {value * line.scale + line.offset:.{line.digits}f} {line.unit}".strip()
        return f"{name} {value:.4g}"

    def _changes(self, first: int) -> None:
        """Parachutes and black-outs of the rows from ``first`` on become events."""
        for name in ("parachute_stage", "blackout"):
            if name not in self.rows.place:
                continue
            values, times = self.rows.column(name)[first:], self.rows.time[first:]
            stands = self._before.get(name, 0.0)
            for time, value in zip(times.tolist(), values.tolist(), strict=True):
                if value == stands or value != value:
                    continue
                stands = value
                if name == "blackout":
                    self.say(time, "radio", "black-out begins" if value else "black-out ends")
                elif 0 < value < len(PARACHUTES):
                    self.say(time, "parachute", f"{PARACHUTES[int(value)]} out")
            self._before[name] = stands


WORDS = {"green": "nominal", "unknown": "unknown", "yellow": "yellow", "red": "RED"}
APPROACH = {"corridor_angle_deg", "closing_over_m_s"}  # numbers of the last approach only
LAST_APPROACH = (1.0, 250.0)  # m from port to port
PAIR_DERIVED = (
    "corridor_angle_deg", "closing_over_m_s",
    "range_m", "port_range_m", "closing_speed_m_s", "port_offset_m", "port_lateral_speed_m_s",
    "latitude_deg", "longitude_deg", "altitude_m",
)  # fmt: skip


def pair_derived(columns: Mapping[str, np.ndarray], profile: np.ndarray) -> dict[str, np.ndarray]:
    """Distances [m], speeds [m/s], angle off the port's axis [deg], off the vectors of the telemetry (n,).

    ``profile`` (k, 2) are distances and the speeds wanted there; without any there is no speed over them.
    """
    told: dict[str, np.ndarray] = {}
    centre = [columns.get(f"relative_position_{a}_m") for a in ("along", "across", "below")]
    if all(c is not None for c in centre):
        told["range_m"] = np.linalg.norm(np.stack([np.asarray(c, float) for c in centre]), axis=0)
    at = [columns.get(f"port_position_{a}_d_m") for a in "xyz"]
    rate = [columns.get(f"port_velocity_{a}_d_m_s") for a in "xyz"]
    if all(c is not None for c in [*at, *rate]):
        x, y, z = (np.asarray(c, float) for c in at)
        u, v, w = (np.asarray(c, float) for c in rate)
        away = np.sqrt(x * x + y * y + z * z)
        told["port_range_m"] = away
        told["closing_speed_m_s"] = -(x * u + y * v + z * w) / np.maximum(away, 1e-9)
        told["port_offset_m"] = np.hypot(y, z)
        told["port_lateral_speed_m_s"] = np.hypot(v, w)
        last = (x > 0.0) & (away > LAST_APPROACH[0]) & (away < LAST_APPROACH[1])
        angle = np.degrees(np.arctan2(told["port_offset_m"], np.maximum(x, 1e-9)))
        told["corridor_angle_deg"] = np.where(last, angle, np.nan)
        if len(profile):
            over = told["closing_speed_m_s"] - np.interp(away, profile[:, 0], profile[:, 1])
            told["closing_over_m_s"] = np.where(last, over, np.nan)
    return told


def worst(levels: list[int]) -> int:
    """The gravest of some levels, as a place in ``LEVELS``."""
    return max(levels, key=lambda k: SEVERITY[LEVELS[k]], default=0)
