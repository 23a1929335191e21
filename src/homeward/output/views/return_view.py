"""What the writers and the pictures need to know of a flight beside its record, and a view on both."""

from __future__ import annotations

import dataclasses
import datetime
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np

from homeward.earth.constants import WGS84_A, WGS84_F
from homeward.earth.time import Epoch

# As the loop counts them, which this package may not import: a test holds the two together.
REVERSAL_SINE = 0.25  # of the bank: how far on a side it counts as there
REVERSAL_SPEED = 1500.0  # m/s: sign changes of the bank below it are steering, not reversals

History = dict[str, np.ndarray]
Legs = list[dict[str, Any]]
Summary = dict[str, Any]


@runtime_checkable
class Titled(Protocol):
    """What a table or a picture is headed with: the facts of a return and those of a rendezvous alike."""

    @property
    def name(self) -> str: ...

    @property
    def epoch_utc(self) -> str: ...


@runtime_checkable
class Viewed(Protocol):
    """A view on a record of either."""

    @property
    def facts(self) -> Titled: ...


@dataclasses.dataclass(frozen=True)
class FlightFacts:
    """The scenario's facts that stand beside a record; a limit or a number that does not exist is None."""

    name: str
    epoch_utc: str
    site_name: str
    site_latitude_deg: float
    site_longitude_deg: float
    aim_latitude_deg: float | None
    aim_longitude_deg: float | None
    load_limit_g: float | None
    heat_rate_limit_w_m2: float | None
    dynamic_pressure_limit_pa: float | None
    interface_altitude_m: float
    opening_altitude_m: float
    opening_load_limit_g: float | None = None
    mass_kg: float | None = None
    area_m2: float | None = None
    drag_coefficient: float | None = None
    lift_coefficient: float | None = None
    nose_radius_m: float | None = None
    # Of a ship that turns: the stable trim angle of attack [rad] over the Mach number, two rows.
    trim: np.ndarray | None = None
    thrust_I: np.ndarray | None = None  # unit vector in which the deorbit burn was to push


def greatest(values: np.ndarray, otherwise: float = float("nan")) -> float:
    """The greatest finite value, or another one where there is none."""
    finite = np.asarray(values, float)[np.isfinite(values)]
    return float(finite.max()) if finite.size else otherwise


def parse_utc(text: str) -> datetime.datetime:
    """A time of the record's kind, ``2023-06-03T22:45:00Z`` or with an offset, as an aware datetime.

    Python's own type has no leap second: it stands still meanwhile. For pictures; stamps come of ``Epoch``.
    """
    text = without_leap_second(Epoch.from_iso(text).to_iso(6).removesuffix("Z"))
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


def utc_stamps(epoch_utc: str, seconds: np.ndarray) -> np.ndarray:
    """ISO 8601 UTC texts, to the microsecond and without a suffix, of seconds since the epoch, shape (n,).

    Leap seconds are counted: the 61st second of a minute reads ``:60``.
    """
    return np.asarray(Epoch.from_iso(epoch_utc).stamps(seconds))


def without_leap_second(stamp: str) -> str:
    """A stamp for readers whose clock has no second 60 (XML Schema): it stands still meanwhile."""
    return f"{stamp[:17]}59.999999" if stamp[17:19] == "60" else stamp


def local_km(
    latitude: np.ndarray, longitude: np.ndarray, latitude0: float, longitude0: float
) -> tuple[np.ndarray, np.ndarray]:
    """East and north [km] of points on the ellipsoid from another, in its tangent plane; angles in radians.

    No seam at +-180 deg and none at a pole. The plane falls short of the ground distance by
    d^3 / 6 R^2: 4 m at 100 km.
    """
    e2 = WGS84_F * (2.0 - WGS84_F)

    def fixed(lat: Any, lon: Any) -> np.ndarray:
        n = WGS84_A / np.sqrt(1.0 - e2 * np.sin(lat) ** 2)
        cos = n * np.cos(lat)
        return np.stack([cos * np.cos(lon), cos * np.sin(lon), n * (1.0 - e2) * np.sin(lat)], axis=-1)

    away = fixed(np.asarray(latitude), np.asarray(longitude)) - fixed(latitude0, longitude0)
    sl, cl, so, co = np.sin(latitude0), np.cos(latitude0), np.sin(longitude0), np.cos(longitude0)
    return away @ np.array([-so, co, 0.0]) / 1e3, away @ np.array([-sl * co, -sl * so, cl]) / 1e3


def reference_stamp(epoch_utc: str) -> tuple[str, float]:
    """A stamp to count seconds from that has no second 60, and how long [s] after the epoch it lies."""
    epoch = Epoch.from_iso(epoch_utc)
    after = 1.0 if epoch.to_iso(6)[17:19] == "60" else 0.0
    return epoch.plus(after).to_iso(6), after


@dataclasses.dataclass(frozen=True)
class FlightView:
    """A record with the places in it that every picture asks for."""

    facts: FlightFacts
    history: History
    legs: Legs
    summary: Summary
    body: History = dataclasses.field(default_factory=dict)  # of a ship that turns, else empty
    shield: History = dataclasses.field(default_factory=dict)  # of the heat shield; empty in a saved flight

    def __getitem__(self, channel: str) -> np.ndarray:
        return self.history[channel]

    def told(self, *keys: str) -> Any:
        """The summary's value under the keys, or None where a part of the flight is missing."""
        value: Any = self.summary
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    @cached_property
    def time(self) -> np.ndarray:
        """Seconds since the epoch, shape (n,)."""
        return np.asarray(self.history["time"], float)

    @cached_property
    def interface(self) -> int | None:
        """First row at or below the entry interface that the flight comes down through."""
        below = self["altitude"] <= self.facts.interface_altitude_m * (1.0 + 1e-9)
        rows = np.flatnonzero(below[1:] & ~below[:-1]) + 1
        if rows.size:
            return int(rows[0])
        return 0 if below.size and below[0] else None

    @cached_property
    def crossing(self) -> int | None:
        """First row at or below the opening altitude, after the interface."""
        if self.interface is None:
            return None
        # A leg that ends at this altitude ends there to rounding, from above or below.
        rows = np.flatnonzero(self["altitude"][self.interface :] <= self.facts.opening_altitude_m + 0.01)
        return self.interface + int(rows[0]) if rows.size else None

    @cached_property
    def opened(self) -> int | None:
        """First row with a parachute out."""
        rows = np.flatnonzero(np.asarray(self["parachute_stage"]) >= 1)
        return int(rows[0]) if rows.size else None

    @cached_property
    def landed(self) -> bool:
        """The summary tells of a touchdown."""
        return self.told("touchdown", "latitude_deg") is not None

    @cached_property
    def entry(self) -> slice | None:
        """Rows from the interface to the parachute, or to the end of the record where none opened."""
        if self.interface is None:
            return None
        ends = [i for i in (self.opened, self.crossing) if i is not None and i > self.interface]
        stop = min(ends) if ends else len(self.time)  # the jerk of the opening is not the entry's
        return slice(self.interface, stop) if stop - self.interface > 1 else None

    @cached_property
    def burn_start(self) -> float | None:
        """Seconds since the epoch at which the deorbit burn begins, if the flight had one."""
        for leg in self.legs:
            if str(leg["name"]).lower() == "deorbit burn":
                return float(leg["start"])
        told = self.told("deorbit", "burn_start_utc")
        if not told:
            return None
        start = Epoch.from_iso(told) - Epoch.from_iso(self.facts.epoch_utc)
        return start if self.time.size and self.time[0] <= start <= self.time[-1] else None

    @cached_property
    def reversals(self) -> np.ndarray:
        """Rows of the entry at which the flown bank has come to its other side, fast enough to count."""
        if self.entry is None:
            return np.zeros(0, int)
        sine = np.nan_to_num(np.sin(self["bank"][self.entry]))
        rows = np.flatnonzero(np.abs(sine) > REVERSAL_SINE)
        turned = np.flatnonzero(np.diff(np.sign(sine[rows])) != 0)
        rows = rows[turned + 1] + self.entry.start
        # The loop takes the speed at the start of the cycle that ends with this bank.
        return rows[self["speed"][np.maximum(rows - 1, 0)] > REVERSAL_SPEED]

    def spans(self, channel: str) -> list[tuple[float, float]]:
        """Start and end [s] of each stretch in which a flag is up."""
        flag = np.concatenate([[0], np.asarray(self[channel]).astype(np.int8), [0]])
        starts, ends = np.flatnonzero(np.diff(flag) == 1), np.flatnonzero(np.diff(flag) == -1) - 1
        return [(float(self.time[a]), float(self.time[b])) for a, b in zip(starts, ends, strict=True)]

    def local(self, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """East and north [km] of the site, row by row."""
        f = self.facts
        return local_km(
            self["latitude"][rows],
            self["longitude"][rows],
            float(np.radians(f.site_latitude_deg)),
            float(np.radians(f.site_longitude_deg)),
        )

    def place(self, latitude_deg: float | None, longitude_deg: float | None) -> tuple[float, float] | None:
        """East and north [km] of the site for one place, or None where there is none."""
        if latitude_deg is None or longitude_deg is None:
            return None
        f = self.facts
        east, north = local_km(
            np.radians(np.asarray([latitude_deg])),
            np.radians(np.asarray([longitude_deg])),
            float(np.radians(f.site_latitude_deg)),
            float(np.radians(f.site_longitude_deg)),
        )
        return float(east[0]), float(north[0])

    @cached_property
    def aim(self) -> tuple[float | None, float | None]:
        """Latitude and longitude [deg] of the aim point: the summary's, else the scenario's."""
        latitude = self.told("parachute", "aim_latitude_deg")
        if latitude is not None:
            return latitude, self.told("parachute", "aim_longitude_deg")
        return self.facts.aim_latitude_deg, self.facts.aim_longitude_deg

    @cached_property
    def touchdown(self) -> tuple[float | None, float | None]:
        """Latitude and longitude [deg] of the touchdown, or None twice."""
        return self.told("touchdown", "latitude_deg"), self.told("touchdown", "longitude_deg")
