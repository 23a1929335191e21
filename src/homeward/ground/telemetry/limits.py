"""Limits with yellow and red, persistence and hysteresis; what is out of them becomes an event."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np

Level = Literal["green", "yellow", "red", "unknown"]
SEVERITY: dict[Level, int] = {"green": 0, "unknown": 1, "yellow": 2, "red": 3}


@dataclasses.dataclass(frozen=True)
class Limit:
    """Ends of the yellow and red ranges of one parameter, in its unit; None where there is no end.

    A level counts when ``persistence`` rows running have been there. Back from it counts only what is
    ``hysteresis`` inside the end.
    """

    low_red: float | None = None
    low_yellow: float | None = None
    high_yellow: float | None = None
    high_red: float | None = None
    persistence: int = 2
    hysteresis: float = 0.0

    def level(self, value: float, inset: Level = "green") -> Level:
        """The level of one value; ``inset`` is the level that stands: its ends are drawn in."""
        if not np.isfinite(value):
            return "unknown"
        red = self.hysteresis if inset == "red" else 0.0
        yellow = self.hysteresis if inset in ("red", "yellow") else 0.0
        if self._out(value, self.low_red, self.high_red, red):
            return "red"
        return "yellow" if self._out(value, self.low_yellow, self.high_yellow, yellow) else "green"

    @staticmethod
    def _out(value: float, low: float | None, high: float | None, inset: float) -> bool:
        return (low is not None and value < low + inset) or (high is not None and value > high - inset)


@dataclasses.dataclass(frozen=True)
class Event:
    """One line of the event log: time [s since the epoch], what, from which level to which, and the value."""

    time: float
    name: str
    before: Level
    after: Level
    value: float
    text: str


class Monitor:
    """Watches parameters row by row; keeps the level of each and the log of what changed."""

    def __init__(self, limits: Mapping[str, Limit]) -> None:
        self.limits = dict(limits)
        self.levels: dict[str, Level] = dict.fromkeys(self.limits, "green")
        self.log: list[Event] = []
        self._waiting: dict[str, tuple[Level, int]] = {}

    def step(self, time: float, values: Mapping[str, float | int]) -> list[Event]:
        """Look at one row; returns what is new. A parameter that is not in the row is left as it is."""
        new = [
            event for name in self.limits.keys() & values.keys() for event in self._one(time, name, values)
        ]
        new.sort(key=lambda e: (-SEVERITY[e.after], e.name))
        self.log += new
        return new

    def worst(self) -> Level:
        """The worst level of all parameters."""
        worst: Level = "green"
        for level in self.levels.values():
            worst = level if SEVERITY[level] > SEVERITY[worst] else worst
        return worst

    def note(self, time: float, name: str, text: str) -> None:
        """Enter something that is no limit: a gap, a command, a forecast."""
        self.log.append(Event(time, name, "green", "green", float("nan"), text))

    def _one(self, time: float, name: str, values: Mapping[str, float | int]) -> Iterable[Event]:
        limit, stands, value = self.limits[name], self.levels[name], float(values[name])
        level = limit.level(value, stands)
        if level == stands:
            self._waiting.pop(name, None)
            return
        before, count = self._waiting.get(name, (level, 0))
        # On the way to red through yellow, or back, the count goes on: out is out.
        same = before == level or (SEVERITY[before] > SEVERITY[stands]) == (
            SEVERITY[level] > SEVERITY[stands]
        )
        count = count + 1 if same else 1
        self._waiting[name] = level, count
        if count < limit.persistence:
            return
        del self._waiting[name]
        self.levels[name] = level
        yield Event(time, name, stands, level, value, f"{name} {level}: {value:.6g}, was {stands}")


#: Limits of the cabin's channels: ours, about the figures that the cabin model starts from.
CABIN_LIMITS = {
    "cabin_pressure_pa": Limit(70e3, 93e3, 107e3, 115e3, 2, 500.0),
    "oxygen_pressure_pa": Limit(16e3, 18.5e3, 30e3, 40e3, 2, 200.0),
    "cabin_temperature_k": Limit(283.15, 288.15, 300.15, 308.15, 3, 0.5),
    "bus_a_v": Limit(23.0, 26.0, 31.0, 33.0, 2, 0.2),
    "bus_b_v": Limit(23.0, 26.0, 31.0, 33.0, 2, 0.2),
    "crew_load_g": Limit(None, None, 5.0, 10.0, 2, 0.2),
}


def approach_limits(corridor_deg: float) -> dict[str, Limit]:
    """Limits of a rendezvous: angle off the port's axis by the corridor's half angle [deg], closing speed
    over the profile's [m/s], turning rates [deg/s].

    The first two have values in the last approach only. The rates are ours: some times what holding takes.
    """
    rate = Limit(-2.0, -1.0, 1.0, 2.0, 3, 0.05)
    return {
        "corridor_angle_deg": Limit(None, None, 0.7 * corridor_deg, corridor_deg, 2, 0.3),
        "closing_over_m_s": Limit(None, None, 0.1, 0.25, 3, 0.02),
        "rate_x_b_deg_s": rate, "rate_y_b_deg_s": rate, "rate_z_b_deg_s": rate,
    }  # fmt: skip


def flight_limits(
    load_g: float | None, heat_rate: float | None = None, dynamic_pressure: float | None = None
) -> dict[str, Limit]:
    """The cabin's limits and those of the vehicle that a scenario tells: yellow at nine tenths of each."""
    limits = dict(CABIN_LIMITS)
    for name, most in (
        ("load_factor_g", load_g), ("heat_rate_w_m2", heat_rate), ("dynamic_pressure_pa", dynamic_pressure)
    ):  # fmt: skip
        if most:
            limits[name] = Limit(None, None, 0.9 * most, most, 2, 0.02 * most)
    return limits
