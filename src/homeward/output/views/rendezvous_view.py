"""What the files and pictures of a rendezvous need to know beside its record, and a view on both."""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import Any

import numpy as np

from homeward.earth.constants import WGS84_A
from homeward.output.views.return_view import History, Legs, Summary

FIRST_STEP = 2  # stage of the approach's first step: before come far guidance and homing


@dataclasses.dataclass(frozen=True)
class Box:
    """The contact box of the docking standard: what a contact may be like at most, and at least closing."""

    closing_m_s: tuple[float, float]
    lateral_rate_m_s: float
    lateral_offset_m: float
    angle_deg: float
    roll_deg: float
    rate_deg_s: float


@dataclasses.dataclass(frozen=True)
class SpeedLimits:
    """Speed along the port's axis: the least of ``contact + slope x`` and ``most`` [m/s, 1/s, m/s]."""

    contact: float
    slope: float
    most: float

    def at(self, distance: np.ndarray) -> np.ndarray:
        """Speed wanted [m/s] at a distance [m] from port to port."""
        return np.minimum(self.contact + self.slope * np.maximum(distance, 0.0), self.most)


@dataclasses.dataclass(frozen=True)
class Hold:
    """A hold point: distance port to port, and where the ship's centre of mass then is [m, L]."""

    distance_m: float
    place_L: tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class PairFacts:
    """The scenario's facts that stand beside the record of a rendezvous; time counts from ``epoch_utc``."""

    name: str
    epoch_utc: str  # of the insertion
    port: str
    stages: tuple[str, ...]  # names, by the number in the record
    aim_L: tuple[float, float, float]  # m, aim point of far guidance
    aim_time: float  # s, planned last: arrival there and
    hold_time: float  # s, at the first hold point
    holds: tuple[Hold, ...]
    midway_L: tuple[float, float, float] | None  # m, where a transfer leads by way of
    port_L: tuple[float, float, float]  # m, the station's port from its centre of mass
    C_DL: tuple[tuple[float, float, float], ...]  # rows: the port's axes in L, the first outward
    half_size_m: tuple[float, float, float]  # of the station along x, y, z of L
    keep_out_m: float
    corridor_deg: float
    dock_m: float  # the ship's port from its centre of mass
    speeds: SpeedLimits
    box: Box


@dataclasses.dataclass(frozen=True)
class PairView:
    """A record, channels of ``PairFrame`` by name, with the places in it that the pictures ask for."""

    facts: PairFacts
    history: History
    summary: Summary

    def __getitem__(self, channel: str) -> np.ndarray:
        return np.asarray(self.history[channel])[self._sound]

    @cached_property
    def _sound(self) -> np.ndarray:
        """Rows whose states are numbers: a flight that broke off ends with some that are none."""
        states = [np.asarray(self.history[k], float) for k in ("r_BI_I", "v_BI_I", "r_TI_I", "position_L")]
        return np.isfinite(np.concatenate(states, axis=1)).all(axis=1) & np.isfinite(self.history["time"])

    def told(self, *keys: str) -> Any:
        """The summary's value under the keys, or None where a part of the flight is missing."""
        value: Any = self.summary
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    @cached_property
    def time(self) -> np.ndarray:
        """Seconds since the insertion, shape (n,)."""
        return np.asarray(self["time"], float)

    @property
    def clock(self) -> tuple[np.ndarray, float, str]:
        """Time in minutes, or in hours where there are many; seconds of the unit; its words."""
        size, words = (
            (60.0, "minutes") if self.time.size and self.time[-1] < 5.0 * 3600.0 else (3600.0, "hours")
        )
        return self.time / size, size, f"{words} since the insertion"

    @cached_property
    def stage(self) -> np.ndarray:
        """Number of the stage, shape (n,)."""
        return np.asarray(self["stage"], int)

    @cached_property
    def range(self) -> np.ndarray:
        """Distance of the centres of mass [m], shape (n,)."""
        return np.linalg.norm(np.asarray(self["position_L"], float), axis=1)

    @cached_property
    def altitudes(self) -> tuple[np.ndarray, np.ndarray]:
        """Of ship and station above the equatorial radius [m]."""
        ship, station = (np.linalg.norm(np.asarray(self[k], float), axis=1) for k in ("r_BI_I", "r_TI_I"))
        return ship - WGS84_A, station - WGS84_A

    @cached_property
    def phase(self) -> np.ndarray:
        """How far the station is ahead along its orbit [rad], without a jump."""
        ship, station = np.asarray(self["r_BI_I"], float), np.asarray(self["r_TI_I"], float)
        normal = np.cross(station, np.asarray(self["v_TI_I"], float))
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        sine = np.einsum("ij,ij->i", np.cross(ship, station), normal)
        angle = np.unwrap(np.arctan2(sine, np.einsum("ij,ij->i", ship, station)))
        # Near the end it is small: a lead of more than half a turn at first counts on from there.
        return angle - 2.0 * np.pi * np.round(angle[-1] / (2.0 * np.pi)) if angle.size else angle

    @cached_property
    def near(self) -> slice:
        """Rows from the first hold point on, where the ship turns."""
        rows = np.flatnonzero(self.stage >= FIRST_STEP)
        return slice(int(rows[0]), len(self.stage)) if rows.size else slice(0, 0)

    @cached_property
    def turning(self) -> slice:
        """Rows of ``near`` where the ship is flown as one that turns; before, its attitude stands still."""
        q = np.asarray(self["q_BI"], float)
        rows = np.flatnonzero((self.stage >= FIRST_STEP) & (q != q[:1]).any(axis=1))
        return slice(int(rows[0]), len(self.stage)) if rows.size else slice(0, 0)

    @cached_property
    def spans(self) -> list[tuple[str, float, float]]:
        """Name, start and end [s] of every stretch of one stage, in the order flown."""
        if not self.time.size:
            return []
        first = np.concatenate([[0], np.flatnonzero(np.diff(self.stage)) + 1])
        ends = np.append(self.time[first[1:]], self.time[-1])
        names, last = self.facts.stages, len(self.facts.stages) - 1
        starts = np.append(0.0, self.time[first[1:]])
        return [(names[min(int(self.stage[i]), last)], float(a), float(b))
                for i, a, b in zip(first, starts, ends, strict=True)]  # fmt: skip

    @cached_property
    def contact(self) -> dict[str, Any] | None:
        """The summary's last contact, None where the ports never met."""
        return self.told("contact")

    @cached_property
    def contact_place(self) -> tuple[float, float] | None:
        """Where the ship's port passed the station's plane for the last time [m, y and z of D]."""
        at = np.asarray(self["port_position"], float)
        crossed = np.flatnonzero((at[:-1, 0] > 0.0) & (at[1:, 0] <= 0.0)) if len(at) > 1 else np.zeros(0, int)
        if self.contact is None or not crossed.size:
            return None
        i = int(crossed[-1])
        share = at[i, 0] / (at[i, 0] - at[i + 1, 0])
        y, z = at[i, 1:] + share * (at[i + 1, 1:] - at[i, 1:])
        return float(y), float(z)

    @cached_property
    def outcome(self) -> str:
        """How it ended, in a few words."""
        docked = f"Docked at the {self.facts.port} port"
        over = [row["name"] for row in self.told("limits") or () if not row["kept"]]
        if self.told("time_to_dock_s") is not None and not self.told("failure"):
            return docked if not over else f"{docked}, beyond a limit: {', '.join(over)}"
        if self.told("collided"):
            return "Collision with the station"
        if self.told("failure"):
            return f"Failed: {self.told('failure', 'reason')}"
        if self.told("aborts"):
            return "Aborted: the ship left the station"
        return "Not docked"

    def legs(self) -> Legs:
        """The stages as the legs of a table."""
        return [{"name": name, "start": start, "end": end} for name, start, end in self.spans]


def duration_words(seconds: float) -> str:
    """Seconds as hours and minutes."""
    minutes = round(seconds / 60.0)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
